/** The fleet at one moment, exactly: Macs by state and by pool, who waits, who is hot. Buckets say what a Mac mostly did; this says what it does. */
import { LANE_STATES } from './lane-states.ts'
import { laneSteps } from './lane-steps.ts'
import { machineTracks, poolTracks, type Track } from './lane-tracks.ts'
import { stepAt } from './machine-slots.ts'
import type { TraceIndex } from '../trace/trace-index.ts'

export interface FleetMomentQuery {
  readonly kind: 'fleet_moment'
  readonly at_us: number
}

export interface FleetMoment {
  /** Macs by place in LANE_STATES. */
  readonly states: readonly number[]
  /** Pools that some Mac was ever in, with the Macs that are in them now. */
  readonly pools: readonly { readonly pool: string; readonly macs: number }[]
  readonly withoutPool: number
  /** Requests that wait at Macs. */
  readonly waiting: number
  /** Macs that heat slows down. */
  readonly hot: number
}

/** What one Mac does, exactly. */
export interface LaneMoment {
  /** Place in LANE_STATES. */
  readonly state: number
  /** Of it: place in the run's builds, plus 1; 0: none. */
  readonly build: number
  /** Place in the names of `poolTracks`, plus 1; 0: none. */
  readonly pool: number
  readonly heat_pct: number
  readonly memory_pct: number
  readonly waiting: number
}

const valueAt = ({ starts, values }: Track, at_us: number): number =>
  starts.length === 0 || starts[0]! > at_us ? 0 : values[stepAt(starts, at_us)]!

export function laneMoment(index: TraceIndex, machine: number, at_us: number): LaneMoment {
  const steps = laneSteps(index)[machine]!
  const { pool, heat, memory } = machineTracks(index, machine)
  const step = stepAt(steps.starts, at_us)
  return {
    state: steps.states[step]!,
    build: steps.builds[step]!,
    pool: valueAt(pool, at_us),
    heat_pct: valueAt(heat, at_us),
    memory_pct: valueAt(memory, at_us),
    waiting: steps.waiting[step]!,
  }
}

export function fleetMoment(index: TraceIndex, { at_us }: FleetMomentQuery): FleetMoment {
  const { names, tracks } = poolTracks(index)
  const states = LANE_STATES.map(() => 0)
  const macs = new Uint32Array(names.length + 1)
  let [waiting, hot] = [0, 0]
  for (const machine of index.names.machines.keys()) {
    const now = laneMoment(index, machine, at_us)
    states[now.state]! += 1
    macs[now.pool]! += 1
    waiting += now.waiting
    if (now.heat_pct > 0) hot += 1
  }
  const ever = new Set(tracks.flatMap(({ values }) => [...values]))
  return {
    states,
    pools: names.map((pool, place) => ({ pool, macs: macs[place + 1]! })).filter((_, place) => ever.has(place + 1)),
    withoutPool: macs[0]!,
    waiting,
    hot,
  }
}
