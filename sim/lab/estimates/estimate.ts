/**
 * A figure over seeds and the difference of two arms seed by seed, with intervals that hold what they promise at the
 * numbers of seeds people use (docs/how-sure.md). Fewer than five seeds give none: `null`, never a width of zero, because a
 * reader takes a number for knowledge.
 */
import { differenceShape, type FigureShape } from './figure-shape.ts'
import { boundedMeanInterval } from '../statistics/betting.ts'
import { clipped, SEEDS_MIN } from '../statistics/interval.ts'
import { medianInterval, medianOf } from '../statistics/order.ts'
import { meanOf, Resampling } from '../statistics/resample.ts'

/** Two-sided; every interval we publish is called ci95. */
export const LEVEL = 0.95

export type Ci95 = readonly [low: number, high: number] | null

export interface Estimate {
  /** null: no seed had data. */
  readonly mean: number | null
  /** Only of quantiles, whose interval is about it. */
  readonly median?: number
  readonly ci95: Ci95
  /** Seeds with data. */
  readonly n: number
}

/** What the interval is about. */
export const centreOf = ({ mean, median }: Estimate): number | null => median ?? mean

/** Against the baseline, paired by seed. */
export interface Difference extends Estimate {
  /** Of the baseline's centre over the same seeds; null when that is 0. */
  readonly relative: number | null
}

const NOTHING: Estimate = { mean: null, ci95: null, n: 0 }

/** Made once for all figures of a comparison. */
export class Estimator {
  private readonly plans = new Map<number, Resampling>()

  /** `humps`: the runs had different outcomes, so nothing is known of the shape of their figures. */
  estimate(values: readonly (number | null)[], shape: FigureShape, humps = false, level = LEVEL): Estimate {
    const known = values.filter((value) => value !== null)
    return known.length === 0 ? NOTHING : this.ofKnown(known, shape, humps, level)
  }

  /** Seeds where either side has no data are left out, and `n` says so. `shape` is that of the figure itself. */
  difference(
    arm: readonly (number | null)[],
    baseline: readonly (number | null)[],
    shape: FigureShape,
    humps = false,
    level = LEVEL,
  ): Difference {
    const steps: number[] = []
    const others: number[] = []
    for (const [index, value] of arm.entries()) {
      const other = baseline[index] ?? null
      if (value === null || other === null) continue
      steps.push(value - other)
      others.push(other)
    }
    if (steps.length === 0) return { ...NOTHING, relative: null }
    const found = this.ofKnown(steps, differenceShape(shape), humps, level)
    const size = Math.abs(shape.centre === 'median' ? medianOf(others) : meanOf(others))
    return { ...found, relative: size === 0 ? null : centreOf(found)! / size }
  }

  private ofKnown(values: readonly number[], shape: FigureShape, humps: boolean, level: number): Estimate {
    const n = values.length
    const [first] = values
    const equal = values.every((value) => value === first)
    // Equal values have exactly that mean: a sum divided again may miss it by a bit, and fail a bound at its edge.
    const mean = equal ? first! : meanOf(values)
    const ci95 = n < SEEDS_MIN ? null : equal ? ([mean, mean] as const) : this.interval(values, shape, humps, level)
    return { mean, ...(shape.centre === 'median' ? { median: medianOf(values) } : {}), ci95, n }
  }

  private interval(values: readonly number[], { bounds, centre }: FigureShape, humps: boolean, level: number): Ci95 {
    if (centre === 'median') return medianInterval(values, level) ?? null
    if (humps) return Number.isFinite(bounds[1]) ? boundedMeanInterval(values, bounds, level) : null
    return clipped(this.planOf(values.length).meanInterval(values, level), bounds)
  }

  private planOf(n: number): Resampling {
    const known = this.plans.get(n)
    const plan = known ?? new Resampling(n)
    if (known === undefined) this.plans.set(n, plan)
    return plan
  }
}
