/**
 * A run as a timeline: what everybody asked for and got, what waited where, and what every Mac did. Requests, the
 * coordinator's queues and the Macs have tracks; a request is followed by arrows from its arrival over the queue to the Macs
 * and back to its answer. Made from the trace, so it shows what happened and adds nothing.
 */
import type { RunResult } from '../../metrics/result.ts'
import type { ArrivedRow, EndedRow, TraceRow } from '../../trace/row.ts'
import { CounterSeries } from './counter-series.ts'
import { MacTimeline, type TimelineMac } from './mac-timeline.ts'
import { PerfettoTrace, ROOT, type TimelineMark, type TimelineSpan } from './perfetto.ts'

/** A request at our door. */
interface Followed {
  readonly arrived: ArrivedRow
  ended: EndedRow | undefined
}

interface Wait {
  readonly from: number
  readonly to: number
  readonly request: number
  readonly build: string
  readonly why: string
}

const WARMUP = 'warm-up'

/** Takes the trace; holds what is drawn of it until the end. */
export class RunTimeline {
  private readonly requests = new Map<number, Followed>()
  private readonly waiting = new Map<number, { readonly at: number; readonly build: string }>()
  private readonly waits: Wait[] = []
  private readonly queues = new CounterSeries()
  private readonly operator: TimelineMark[] = []
  private readonly inFlight = new CounterSeries()
  private readonly macs: readonly MacTimeline[]
  private readonly machineOf = new Map<number, number>()
  private open = 0
  private at = 0

  constructor(fleet: readonly TimelineMac[]) {
    this.macs = fleet.map((mac) => new MacTimeline(mac))
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
    for (const mac of this.macs) mac.addTo(trace, this.at, (request, at) => this.flowBy(request, at))
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
      case 'registered':
        this.machineOf.set(row.provider, row.machine)
        this.macs[row.machine]!.connect(row.at)
        break
      case 'disconnected':
        this.macOf(row.provider)?.disconnect(row.at)
        break
      case 'relabel':
        this.macOf(row.provider)?.relabel(row.to, row.at)
        break
      case 'slot':
        this.macOf(row.provider)?.slot(row)
        break
      case 'heartbeat':
        this.macOf(row.provider)?.heartbeat(row)
        break
      default:
        if ('machine' in row) this.macs[row.machine]!.row(row)
    }
  }

  private macOf(provider: number): MacTimeline | undefined {
    const machine = this.machineOf.get(provider)
    return machine === undefined ? undefined : this.macs[machine]
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

  /** No arrow leads from an answer to what was done for nobody after it. */
  private flowBy(request: number, at: number): number | undefined {
    const followed = this.requests.get(request)
    return followed === undefined || at > (followed.ended?.at ?? Infinity) ? undefined : flowOf(request)
  }
}

/** 0 is no number of a flow. */
const flowOf = (request: number): number => request + 1

const outcomeOf = ({ outcome, status, reason }: EndedRow): string =>
  outcome === 'served' || outcome === 'cancelled' ? outcome : `${status} ${reason}`
