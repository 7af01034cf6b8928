/**
 * What each Mac did over time, as a step function per machine and as shares per bucket at several levels of detail.
 * A screen of 1,000 pixels over a day asks for buckets (a few hundred kilobytes for 500 Macs, whatever the number of
 * requests); zoomed in far enough it gets the exact steps.
 */
import { LANE_STATES } from './lane-states.ts'
import { derive, lowerBound, type TraceIndex } from './trace-index.ts'

/** Places in LANE_STATES. */
const IDLE = 0
const OFFLINE = 1
const LOADING = 2
const DECODE = 3
const PREFILL = 4

export interface LanesQuery {
  readonly kind: 'lanes'
  readonly from_us: number
  readonly to_us: number
  /** Machine numbers; absent: all. */
  readonly machines?: readonly number[]
  /** Across the window; decides the level. */
  readonly pixels: number
}

interface LanesBase {
  readonly from_us: number
  readonly to_us: number
  readonly machines: Uint32Array
}

/** Steps of machine i: `starts.subarray(offsets[i], offsets[i + 1])`, each lasting until the next or `to_us`. */
export interface ExactLanes extends LanesBase {
  readonly level: 'exact'
  readonly offsets: Uint32Array
  readonly starts: Float64Array
  /** Indices into LANE_STATES. */
  readonly states: Uint8Array
  /** Requests on the Mac's GPU, 255 at most. */
  readonly rows: Uint8Array
}

/** Share of a state in bucket b of machine i, 0 … 255: `shares[(i * buckets + b) * LANE_STATES.length + state]`. */
export interface BucketLanes extends LanesBase {
  readonly level: 'buckets'
  readonly bucket_us: number
  /** Start of the first bucket. */
  readonly start_us: number
  readonly buckets: number
  readonly shares: Uint8Array
}

export type Lanes = ExactLanes | BucketLanes

/** Steps of one machine, in order of time. */
export interface Steps {
  readonly starts: Float64Array
  readonly states: Uint8Array
  readonly rows: Uint8Array
}

interface Change {
  readonly at: number
  readonly online: number
  readonly loading: number
  readonly prefill: number
  readonly decode: number
}

/** Buckets of the finest level; each further level has a quarter. */
const FINEST_BUCKETS = 8_192
const LEVELS = 4
/** More exact steps than this in one answer, and buckets say as much. */
const EXACT_STEPS_MAX = 60_000

const visitAll = (length: number, visit: (i: number) => void): void => {
  for (let i = 0; i < length; i += 1) visit(i)
}

function changesOf(index: TraceIndex): Change[][] {
  const { store, machineOf } = index
  const lists: Change[][] = index.names.machines.map(() => [])
  const nothing = { online: 0, loading: 0, prefill: 0, decode: 0 }
  const add = (machine: number, change: Partial<Change> & { at: number }): void =>
    void lists[machine]?.push({ ...nothing, ...change })
  const online = store.column('registered', 'at')
  const registered = store.column('registered', 'machine')
  visitAll(online.length, (i) => add(registered[i]!, { at: online[i]!, online: 1 }))
  const gone = store.column('disconnected', 'at')
  const provider = store.column('disconnected', 'provider')
  visitAll(gone.length, (i) => add(machineOf[provider[i]!]!, { at: gone[i]!, online: -1 }))
  const loaded = store.column('load_ended', 'at')
  const loader = store.column('load_ended', 'machine')
  const took = store.column('load_ended', 'took')
  visitAll(loaded.length, (i) => {
    add(loader[i]!, { at: loaded[i]! - took[i]!, loading: 1 })
    add(loader[i]!, { at: loaded[i]!, loading: -1 })
  })
  const ended = store.column('work', 'at')
  const worker = store.column('work', 'machine')
  const admitted = store.column('work', 'admittedAt')
  const first = store.column('work', 'firstTokenAt')
  visitAll(ended.length, (i) => {
    if (admitted[i]! < 0) return
    const from = first[i]! < 0 ? ended[i]! : first[i]!
    add(worker[i]!, { at: admitted[i]!, prefill: 1 })
    add(worker[i]!, { at: from, prefill: -1, decode: first[i]! < 0 ? 0 : 1 })
    if (first[i]! >= 0) add(worker[i]!, { at: ended[i]!, decode: -1 })
  })
  return lists
}

function stepsOf(changes: Change[]): Steps {
  changes.sort((a, b) => a.at - b.at)
  const starts: number[] = [0]
  const states: number[] = [OFFLINE]
  const rows: number[] = [0]
  let [online, loading, prefill, decode] = [0, 0, 0, 0]
  for (const change of changes) {
    online += change.online
    loading += change.loading
    prefill += change.prefill
    decode += change.decode
    const state = prefill > 0 ? PREFILL : decode > 0 ? DECODE : loading > 0 ? LOADING : online > 0 ? IDLE : OFFLINE
    const count = Math.min(255, Math.max(0, prefill + decode))
    const last = starts.length - 1
    if (starts[last] === change.at) {
      states[last] = state
      rows[last] = count
    } else if (states[last] !== state || rows[last] !== count) {
      starts.push(change.at)
      states.push(state)
      rows.push(count)
    }
  }
  return { starts: Float64Array.from(starts), states: Uint8Array.from(states), rows: Uint8Array.from(rows) }
}

