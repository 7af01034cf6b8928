/**
 * By how much one arm is better than another, relative to it: a ratio of two means over paired seeds, whose numerator
 * and denominator both scatter. Its interval is Fieller's (Fieller 1954, J. R. Stat. Soc. B 16, 175): the set of
 * ratios r for which the mean of `step - r * baseline` is not significantly different from 0. Dividing the interval
 * of the step by the baseline's mean would take that mean for known.
 */
import { assert } from '../../base/assert.ts'
import type { GoodDirection } from '../../metrics/index.ts'
import { type Ci95, LEVEL } from './estimate.ts'
import { meanCi, studentQuantile } from '../statistics/student.ts'

export interface Improvement {
  /** null: the baseline is 0 in every seed and the arm is not. */
  readonly value: number | null
  /** null with one seed, and where the baseline's mean is not clearly different from 0. */
  readonly ci95: Ci95
  /** Whether it is at least what was wanted, at 95 % confidence. */
  readonly exceeds: 'yes' | 'no' | 'unclear' | 'one_seed'
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** `arm[i]` and `baseline[i]` are of one seed. */
export function improvement(
  arm: readonly number[],
  baseline: readonly number[],
  good: GoodDirection,
  wanted: number,
): Improvement {
  assert(arm.length === baseline.length && arm.length > 0, 'improvement: needs pairs')
  const steps = arm.map((value, i) => (good === 'up' ? value - baseline[i]! : baseline[i]! - value))
  const average = mean(baseline)
  // A baseline below 0 (a credit) is as far from 0 as one above it.
  const sizes = average < 0 ? baseline.map((value) => -value) : baseline
  const [step, size] = [mean(steps), Math.abs(average)]
  const value = size > 0 ? step / size : step === 0 ? 0 : null
  if (arm.length === 1) return { value, ci95: null, exceeds: 'one_seed' }
  const ci95 =
    size > 0 ? fieller(steps, sizes, step / size) : steps.every((each) => each === 0) ? ([0, 0] as const) : null
  return { value, ci95, exceeds: ci95 === null ? byContrast(steps, sizes, wanted) : within(ci95, wanted) }
}

const within = ([low, high]: readonly [number, number], wanted: number): Improvement['exceeds'] =>
  low >= wanted ? 'yes' : high < wanted ? 'no' : 'unclear'

/** Whether `step - wanted * size` is above 0: what is left to ask when the ratio itself has no interval. */
function byContrast(steps: readonly number[], sizes: readonly number[], wanted: number): Improvement['exceeds'] {
  const { ci } = meanCi(
    steps.map((step, i) => step - wanted * sizes[i]!),
    LEVEL,
  )
  return ci === null ? 'one_seed' : ci[0] > 0 ? 'yes' : ci[1] < 0 ? 'no' : 'unclear'
}

function fieller(steps: readonly number[], sizes: readonly number[], value: number): Ci95 {
  const n = steps.length
  // Without scatter the ratio is known, and rounding must not push it over a bound.
  if (steps.every((step) => step === steps[0]) && sizes.every((size) => size === sizes[0])) return [value, value]
  const [step, size] = [mean(steps), mean(sizes)]
  const covariance = (a: readonly number[], b: readonly number[], aMean: number, bMean: number): number =>
    a.reduce((sum, each, i) => sum + (each - aMean) * (b[i]! - bMean), 0) / (n - 1)
  const t = studentQuantile((1 + LEVEL) / 2, n - 1)
  const g = (t * t) / n
  const a = size * size - g * covariance(sizes, sizes, size, size)
  if (a <= 0) return null
  const b = step * size - g * covariance(steps, sizes, step, size)
  const c = step * step - g * covariance(steps, steps, step, step)
  // At least 0 in exact arithmetic: the ratio of the means is always inside.
  const root = Math.sqrt(Math.max(0, b * b - a * c))
  return [(b - root) / a, (b + root) / a]
}
