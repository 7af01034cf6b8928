/** The distribution of TTFT of one run, model by model: what was served, as points of its cumulative curve. */
import type { TraceIndex } from '../trace/trace-index.ts'

export interface TtftCurvesQuery {
  readonly kind: 'ttft_curves'
  /** Arrived within; the result's own figures leave the warm-up out. */
  readonly from_us: number
  readonly to_us?: number
}

export interface TtftCurve {
  readonly model: string
  readonly arrived: number
  readonly served: number
  /** Ascending. */
  readonly ttft_ms: Float64Array
  /** Of the served, those that had their first token by then; same places. */
  readonly share: Float64Array
}

export interface TtftCurves {
  readonly models: readonly TtftCurve[]
}

/** A curve of so many points looks as one of all points does; the last per cent gets as many as the rest. */
const BODY = 300
const TAIL = 300
const TAIL_FROM = 0.99

export function ttftCurves(index: TraceIndex, query: TtftCurvesQuery): TtftCurves {
  const { requests: columns, store } = index
  const served = store.texts.list.indexOf('served')
  const found = new Map<number, { arrived: number; ttft_ms: number[] }>()
  for (let i = 0; i < columns.arrivedAt.length; i += 1) {
    const arrivedAt = columns.arrivedAt[i]!
    if (arrivedAt < query.from_us || arrivedAt >= (query.to_us ?? Number.POSITIVE_INFINITY)) continue
    const number = columns.model[i]!
    const own = found.get(number) ?? { arrived: 0, ttft_ms: [] }
    found.set(number, own)
    own.arrived += 1
    if (columns.outcome[i] !== served) continue
    // An answer in one piece is its own first token.
    const firstAt = columns.firstTokenAt[i]! < 0 ? columns.endedAt[i]! : columns.firstTokenAt[i]!
    own.ttft_ms.push((firstAt - arrivedAt) / 1_000)
  }
  const models = [...found].map(([number, { arrived, ttft_ms }]): TtftCurve => {
    const sorted = Float64Array.from(ttft_ms).sort()
    const ranks = ranksOf(sorted.length)
    return {
      model: store.texts.text(number),
      arrived,
      served: sorted.length,
      ttft_ms: Float64Array.from(ranks, (rank) => sorted[rank]!),
      share: Float64Array.from(ranks, (rank) => (rank + 1) / sorted.length),
    }
  })
  return { models: models.sort((a, b) => (a.model < b.model ? -1 : 1)) }
}

const between = (from: number, to: number, points: number): number[] =>
  Array.from({ length: points }, (_, i) => Math.round(from + ((to - from) * i) / (points - 1)))

function ranksOf(count: number): readonly number[] {
  if (count <= BODY + TAIL) return Array.from({ length: count }, (_, rank) => rank)
  const bend = Math.floor(count * TAIL_FROM)
  return [...new Set([...between(0, bend, BODY), ...between(bend, count - 1, TAIL)])]
}
