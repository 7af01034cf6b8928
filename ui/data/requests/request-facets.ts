/** How many requests of a window ended how, for the choices of the list's filters. */
import { lowerBound, type TraceIndex } from '../trace/trace-index.ts'

export interface RequestFacetsQuery {
  readonly kind: 'request_facets'
  readonly from_us?: number
  readonly to_us?: number
}

/** Most frequent first. */
type Counts = readonly (readonly [value: string, count: number])[]

export interface RequestFacets {
  readonly total: number
  readonly outcome: Counts
  readonly reason: Counts
  readonly model: Counts
}

export function requestFacets(index: TraceIndex, query: RequestFacetsQuery): RequestFacets {
  const { arrivedAt, outcome, reason, model } = index.requests
  const begin = query.from_us === undefined ? 0 : lowerBound(arrivedAt, query.from_us)
  const end = query.to_us === undefined ? arrivedAt.length : lowerBound(arrivedAt, query.to_us)
  const countsOf = (column: ArrayLike<number>, none: string): Counts => {
    const counts = new Map<number, number>()
    for (let i = begin; i < end; i += 1) counts.set(column[i]!, (counts.get(column[i]!) ?? 0) + 1)
    return [...counts]
      .map(([number, count]) => [number < 0 ? none : index.store.texts.text(number), count] as const)
      .filter(([value]) => value !== '')
      .sort((a, b) => b[1] - a[1])
  }
  return {
    total: Math.max(0, end - begin),
    outcome: countsOf(outcome, 'in_flight'),
    reason: countsOf(reason, ''),
    model: countsOf(model, ''),
  }
}
