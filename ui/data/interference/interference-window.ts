/**
 * Who delayed whom over a window of time: the result's interference matrix, for the served requests that arrived in the
 * window, as seconds by cause. The same rule as the result's, so the whole run without warm-up gives the same figures.
 */
import type { InterferenceParts } from '../../../sim/metrics/result.ts'
import { addNanos, CAUSES, type Cause, isServedWithin, noNanos, secondsOf, visitShares } from './delay-shares.ts'
import { lowerBound, type TraceIndex } from '../trace/trace-index.ts'

export interface InterferenceQuery {
  readonly kind: 'interference'
  readonly from_us: number
  readonly to_us: number
}

export type InterferenceMatrix = { readonly [victim: string]: { readonly [culprit: string]: InterferenceParts } }

export interface InterferenceAnswer {
  readonly matrix: InterferenceMatrix
  /** Requests by victim: what a matrix per request divides by. */
  readonly served: { readonly [victim: string]: number }
}

export function interference(index: TraceIndex, { from_us, to_us }: InterferenceQuery): InterferenceAnswer {
  const { store, requests, names } = index
  const counts = isServedWithin(index, from_us, to_us)
  const served = new Map<string, number>()
  const end = lowerBound(requests.arrivedAt, to_us)
  for (let i = lowerBound(requests.arrivedAt, from_us); i < end; i += 1) {
    if (!counts(i)) continue
    const victim = store.texts.text(requests.model[i]!)
    served.set(victim, (served.get(victim) ?? 0) + 1)
  }
  // In the order of the result's victims, whoever was served first.
  const matrix = new Map(names.models.map((model) => [model, new Map<string, Float64Array>()]))
  visitShares(index, from_us, to_us, (request, _machine, culprit, nanos) => {
    const victim = store.texts.text(requests.model[request]!)
    const row = matrix.get(victim) ?? new Map<string, Float64Array>()
    matrix.set(victim, row)
    const sum = row.get(culprit) ?? noNanos()
    row.set(culprit, sum)
    addNanos(sum, nanos)
  })
  return {
    served: Object.fromEntries(served),
    matrix: Object.fromEntries(
      [...matrix].map(([victim, row]) => [
        victim,
        Object.fromEntries([...row].map(([culprit, sum]) => [culprit, secondsOf(sum)])),
      ]),
    ),
  }
}

export interface InterferenceSeriesQuery {
  readonly kind: 'interference_series'
  /** Absent: of everybody. */
  readonly victim?: string
  readonly culprit?: string
  readonly interval_us: number
  readonly points: number
}

/** Seconds per served request that arrived in the interval; null where none did. */
export type InterferenceSeries = { readonly [cause in Cause]: readonly (number | null)[] }

export function interferenceSeries(index: TraceIndex, query: InterferenceSeriesQuery): InterferenceSeries {
  const { interval_us, points, victim, culprit } = query
  const { requests, store } = index
  const to_us = interval_us * points
  const wanted = victim === undefined ? -1 : store.texts.list.indexOf(victim)
  const isVictim = (request: number): boolean => victim === undefined || requests.model[request] === wanted
  const counts = isServedWithin(index, 0, to_us)
  const place = (request: number): number => Math.floor(requests.arrivedAt[request]! / interval_us)
  const served = new Uint32Array(points)
  for (let i = 0; i < requests.arrivedAt.length; i += 1) if (counts(i) && isVictim(i)) served[place(i)]! += 1
  const sums = CAUSES.map(() => new Float64Array(points))
  visitShares(index, 0, to_us, (request, _machine, by, nanos) => {
    if (!isVictim(request) || (culprit !== undefined && by !== culprit)) return
    for (const [cause, sum] of sums.entries()) sum[place(request)]! += nanos[cause]!
  })
  const perRequest = (sum: Float64Array): (number | null)[] =>
    Array.from(sum, (nanos, i) => (served[i] === 0 ? null : nanos / 1e9 / served[i]!))
  return Object.fromEntries(CAUSES.map((cause, i) => [cause, perRequest(sums[i]!)])) as unknown as InterferenceSeries
}
