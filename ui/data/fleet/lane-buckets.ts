/** Step functions cut into buckets of equal time: shares of each state, the most or the last value of a track. */
import { LANE_STATES } from './lane-states.ts'
import type { Steps } from './lane-steps.ts'
import type { Track } from './lane-tracks.ts'
import { lowerBound } from '../trace/trace-index.ts'

/** What buckets cover, and how wide they are. */
export interface Buckets {
  readonly start_us: number
  readonly bucket_us: number
  readonly buckets: number
}

/** Bytes of all machines; those of machine i at `i * buckets` (shares: times the number of states). */
export interface BucketBytes extends Buckets {
  /** Share of a state, 0 … 255: `shares[(i * buckets + bucket) * LANE_STATES.length + state]`. */
  readonly shares: Uint8Array
  /** The build that the bucket's states are of, most of the time: its place, plus 1; 0: none. */
  readonly build: Uint8Array
  /** The last of the bucket; 0: no pool, p: the p-th name. */
  readonly pool: Uint8Array
  /** The most in the bucket: percent of speed lost, percent of memory used, requests waiting. */
  readonly heat: Uint8Array
  readonly memory: Uint8Array
  readonly queue: Uint8Array
}

const STATES = LANE_STATES.length
const IDLE = LANE_STATES.indexOf('idle')
const IDLE_WEIGHT = 0.01

export function emptyBuckets(machines: number, grid: Buckets): BucketBytes {
  const bytes = (): Uint8Array => new Uint8Array(machines * grid.buckets)
  const shares = new Uint8Array(machines * grid.buckets * STATES)
  return { ...grid, shares, build: bytes(), pool: bytes(), heat: bytes(), memory: bytes(), queue: bytes() }
}

/** Working memory of `fillStates` for so many buckets. */
export interface StateScratch {
  readonly times: Float64Array
  /** The longest stay of one build so far, and the build. */
  readonly longest: Float64Array
}

export const stateScratch = (buckets: number): StateScratch => ({
  times: new Float64Array(buckets * STATES),
  longest: new Float64Array(buckets),
})

export interface StateTarget {
  readonly shares: Uint8Array
  readonly build: Uint8Array
}

/** A bucket's build is that of its longest single stay: a Mac does one thing for longer than a bucket, or many for shorter. */
export function fillStates(
  { shares, build }: StateTarget,
  grid: Buckets,
  steps: Steps,
  end_us: number,
  { times, longest }: StateScratch,
): void {
  const { start_us, bucket_us, buckets } = grid
  const { starts, states, builds } = steps
  const to = Math.min(end_us, start_us + buckets * bucket_us)
  times.fill(0)
  longest.fill(0)
  for (let i = Math.max(0, lowerBound(starts, start_us + 1) - 1); i < starts.length && starts[i]! < to; i += 1) {
    const end = i + 1 < starts.length ? Math.min(to, starts[i + 1]!) : to
    // What a Mac works on says more of it than what it holds meanwhile.
    const weight = states[i] === IDLE ? IDLE_WEIGHT : 1
    for (let at = Math.max(start_us, starts[i]!); at < end; ) {
      const bucket = Math.min(buckets - 1, Math.floor((at - start_us) / bucket_us))
      // Rounding must not leave the edge at or before the time itself.
      const edge = Math.max(at + 1e-3, Math.min(end, start_us + (bucket + 1) * bucket_us))
      times[bucket * STATES + states[i]!]! += edge - at
      if (builds[i]! > 0 && (edge - at) * weight > longest[bucket]!) {
        longest[bucket] = (edge - at) * weight
        build[bucket] = builds[i]!
      }
      at = edge
    }
  }
  for (let i = 0; i < times.length; i += 1) shares[i] = Math.min(255, Math.round((times[i]! / bucket_us) * 255))
}

export function fillTrack(
  into: Uint8Array,
  { start_us, bucket_us, buckets }: Buckets,
  { starts, values }: Track,
  end_us: number,
  keep: 'most' | 'last',
): void {
  const to = Math.min(end_us, start_us + buckets * bucket_us)
  for (let i = Math.max(0, lowerBound(starts, start_us + 1) - 1); i < starts.length && starts[i]! < to; i += 1) {
    const value = values[i]!
    if (value === 0 && keep === 'most') continue
    const end = i + 1 < starts.length ? Math.min(to, starts[i + 1]!) : to
    const first = Math.max(0, Math.floor((starts[i]! - start_us) / bucket_us))
    const last = Math.min(buckets - 1, Math.ceil((end - start_us) / bucket_us) - 1)
    for (let bucket = first; bucket <= last; bucket += 1)
      if (keep === 'last' || into[bucket]! < value) into[bucket] = value
  }
}

/** `by` buckets become one; the last may have fewer. */
export function coarser(fine: BucketBytes, machines: number, by: number): BucketBytes {
  const buckets = Math.ceil(fine.buckets / by)
  const result = emptyBuckets(machines, { start_us: fine.start_us, bucket_us: fine.bucket_us * by, buckets })
  for (let machine = 0; machine < machines; machine += 1) {
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      const i = machine * buckets + bucket
      const from = machine * fine.buckets + bucket * by
      const parts = Math.min(by, fine.buckets - bucket * by)
      for (let state = 0; state < STATES; state += 1) {
        let sum = 0
        for (let part = 0; part < parts; part += 1) sum += fine.shares[(from + part) * STATES + state]!
        result.shares[i * STATES + state] = Math.round(sum / by)
      }
      for (let part = 0; part < parts; part += 1) {
        const place = from + part
        if (fine.heat[place]! > result.heat[i]!) result.heat[i] = fine.heat[place]!
        if (fine.memory[place]! > result.memory[i]!) result.memory[i] = fine.memory[place]!
        if (fine.queue[place]! > result.queue[i]!) result.queue[i] = fine.queue[place]!
      }
      result.pool[i] = fine.pool[from + parts - 1]!
      result.build[i] = busiestBuild(fine, from, parts)
    }
  }
  return result
}

/** The build of the part in which the Mac did most. */
function busiestBuild({ shares, build }: BucketBytes, from: number, parts: number): number {
  let [best, most] = [0, -1]
  for (let place = from; place < from + parts; place += 1) {
    const busy = 255 - shares[place * STATES + IDLE]!
    if (build[place]! > 0 && busy > most) [best, most] = [build[place]!, busy]
  }
  return best
}

/** A range of buckets of some machines, copied: answers give their memory away. */
export function cut(level: BucketBytes, machines: Uint32Array, begin: number, end: number): BucketBytes {
  const buckets = Math.max(0, end - begin)
  const { bucket_us } = level
  const start_us = level.start_us + begin * bucket_us
  const result = emptyBuckets(machines.length, { start_us, bucket_us, buckets })
  for (const [i, machine] of machines.entries()) {
    const from = machine * level.buckets + begin
    result.shares.set(level.shares.subarray(from * STATES, (from + buckets) * STATES), i * buckets * STATES)
    for (const name of ['build', 'pool', 'heat', 'memory', 'queue'] as const)
      result[name].set(level[name].subarray(from, from + buckets), i * buckets)
  }
  return result
}
