/**
 * TTFT of served requests as a heat map: how many of those that arrived in an interval had their first token after how
 * long, on a scale of logarithms, because seconds and minutes matter alike. Over it quantiles, exact and by the rule of
 * every result (type 7), and the SLO of the interval's middle prompt.
 */
import { lowerBound, type TraceIndex } from '../trace-index.ts'
import { requestFacts } from '../request-facts.ts'
import { endOf, type TimeGrid } from './time-grid.ts'

/** Bins between these: an answer faster than the first is in the first, slower than the last in the last. */
export const HEAT_FROM_US = 30_000
export const HEAT_TO_US = 300_000_000
export const HEAT_BINS = 40

const LOG_FROM = Math.log(HEAT_FROM_US)
const LOG_SPAN = Math.log(HEAT_TO_US) - LOG_FROM

/** 0 … 1 up the scale, held to it. */
export const heatShare = (ttft_us: number): number =>
  Math.min(1, Math.max(0, (Math.log(Math.max(1, ttft_us)) - LOG_FROM) / LOG_SPAN))

export const heatBin = (ttft_us: number): number => Math.min(HEAT_BINS - 1, Math.floor(heatShare(ttft_us) * HEAT_BINS))

/** What stands at a share of the scale. */
export const heatTtft = (share: number): number => Math.exp(LOG_FROM + share * LOG_SPAN)

/** Fewer say nothing of the slowest twentieth: it would be the slowest one. */
const P95_MIN = 20

/** Linear between order statistics: what results, SQL's percentile_cont and numpy compute. */
export function quantileOf(sorted: ArrayLike<number>, share: number): number {
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  const low = sorted[below]!
  return place === below ? low : low + (sorted[below + 1]! - low) * (place - below)
}

/** Of interval b and bin i, from the fastest: `[b * HEAT_BINS + i]`. `only`: place of the only model that counts. */
export function ttftHeat(index: TraceIndex, grid: TimeGrid, only?: number): Uint32Array {
  const { arrivedAt } = index.requests
  const { model, ttft_us } = requestFacts(index)
  const { start_us, bucket_us, buckets } = grid
  const heat = new Uint32Array(buckets * HEAT_BINS)
  const last = lowerBound(arrivedAt, endOf(grid))
  for (let i = lowerBound(arrivedAt, start_us); i < last; i += 1) {
    if (ttft_us[i]! < 0 || (only !== undefined && model[i] !== only)) continue
    heat[Math.floor((arrivedAt[i]! - start_us) / bucket_us) * HEAT_BINS + heatBin(ttft_us[i]!)]! += 1
  }
  return heat
}

export interface TtftLines {
  /** NaN: too few. */
  readonly ttft_p50_us: Float64Array
  readonly ttft_p95_us: Float64Array
  /** Of the middle prompt of what arrived; NaN: nothing did, or no SLO is known. */
  readonly slo_us: Float64Array
}

export function ttftLines(index: TraceIndex, grid: TimeGrid, only?: number): TtftLines {
  const { arrivedAt } = index.requests
  const { model, ttft_us, promptTokens } = requestFacts(index)
  const { slo } = index.facts
  const { start_us, bucket_us, buckets } = grid
  const nothing = (): Float64Array => new Float64Array(buckets).fill(Number.NaN)
  const [ttft_p50_us, ttft_p95_us, slo_us] = [nothing(), nothing(), nothing()]
  const last = lowerBound(arrivedAt, endOf(grid))
  const [ttfts, prompts] = [new Float64Array(last), new Uint32Array(last)]
  let i = lowerBound(arrivedAt, start_us)
  for (let bucket = 0; bucket < buckets && i < last; bucket += 1) {
    const edge = start_us + (bucket + 1) * bucket_us
    let [served, asked] = [0, 0]
    for (; i < last && arrivedAt[i]! < edge; i += 1) {
      if (only !== undefined && model[i] !== only) continue
      prompts[asked++] = promptTokens[i]!
      if (ttft_us[i]! >= 0) ttfts[served++] = ttft_us[i]!
    }
    if (served > 0) {
      const sorted = ttfts.subarray(0, served).sort()
      ttft_p50_us[bucket] = quantileOf(sorted, 0.5)
      if (served >= P95_MIN) ttft_p95_us[bucket] = quantileOf(sorted, 0.95)
    }
    if (slo !== undefined && asked > 0)
      slo_us[bucket] =
        slo.ttftBase +
        (slo.ttftPerToken === 0 ? 0 : slo.ttftPerToken * quantileOf(prompts.subarray(0, asked).sort(), 0.5))
  }
  return { ttft_p50_us, ttft_p95_us, slo_us }
}
