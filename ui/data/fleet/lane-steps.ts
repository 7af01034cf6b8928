/**
 * What each Mac did, as a step function of time: its state and the build of it, the requests on its GPU, those that wait on
 * it. Built from
 * typed arrays (half a million requests make two million changes; as objects they took 300 MB).
 */
import { initialResidents } from './initial-residents.ts'
import { LANE_STATES } from './lane-states.ts'
import { derive, groupRows, type TraceIndex } from '../trace/trace-index.ts'

/** Places in LANE_STATES. */
const [IDLE, OFFLINE, LOADING, DECODE, PREFILL] = LANE_STATES.keys() as unknown as [
  number,
  number,
  number,
  number,
  number,
]

/** Steps of one machine in order of time, each lasting until the next; the first begins at 0. */
export interface Steps {
  readonly starts: Float64Array
  readonly states: Uint8Array
  /** What it prefills, decodes, loads, or holds while idle: place in the run's builds, plus 1; 0: none. */
  readonly builds: Uint8Array
  /** Requests admitted by the engine, 255 at most. */
  readonly rows: Uint8Array
  /** Requests that came in and wait for a slot, 255 at most. */
  readonly waiting: Uint8Array
}

/** What a change adds to [online, loading, waiting, prefill, decode, held]. Codes are places here. */
const CHANGES = [
  [-1, 0, 0, 0, 0, 0],
  [1, 0, 0, 0, 0, 0],
  [0, -1, 0, 0, 0, 0],
  [0, 1, 0, 0, 0, 0],
  [0, 0, -1, 0, 0, 0],
  [0, 0, 1, 0, 0, 0],
  [0, 0, -1, 1, 0, 0],
  [0, 0, 0, -1, 0, 0],
  [0, 0, 0, -1, 1, 0],
  [0, 0, 0, 0, -1, 0],
  [0, 0, 0, 0, 0, -1],
  [0, 0, 0, 0, 0, 1],
] as const
const GONE = 0
const CAME = 1
const LOADED = 2
const LOADS = 3
const LEFT_WAITING = 4
const RECEIVED = 5
const ADMITTED = 6
const LEFT_PREFILL = 7
const FIRST_TOKEN = 8
const LEFT_DECODE = 9
const GAVE_UP = 10
const HOLDS = 11
/**
 * A change as one number, `(at * CODES + code) * BUILDS + build`, so that the engine's own sort of numbers orders them: exact
 * below 2^53, which a run of weeks is.
 */
const CODES = 16
const BUILDS = 64

interface Changes {
  readonly keys: Float64Array
  readonly machines: Uint32Array
  readonly count: number
}

/** By text of the dictionary: place among the run's builds, plus 1; 0: none, or one too many for a colour of its own. */
const buildPlaces = ({ store, names }: TraceIndex): Uint8Array =>
  Uint8Array.from(store.texts.list, (text) => Math.min(BUILDS - 1, names.builds.indexOf(text) + 1))

function changesOf(index: TraceIndex): Changes {
  const { store, machineOf } = index
  const places = buildPlaces(index)
  const online = store.column('registered', 'at')
  const registered = store.column('registered', 'machine')
  const gone = store.column('disconnected', 'at')
  const provider = store.column('disconnected', 'provider')
  const loaded = store.column('load_ended', 'at')
  const loader = store.column('load_ended', 'machine')
  const took = store.column('load_ended', 'took')
  const ended = store.column('work', 'at')
  const worker = store.column('work', 'machine')
  const received = store.column('work', 'receivedAt')
  const admitted = store.column('work', 'admittedAt')
  const first = store.column('work', 'firstTokenAt')
  const worked = store.column('work', 'build')
  const loads = store.column('load_ended', 'build')
  const ok = store.column('load_ended', 'ok')
  const unloaded = store.column('unloaded', 'at')
  const unloader = store.column('unloaded', 'machine')
  const unloads = store.column('unloaded', 'build')
  const residents = initialResidents(index)
  const held = residents.reduce((sum, builds) => sum + builds.size, 0)
  const most = online.length + gone.length + loaded.length * 3 + ended.length * 4 + unloaded.length + held
  const keys = new Float64Array(most)
  const machines = new Uint32Array(most)
  let count = 0
  const add = (machine: number, at: number, code: number, build = 0): void => {
    if (machine < 0) return
    keys[count] = (at * CODES + code) * BUILDS + build
    machines[count] = machine
    count += 1
  }
  for (let i = 0; i < online.length; i += 1) add(registered[i]!, online[i]!, CAME)
  for (let i = 0; i < gone.length; i += 1) add(machineOf[provider[i]!] ?? -1, gone[i]!, GONE)
  for (let i = 0; i < loaded.length; i += 1) {
    const build = places[loads[i]!]!
    add(loader[i]!, loaded[i]! - took[i]!, LOADS, build)
    add(loader[i]!, loaded[i]!, LOADED, build)
    if (ok[i] === 1) add(loader[i]!, loaded[i]!, HOLDS, build)
  }
  for (let i = 0; i < unloaded.length; i += 1) add(unloader[i]!, unloaded[i]!, GAVE_UP, places[unloads[i]!])
  for (const [machine, builds] of residents.entries()) for (const build of builds) add(machine, 0, HOLDS, places[build])
  for (let i = 0; i < ended.length; i += 1) {
    const machine = worker[i]!
    const build = places[worked[i]!]!
    add(machine, received[i]!, RECEIVED, build)
    if (admitted[i]! < 0) add(machine, ended[i]!, LEFT_WAITING, build)
    else {
      add(machine, admitted[i]!, ADMITTED, build)
      if (first[i]! < 0) add(machine, ended[i]!, LEFT_PREFILL, build)
      else {
        add(machine, first[i]!, FIRST_TOKEN, build)
        add(machine, ended[i]!, LEFT_DECODE, build)
      }
    }
  }
  return { keys, machines, count }
}