export const laneSteps = (index: TraceIndex): readonly Steps[] =>
  derive(index, 'lanes/steps', () => changesOf(index).map(stepsOf))

interface Level {
  readonly bucket_us: number
  readonly buckets: number
  readonly shares: Uint8Array
}

const STATES = LANE_STATES.length

function finest(index: TraceIndex): Level {
  const buckets = FINEST_BUCKETS
  const bucket_us = Math.max(1, Math.ceil(index.end_us / buckets))
  const machines = laneSteps(index)
  const shares = new Uint8Array(machines.length * buckets * STATES)
  const exact = new Float64Array(buckets * STATES)
  for (const [machine, { starts, states }] of machines.entries()) {
    exact.fill(0)
    for (let i = 0; i < starts.length; i += 1) {
      const end = i + 1 < starts.length ? starts[i + 1]! : index.end_us
      for (let at = starts[i]!; at < end; ) {
        const bucket = Math.min(buckets - 1, Math.floor(at / bucket_us))
        const edge = Math.min(end, (bucket + 1) * bucket_us)
        exact[bucket * STATES + states[i]!]! += edge - at
        at = edge
      }
    }
    const offset = machine * buckets * STATES
    for (let i = 0; i < exact.length; i += 1) shares[offset + i] = Math.round((exact[i]! / bucket_us) * 255)
  }
  return { bucket_us, buckets, shares }
}

function coarser(level: Level, machines: number): Level {
  const buckets = level.buckets / 4
  const shares = new Uint8Array(machines * buckets * STATES)
  for (let i = 0; i < machines * buckets; i += 1) {
    for (let state = 0; state < STATES; state += 1) {
      let sum = 0
      for (let part = 0; part < 4; part += 1) sum += level.shares[(i * 4 + part) * STATES + state]!
      shares[i * STATES + state] = Math.round(sum / 4)
    }
  }
  return { bucket_us: level.bucket_us * 4, buckets, shares }
}

const levels = (index: TraceIndex): readonly Level[] =>
  derive(index, 'lanes/levels', () => {
    const all = [finest(index)]
    while (all.length < LEVELS) all.push(coarser(all.at(-1)!, index.names.machines.length))
    return all
  })

function exactLanes(
  steps: readonly Steps[],
  machines: Uint32Array,
  from_us: number,
  to_us: number,
): ExactLanes | undefined {
  const offsets = new Uint32Array(machines.length + 1)
  const ranges: [number, number][] = []
  for (const [i, machine] of machines.entries()) {
    const { starts } = steps[machine]!
    // The step under way at the window's edge began before it.
    const begin = Math.max(0, lowerBound(starts, from_us + 1) - 1)
    const end = lowerBound(starts, to_us)
    ranges.push([begin, Math.max(begin, end)])
    offsets[i + 1] = offsets[i]! + Math.max(0, end - begin)
    if (offsets[i + 1]! > EXACT_STEPS_MAX) return undefined
  }
  const total = offsets[machines.length]!
  const copied = { starts: new Float64Array(total), states: new Uint8Array(total), rows: new Uint8Array(total) }
  for (const [i, machine] of machines.entries()) {
    const own = steps[machine]!
    const [begin, end] = ranges[i]!
    const place = offsets[i] ?? 0
    copied.starts.set(own.starts.subarray(begin, end), place)
    copied.states.set(own.states.subarray(begin, end), place)
    copied.rows.set(own.rows.subarray(begin, end), place)
  }
  return { level: 'exact', from_us, to_us, machines, offsets, ...copied }
}

export function lanes(index: TraceIndex, query: LanesQuery): Lanes {
  const machines = Uint32Array.from(query.machines ?? index.names.machines.keys())
  const { from_us, to_us } = query
  const exact = exactLanes(laneSteps(index), machines, from_us, to_us)
  if (exact !== undefined) return exact
  const wanted = (to_us - from_us) / Math.max(1, query.pixels)
  const all = levels(index)
  const level = all.findLast((each) => each.bucket_us <= wanted) ?? all[0]!
  const begin = Math.max(0, Math.floor(from_us / level.bucket_us))
  const end = Math.min(level.buckets, Math.ceil(to_us / level.bucket_us))
  const buckets = Math.max(0, end - begin)
  const shares = new Uint8Array(machines.length * buckets * STATES)
  for (const [i, machine] of machines.entries()) {
    const offset = (machine * level.buckets + begin) * STATES
    shares.set(level.shares.subarray(offset, offset + buckets * STATES), i * buckets * STATES)
  }
  const { bucket_us } = level
  return { level: 'buckets', from_us, to_us, machines, bucket_us, start_us: begin * bucket_us, buckets, shares }
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
