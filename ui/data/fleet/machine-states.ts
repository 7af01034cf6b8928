/** One Mac's heat, memory and load over a window, as the rows of its truth; thinned evenly when there are too many. */
import type { MachineStateRow } from '../../../sim/trace/row.ts'
import { machineStatePlaces } from './lane-tracks.ts'
import { derive, lowerBound, type TraceIndex } from '../trace/trace-index.ts'

export interface MachineStatesQuery {
  readonly kind: 'machine_states'
  readonly machine: number
  readonly from_us: number
  readonly to_us: number
  readonly limit?: number
}

const LIMIT = 2_000

/** The first row holds from before the window's start. */
export function machineStates(index: TraceIndex, query: MachineStatesQuery): readonly MachineStateRow[] {
  const { store } = index
  const table = store.table('machine_state')
  const grouped = machineStatePlaces(index)
  const own = grouped.places.subarray(grouped.starts[query.machine] ?? 0, grouped.starts[query.machine + 1] ?? 0)
  const at = table.values(0)
  const times = derive(index, `machine_states/times/${query.machine}`, () => Float64Array.from(own, (i) => at[i]!))
  const begin = Math.max(0, lowerBound(times, query.from_us + 1) - 1)
  const end = lowerBound(times, query.to_us)
  const step = Math.max(1, Math.ceil((end - begin) / (query.limit ?? LIMIT)))
  const rows: MachineStateRow[] = []
  for (let i = begin; i < end; i += step) rows.push(table.read(own[i]!, store.texts) as MachineStateRow)
  return rows
}