const bounded = (count: number): number => Math.min(255, Math.max(0, count))

/** Kinds of what a build may be in on a Mac, by place in a change, each of which a state shows. */
const [ONLINE, LOADING_NOW, WAITING, PREFILLS, DECODES, HELD] = [0, 1, 2, 3, 4, 5]
const KINDS = 6

/** The build that is most in this; the one that came last wins among equals, which in a slot after another is the newer. */
function mostIn(counts: Int16Array, kind: number, latest: number, builds: number): number {
  let best = counts[latest * KINDS + kind]! > 0 ? latest : 0
  for (let build = 1; build <= builds; build += 1)
    if (counts[build * KINDS + kind]! > (best === 0 ? 0 : counts[best * KINDS + kind]!)) best = build
  return best
}

function stepsOf(keys: Float64Array, most: number): Steps {
  const starts = new Float64Array(keys.length + 1)
  const states = new Uint8Array(keys.length + 1)
  const builds = new Uint8Array(keys.length + 1)
  const rows = new Uint8Array(keys.length + 1)
  const waiting = new Uint8Array(keys.length + 1)
  states[0] = OFFLINE
  let last = 0
  const now = new Int32Array(KINDS)
  const byBuild = new Int16Array(BUILDS * KINDS)
  const latest = new Uint8Array(KINDS)
  for (const key of keys) {
    const build = key % BUILDS
    const timed = (key - build) / BUILDS
    const code = timed % CODES
    const at = (timed - code) / CODES
    const change = CHANGES[code]!
    for (let i = 0; i < KINDS; i += 1) {
      if (change[i] === 0) continue
      now[i]! += change[i]!
      byBuild[build * KINDS + i]! += change[i]!
      if (change[i] === 1) latest[i] = build
    }
    const [state, kind] =
      now[PREFILLS]! > 0
        ? [PREFILL, PREFILLS]
        : now[DECODES]! > 0
          ? [DECODE, DECODES]
          : now[LOADING_NOW]! > 0
            ? [LOADING, LOADING_NOW]
            : now[ONLINE]! > 0
              ? [IDLE, HELD]
              : [OFFLINE, ONLINE]
    const shown = kind === ONLINE ? 0 : mostIn(byBuild, kind, latest[kind]!, most)
    const count = bounded(now[PREFILLS]! + now[DECODES]!)
    const queue = bounded(now[WAITING]!)
    if (starts[last] !== at) {
      if (states[last] === state && builds[last] === shown && rows[last] === count && waiting[last] === queue) continue
      last += 1
      starts[last] = at
    }
    states[last] = state
    builds[last] = shown
    rows[last] = count
    waiting[last] = queue
  }
  const length = last + 1
  return {
    starts: starts.slice(0, length),
    states: states.slice(0, length),
    builds: builds.slice(0, length),
    rows: rows.slice(0, length),
    waiting: waiting.slice(0, length),
  }
}

export const laneSteps = (index: TraceIndex): readonly Steps[] =>
  derive(index, 'lanes/steps', () => {
    const { keys, machines, count } = changesOf(index)
    const grouped = groupRows(machines.subarray(0, count), index.names.machines.length)
    const most = Math.min(BUILDS - 1, index.names.builds.length)
    return index.names.machines.map((_, machine) => {
      const places = grouped.places.subarray(grouped.starts[machine], grouped.starts[machine + 1])
      return stepsOf(Float64Array.from(places, (place) => keys[place]!).sort(), most)
    })
  })
