/** What a tile says of one Mac around a moment: what it mostly did in the bucket. Exact is only the worker's answer. */
import { LANE_STATES } from '../../../data/fleet/lane-states.ts'
import type { LaneMoment } from '../../../data/fleet/fleet-moment.ts'
import type { Lanes } from '../../../data/fleet/lanes.ts'

const STATES = LANE_STATES.length

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
