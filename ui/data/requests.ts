/** Requests by window and filter, and one request's whole life: every row of the trace that names it. */
import type { TraceRow, TraceRowKind } from '../../sim/trace/row.ts'
import { LAYOUTS } from '../../sim/trace/schema.ts'
import { lowerBound, type TraceIndex } from './trace-index.ts'

export type RequestOrder = 'arrived' | 'ttft' | 'duration'

export interface RequestsQuery {
  readonly kind: 'requests'
  /** Arrived within; absent: at any time. */
  readonly from_us?: number
  readonly to_us?: number
  readonly model?: string
  readonly outcome?: string
  readonly reason?: string
  readonly machine?: number
  /** The first of these only, in the order asked for. */
  readonly order?: RequestOrder
  readonly descending?: boolean
  readonly offset?: number
  readonly limit?: number
}

/** Times in microseconds; null: never happened. */
export interface RequestRow {
  readonly request: number
  readonly user: number
  readonly model: string
  readonly arrived_us: number
  readonly ttft_us: number | null
  readonly duration_us: number | null
  /** '' while in flight at the end of the run. */
  readonly outcome: string
  readonly reason: string
  readonly status: number
  readonly machine: number | null
  readonly dispatches: number
  readonly promptTokens: number
  readonly completionTokens: number
}

export interface RequestsAnswer {
  /** All that match, not only those of this page. */
  readonly total: number
  readonly rows: readonly RequestRow[]
}

const LIMIT = 200

const textNumber = (index: TraceIndex, text: string | undefined): number | undefined =>
  text === undefined ? undefined : index.store.texts.list.indexOf(text)

export function requestRow(index: TraceIndex, request: number): RequestRow {
  const { requests: columns, store } = index
  const text = (number: number): string => (number < 0 ? '' : store.texts.text(number))
  const arrived = columns.arrivedAt[request]!
  const first = columns.firstTokenAt[request]!
  const ended = columns.endedAt[request]!
  const machine = columns.machine[request]!
  return {
    request,
    user: columns.user[request]!,
    model: text(columns.model[request]!),
    arrived_us: arrived,
    ttft_us: first < 0 ? null : first - arrived,
    duration_us: ended < 0 ? null : ended - arrived,
    outcome: text(columns.outcome[request]!),
    reason: text(columns.reason[request]!),
    status: columns.status[request]!,
    machine: machine < 0 ? null : machine,
    dispatches: columns.dispatches[request]!,
    promptTokens: columns.promptTokens[request]!,
    completionTokens: columns.completionTokens[request]!,
  }
}

export function requests(index: TraceIndex, query: RequestsQuery): RequestsAnswer {
  const columns = index.requests
  const { arrivedAt, firstTokenAt, endedAt } = columns
  // Requests are numbered in order of arrival, so a window is a range.
  const begin = query.from_us === undefined ? 0 : lowerBound(arrivedAt, query.from_us)
  const end = query.to_us === undefined ? arrivedAt.length : lowerBound(arrivedAt, query.to_us)
  const model = textNumber(index, query.model)
  const outcome = textNumber(index, query.outcome)
  const reason = textNumber(index, query.reason)
  const found: number[] = []
  for (let i = begin; i < end; i += 1) {
    if (model !== undefined && columns.model[i] !== model) continue
    if (outcome !== undefined && columns.outcome[i] !== outcome) continue
    if (reason !== undefined && columns.reason[i] !== reason) continue
    if (query.machine !== undefined && columns.machine[i] !== query.machine) continue
    found.push(i)
  }
  const sign = query.descending === true ? -1 : 1
  const { order = 'arrived' } = query
  const key = (i: number): number =>
    order === 'ttft' ? since(firstTokenAt[i]!, arrivedAt[i]!) : since(endedAt[i]!, arrivedAt[i]!)
  if (order === 'arrived') {
    if (sign < 0) found.reverse()
  } else found.sort((a, b) => sign * (key(a) - key(b)))
  const offset = query.offset ?? 0
  const page = found.slice(offset, offset + (query.limit ?? LIMIT))
  return { total: found.length, rows: page.map((i) => requestRow(index, i)) }
}

const since = (at: number, from: number): number => (at < 0 ? -1 : at - from)

export interface RequestLifeQuery {
  readonly kind: 'request_life'
  readonly request: number
}

export interface RequestLife {
  readonly summary: RequestRow
  /** In the order of the trace, the user's own rows included. */
  readonly rows: readonly TraceRow[]
}

/** undefined: the run has no such request. */
export function requestLife(index: TraceIndex, { request }: RequestLifeQuery): RequestLife | undefined {
  if (!(request >= 0 && request < index.requests.arrivedAt.length)) return undefined
  const user = index.requests.user[request]!
  const { store } = index
  const rows: TraceRow[] = []
  for (const layout of LAYOUTS) {
    const byRequest = layout.names.indexOf('request')
    const column = byRequest >= 0 ? byRequest : layout.names.indexOf('user')
    if (column < 0) continue
    const table = store.table(layout.kind)
    const values = table.values(column)
    const wanted = byRequest >= 0 ? request : user
    for (let i = values.indexOf(wanted); i >= 0; i = values.indexOf(wanted, i + 1))
      rows.push(table.read(i, store.texts))
  }
  // Sorting is stable: of rows at the same instant those of the layout's first kinds come first.
  return { summary: requestRow(index, request), rows: rows.sort((a, b) => a.at - b.at) }
}

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
