/**
 * How likely something is that happened in some of n independent runs: Clopper and Pearson's interval (Biometrika 26, 1934, 404),
 * which covers at least what it says at every n, and says what 0 of n is worth (0 of 6: up to 46 %).
 */
import betaQuantile from '@stdlib/stats-base-dists-beta-quantile'
import { assert } from '../../base/assert.ts'
import type { Interval } from './interval.ts'

export function shareInterval(happened: number, runs: number, level: number): Interval {
  assert(runs > 0 && happened >= 0 && happened <= runs, 'shares: counts something of nothing')
  const tail = (1 - level) / 2
  return [
    happened === 0 ? 0 : betaQuantile(tail, happened, runs - happened + 1),
    happened === runs ? 1 : betaQuantile(1 - tail, happened + 1, runs - happened),
  ]
}
