/**
 * Requests by the interval in which they arrived: how many, of which model, and what became of them. A refusal counts
 * where its request arrived, so refusals of an interval are at most its arrivals and their share at most 1.
 */
import { lowerBound, type TraceIndex } from '../trace-index.ts'
import { FATES, NO_REASON, requestFacts } from '../request-facts.ts'
import { endOf, type TimeGrid } from './time-grid.ts'

export interface ArrivalCounts {
  /** Of interval b: `arrived[model * buckets + b]`. */
  readonly arrived: Uint32Array
  /** `refused[reason * buckets + b]`, answered 429. */
  readonly refused: Uint32Array
  /** `fates[fate * buckets + b]`: all add up to what arrived. */
  readonly fates: Uint32Array
  /** Good ones, `good[model * buckets + b]`. */
  readonly good: Uint32Array
}

const GOOD = FATES.indexOf('good')

/** `model`: place of the only one that counts; undefined: all. */
export function arrivalCounts(index: TraceIndex, grid: TimeGrid, only?: number): ArrivalCounts {
  const { arrivedAt } = index.requests
  const { model, models, fate, reason, reasons } = requestFacts(index)
  const { start_us, bucket_us, buckets } = grid
  const arrived = new Uint32Array(models.length * buckets)
  const refused = new Uint32Array(reasons.length * buckets)
  const fates = new Uint32Array(FATES.length * buckets)
  const good = new Uint32Array(models.length * buckets)
  // Requests are numbered in order of arrival, so a window is a range.
  const end = lowerBound(arrivedAt, endOf(grid))
  for (let i = lowerBound(arrivedAt, start_us); i < end; i += 1) {
    if (only !== undefined && model[i] !== only) continue
    const bucket = Math.floor((arrivedAt[i]! - start_us) / bucket_us)
    arrived[model[i]! * buckets + bucket]! += 1
    fates[fate[i]! * buckets + bucket]! += 1
    if (reason[i] !== NO_REASON) refused[reason[i]! * buckets + bucket]! += 1
    if (fate[i] === GOOD) good[model[i]! * buckets + bucket]! += 1
  }
  return { arrived, refused, fates, good }
}
