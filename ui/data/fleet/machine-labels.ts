/** Label changes of one Mac in a window, whichever provider it was at the time. */
import type { RowOf } from '../../../sim/trace/schema.ts'
import { lowerBound, type TraceIndex } from '../trace/trace-index.ts'

export interface MachineLabelsQuery {
  readonly kind: 'machine_labels'
  readonly machine: number
  readonly from_us: number
  readonly to_us: number
}

export function machineLabels(index: TraceIndex, query: MachineLabelsQuery): readonly RowOf<'relabel'>[] {
  const { store, machineOf } = index
  const at = store.column('relabel', 'at')
  const provider = store.column('relabel', 'provider')
  const table = store.table('relabel')
  const rows: RowOf<'relabel'>[] = []
  for (let i = lowerBound(at, query.from_us); i < at.length && at[i]! < query.to_us; i += 1)
    if (machineOf[provider[i]!] === query.machine) rows.push(table.read(i, store.texts) as RowOf<'relabel'>)
  return rows
}
