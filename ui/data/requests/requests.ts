/** Requests by window and filter, in the order asked for, a page at a time. */
import { derive, lowerBound, type TraceIndex } from '../trace/trace-index.ts'

export type RequestOrder = 'arrived' | 'ttft' | 'duration'

export interface RequestConditions {
  /** Arrived within; absent: at any time. */
  readonly from_us?: number
  readonly to_us?: number
  readonly model?: string
  /** As rows have it, or `in_flight`. */
  readonly outcome?: string
  readonly reason?: string
  readonly user?: number
  /** Any attempt went there. */
  readonly machine?: number
}

export interface RequestsQuery extends RequestConditions {
  readonly kind: 'requests'
  readonly order?: RequestOrder
  readonly descending?: boolean
  readonly offset?: number
  readonly limit?: number
  /** Where this one stands in the list is wanted too. */
  readonly locate?: number
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
  /** Place of the first row among all that match. */
  readonly offset: number
  /** Place of the one to locate; -1: it is not in the list. */
  readonly located: number
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

/** All requests in one order. Sorting half a million takes most of a second, so each order is made once. */
function ordered(index: TraceIndex, order: Exclude<RequestOrder, 'arrived'>, descending: boolean): Uint32Array {
  return derive(index, `requests/${order}/${descending}`, () => {
    const { arrivedAt, firstTokenAt, endedAt } = index.requests
    const until = order === 'ttft' ? firstTokenAt : endedAt
    const sign = descending ? -1 : 1
    // What never happened is last both ways.
    const keys = Float64Array.from(until, (at, i) => (at < 0 ? Infinity : sign * (at - arrivedAt[i]!)))
    return Uint32Array.from(keys.keys()).sort((a, b) => {
      const [x, y] = [keys[a]!, keys[b]!]
      return x < y ? -1 : x > y ? 1 : a - b
    })
  })
}

/** Requests of which any attempt went to the machine. */
function sentTo(index: TraceIndex, machine: number): Uint8Array {
  return derive(index, `requests/on/${machine}`, () => {
    const on = new Uint8Array(index.requests.arrivedAt.length)
    const sent = index.store.column('dispatched', 'request')
    const to = index.store.column('dispatched', 'provider')
    for (let i = 0; i < sent.length; i += 1) if (index.machineOf[to[i]!] === machine) on[sent[i]!] = 1
    return on
  })
}

/** Whether a request is one of those asked for. */
function matcher(index: TraceIndex, query: RequestConditions): (request: number) => boolean {
  const { arrivedAt, model, outcome, reason, user } = index.requests
  const tests: ((request: number) => boolean)[] = []
  const equal = (column: ArrayLike<number>, value: number | undefined): void => {
    if (value !== undefined) tests.push((i) => column[i] === value)
  }
  // Requests are numbered in order of arrival, so a window is a range.
  const begin = query.from_us === undefined ? 0 : lowerBound(arrivedAt, query.from_us)
  const end = query.to_us === undefined ? arrivedAt.length : lowerBound(arrivedAt, query.to_us)
  tests.push((i) => i >= begin && i < end)
  equal(model, textNumber(index, query.model))
  // In flight when the run ended: no row says how it went.
  equal(outcome, query.outcome === 'in_flight' ? -1 : textNumber(index, query.outcome))
  equal(reason, textNumber(index, query.reason))
  equal(user, query.user)
  if (query.machine !== undefined) equal(sentTo(index, query.machine), 1)
  return (i) => tests.every((test) => test(i))
}

interface Found {
  readonly key: string
  readonly requests: Uint32Array
}

/** What matches, in order; the latest is kept, because scrolling asks for its next page. */
function matching(index: TraceIndex, query: RequestsQuery): Uint32Array {
  const { offset: _, limit: __, locate: ___, ...asked } = query
  const key = JSON.stringify(asked)
  const known = index.derived.get('requests/found') as Found | undefined
  if (known?.key === key) return known.requests
  const { order = 'arrived', descending = false } = query
  const count = index.requests.arrivedAt.length
  const all = order === 'arrived' ? undefined : ordered(index, order, descending)
  const matches = matcher(index, query)
  const found = new Uint32Array(count)
  let total = 0
  for (let place = 0; place < count; place += 1) {
    const i = all?.[place] ?? (descending ? count - 1 - place : place)
    if (matches(i)) found[total++] = i
  }
  const those = found.slice(0, total)
  index.derived.set('requests/found', { key, requests: those } satisfies Found)
  return those
}

export function requests(index: TraceIndex, query: RequestsQuery): RequestsAnswer {
  const found = matching(index, query)
  const { offset = 0, limit = LIMIT, locate } = query
  const rows = Array.from(found.subarray(offset, offset + limit), (i) => requestRow(index, i))
  const located = locate === undefined ? -1 : found.indexOf(locate)
  return { total: found.length, offset, located, rows }
}
