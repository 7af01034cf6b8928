/**
 * A run as a timeline: what everybody asked for and got, what waited where, and what every Mac did. Requests, the
 * coordinator's queues and the Macs have tracks; a request is followed by arrows from its arrival over the queue to the Macs
 * and back to its answer. Made from the trace, so it shows what happened and adds nothing.
 */
import type { RunResult } from '../../metrics/result.ts'
import type { ArrivedRow, EndedRow, MachineStateRow, TraceRow, WorkRow } from '../../trace/row.ts'
import {
  type CounterPoint,
  type TimelineMark,
  PerfettoTrace,
  ROOT,
  type TimelineSpan,
  type TrackId,
} from './perfetto.ts'

/** As the scenario has it. */
export interface TimelineMac {
  readonly serial: string
  readonly chip: string
  readonly memoryBytes: number
}

interface Interval {
  readonly from: number
  readonly to: number
}

/** A request at our door. */
interface Followed {
  readonly arrived: ArrivedRow
  ended: EndedRow | undefined
}

interface Wait extends Interval {
  readonly request: number
  readonly build: string
  readonly why: string
}

interface Load extends Interval {
  readonly name: string
  readonly cause: string
}

/** A value over time, by the name of its counter. */
class Counters {
  readonly points = new Map<string, CounterPoint[]>()
  set(name: string, at: number, value: number): void {
    const points = this.points.get(name)
    if (points === undefined) this.points.set(name, [{ at, value }])
    else if (points.at(-1)!.at === at) points[points.length - 1] = { at, value }
    else points.push({ at, value })
  }
}

interface MacLog {
  readonly work: WorkRow[]
  readonly busy: Interval[]
  readonly loads: Load[]
  readonly events: TimelineMark[]
  readonly connected: TimelineSpan[]
  readonly pools: TimelineSpan[]
  readonly counters: Counters
  loading: { readonly at: number; readonly build: string; readonly cause: string } | undefined
  connectedSince: number | undefined
  pool: { readonly name: string; readonly since: number } | undefined
  /** Of the slots in the last heartbeat, by place. */
  readonly rates: number[]
}

const HEAT = ['nominal', 'fair', 'serious', 'critical'] as const
/** A Mac of "64 GB" has 64 of them. */
const GIB = 2 ** 30
const WARMUP = 'warm-up'

/** Takes the trace; holds what is drawn of it until the end. */
export class RunTimeline {
  private readonly requests = new Map<number, Followed>()
  private readonly waiting = new Map<number, { readonly at: number; readonly build: string }>()
  private readonly waits: Wait[] = []
  private readonly queues = new Counters()
  private readonly operator: TimelineMark[] = []
  private readonly inFlight = new Counters()
  private readonly macs: readonly MacLog[]
  private readonly machineOf = new Map<number, number>()
  private open = 0
  private at = 0

