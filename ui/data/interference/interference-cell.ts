/** What is behind one cell of the interference matrix: the Macs it happened on, and the requests it happened to. */
import type { InterferenceParts } from '../../../sim/metrics/result.ts'
import { addNanos, CAUSES, type Cause, noNanos, secondsOf, visitShares } from './delay-shares.ts'
import type { TraceIndex } from '../trace/trace-index.ts'
import { requestRow, type RequestRow } from '../requests/requests.ts'

export interface InterferenceCellQuery {
  readonly kind: 'interference_cell'
  readonly victim: string
  readonly culprit: string
  readonly from_us: number
  readonly to_us: number
  /** Sorted by this one; absent: by their sum. */
  readonly cause?: Cause
  /** Of the requests. */
  readonly offset?: number
  readonly limit?: number
}

export interface DelayedRequest {
  readonly row: RequestRow
  readonly parts: InterferenceParts
}

export interface DelayingMachine {
  readonly machine: number
  readonly requests: number
  readonly parts: InterferenceParts
}

export interface InterferenceCell {
  /** Requests with any delay here, not only those of this page. */
  readonly total: number
  /** The most delayed first; where the cell is a credit, those who were saved most. */
  readonly requests: readonly DelayedRequest[]
  readonly machines: readonly DelayingMachine[]
}

const LIMIT = 50

interface Found {
  readonly machine: number
  readonly nanos: Float64Array
}

export function interferenceCell(index: TraceIndex, query: InterferenceCellQuery): InterferenceCell {
  const wanted = index.store.texts.list.indexOf(query.victim)
  const byRequest = new Map<number, Found>()
  visitShares(index, query.from_us, query.to_us, (request, machine, culprit, nanos) => {
    if (index.requests.model[request] !== wanted || culprit !== query.culprit) return
    const known = byRequest.get(request)
    if (known === undefined) byRequest.set(request, { machine, nanos: noNanos() })
    addNanos((known ?? byRequest.get(request)!).nanos, nanos)
  })
  const size = sizeBy(query.cause)
  const found = [...byRequest].filter(([, { nanos }]) => size(nanos) !== 0)
  const sign = found.reduce((sum, [, { nanos }]) => sum + size(nanos), 0) < 0 ? -1 : 1
  const worstFirst = (a: ArrayLike<number>, b: ArrayLike<number>): number => sign * (size(b) - size(a))
  found.sort(([, a], [, b]) => worstFirst(a.nanos, b.nanos))
  const offset = query.offset ?? 0
  return {
    total: found.length,
    requests: found.slice(offset, offset + (query.limit ?? LIMIT)).map(([request, { machine, nanos }]) => ({
      row: { ...requestRow(index, request), machine },
      parts: secondsOf(nanos),
    })),
    machines: machinesOf(found.map(([, each]) => each))
      .sort((a, b) => worstFirst(a.nanos, b.nanos))
      .map(({ machine, requests, nanos }) => ({ machine, requests, parts: secondsOf(nanos) })),
  }
}

function sizeBy(cause: Cause | undefined): (nanos: ArrayLike<number>) => number {
  const place = cause === undefined ? -1 : CAUSES.indexOf(cause)
  if (place >= 0) return (nanos) => nanos[place]!
  return (nanos) => Array.from(nanos).reduce((sum, each) => sum + each, 0)
}

interface MachineSum extends Found {
  requests: number
}

function machinesOf(found: readonly Found[]): MachineSum[] {
  const byMachine = new Map<number, MachineSum>()
  for (const { machine, nanos } of found) {
    const sum = byMachine.get(machine) ?? { machine, requests: 0, nanos: noNanos() }
    byMachine.set(machine, sum)
    sum.requests += 1
    addNanos(sum.nanos, nanos)
  }
  return [...byMachine.values()]
}
