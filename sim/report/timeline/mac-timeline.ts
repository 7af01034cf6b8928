/** What one Mac did: its connection, pool, GPU, loads and slots as tracks, its memory, heat and rates as counters. */
import type { HeartbeatRow, MachineStateRow, SlotRow, TraceRow, WorkRow } from '../../trace/row.ts'
import { CounterSeries } from './counter-series.ts'
import { type PerfettoTrace, ROOT, type TimelineMark, type TimelineSpan, type TrackId } from './perfetto.ts'

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

interface Load extends Interval {
  readonly name: string
  readonly cause: string
}

const HEAT = ['nominal', 'fair', 'serious', 'critical'] as const
/** A Mac of "64 GB" has 64 of them. */
const GIB = 2 ** 30
const RATE = 'decode rate as last reported'
const MAC_COUNTERS = [
  ['requests', 'requests'],
  ['memory in use', 'GiB'],
  ['KV reserved', 'GiB'],
  [RATE, 'tok/s'],
  ['clock that heat allows', '%'],
  ['heat level', '0 nominal … 3 critical'],
] as const

function setState(counters: CounterSeries, row: MachineStateRow): void {
  const { at } = row
  const inUse = row.osBytes + row.weightsBytes + row.kvBytes + row.scratchBytes
  counters.set('requests', at, row.live)
  counters.set('memory in use', at, inUse / GIB)
  counters.set('KV reserved', at, row.kvReservedBytes / GIB)
  counters.set('clock that heat allows', at, row.speed_pct)
  counters.set('heat level', at, HEAT.indexOf(row.thermalState))
}

/** The number of a request's arrows at that time; undefined: no arrow leads there. */
export type FlowBy = (request: number, at: number) => number | undefined

/** Takes the rows of one Mac. */
export class MacTimeline {
  private readonly work: WorkRow[] = []
  private readonly busy: Interval[] = []
  private readonly loads: Load[] = []
  private readonly events: TimelineMark[] = []
  private readonly connected: TimelineSpan[] = []
  private readonly pools: TimelineSpan[] = []
  private readonly counters = new CounterSeries()
  private loading: { readonly at: number; readonly build: string; readonly cause: string } | undefined
  private connectedSince: number | undefined
  private pool: { readonly name: string; readonly since: number } | undefined
  /** Of the slots in the last heartbeat, by place. */
  private readonly rates: number[] = []

  constructor(private readonly mac: TimelineMac) {}

  connect(at: number): void {
    this.disconnect(at)
    this.connectedSince = at
  }

  disconnect(at: number): void {
    this.leavePool(at)
    if (this.connectedSince !== undefined) this.connected.push({ from: this.connectedSince, to: at, name: 'connected' })
    this.connectedSince = undefined
    if (this.rates.length === 0) return
    this.rates.length = 0
    this.rate(at)
  }

  /** '': into none. */
  relabel(to: string, at: number): void {
    this.leavePool(at)
    if (to !== '') this.pool = { name: to, since: at }
  }

  slot({ place, observedDecodeTps, at }: SlotRow): void {
    this.rates[place] = observedDecodeTps
    this.rate(at)
  }

  heartbeat({ slots, at }: HeartbeatRow): void {
    if (this.rates.length <= slots) return
    this.rates.length = slots
    this.rate(at)
  }

  /** A row of truth about it. */
  row(row: TraceRow): void {
    switch (row.kind) {
      case 'work':
        this.work.push(row)
        break
      case 'gpu_busy':
        this.busy.push({ from: row.since, to: row.at })
        break
      case 'load_started':
        this.loading = row
        break
      case 'load_ended':
        this.loaded(row.at, row.ok ? `load ${row.build}` : `load ${row.build}: ${row.text}`)
        break
      case 'unloaded':
        this.events.push({ at: row.at, name: `${row.why}: ${row.build}` })
        break
      case 'fault':
        this.events.push({ at: row.at, name: row.what })
        break
      case 'machine_state':
        setState(this.counters, row)
        break
      default:
      // Nothing to draw.
    }
  }

  /** After the last row, which was `at`. */
  addTo(trace: PerfettoTrace, at: number, flowBy: FlowBy): void {
    this.disconnect(at)
    this.loaded(at, `load ${this.loading?.build ?? ''}: unfinished`)
    const { serial, chip, memoryBytes } = this.mac
    const group = trace.group(ROOT, `${serial} (${chip}, ${Math.round(memoryBytes / GIB)} GB)`)
    trace.spans(group, 'connection', this.connected)
    trace.spans(group, 'pool', this.pools)
    trace.spans(
      group,
      'GPU',
      this.busy.map(({ from, to }) => ({ from, to, name: 'busy' })),
    )
    trace.spans(
      group,
      'loads',
      this.loads.map(({ from, to, name, cause }) => ({ from, to, name, notes: { cause } })),
    )
    trace.marks(group, 'events', this.events)
    this.addSlots(trace, group, flowBy)
    for (const [name, unit] of MAC_COUNTERS) trace.counter(group, name, unit, this.counters.points.get(name) ?? [])
  }

  private leavePool(at: number): void {
    if (this.pool !== undefined) this.pools.push({ from: this.pool.since, to: at, name: this.pool.name })
    this.pool = undefined
  }

  private rate(at: number): void {
    this.counters.set(
      RATE,
      at,
      this.rates.reduce((sum, rate) => sum + rate, 0),
    )
  }

  private loaded(at: number, name: string): void {
    if (this.loading !== undefined) this.loads.push({ from: this.loading.at, to: at, name, cause: this.loading.cause })
    this.loading = undefined
  }

  private addSlots(trace: PerfettoTrace, group: TrackId, flowBy: FlowBy): void {
    const builds = [...new Set(this.work.map(({ build }) => build))].toSorted()
    for (const build of builds) {
      const rows = this.work.filter((row) => row.build === build)
      const spans = rows.map(
        (row): TimelineSpan => ({
          from: row.receivedAt,
          to: row.at,
          name: row.outcome,
          flow: flowBy(row.request, row.receivedAt),
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
}

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