  constructor(private readonly fleet: readonly TimelineMac[]) {
    this.macs = fleet.map(() => ({
      work: [],
      busy: [],
      loads: [],
      events: [],
      connected: [],
      pools: [],
      counters: new Counters(),
      loading: undefined,
      connectedSince: undefined,
      pool: undefined,
      rates: [],
    }))
  }

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    this.at = row.at
    switch (row.kind) {
      case 'arrived':
        this.requests.set(row.request, { arrived: row, ended: undefined })
        this.inFlight.set('in flight', row.at, (this.open += 1))
        break
      case 'ended': {
        const request = this.requests.get(row.request)
        if (request === undefined) break
        request.ended = row
        this.waited(row.request, row.at, row.outcome)
        this.inFlight.set('in flight', row.at, (this.open -= 1))
        break
      }
      case 'queued':
        this.waiting.set(row.request, { at: row.at, build: row.build })
        this.queues.set(row.build, row.at, row.depth)
        break
      case 'dequeued':
        this.waited(row.request, row.at, row.why)
        this.queues.set(row.build, row.at, row.depth)
        break
      case 'timeline':
        this.operator.push({ at: row.at, name: row.what })
        break
      default:
        this.ofMac(row)
    }
  }

  /** After the last row. */
  encode(result: RunResult): Uint8Array {
    const trace = new PerfettoTrace()
    const { name } = result.scenario
    const root = trace.group(ROOT, `${name}, ${result.policy.name}, seed ${result.seed}`)
    if (result.warmup_s > 0) trace.spans(root, 'phase', [{ from: 0, to: result.warmup_s * 1e6, name: WARMUP }])
    trace.marks(root, 'operator', this.operator)
    this.addRequests(trace, result)
    this.addQueues(trace)
    for (const [machine, mac] of this.macs.entries()) this.addMac(trace, this.fleet[machine]!, mac)
    return trace.encode()
  }

  private waited(request: number, at: number, why: string): void {
    const wait = this.waiting.get(request)
    if (wait === undefined) return
    this.waiting.delete(request)
    this.waits.push({ from: wait.at, to: at, request, build: wait.build, why })
  }

  private ofMac(row: TraceRow): void {
    switch (row.kind) {
      case 'registered': {
        this.machineOf.set(row.provider, row.machine)
        const mac = this.macs[row.machine]!
        this.disconnect(mac, row.at)
        mac.connectedSince = row.at
        break
      }
      case 'disconnected':
        this.withMac(row.provider, (mac) => this.disconnect(mac, row.at))
        break
      case 'relabel':
        this.withMac(row.provider, (mac) => {
          this.leavePool(mac, row.at)
          if (row.to !== '') mac.pool = { name: row.to, since: row.at }
        })
        break
      case 'slot':
        this.withMac(row.provider, (mac) => {
          mac.rates[row.place] = row.observedDecodeTps
          this.rate(mac, row.at)
        })
        break
      case 'heartbeat':
        this.withMac(row.provider, (mac) => {
          if (mac.rates.length <= row.slots) return
          mac.rates.length = row.slots
          this.rate(mac, row.at)
        })
        break
      case 'work':
        this.macs[row.machine]!.work.push(row)
        break
      case 'gpu_busy':
        this.macs[row.machine]!.busy.push({ from: row.since, to: row.at })
        break
      case 'load_started':
        this.macs[row.machine]!.loading = row
        break
      case 'load_ended':
        this.loaded(this.macs[row.machine]!, row.at, row.ok ? `load ${row.build}` : `load ${row.build}: ${row.text}`)
        break
      case 'unloaded':
        this.macs[row.machine]!.events.push({ at: row.at, name: `${row.why}: ${row.build}` })
        break
      case 'fault':
        this.macs[row.machine]!.events.push({ at: row.at, name: row.what })
        break
      case 'machine_state':
        state(this.macs[row.machine]!.counters, row)
        break
      default:
      // Nothing to draw.
    }
  }

  private withMac(provider: number, act: (mac: MacLog) => void): void {
    const machine = this.machineOf.get(provider)
    if (machine !== undefined) act(this.macs[machine]!)
  }

  private disconnect(mac: MacLog, at: number): void {
    this.leavePool(mac, at)
    if (mac.connectedSince !== undefined) mac.connected.push({ from: mac.connectedSince, to: at, name: 'connected' })
    mac.connectedSince = undefined
    if (mac.rates.length === 0) return
    mac.rates.length = 0
    this.rate(mac, at)
  }

  private leavePool(mac: MacLog, at: number): void {
    if (mac.pool !== undefined) mac.pools.push({ from: mac.pool.since, to: at, name: mac.pool.name })
    mac.pool = undefined
  }

  private rate(mac: MacLog, at: number): void {
    mac.counters.set(
      RATE,
      at,
      mac.rates.reduce((sum, rate) => sum + rate, 0),
    )
  }

  private loaded(mac: MacLog, at: number, name: string): void {
    if (mac.loading !== undefined) mac.loads.push({ from: mac.loading.at, to: at, name, cause: mac.loading.cause })
    mac.loading = undefined
  }

  private addRequests(trace: PerfettoTrace, result: RunResult): void {
    const group = trace.group(ROOT, 'requests')
    const byModel = new Map<string, TimelineSpan[]>()
    for (const request of this.requests.values()) {
      const { model } = request.arrived
      const known = byModel.get(model)
      const span = this.requestSpan(request)
      if (known === undefined) byModel.set(model, [span])
      else known.push(span)
    }
    for (const points of this.inFlight.points.values()) trace.counter(group, 'in flight', 'requests', points)
    for (const [model, spans] of byModel) {
      const { interval_s, [`completion_tokens.${model}`]: tokens } = result.series
      if (Array.isArray(tokens))
        trace.counter(
          group,
          `tokens/s ${model}`,
          'tok/s',
          tokens.map((count, point) => ({ at: point * interval_s * 1e6, value: Number(count) / interval_s })),
        )
      trace.spans(group, model, spans)
    }
  }

  private requestSpan({ arrived, ended }: Followed): TimelineSpan {
    const name = ended === undefined ? 'in flight at the end' : outcomeOf(ended)
    return {
      from: arrived.at,
      to: ended?.at ?? this.at,
      name,
      flow: flowOf(arrived.request),
      notes: {
        request: arrived.request,
        user: arrived.user,
        estimated_prompt_tokens: arrived.estimatedPromptTokens,
        max_tokens: arrived.maxTokens === 0 ? undefined : arrived.maxTokens,
        status: ended?.status,
        completion_tokens: ended?.completionTokens,
      },
      ending: { name: ended === undefined ? name : `answer: ${name}` },
    }
  }

  private addQueues(trace: PerfettoTrace): void {
    for (const request of this.waiting.keys()) this.waited(request, this.at, 'in flight at the end')
    if (this.waits.length === 0) return
    const group = trace.group(ROOT, 'queues')
    for (const [build, depths] of this.queues.points) {
      trace.counter(group, `length ${build}`, 'requests', depths)
      const spans = this.waits
        .filter((wait) => wait.build === build)
        .map(({ from, to, request, why }) => ({
          from,
          to,
          name: why,
          flow: this.flowBy(request, from),
          notes: { request },
        }))
      trace.spans(group, build, spans)
    }
  }

  private addMac(trace: PerfettoTrace, { serial, chip, memoryBytes }: TimelineMac, mac: MacLog): void {
    this.disconnect(mac, this.at)
    this.loaded(mac, this.at, `load ${mac.loading?.build ?? ''}: unfinished`)
    const group = trace.group(ROOT, `${serial} (${chip}, ${Math.round(memoryBytes / GIB)} GB)`)
    trace.spans(group, 'connection', mac.connected)
    trace.spans(group, 'pool', mac.pools)
    trace.spans(
      group,
      'GPU',
      mac.busy.map(({ from, to }) => ({ from, to, name: 'busy' })),
    )
    trace.spans(
      group,
      'loads',
      mac.loads.map(({ from, to, name, cause }) => ({ from, to, name, notes: { cause } })),
    )
    trace.marks(group, 'events', mac.events)
    this.addSlots(trace, group, mac.work)
    for (const [name, unit] of MAC_COUNTERS) trace.counter(group, name, unit, mac.counters.points.get(name) ?? [])
  }

  private addSlots(trace: PerfettoTrace, group: TrackId, work: readonly WorkRow[]): void {
    const builds = [...new Set(work.map(({ build }) => build))].toSorted()
    for (const build of builds) {
      const rows = work.filter((row) => row.build === build)
      const spans = rows.map(
        (row): TimelineSpan => ({
          from: row.receivedAt,
          to: row.at,
          name: row.outcome,
          flow: this.flowBy(row.request, row.receivedAt),
          notes: {
            request: row.request,
            attempt: row.attempt,
            prefilled_tokens: row.prefilledTokens,
            decoded_tokens: row.decodedTokens,
            solo_ms: row.outcome === 'finished' ? row.solo_ns / 1e6 : undefined,
          },
          parts: partsOf(row),
        }),
      )
      trace.spans(group, `slot ${build}`, spans)
    }
  }

  /** No arrow leads from an answer to what was done for nobody after it. */
  private flowBy(request: number, at: number): number | undefined {
    const followed = this.requests.get(request)
    return followed === undefined || at > (followed.ended?.at ?? Infinity) ? undefined : flowOf(request)
  }
}

