/**
 * What each Mac did, as a step function of time: its state, the requests on its GPU, those that wait on it. Built from
 * typed arrays (half a million requests make two million changes; as objects they took 300 MB).
 */
import { LANE_STATES } from './lane-states.ts'
import { derive, groupRows, type TraceIndex } from './trace-index.ts'

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
  /** Requests admitted by the engine, 255 at most. */
  readonly rows: Uint8Array
  /** Requests that came in and wait for a slot, 255 at most. */
  readonly waiting: Uint8Array
}

/** What a change adds to [online, loading, waiting, prefill, decode]. Codes are places here. */
const CHANGES = [
  [-1, 0, 0, 0, 0],
  [1, 0, 0, 0, 0],
  [0, -1, 0, 0, 0],
  [0, 1, 0, 0, 0],
  [0, 0, -1, 0, 0],
  [0, 0, 1, 0, 0],
  [0, 0, -1, 1, 0],
  [0, 0, 0, -1, 0],
  [0, 0, 0, -1, 1],
  [0, 0, 0, 0, -1],
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
/** A change as one number, `at * CODES + code`, so that the engine's own sort of numbers orders them: exact below 2^53. */
const CODES = 16

interface Changes {
  readonly keys: Float64Array
  readonly machines: Uint32Array
  readonly count: number
}

function changesOf({ store, machineOf }: TraceIndex): Changes {
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
  const most = online.length + gone.length + loaded.length * 2 + ended.length * 4
  const keys = new Float64Array(most)
  const machines = new Uint32Array(most)
  let count = 0
  const add = (machine: number, at: number, code: number): void => {
    if (machine < 0) return
    keys[count] = at * CODES + code
    machines[count] = machine
    count += 1
  }
  for (let i = 0; i < online.length; i += 1) add(registered[i]!, online[i]!, CAME)
  for (let i = 0; i < gone.length; i += 1) add(machineOf[provider[i]!] ?? -1, gone[i]!, GONE)
  for (let i = 0; i < loaded.length; i += 1) {
    add(loader[i]!, loaded[i]! - took[i]!, LOADS)
    add(loader[i]!, loaded[i]!, LOADED)
  }
  for (let i = 0; i < ended.length; i += 1) {
    const machine = worker[i]!
    add(machine, received[i]!, RECEIVED)
    if (admitted[i]! < 0) add(machine, ended[i]!, LEFT_WAITING)
    else {
      add(machine, admitted[i]!, ADMITTED)
      if (first[i]! < 0) add(machine, ended[i]!, LEFT_PREFILL)
      else {
        add(machine, first[i]!, FIRST_TOKEN)
        add(machine, ended[i]!, LEFT_DECODE)
      }
    }
  }
  return { keys, machines, count }
}

const bounded = (count: number): number => Math.min(255, Math.max(0, count))

function stepsOf(keys: Float64Array): Steps {
  const starts = new Float64Array(keys.length + 1)
  const states = new Uint8Array(keys.length + 1)
  const rows = new Uint8Array(keys.length + 1)
  const waiting = new Uint8Array(keys.length + 1)
  states[0] = OFFLINE
  let last = 0
  const now = [0, 0, 0, 0, 0] as [number, number, number, number, number]
  for (const key of keys) {
    const code = key % CODES
    const at = (key - code) / CODES
    const change = CHANGES[code]!
    for (let i = 0; i < now.length; i += 1) now[i]! += change[i]!
    const [online, loading, wait, prefill, decode] = now
    const state = prefill > 0 ? PREFILL : decode > 0 ? DECODE : loading > 0 ? LOADING : online > 0 ? IDLE : OFFLINE
    const count = bounded(prefill + decode)
    const queue = bounded(wait)
    if (starts[last] !== at) {
      if (states[last] === state && rows[last] === count && waiting[last] === queue) continue
      last += 1
      starts[last] = at
    }
    states[last] = state
    rows[last] = count
    waiting[last] = queue
  }
  const length = last + 1
  return {
    starts: starts.slice(0, length),
    states: states.slice(0, length),
    rows: rows.slice(0, length),
    waiting: waiting.slice(0, length),
  }
}

export const laneSteps = (index: TraceIndex): readonly Steps[] =>
  derive(index, 'lanes/steps', () => {
    const { keys, machines, count } = changesOf(index)
    const grouped = groupRows(machines.subarray(0, count), index.names.machines.length)
    return index.names.machines.map((_, machine) => {
      const places = grouped.places.subarray(grouped.starts[machine], grouped.starts[machine + 1])
      return stepsOf(Float64Array.from(places, (place) => keys[place]!).sort())
    })
  })
