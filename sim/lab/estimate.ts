/**
 * Means over seeds and paired differences, with 95 % confidence intervals. One seed gives no interval: `null`, never a
 * width of zero, because a reader takes a number for knowledge.
 */
import { meanCi, pairedDifference } from './statistics.ts'

/** Two-sided; every interval we publish is called ci95. */
export const LEVEL = 0.95

export type Ci95 = readonly [low: number, high: number] | null

export interface Estimate {
  /** null: no seed had data. */
  readonly mean: number | null
  readonly ci95: Ci95
  /** Seeds with data. */
  readonly n: number
}

/** Against the baseline, paired by seed. */
export interface Difference extends Estimate {
  /** Of the baseline's mean over the same seeds; null when that is 0. */
  readonly relative: number | null
  /** The interval leaves out 0; null without an interval. */
  readonly significant: boolean | null
}

const NOTHING: Estimate = { mean: null, ci95: null, n: 0 }

export function estimate(values: readonly (number | null)[]): Estimate {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return NOTHING
  const [first] = known
  // Equal values have exactly that mean: a sum divided again may miss it by a bit, and fail a bound at its edge.
  const { mean, ci } = known.every((value) => value === first) ? exactly(first!, known.length) : meanCi(known, LEVEL)
  return { mean, ci95: ci, n: known.length }
}

const exactly = (value: number, n: number) => ({ mean: value, ci: n === 1 ? null : ([value, value] as const) })

/** Seeds where either side has no data are left out, and `n` says so. */
export function difference(arm: readonly (number | null)[], baseline: readonly (number | null)[]): Difference {
  const a: number[] = []
  const b: number[] = []
  for (const [index, value] of arm.entries()) {
    const other = baseline[index] ?? null
    if (value === null || other === null) continue
    a.push(value)
    b.push(other)
  }
  if (a.length === 0) return { ...NOTHING, relative: null, significant: null }
  const { mean, ci } = pairedDifference(a, b, LEVEL)
  const baselineMean = b.reduce((sum, value) => sum + value, 0) / b.length
  return {
    mean,
    ci95: ci,
    n: a.length,
    relative: baselineMean === 0 ? null : mean / Math.abs(baselineMean),
    significant: ci === null ? null : ci[0] > 0 || ci[1] < 0,
  }
}
