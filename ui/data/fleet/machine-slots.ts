/** A Mac's slots over a window: one lane per build it held, with what the slot did. */
import { initialResidents } from './initial-residents.ts'
import { SLOT_STATES } from './slot-states.ts'
import { derive, groupRows, type TraceIndex } from '../trace/trace-index.ts'

const [ABSENT, IDLE, LOADING, DECODE, PREFILL] = SLOT_STATES.keys() as unknown as [
  number,
  number,
  number,
  number,
  number,
]

export interface MachineSlotsQuery {
  readonly kind: 'machine_slots'
  readonly machine: number
  readonly from_us: number
  readonly to_us: number
}

/** Each step lasts until the next; the first holds from before the window. */
export interface SlotLane {
  readonly build: string
  readonly starts_us: readonly number[]
  /** Places in SLOT_STATES. */
  readonly states: readonly number[]
  /** Requests in the slot. */
  readonly rows: readonly number[]
}

export const workPlaces = (index: TraceIndex) =>
  derive(index, 'work/by-machine', () => groupRows(index.store.column('work', 'machine'), index.names.machines.length))

interface Change {
  readonly at: number
  readonly held?: boolean
  readonly loading?: number
  readonly prefill?: number
  readonly decode?: number
}

type ByBuild = Map<number, Change[]>

const LOADS = ['load_ended', 'unloaded'] as const

function changesOf(index: TraceIndex, machine: number): ByBuild {
  const { store } = index
  const builds: ByBuild = new Map()
  const add = (build: number, change: Change): void => {
    const list = builds.get(build)
    if (list === undefined) builds.set(build, [change])
    else list.push(change)
  }
  for (const kind of LOADS) {
    const machines = store.column(kind, 'machine')
    const at = store.column(kind, 'at')
    const build = store.column(kind, 'build')
    const took = kind === 'load_ended' ? store.column(kind, 'took') : undefined
    const ok = kind === 'load_ended' ? store.column(kind, 'ok') : undefined
    for (let i = machines.indexOf(machine); i >= 0; i = machines.indexOf(machine, i + 1)) {
      if (took !== undefined) add(build[i]!, { at: at[i]! - took[i]!, loading: 1 })
      if (took === undefined) add(build[i]!, { at: at[i]!, held: false })
      else add(build[i]!, { at: at[i]!, loading: -1, ...(ok?.[i] === 1 ? { held: true } : {}) })
    }
  }
  const { starts, places } = workPlaces(index)
  const ended = store.column('work', 'at')
  const admitted = store.column('work', 'admittedAt')
  const first = store.column('work', 'firstTokenAt')
  const build = store.column('work', 'build')
  for (const i of places.subarray(starts[machine], starts[machine + 1])) {
    if (admitted[i]! < 0) continue
    add(build[i]!, { at: admitted[i]!, prefill: 1 })
    add(build[i]!, { at: first[i]! < 0 ? ended[i]! : first[i]!, prefill: -1, decode: first[i]! < 0 ? 0 : 1 })
    if (first[i]! >= 0) add(build[i]!, { at: ended[i]!, decode: -1 })
  }
  for (const held of initialResidents(index)[machine] ?? []) add(held, { at: 0, held: true })
  for (const list of builds.values()) list.sort((a, b) => a.at - b.at)
  return builds
}

function laneOf(build: string, changes: readonly Change[]): SlotLane {
  const starts_us = [0]
  const states = [ABSENT]
  const rows = [0]
  let [held, loading, prefill, decode] = [false, 0, 0, 0]
  for (const change of changes) {
    held = change.held ?? held
    loading += change.loading ?? 0
    prefill += change.prefill ?? 0
    decode += change.decode ?? 0
    const state = prefill > 0 ? PREFILL : decode > 0 ? DECODE : loading > 0 ? LOADING : held ? IDLE : ABSENT
    const last = starts_us.length - 1
    if (starts_us[last] === change.at) {
      states[last] = state
      rows[last] = prefill + decode
    } else if (states[last] !== state || rows[last] !== prefill + decode) {
      starts_us.push(change.at)
      states.push(state)
      rows.push(prefill + decode)
    }
  }
  return { build, starts_us, states, rows }
}

/** The whole run's; kept for the machine asked about last, which screens ask about again and again. */
export function wholeSlots(index: TraceIndex, machine: number): readonly SlotLane[] {
  const kept = index.derived.get('slots/last') as { machine: number; lanes: readonly SlotLane[] } | undefined
  if (kept?.machine === machine) return kept.lanes
  const lanes = [...changesOf(index, machine)].map(([build, list]) => laneOf(index.store.texts.text(build), list))
  lanes.sort((a, b) => (a.build < b.build ? -1 : 1))
  index.derived.set('slots/last', { machine, lanes })
  return lanes
}

/** Place of the step under way at a time. */
export function stepAt(starts: ArrayLike<number>, at: number): number {
  let [low, high] = [0, starts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (starts[middle]! <= at) low = middle + 1
    else high = middle
  }
  return Math.max(0, low - 1)
}

export function machineSlots(index: TraceIndex, { machine, from_us, to_us }: MachineSlotsQuery): readonly SlotLane[] {
  return wholeSlots(index, machine).map(({ build, starts_us, states, rows }) => {
    const begin = stepAt(starts_us, from_us)
    const end = stepAt(starts_us, to_us) + 1
    return {
      build,
      starts_us: starts_us.slice(begin, end),
      states: states.slice(begin, end),
      rows: rows.slice(begin, end),
    }
  })
}
