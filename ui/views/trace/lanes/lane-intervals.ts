/** What lanes show, as intervals in which nothing about a Mac changes: for their table, and as a file. */
import { formatCsv } from '../../../../sim/report/form/csv.ts'
import type { MachineName } from '../../../../sim/lab/runs/run-names.ts'
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import type { TimeWindow } from '../../../state/dashboard.ts'
import { stateAt } from './tile-moment.ts'

export interface LaneInterval {
  readonly mac: string
  readonly from_s: number
  readonly to_s: number
  /** What it mostly did. */
  readonly state: string
  /** That it did this with; '': with none. */
  readonly build: string
  readonly pool: string
  readonly heat_pct: number
  readonly memory_pct: number
  readonly waiting: number
}

/** In the order given, each Mac's one after the other. */
export function laneIntervals(
  lanes: Lanes,
  machines: readonly MachineName[],
  order: readonly number[],
  { from_s, to_s }: TimeWindow,
): readonly LaneInterval[] {
  const bucket_s = lanes.bucket_us / 1e6
  const start_s = lanes.start_us / 1e6
  const first = Math.max(0, Math.floor((from_s - start_s) / bucket_s))
  const last = Math.min(lanes.buckets, Math.ceil((to_s - start_s) / bucket_s))
  return order.flatMap((machine) => {
    const found: LaneInterval[] = []
    let before = ''
    for (let bucket = first; bucket < last; bucket += 1) {
      const at_s = start_s + bucket * bucket_s
      const moment = stateAt(lanes, machine, at_s + bucket_s / 2)
      const key = Object.values(moment).join()
      const end_s = Math.min(to_s, at_s + bucket_s)
      if (key === before) found[found.length - 1] = { ...found.at(-1)!, to_s: end_s }
      else
        found.push({
          mac: machines[machine]?.serial ?? '',
          from_s: Math.max(from_s, at_s),
          to_s: end_s,
          state: LANE_STATES[moment.state]!,
          build: lanes.builds[moment.build - 1] ?? '',
          pool: lanes.pools[moment.pool - 1] ?? '',
          heat_pct: moment.heat_pct,
          memory_pct: moment.memory_pct,
          waiting: moment.waiting,
        })
      before = key
    }
    return found
  })
}

const COLUMNS = ['mac', 'from_s', 'to_s', 'state', 'build', 'pool', 'heat_pct', 'memory_pct', 'waiting'] as const

export const laneCsv = (
  runs: readonly { readonly run: string; readonly intervals: readonly LaneInterval[] }[],
): string =>
  formatCsv(
    ['run', ...COLUMNS],
    runs.flatMap(({ run, intervals }) => intervals.map((each) => [run, ...COLUMNS.map((column) => each[column])])),
  )
