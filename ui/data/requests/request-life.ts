/** One request's whole life: every row of the trace that names it, and those of its user, as they were written. */
import type { TraceRow } from '../../../sim/trace/row.ts'
import { LAYOUTS } from '../../../sim/trace/schema.ts'
import { requestRow, type RequestRow } from './requests.ts'
import type { TraceIndex } from '../trace/trace-index.ts'

export interface RequestLifeQuery {
  readonly kind: 'request_life'
  readonly request: number
}

export interface RequestLife {
  readonly summary: RequestRow
  /** In the order of the trace, the user's own rows included. */
  readonly rows: readonly TraceRow[]
  /** Of the providers in the rows. */
  readonly serials: { readonly [provider: number]: string }
}

interface Placed {
  readonly row: TraceRow
  /** Among the rows of its kind. */
  readonly place: number
  order: number
}

/** undefined: the run has no such request. */
export function requestLife(index: TraceIndex, { request }: RequestLifeQuery): RequestLife | undefined {
  if (!(request >= 0 && request < index.requests.arrivedAt.length)) return undefined
  const user = index.requests.user[request]!
  const { store } = index
  const byKind: Placed[][] = LAYOUTS.map((layout) => {
    const byRequest = layout.names.indexOf('request')
    const column = byRequest >= 0 ? byRequest : layout.names.indexOf('user')
    if (column < 0) return []
    const table = store.table(layout.kind)
    const values = table.values(column)
    const wanted = byRequest >= 0 ? request : user
    const found: Placed[] = []
    for (let i = values.indexOf(wanted); i >= 0; i = values.indexOf(wanted, i + 1))
      found.push({ row: table.read(i, store.texts), place: i, order: 0 })
    return found
  })
  putInOrder(index, byKind)
  const placed = byKind.flat().sort((a, b) => a.order - b.order)
  const rows = placed.map(({ row }) => row)
  return { summary: requestRow(index, request), rows, serials: serialsOf(index, rows) }
}

function serialsOf({ machineOf, names }: TraceIndex, rows: readonly TraceRow[]): { [provider: number]: string } {
  const serials: { [provider: number]: string } = {}
  for (const row of rows) {
    if (!('provider' in row) || row.provider < 0) continue
    const machine = machineOf[row.provider] ?? -1
    serials[row.provider] = names.machines[machine]?.serial ?? `provider ${row.provider}`
  }
  return serials
}

/** Several rows of a life share an instant, and cause must come before effect: where each stands in the whole trace. */
function putInOrder({ store: { kinds } }: TraceIndex, byKind: readonly Placed[][]): void {
  const counts = new Uint32Array(byKind.length)
  const next = new Uint32Array(byKind.length)
  const wanted = Int32Array.from(byKind, (found) => found[0]?.place ?? -1)
  for (let order = 0; order < kinds.length; order += 1) {
    const kind = kinds[order]!
    if (counts[kind]!++ !== wanted[kind]) continue
    byKind[kind]![next[kind]!++]!.order = order
    wanted[kind] = byKind[kind]![next[kind]!]?.place ?? -1
  }
}
