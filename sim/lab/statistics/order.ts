/**
 * The median over seeds and its interval between two order statistics: it covers whatever the distribution looks like
 * (David and Nagaraja 2003, chapter 7.1). For figures that are quantiles of a run: their own mean over seeds would be the
 * mean of nothing anybody can name.
 */
import { assert } from '../../base/assert.ts'
import type { Interval } from './interval.ts'

export function medianOf(values: readonly number[]): number {
  assert(values.length > 0, 'order: a median needs a value')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How far short of the level the narrowest of all may stay: five values cover 93.75 %, and their extremes are all there is. */
const TOLERATED = 0.015

/** undefined: even the extremes cover too little. */
export function medianInterval(values: readonly number[], level: number): Interval | undefined {
  const n = values.length
  const sorted = values.toSorted((a, b) => a - b)
  // The truth lies below the k-th smallest with the probability of fewer than k successes in n throws of a coin.
  let below = 0.5 ** n
  let term = below
  if (1 - 2 * below < level - TOLERATED) return undefined
  let k = 1
  for (;;) {
    term *= (n - k + 1) / k
    if (1 - 2 * (below + term) < level || k + 1 > n / 2) break
    below += term
    k += 1
  }
  return [sorted[k - 1]!, sorted[n - k]!]
}
