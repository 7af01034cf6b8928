/**
 * Macs by pool over time, as steps: every Mac is in exactly one pool, in none, or not connected, so at every moment the
 * parts add up to the fleet. A pool is what lanes call one: the coordinator's label, or what a Mac holds where a policy
 * gives no labels.
 */
import { poolTracks } from '../../fleet/lane-tracks.ts'
import { derive, type TraceIndex } from '../trace-index.ts'
import type { TimeGrid } from './time-grid.ts'

/** Places before the pools. */
export const AWAY = 0
export const NO_POOL = 1
const FIRST_POOL = 2

interface Changes {
  readonly at: Float64Array
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** By place: away, without a pool, then each pool that some Mac was in. */
  readonly names: readonly string[]
}

interface Change {
  readonly at: number
  readonly machine: number
  /** undefined: only whether it is connected changed. */
  readonly pool?: number
  readonly connected?: boolean
}

function changesOf(index: TraceIndex): Change[] {
  const { store, machineOf } = index
  const changes: Change[] = []
  const came = store.column('registered', 'at')
  store
    .column('registered', 'machine')
    .forEach((machine, i) => void changes.push({ at: came[i]!, machine, connected: true }))
  const left = store.column('disconnected', 'at')
  // One that came back has another provider: the end of the old connection says nothing of the new one.
  const current = new Map<number, number>()
  const providers = store.column('registered', 'provider')
  const machines = store.column('registered', 'machine')
  let next = 0
  store.column('disconnected', 'provider').forEach((provider, i) => {
    for (; next < came.length && came[next]! <= left[i]!; next += 1) current.set(machines[next]!, providers[next]!)
    const machine = machineOf[provider] ?? -1
    if (current.get(machine) === provider) changes.push({ at: left[i]!, machine, connected: false })
  })
  poolTracks(index).tracks.forEach(({ starts, values }, machine) => {
    starts.forEach((at, i) => void changes.push({ at, machine, pool: values[i]! }))
  })
  return changes.sort((a, b) => a.at - b.at)
}

const stepsOf = (index: TraceIndex): Changes =>
  derive(index, 'trace/pool-steps', () => {
    const pools = poolTracks(index).names
    const names = ['not connected', 'no pool', ...pools]
    const [at, from, to]: [number[], number[], number[]] = [[], [], []]
    const connected = new Uint8Array(index.names.machines.length)
    const pool = new Uint8Array(connected.length)
    const placeOf = (machine: number): number =>
      connected[machine] === 0 ? AWAY : pool[machine] === 0 ? NO_POOL : pool[machine]! + FIRST_POOL - 1
    for (const change of changesOf(index)) {
      const before = placeOf(change.machine)
      if (change.connected !== undefined) connected[change.machine] = change.connected ? 1 : 0
      if (change.pool !== undefined) pool[change.machine] = change.pool
      const after = placeOf(change.machine)
      if (before === after) continue
      at.push(change.at)
      from.push(before)
      to.push(after)
    }
    const used = new Set([AWAY, NO_POOL, ...from, ...to])
    const kept = names.map((_, place) => place).filter((place) => used.has(place))
    const packed = new Map(kept.map((place, i) => [place, i]))
    return {
      at: Float64Array.from(at),
      from: Uint8Array.from(from, (place) => packed.get(place)!),
      to: Uint8Array.from(to, (place) => packed.get(place)!),
      names: kept.map((place) => names[place]!),
    }
  })

export interface PoolSteps {
  /** `not connected`, `no pool`, then pools. */
  readonly pools: readonly string[]
  /** Macs when the interval ends, `inPool[pool * buckets + b]`. */
  readonly inPool: Uint16Array
  readonly machines: number
}

export function poolSteps(index: TraceIndex, grid: TimeGrid): PoolSteps {
  const { at, from, to, names } = stepsOf(index)
  const { start_us, bucket_us, buckets } = grid
  const machines = index.names.machines.length
  const inPool = new Uint16Array(names.length * buckets)
  const now = new Int32Array(names.length)
  now[AWAY] = machines
  let next = 0
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const end = start_us + (bucket + 1) * bucket_us
    for (; next < at.length && at[next]! < end; next += 1) {
      now[from[next]!]! -= 1
      now[to[next]!]! += 1
    }
    for (let pool = 0; pool < now.length; pool += 1) inPool[pool * buckets + bucket] = now[pool]!
  }
  return { pools: names, inPool, machines }
}
