/** A comparison of finished runs, made by the lab's worker: a page with many of them would stand still meanwhile. */
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import type { Deltas } from '../../sim/lab/estimates/verdict.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import { lab } from './store.ts'

/** Most of a result, and none of its figures: what need not be copied. */
const withoutSeries = (result: RunResult): RunResult => ({
  ...result,
  series: { interval_s: result.series.interval_s },
})

/** undefined: they share no seed, or there are none. */
export const compared = async (
  results: readonly RunResult[],
  baseline?: string,
  deltas?: Deltas,
): Promise<CompareResult | undefined> =>
  results.length === 0
    ? undefined
    : lab.call<'compare'>({ op: 'compare', results: results.map(withoutSeries), baseline, deltas })
