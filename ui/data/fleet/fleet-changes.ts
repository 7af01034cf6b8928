/** Everything that changed what Macs hold or which pool they belong to, in order of time, by the page. */
import type { TraceRow, TraceRowKind } from '../../../sim/trace/row.ts'
import { derive, lowerBound, type TraceIndex } from '../trace/trace-index.ts'

/** How a list of changes is narrowed: who loaded, who drained, what was fetched and offered, whose label moved. */
export const CHANGE_GROUPS = {
  operator: ['timeline', 'desired_models'],
  offers: ['download', 'models_changed'],
  loads: ['load_command', 'load_started', 'load_ended'],
  unloads: ['unloaded'],
  labels: ['relabel', 'provider_pools'],
  assignments: ['assignment', 'placement_move'],
} as const satisfies { readonly [group: string]: readonly TraceRowKind[] }
export type ChangeGroup = keyof typeof CHANGE_GROUPS

type ChangeKind = (typeof CHANGE_GROUPS)[ChangeGroup][number]
export type ChangeRow = Extract<TraceRow, { readonly kind: ChangeKind }>

export interface FleetChangesQuery {
  readonly kind: 'fleet_changes'
  /** Absent: all. */
  readonly group?: ChangeGroup
  readonly from_us: number
  readonly to_us: number
  readonly offset?: number
  readonly limit?: number
}

export interface FleetChange {
  readonly row: ChangeRow
  /** null: of no Mac. */
  readonly machine: number | null
}

export interface FleetChanges {
  /** In the window, by group. */
  readonly counts: { readonly [G in ChangeGroup]: number }
  readonly total: number
  readonly rows: readonly FleetChange[]
}

const LIMIT = 50
const GROUPS = Object.keys(CHANGE_GROUPS) as ChangeGroup[]

interface Places {
  readonly at: Float64Array
  readonly kinds: readonly ChangeKind[]
  readonly rows: Uint32Array
}

/** Rows of one group in order of time. */
const placesOf = (index: TraceIndex, groups: readonly ChangeGroup[]): Places =>
  derive(index, `fleet-changes/${groups.join()}`, () => {
    const found: { at: number; kind: ChangeKind; row: number }[] = []
    for (const kind of groups.flatMap((group): readonly ChangeKind[] => CHANGE_GROUPS[group])) {
      const at = index.store.column(kind, 'at')
      for (let row = 0; row < at.length; row += 1) found.push({ at: at[row]!, kind, row })
    }
    found.sort((a, b) => a.at - b.at)
    return {
      at: Float64Array.from(found, ({ at }) => at),
      kinds: found.map(({ kind }) => kind),
      rows: Uint32Array.from(found, ({ row }) => row),
    }
  })

export function fleetChanges(index: TraceIndex, query: FleetChangesQuery): FleetChanges {
  const range = (groups: readonly ChangeGroup[]): readonly [Places, number, number] => {
    const places = placesOf(index, groups)
    return [places, lowerBound(places.at, query.from_us), lowerBound(places.at, query.to_us)]
  }
  const count = (group: ChangeGroup): number => {
    const [, begin, end] = range([group])
    return end - begin
  }
  const [places, begin, end] = range(query.group === undefined ? GROUPS : [query.group])
  const first = begin + (query.offset ?? 0)
  const last = Math.min(end, first + (query.limit ?? LIMIT))
  const rows: FleetChange[] = []
  for (let i = first; i < last; i += 1) {
    const row = index.store.table(places.kinds[i]!).read(places.rows[i]!, index.store.texts) as ChangeRow
    rows.push({ row, machine: machineOfRow(index, row) })
  }
  return {
    counts: Object.fromEntries(GROUPS.map((group) => [group, count(group)])) as FleetChanges['counts'],
    total: end - begin,
    rows,
  }
}

function machineOfRow({ machineOf }: TraceIndex, row: ChangeRow): number | null {
  if ('machine' in row) return row.machine
  if (!('provider' in row)) return null
  const machine = machineOf[row.provider] ?? -1
  return machine < 0 ? null : machine
}