/** 0 is no number of a flow. */
const flowOf = (request: number): number => request + 1

const RATE = 'decode rate as last reported'
const MAC_COUNTERS = [
  ['requests', 'requests'],
  ['memory in use', 'GiB'],
  ['KV reserved', 'GiB'],
  [RATE, 'tok/s'],
  ['clock that heat allows', '%'],
  ['heat level', '0 nominal … 3 critical'],
] as const

function state(counters: Counters, row: MachineStateRow): void {
  const { at } = row
  const inUse = row.osBytes + row.weightsBytes + row.kvBytes + row.scratchBytes
  counters.set('requests', at, row.live)
  counters.set('memory in use', at, inUse / GIB)
  counters.set('KV reserved', at, row.kvReservedBytes / GIB)
  counters.set('clock that heat allows', at, row.speed_pct)
  counters.set('heat level', at, HEAT.indexOf(row.thermalState))
}

const outcomeOf = ({ outcome, status, reason }: EndedRow): string =>
  outcome === 'served' || outcome === 'cancelled' ? outcome : `${status} ${reason}`

/** Waiting to be admitted, prefill, decode. */
function partsOf({ receivedAt, admittedAt, firstTokenAt, at }: WorkRow): NonNullable<TimelineSpan['parts']> {
  if (admittedAt < 0) return [{ from: receivedAt, to: at, name: 'waits' }]
  const waits = { from: receivedAt, to: admittedAt, name: 'waits' }
  if (firstTokenAt < 0) return [waits, { from: admittedAt, to: at, name: 'prefill' }]
  return [
    waits,
    { from: admittedAt, to: firstTokenAt, name: 'prefill' },
    { from: firstTokenAt, to: at, name: 'decode' },
  ]
}
