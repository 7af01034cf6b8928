/**
 * What one long run can say about its own goodput: an interval from batch means (Law 2015, chapter 9.5), after its start has been cut
 * off (MSER-5). A run that drifts has no long-term mean, and one that is too short, or whose batches follow each other too
 * closely, has no interval: it is refused with a word, never printed too narrow.
 */
import { mser5 } from '../../metrics/index.ts'
import type { RunResult } from '../../metrics/result.ts'
import { LEVEL } from './estimate.ts'
import { clipped, type Interval } from '../statistics/interval.ts'
import { Resampling } from '../statistics/resample.ts'

export type Steady =
  | {
      readonly kind: 'interval'
      readonly mean: number
      readonly ci95: Interval
      readonly batches: number
      readonly batch_s: number
    }
  | { readonly kind: 'refused'; readonly why: 'too_short' | 'drifts' | 'too_bumpy' }

const BATCHES = 20
/** Points of a series that make a batch, at least. */
const POINTS_PER_BATCH = 4
/** Two-sided 1 %: a run without drift is refused once in a hundred. */
const TREND_Z = 2.576
/** Correlation of neighbouring batches from which their scatter no longer tells that of their mean; 5 % by chance. */
const NEIGHBOURS_MAX = 0.37

/** By public model. */
export function steadyGoodput(result: RunResult): { readonly [model: string]: Steady } {
  const { interval_s } = result.series
  return Object.fromEntries(
    Object.keys(result.models).map((model) => {
      const goodput = series(result, `goodput.${model}`)
      const arrived = series(result, `arrived.${model}`)
      return [model, steady(goodput, arrived, interval_s)]
    }),
  )
}

const series = (result: RunResult, name: string): readonly (number | null)[] => {
  const values = result.series[name]
  return Array.isArray(values) ? (values as readonly (number | null)[]) : []
}

/** A goodput point counts as many times as requests arrived in it, as in the whole run's own figure. */
export function steady(
  goodput: readonly (number | null)[],
  arrived: readonly (number | null)[],
  interval_s: number,
): Steady {
  const points = goodput.map((share, i) => ({ good: (share ?? 0) * (arrived[i] ?? 0), came: arrived[i] ?? 0 }))
  // The last point may be short; one that nobody came in says nothing about where the run settles.
  const cut = mser5(goodput.map((share) => share ?? 0)).samples
  const kept = points.slice(cut)
  const perBatch = Math.floor(kept.length / BATCHES)
  if (perBatch < POINTS_PER_BATCH) return { kind: 'refused', why: 'too_short' }
  const used = kept.slice(kept.length - perBatch * BATCHES)
  const batches = Array.from({ length: BATCHES }, (_, b) => sumOf(used.slice(b * perBatch, (b + 1) * perBatch)))
  if (batches.some(({ came }) => came === 0)) return { kind: 'refused', why: 'too_short' }
  const means = batches.map(({ good, came }) => good / came)
  if (Math.abs(trendOf(means)) > TREND_Z) return { kind: 'refused', why: 'drifts' }
  if (correlationOf(means) > NEIGHBOURS_MAX) return { kind: 'refused', why: 'too_bumpy' }
  const { good, came } = sumOf(used)
  const interval = new Resampling(BATCHES).meanInterval(means, LEVEL)
  return {
    kind: 'interval',
    mean: good / came,
    ci95: clipped(interval, [0, 1]),
    batches: BATCHES,
    batch_s: perBatch * interval_s,
  }
}

interface Counted {
  readonly good: number
  readonly came: number
}

const sumOf = (points: readonly Counted[]): Counted =>
  points.reduce((sum, { good, came }) => ({ good: sum.good + good, came: sum.came + came }), { good: 0, came: 0 })

/** Kendall's rank test against time (Mann 1945), in units of its own scatter without a trend. */
function trendOf(values: readonly number[]): number {
  const n = values.length
  let rises = 0
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 1; j < n; j += 1) rises += Math.sign(values[j]! - values[i]!)
  }
  return rises / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
}

/** Of each with the next. */
function correlationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [own, next] = [0, 0]
  for (const [i, value] of values.entries()) {
    own += (value - mean) * (value - mean)
    if (i > 0) next += (value - mean) * (values[i - 1]! - mean)
  }
  return own === 0 ? 0 : next / own
}
