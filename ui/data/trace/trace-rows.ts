/** Rows of the trace as they are. */
import type { TraceRow, TraceRowKind } from '../../../sim/trace/row.ts'
import { LAYOUTS } from '../../../sim/trace/schema.ts'
import type { TraceStore } from '../../../sim/trace/store.ts'
import { lowerBound, type TraceIndex } from './trace-index.ts'

/** Rows of any kinds in a window, for what has no query of its own: relabels, pools, decisions, loads, the timeline. */
export interface RowsQuery {
  readonly kind: 'rows'
  readonly kinds: readonly TraceRowKind[]
  readonly from_us?: number
  readonly to_us?: number
  /** Column → value, for kinds that have the column. */
  readonly where?: { readonly [column: string]: string | number | boolean }
  readonly limit?: number
}

export interface RowsAnswer {
  readonly total: number
  readonly rows: readonly TraceRow[]
}

const ROWS_LIMIT = 5_000

export function rowsOf(index: TraceIndex, query: RowsQuery): RowsAnswer {
  const { store } = index
  const found: TraceRow[] = []
  let total = 0
  for (const kind of query.kinds) {
    const table = store.table(kind)
    const at = table.values(0)
    const begin = query.from_us === undefined ? 0 : lowerBound(at, query.from_us)
    const end = query.to_us === undefined ? at.length : lowerBound(at, query.to_us)
    const conditions = Object.entries(query.where ?? {}).map(([name, value]) => {
      const column = table.layout.names.indexOf(name)
      const wanted = typeof value === 'string' ? store.texts.list.indexOf(value) : Number(value)
      return { values: column < 0 ? undefined : table.values(column), wanted }
    })
    for (let i = begin; i < end; i += 1) {
      if (!conditions.every(({ values, wanted }) => values?.[i] === wanted)) continue
      total += 1
      if (found.length < (query.limit ?? ROWS_LIMIT) * query.kinds.length) found.push(table.read(i, store.texts))
    }
  }
  found.sort((a, b) => a.at - b.at)
  return { total, rows: found.slice(0, query.limit ?? ROWS_LIMIT) }
}

/** Those of some kinds, as they were written. */
export function* rowsOfKinds(store: TraceStore, wanted: ReadonlySet<TraceRowKind>): IterableIterator<TraceRow> {
  const tables = LAYOUTS.map(({ kind }) => (wanted.has(kind) ? store.table(kind) : undefined))
  const cursors = new Uint32Array(LAYOUTS.length)
  for (const kind of store.kinds) {
    const table = tables[kind]
    if (table !== undefined) yield table.read(cursors[kind]!++, store.texts)
  }
}
