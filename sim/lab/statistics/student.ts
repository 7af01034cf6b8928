/**
 * Means with Student intervals. The quantile comes from @stdlib, whose internals may call Math.log and Math.exp: that
 * is fine here, because nothing in the lab feeds back into a run, and reports round far above the last bit.
 */
import quantile from '@stdlib/stats-base-dists-t-quantile'
import { assert } from '../../base/assert.ts'

export interface MeanEstimate {
  readonly n: number
  readonly mean: number
  /** Of the sample, with n - 1; null for a single value. */
  readonly sd: number | null
  /** Half the width of the interval; null for a single value, which says nothing about its own scatter. */
  readonly halfWidth: number | null
  readonly ci: readonly [low: number, high: number] | null
}

/** Two-sided interval for the mean of independent values; `level` like 0.95. */
export function meanCi(values: readonly number[], level: number): MeanEstimate {
  const n = values.length
  assert(n > 0, 'statistics: a mean needs a value')
  assert(level > 0 && level < 1, 'statistics: a level lies between 0 and 1')
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  if (n === 1) return { n, mean, sd: null, halfWidth: null, ci: null }
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0)
  const sd = Math.sqrt(squares / (n - 1))
  const halfWidth = (studentQuantile((1 + level) / 2, n - 1) * sd) / Math.sqrt(n)
  return { n, mean, sd, halfWidth, ci: [mean - halfWidth, mean + halfWidth] }
}

/** Interval for the mean of a - b, paired by position: what both share (the seed's luck) cancels. */
export function pairedDifference(a: readonly number[], b: readonly number[], level: number): MeanEstimate {
  assert(a.length === b.length, 'statistics: pairs need two lists of the same length')
  const differences = a.map((value, index) => value - b[index]!)
  return meanCi(differences, level)
}

/** The value that a Student variable with `degrees` degrees of freedom stays below with probability p. */
export function studentQuantile(p: number, degrees: number): number {
  return quantile(p, degrees)
}
