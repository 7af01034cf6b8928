/**
 * A day of a large fleet as a trace, row by row: 500 Macs, 24 hours, 500,000 requests, with the density of rows of a
 * real run. Made up, not simulated: what is measured is how screens read it, and a simulation would take minutes.
 */
import { MICROS_PER_SECOND } from '../../sim/base/time.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { TraceStore } from '../../sim/trace/store.ts'

export interface FleetDayOptions {
  readonly machines: number
  readonly requests: number
  readonly hours: number
}

export const A_DAY: FleetDayOptions = { machines: 500, requests: 500_000, hours: 24 }

const MODELS = ['gpt-oss-20b', 'gemma-4-26b-qat-4bit'] as const
const CHIPS = ['M1 Max 32c', 'M2 Ultra 76c', 'M3 Max 40c', 'M4 Max 40c']
const GIB = 2 ** 30
const RELABEL_EVERY = 700

const machineNames = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    serial: `mac-${i + 1}`,
    chip: CHIPS[i % CHIPS.length],
    memoryBytes: (i % 3 === 0 ? 128 : 64) * GIB,
    chassis: i % 2 === 0 ? 'Mac Studio' : 'MacBook Pro 16',
  }))

/** Mulberry32: small, and the same on every machine. */
function draws(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What happens to request i, at `times[i * STAGES + stage]`. */
const STAGES = 4
const [ARRIVED, ADMITTED, FIRST, ENDED] = [0, 1, 2, 3]

function planned({ requests, machines, hours }: FleetDayOptions) {
  const draw = draws(1)
  const end = hours * 3600 * MICROS_PER_SECOND
  const times = new Float64Array(requests * STAGES)
  const machineOf = new Uint32Array(requests)
  const freeAt = new Float64Array(machines)
  for (let i = 0; i < requests; i += 1) {
    // Busier by day: arrivals thicken around noon.
    const share = (i + draw()) / requests
    const at = Math.floor((share + 0.06 * Math.sin(2 * Math.PI * share)) * end)
    const machine = Math.floor(draw() ** 1.5 * machines)
    machineOf[i] = machine
    // Each Mac takes three at a time, roughly.
    const admitted = Math.max(at + 20_000, freeAt[machine])
    const first = admitted + Math.floor((0.3 + 2 * draw()) * MICROS_PER_SECOND)
    const ended = first + Math.floor((2 + 25 * draw()) * MICROS_PER_SECOND)
    freeAt[machine] = admitted + Math.floor((ended - admitted) / 3)
    times.set([at, admitted, first, ended], i * STAGES)
  }
  const order = Uint32Array.from(times.keys()).sort((a, b) => times[a] - times[b])
  return { times, machineOf, order, end }
}

export function fleetDay(options: FleetDayOptions = A_DAY): TraceStore {
  const store = new TraceStore()
  // Rows are checked by the schema's own types where they are written; brands are of no interest here.
  const emit = (row: object): void => store.row(row as TraceRow)
  const { machines, requests } = options
  const { times, machineOf, order, end } = planned(options)
  const names = machineNames(machines)
  const live = new Uint32Array(machines)
  const served = new Uint32Array(machines)
  const state = (at: number, machine: number): void => {
    const memoryBytes = names[machine].memoryBytes
    const heat = Math.min(40, live[machine] * 6 + (served[machine] % 50 > 40 ? 10 : 0))
    const kvBytes = live[machine] * GIB
    const used = 6 * GIB + 14 * GIB + kvBytes
    emit({
      kind: 'machine_state',
      at,
      machine,
      online: true,
      live: live[machine],
      unread: 0,
      ghosts: 0,
      loading: false,
      residentBuilds: 1,
      weightsBytes: 14 * GIB,
      kvReservedBytes: kvBytes,
      osBytes: 6 * GIB,
      memoryBytes,
      kvBytes,
      scratchBytes: 0,
      fileBytes: 0,
      freeBytes: memoryBytes - used,
      compressedBytes: 0,
      speed_pct: 100 - heat,
      squeeze_pct: 100,
      thermalState: heat > 15 ? 'serious' : heat > 5 ? 'fair' : 'nominal',
      idleCapable: live[machine] === 0 ? 1 : 0,
    })
  }
  for (const [machine, { serial, chip, memoryBytes }] of names.entries()) {
    emit({ kind: 'registered', at: 0, provider: machine, machine, serial, chip, memory_gb: memoryBytes / GIB })
    emit({
      kind: 'relabel',
      at: 0,
      provider: machine,
      from: '',
      to: MODELS[machine % 2],
      surface: 'heartbeat',
      request: -1,
    })
    state(0, machine)
  }
  for (const event of order) {
    const request = Math.floor(event / STAGES)
    const stage = event % STAGES
    const at = times[event]
    if (at > end) break
    const machine = machineOf[request]
    const model = MODELS[machine % 2]
    const [arrived, admitted, first] = [0, 1, 2].map((each) => times[request * STAGES + each])
    if (stage === ARRIVED) {
      const asked = { model, maxTokens: 512 }
      const traits = { stream: true, tools: false, vision: false, serial: '', patience: 0 }
      emit({ kind: 'user_request', at, user: request, ...asked, promptTokens: 900, outputTokens: 200, ...traits })
      emit({ kind: 'arrived', at, request, user: request, ...asked, estimatedPromptTokens: 900 })
      const where = { request, attempt: 0, provider: machine, build: model }
      emit({ kind: 'dispatched', at, ...where, slotState: 'running', backup: false })
      live[machine] += 1
      state(at, machine)
      if (request % RELABEL_EVERY === RELABEL_EVERY - 1) relabel(emit, at, machine, model)
    } else if (stage === ADMITTED) state(at, machine)
    else if (stage === FIRST) emit({ kind: 'first_token', at, request, attempt: 0 })
    else if (stage === ENDED) {
      live[machine] -= 1
      served[machine] += 1
      const ids = { machine, request, attempt: 0, build: model }
      const tokens = { prefilledTokens: 900, decodedTokens: 200 }
      const since = { receivedAt: arrived, admittedAt: admitted, firstTokenAt: first }
      emit({ kind: 'work', at, ...ids, outcome: 'finished', ...tokens, ...since, solo_ns: 1_000_000_000 })
      state(at, machine)
      const answer = { status: 200, reason: '', midStream: false, retryAfter_s: -1, completionTokens: 200, attempt: 0 }
      emit({ kind: 'ended', at, request, outcome: 'served', ...answer })
      emit({ kind: 'user_ended', at, user: request, outcome: 'served' })
    }
  }
  emit({ kind: 'run_ended', at: end, inFlight: requests - store.table('ended').length })
  return store
}

/** The label turns to the other model, and the model is loaded. */
function relabel(emit: (row: object) => void, at: number, machine: number, from: string): void {
  const to = MODELS.find((model) => model !== from)!
  emit({ kind: 'relabel', at, provider: machine, from, to, surface: 'warm_pool', request: -1 })
  const load = { machine, build: to }
  emit({ kind: 'load_ended', at, ...load, ok: true, text: '', took: 90 * MICROS_PER_SECOND })
}

export const dayHeader = ({ machines, hours }: FleetDayOptions, policy: string) => ({
  scenario: 'a made-up day',
  policy,
  seed: 1,
  digest: policy.padEnd(64, '0'),
  duration_us: hours * 3_600_000_000,
  slo: { ttftBase: 5_000_000, ttftPerToken: 1_000, decodeTps: 15 },
  modelOfBuild: Object.fromEntries(MODELS.map((build) => [build, build])),
  machines: machineNames(machines),
  builds: MODELS,
  models: MODELS,
})
