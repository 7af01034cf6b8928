/** Which lanes are shown and in which order: filtered by name, sorted by what a Mac is or did. */
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { LaneOrder } from '../../../state/dashboard.ts'
import type { LaneShares } from '../../../data/fleet/lanes.ts'
import type { MachineName } from '../../../../sim/lab/runs/run-names.ts'

export interface LaneFacts {
  readonly machines: readonly MachineName[]
  /** Name of each machine's pool at the playhead, when sorting by it. */
  readonly pools: readonly string[]
  readonly shares: LaneShares
  /** The most that waited. */
  readonly waiting: readonly number[]
}

const IDLE_STATES = LANE_STATES.flatMap((state, i) => (state === 'idle' || state === 'offline' ? [i] : []))

const busyShare = (shares: readonly number[] | undefined): number =>
  shares === undefined ? 0 : 1 - IDLE_STATES.reduce((sum, i) => sum + (shares[i] ?? 0), 0)

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export function laneOrder(facts: LaneFacts, order: LaneOrder, filter: string): number[] {
  const wanted = filter.trim().toLowerCase()
  const places = [...facts.machines.keys()].filter((i) => {
    const { serial, chip } = facts.machines[i]!
    return wanted === '' || `${serial} ${chip} ${facts.pools[i] ?? ''}`.toLowerCase().includes(wanted)
  })
  const by: { readonly [O in LaneOrder]: (a: number, b: number) => number } = {
    name: () => 0,
    pool: (a, b) => compareText(facts.pools[a] ?? '', facts.pools[b] ?? ''),
    chip: (a, b) => compareText(facts.machines[a]!.chip, facts.machines[b]!.chip),
    busy: (a, b) => busyShare(facts.shares[b]) - busyShare(facts.shares[a]),
    queue: (a, b) => (facts.waiting[b] ?? 0) - (facts.waiting[a] ?? 0),
  }
  // Sorting is stable, so equals keep the order of the scenario.
  return places.sort(by[order])
}
