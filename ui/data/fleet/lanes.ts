/**
 * Lanes of a window: what each Mac did, in buckets as wide as a pixel. Wide windows are read from levels of detail that
 * are made once (50 MB for 500 Macs, whatever the number of requests); narrow ones are cut from the exact steps.
 */
import {
  type BucketBytes,
  type Buckets,
  coarser,
  cut,
  emptyBuckets,
  fillStates,
  fillTrack,
  stateScratch,
} from './lane-buckets.ts'
import { LANE_STATES } from './lane-states.ts'
import { laneSteps } from './lane-steps.ts'
import { machineTracks, poolTracks } from './lane-tracks.ts'
import { derive, lowerBound, type TraceIndex } from '../trace/trace-index.ts'

export interface LanesQuery {
  readonly kind: 'lanes'
  readonly from_us: number
  readonly to_us: number
  /** Machine numbers; absent: all. */
  readonly machines?: readonly number[]
  /** Across the window; decides the level. */
  readonly pixels: number
}

export interface Lanes extends BucketBytes {
  readonly machines: Uint32Array
  /** Build b is `builds[b - 1]`. */
  readonly builds: readonly string[]
  /** Pool p is `pools[p - 1]`. */
  readonly pools: readonly string[]
}

/** Buckets of the finest level; each further level has a quarter. */
const FINEST_BUCKETS = 8_192
const LEVELS = 4

function bucketsOf(index: TraceIndex, machines: Uint32Array, grid: Buckets): BucketBytes {
  const result = emptyBuckets(machines.length, grid)
  const { buckets } = grid
  const states = LANE_STATES.length
  const scratch = stateScratch(buckets)
  const steps = laneSteps(index)
  for (const [i, machine] of machines.entries()) {
    const [from, to] = [i * buckets, (i + 1) * buckets]
    const tracks = machineTracks(index, machine)
    const target = {
      shares: result.shares.subarray(from * states, to * states),
      build: result.build.subarray(from, to),
    }
    fillStates(target, grid, steps[machine]!, index.end_us, scratch)
    for (const name of ['pool', 'heat', 'memory', 'queue'] as const) {
      const keep = name === 'pool' ? 'last' : 'most'
      fillTrack(result[name].subarray(from, to), grid, tracks[name], index.end_us, keep)
    }
  }
  return result
}

const everyMachine = (index: TraceIndex): Uint32Array => Uint32Array.from(index.names.machines.keys())

/** Of any one answer and of the finest level: what a fleet of a thousand Macs has; larger ones are seen coarser. */
const CELLS_MAX = 1_000 * FINEST_BUCKETS

const levels = (index: TraceIndex): readonly BucketBytes[] =>
  derive(index, 'lanes/levels', () => {
    const buckets = Math.min(FINEST_BUCKETS, Math.floor(CELLS_MAX / Math.max(1, index.names.machines.length)))
    const bucket_us = Math.max(1, Math.ceil(index.end_us / buckets))
    const grid = { start_us: 0, bucket_us, buckets }
    const all = [bucketsOf(index, everyMachine(index), grid)]
    while (all.length < LEVELS) all.push(coarser(all.at(-1)!, index.names.machines.length, 4))
    return all
  })

export function lanes(index: TraceIndex, { from_us, to_us, machines: asked, pixels }: LanesQuery): Lanes {
  const machines = asked === undefined ? everyMachine(index) : Uint32Array.from(asked)
  const pools = poolTracks(index).names
  const { builds } = index.names
  const most = Math.floor(CELLS_MAX / Math.max(1, machines.length))
  const wanted_us = Math.max(1, (to_us - from_us) / Math.max(1, Math.min(pixels, most)))
  const all = levels(index)
  const level = all.findLast((each) => each.bucket_us <= wanted_us)
  if (level === undefined) {
    const grid = { start_us: from_us, bucket_us: wanted_us, buckets: Math.ceil((to_us - from_us) / wanted_us) }
    return { ...bucketsOf(index, machines, grid), machines, builds, pools }
  }
  const begin = Math.max(0, Math.floor(from_us / level.bucket_us))
  const end = Math.min(level.buckets, Math.ceil(to_us / level.bucket_us))
  // Buckets much narrower than a pixel would be skipped when drawn.
  const by = Math.floor(wanted_us / level.bucket_us)
  const fine = cut(level, machines, begin, end)
  return { ...(by > 1 ? coarser(fine, machines.length, by) : fine), machines, builds, pools }
}

/**
 * Makes what every question about lanes needs, in pieces of a second or so on a day of 500 Macs; `done` hears the share of
 * the work after each. Without it the first question takes that long by itself.
 */
export async function prepareLanes(index: TraceIndex, done: (share: number) => Promise<void>): Promise<void> {
  laneSteps(index)
  await done(0.3)
  poolTracks(index)
  if (index.names.machines.length > 0) machineTracks(index, 0)
  await done(0.6)
  levels(index)
  await done(1)
}

export interface LaneSharesQuery {
  readonly kind: 'lane_shares'
  readonly from_us: number
  readonly to_us: number
}

/** By machine, then by place in LANE_STATES: share of the window spent in the state. */
export type LaneShares = readonly (readonly number[])[]

export function laneShares(index: TraceIndex, { from_us, to_us }: LaneSharesQuery): LaneShares {
  const span = Math.max(1, to_us - from_us)
  return laneSteps(index).map(({ starts, states }) => {
    const times = LANE_STATES.map(() => 0)
    for (let i = Math.max(0, lowerBound(starts, from_us + 1) - 1); i < starts.length && starts[i]! < to_us; i += 1) {
      const end = Math.min(to_us, i + 1 < starts.length ? starts[i + 1]! : to_us)
      times[states[i]!]! += end - Math.max(from_us, starts[i]!)
    }
    return times.map((time) => time / span)
  })
}
