/**
 * Every share of every served request's delay in a window of arrivals: who delayed it, where, by what. One rule for the
 * matrix, its course over time and the requests behind a cell, so that they add up: latency minus the time alone is
 * the sum of a request's shares to the nanosecond, and what no Mac wrote down is `none`'s queueing.
 */
import type { InterferenceParts } from '../../../sim/metrics/result.ts'
import { lowerBound, type TraceIndex } from '../trace/trace-index.ts'

/** In the order in which screens stack them. */
export const CAUSES = ['gpu', 'memory', 'thermal', 'load', 'queue'] as const
export type Cause = (typeof CAUSES)[number]

/** Culprit of what no Mac wrote down: coordinator, network, retries. */
const NOBODY = 'none'
const NANOS_PER_SECOND = 1e9
const NANOS_PER_MICRO = 1e3

/** By place in CAUSES. The list is reused: read it at once. */
type ShareVisitor = (request: number, machine: number, culprit: string, nanos: ArrayLike<number>) => void

/** Winning attempts of served requests that arrived in the window. */
export const isServedWithin = (index: TraceIndex, from_us: number, to_us: number): ((request: number) => boolean) => {
  const { requests, store } = index
  const served = store.texts.list.indexOf('served')
  const { outcome, arrivedAt } = requests
  return (request) => outcome[request] === served && arrivedAt[request]! >= from_us && arrivedAt[request]! < to_us
}

export function visitShares(index: TraceIndex, from_us: number, to_us: number, visit: ShareVisitor): void {
  const { store, requests, names } = index
  const counts = isServedWithin(index, from_us, to_us)
  const finished = store.texts.list.indexOf('finished')
  const nanos = new Float64Array(CAUSES.length)
  const queue = CAUSES.indexOf('queue')
  const toNobody = (request: number, machine: number, amount: number): void => {
    nanos.fill(0)
    nanos[queue] = amount
    visit(request, machine, NOBODY, nanos)
  }
  const work = columns(index, 'work')
  const outcome = store.column('work', 'outcome')
  const solo_ns = store.column('work', 'solo_ns')
  // Rows lie in order of time, and no Mac works on a request before it arrived.
  for (let i = lowerBound(work.at, from_us); i < outcome.length; i += 1) {
    const request = work.request[i]!
    if (outcome[i] !== finished || work.attempt[i] !== requests.attempt[request] || !counts(request)) continue
    const latency_ns = (requests.endedAt[request]! - requests.arrivedAt[request]!) * NANOS_PER_MICRO
    toNobody(request, work.machine[i]!, latency_ns - solo_ns[i]!)
  }
  const delay = columns(index, 'delay')
  const culprit = store.column('delay', 'culprit')
  const parts = CAUSES.map((cause) => store.column('delay', `${cause}_ns`))
  for (let i = lowerBound(delay.at, from_us); i < culprit.length; i += 1) {
    const request = delay.request[i]!
    if (delay.attempt[i] !== requests.attempt[request] || !counts(request)) continue
    const name = store.texts.text(culprit[i]!)
    let total = 0
    for (let cause = 0; cause < parts.length; cause += 1) {
      nanos[cause] = parts[cause]![i]!
      total += nanos[cause]!
    }
    visit(request, delay.machine[i]!, names.modelOfBuild[name] ?? name, nanos)
    toNobody(request, delay.machine[i]!, -total)
  }
}

const columns = ({ store }: TraceIndex, kind: 'work' | 'delay') => ({
  at: store.column(kind, 'at'),
  machine: store.column(kind, 'machine'),
  request: store.column(kind, 'request'),
  attempt: store.column(kind, 'attempt'),
})

export function addNanos(into: Float64Array, nanos: ArrayLike<number>): void {
  for (let cause = 0; cause < into.length; cause += 1) into[cause]! += nanos[cause]!
}

export const noNanos = (): Float64Array => new Float64Array(CAUSES.length)

export function secondsOf(nanos: ArrayLike<number>): InterferenceParts {
  const [gpu_s, memory_s, thermal_s, load_s, queue_s] = Array.from(nanos, (each) => each / NANOS_PER_SECOND)
  return { gpu_s: gpu_s!, memory_s: memory_s!, thermal_s: thermal_s!, load_s: load_s!, queue_s: queue_s! }
}
