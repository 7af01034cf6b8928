/** A region of the tracks, brushed by hand: requests that arrived in a window and ended in one way. */
import { lowerBound, type TraceIndex } from '../trace-index.ts'
import { FATES, type Fate, requestFacts } from '../request-facts.ts'

export interface Region {
  readonly from_us: number
  readonly to_us: number
  /** Of served requests only: first token after at least, and at most, so long. */
  readonly ttft_us?: readonly [least: number, most: number]
  readonly fate?: Fate
}

/** Place of each request in the region, in order of arrival; `model`: only its requests. */
export function requestsIn(index: TraceIndex, region: Region, model?: string): Uint32Array {
  const { arrivedAt } = index.requests
  const facts = requestFacts(index)
  const only = model === undefined ? -1 : facts.models.indexOf(model)
  const fate = region.fate === undefined ? -1 : FATES.indexOf(region.fate)
  const begin = lowerBound(arrivedAt, region.from_us)
  const end = lowerBound(arrivedAt, region.to_us)
  const found = new Uint32Array(Math.max(0, end - begin))
  let count = 0
  for (let i = begin; i < end; i += 1) {
    if (only >= 0 && facts.model[i] !== only) continue
    if (fate >= 0 && facts.fate[i] !== fate) continue
    if (region.ttft_us !== undefined) {
      const ttft = facts.ttft_us[i]!
      if (ttft < 0 || ttft < region.ttft_us[0] || ttft > region.ttft_us[1]) continue
    }
    found[count++] = i
  }
  return found.slice(0, count)
}
