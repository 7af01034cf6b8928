/** What a tile says of one Mac, or of all, at one moment. */
import { LANE_STATES } from '../../../data/lane-states.ts'
import type { Lanes } from '../../../data/lanes.ts'

const STATES = LANE_STATES.length

export interface LaneMoment {
  /** Place in LANE_STATES: where most of the bucket went. */
  readonly state: number
  /** Of it; 0: none. */
  readonly build: number
  /** 0: none. */
  readonly pool: number
  readonly heat_pct: number
  readonly memory_pct: number
  readonly waiting: number
}

export function stateAt(lanes: Lanes, machine: number, at_s: number): LaneMoment {
  const bucket = Math.floor((at_s * 1e6 - lanes.start_us) / lanes.bucket_us)
  const i = machine * lanes.buckets + Math.min(lanes.buckets - 1, Math.max(0, bucket))
  let state = 0
  for (let each = 1; each < STATES; each += 1)
    if (lanes.shares[i * STATES + each]! > lanes.shares[i * STATES + state]!) state = each
  return {
    state,
    build: lanes.build[i] ?? 0,
    pool: lanes.pool[i] ?? 0,
    heat_pct: lanes.heat[i] ?? 0,
    memory_pct: lanes.memory[i] ?? 0,
    waiting: lanes.queue[i] ?? 0,
  }
}

export interface FleetMoment {
  /** Macs by place in LANE_STATES. */
  readonly states: readonly number[]
  /** Macs by pool; place 0: without one. */
  readonly pools: readonly number[]
  readonly waiting: number
  readonly hot: number
}

export function fleetAt(tile: Lanes, machines: number, at_s: number): FleetMoment {
  const states = LANE_STATES.map(() => 0)
  const pools = [0, ...tile.pools.map(() => 0)]
  let [waiting, hot] = [0, 0]
  for (let machine = 0; machine < machines; machine += 1) {
    const now = stateAt(tile, machine, at_s)
    states[now.state]! += 1
    pools[now.pool]! += 1
    waiting += now.waiting
    if (now.heat_pct > 0) hot += 1
  }
  return { states, pools, waiting, hot }
}
