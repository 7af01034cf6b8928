/**
 * Tokens per second that the fleet spoke, by model: each answer's tokens spread evenly from its first to its last, over
 * the intervals in between. Credited where an answer ends, a burst of ends looks like speed no GPU has. Counted on the
 * Macs, so what nobody waited for is in it: all tokens of the `work` rows, no more and no fewer. The model is the one that
 * was asked for: during a rollout several builds answer for it.
 */
import { derive, lowerBound, type TraceIndex } from '../trace-index.ts'
import { requestFacts } from '../request-facts.ts'
import { endOf, type TimeGrid } from './time-grid.ts'

/** The longest decode: how far before a window a row that reaches into it may begin. */
const longestDecode = (index: TraceIndex): number =>
  derive(index, 'trace/longest-decode', () => {
    const ended = index.store.column('work', 'at')
    const first = index.store.column('work', 'firstTokenAt')
    let longest = 0
    for (let i = 0; i < ended.length; i += 1) if (first[i]! >= 0) longest = Math.max(longest, ended[i]! - first[i]!)
    return longest
  })

/** Tokens, `tokens[model * buckets + b]`; divided by the interval's seconds they are a rate. */
export function tokensSpoken(index: TraceIndex, grid: TimeGrid, only?: number): Float64Array {
  const { store } = index
  const { models, model: modelOf } = requestFacts(index)
  const { start_us, bucket_us, buckets } = grid
  const tokens = new Float64Array(models.length * buckets)
  const ended = store.column('work', 'at')
  const first = store.column('work', 'firstTokenAt')
  const decoded = store.column('work', 'decodedTokens')
  const request = store.column('work', 'request')
  const to_us = endOf(grid)
  const last = lowerBound(ended, to_us + longestDecode(index) + 1)
  for (let i = lowerBound(ended, start_us); i < last; i += 1) {
    const model = modelOf[request[i]!] ?? 0
    if (decoded[i] === 0 || (only !== undefined && model !== only)) continue
    const from = first[i]! < 0 ? ended[i]! : first[i]!
    const length = ended[i]! - from
    const base = model * buckets
    if (length <= 0) {
      if (from >= start_us && from < to_us) tokens[base + Math.floor((from - start_us) / bucket_us)]! += decoded[i]!
      continue
    }
    const [begin, end] = [Math.max(from, start_us), Math.min(ended[i]!, to_us)]
    const perMicro = decoded[i]! / length
    for (let at = begin; at < end; ) {
      const bucket = Math.min(buckets - 1, Math.floor((at - start_us) / bucket_us))
      const edge = Math.max(at + 1e-3, Math.min(end, start_us + (bucket + 1) * bucket_us))
      tokens[base + bucket]! += perMicro * (edge - at)
      at = edge
    }
  }
  return tokens
}
