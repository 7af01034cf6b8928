/**
 * One run over time, richer than a result's own series: refusals by reason, goodput and tokens too. It is filled from
 * rows as they stream by, so that charts fill while a run goes, and from a stored trace alike. As in a result, counts
 * lie where they happened, TTFT, decode rate and goodput where their request arrived; warm-up is included.
 */
import { MICROS_PER_SECOND } from '../../../sim/base/time.ts'
import { LoadCauses, Samples } from '../../../sim/metrics/index.ts'
import { Grid } from '../../../sim/metrics/grid.ts'
import { PolicyTally } from '../../../sim/metrics/requests/policy-tally.ts'
import { usualInterval } from '../../../sim/metrics/requests/series.ts'
import type { MetricsSettings } from '../../../sim/metrics/settings.ts'
import { Window } from '../../../sim/metrics/window.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { type PoolSeries, PoolSeriesCollector } from './pool-series.ts'

type Values = readonly (number | null)[]

export interface ModelSeries {
  readonly arrived: Values
  readonly served: Values
  /** Requests answered 429, by reason. */
  readonly answered_429: { readonly [reason: string]: Values }
  /** Shares of those that arrived in the interval; null before anything did, or when the source does not know. */
  readonly goodput: Values
  readonly ttft_p50_ms: Values
  readonly ttft_p95_ms: Values
  readonly decode_p50_tps: Values
  readonly decode_p95_tps: Values
  readonly prompt_tokens: Values
  readonly completion_tokens: Values
}

export interface RunSeries {
  readonly interval_s: number
  /** Of the whole series. */
  readonly duration_s: number
  readonly models: { readonly [model: string]: ModelSeries }
  readonly queue_depth: Values
  readonly loads: Values
  /** The same by who caused them, causes that occur; absent when the source does not know. */
  readonly loads_by?: { readonly [cause: string]: Values }
  readonly pool_moves: Values
  /** Absent when the source does not know. */
  readonly pools?: { readonly [pool: string]: PoolSeries }
  /** Counters and gauges of the policy's own. Absent when it keeps none. */
  readonly policy?: { readonly [metric: string]: Values }
}

/** Series of a result that are the policy's own, by the names it gave them. */
export function policySeries(series: { readonly [name: string]: unknown }): Pick<RunSeries, 'policy'> {
  const own = Object.entries(series).filter(([name]) => name.startsWith(OF_POLICY))
  if (own.length === 0) return {}
  return { policy: Object.fromEntries(own.map(([name, values]) => [name.slice(OF_POLICY.length), values as Values])) }
}

const OF_POLICY = 'policy.'

export type SeriesSettings = Pick<MetricsSettings, 'duration' | 'slo' | 'models'>

interface Building {
  arrived: number[]
  served: number[]
  answered429: Map<string, number[]>
  good: number[]
  goodOf: number[]
  ttft: (Samples | undefined)[]
  decode: (Samples | undefined)[]
  prompt: number[]
  completion: number[]
}

interface Live {
  readonly model: Building
  readonly arrivedAt: number
  readonly promptTokens: number
  firstTokenAt: number
}

/** Beyond it a point's quantiles are within 0.4 %. */
const EXACT_MAX = 4_096

export class RunSeriesCollector {
  private readonly interval: number
  private readonly points: number
  private readonly models = new Map<string, Building>()
  private readonly live = new Map<number, Live>()
  private readonly promptOfUser = new Map<number, number>()
  private readonly waitingTime: number[]
  private readonly loads: number[]
  private readonly loadsBy = new Map<string, number[]>()
  private readonly causes = new LoadCauses(0)
  private readonly moves: number[]
  private readonly pools: PoolSeriesCollector
  private readonly policy: PolicyTally
  private waiting = 0
  private waitingSince = 0

  constructor(private readonly settings: SeriesSettings) {
    this.interval = usualInterval(settings.duration)
    this.points = Math.max(1, Math.ceil(settings.duration / this.interval))
    this.waitingTime = this.zeros()
    this.loads = this.zeros()
    this.moves = this.zeros()
    this.pools = new PoolSeriesCollector(this.interval, settings.duration)
    this.policy = new PolicyTally(new Window(0, settings.duration), new Grid(this.interval, settings.duration))
    for (const name of settings.models) this.model(name)
  }

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    switch (row.kind) {
      case 'user_request':
        this.promptOfUser.set(row.user, row.promptTokens)
        return
      case 'user_ended':
        this.promptOfUser.delete(row.user)
        return
      case 'arrived': {
        const model = this.model(row.model)
        const promptTokens = this.promptOfUser.get(row.user) ?? row.estimatedPromptTokens
        this.live.set(row.request, { model, arrivedAt: row.at, promptTokens, firstTokenAt: -1 })
        this.count(model.arrived, row.at)
        return
      }
      case 'first_token': {
        const request = this.live.get(row.request)
        if (request !== undefined && request.firstTokenAt < 0) request.firstTokenAt = row.at
        return
      }
      case 'ended':
        this.ended(row)
        return
      case 'queued':
        this.waitingChanged(1, row.at)
        return
      case 'dequeued':
        this.waitingChanged(-1, row.at)
        return
      case 'registered':
        return this.causes.registered(row)
      case 'load_command':
        return this.causes.command(row)
      case 'dispatched':
        return this.causes.dispatched(row)
      case 'load_started':
        this.loadStarted(row)
        return
      case 'relabel':
        // The first label of a Mac is no move.
        if (row.from !== '' && row.from !== row.to) this.count(this.moves, row.at)
        return
      case 'pool':
      case 'audit':
        this.pools.row(row)
        return
      case 'policy_count':
        this.policy.count(row)
        return
      case 'policy_gauge':
        this.policy.gauge(row)
        return
      default:
    }
  }

  /** So far; `at` is the time of the latest row. */
  result(at: number): RunSeries {
    this.spreadWaiting(at)
    this.waitingSince = at
    // Nothing is known of the intervals to come: null, not zero.
    const known = Math.min(this.points, Math.ceil(at / this.interval))
    const sofar = (values: readonly (number | null)[]): (number | null)[] =>
      values.map((value, i) => (i < known ? value : null))
    const models = [...this.models].map(([name, each]): [string, ModelSeries] => [
      name,
      {
        arrived: sofar(each.arrived),
        served: sofar(each.served),
        answered_429: Object.fromEntries([...each.answered429].map(([reason, values]) => [reason, sofar(values)])),
        goodput: each.good.map((good, i) => rounded(shareOf(good, each.goodOf[i]))),
        ttft_p50_ms: quantile(each.ttft, 0.5),
        ttft_p95_ms: quantile(each.ttft, 0.95),
        decode_p50_tps: quantile(each.decode, 0.5),
        decode_p95_tps: quantile(each.decode, 0.95),
        prompt_tokens: sofar(each.prompt),
        completion_tokens: sofar(each.completion),
      },
    ])
    return {
      interval_s: this.interval / MICROS_PER_SECOND,
      duration_s: this.settings.duration / MICROS_PER_SECOND,
      models: Object.fromEntries(models),
      queue_depth: sofar(this.waitingTime.map((time) => rounded(time / this.interval))),
      loads: sofar(this.loads),
      loads_by: Object.fromEntries([...this.loadsBy].map(([cause, counts]) => [cause, sofar(counts)])),
      pool_moves: sofar(this.moves),
      pools: this.pools.result(at, rounded),
      ...policySeries(
        Object.fromEntries(Object.entries(this.policy.series(at)).map(([name, values]) => [name, sofar(values)])),
      ),
    }
  }

  private loadStarted(row: Extract<TraceRow, { kind: 'load_started' }>): void {
    const cause = this.causes.started(row)
    const counts = this.loadsBy.get(cause) ?? this.zeros()
    this.loadsBy.set(cause, counts)
    this.count(counts, row.at)
    this.count(this.loads, row.at)
  }

  private ended(row: Extract<TraceRow, { kind: 'ended' }>): void {
    const request = this.live.get(row.request)
    if (request === undefined) return
    this.live.delete(row.request)
    const { model, arrivedAt } = request
    const inRun = arrivedAt < this.settings.duration
    const point = Math.floor(arrivedAt / this.interval)
    if (inRun) model.goodOf[point]! += 1
    if (row.status === 429) {
      const known = model.answered429.get(row.reason)
      const counts = known ?? this.zeros()
      if (known === undefined) model.answered429.set(row.reason, counts)
      this.count(counts, row.at)
    }
    if (row.outcome !== 'served') return
    this.count(model.served, row.at)
    this.count(model.prompt, row.at, request.promptTokens)
    this.count(model.completion, row.at, row.completionTokens)
    if (!inRun) return
    const firstAt = request.firstTokenAt < 0 ? row.at : request.firstTokenAt
    const ttft = firstAt - arrivedAt
    const steps = row.completionTokens - 1
    const tps = steps > 0 && row.at > firstAt ? (steps * MICROS_PER_SECOND) / (row.at - firstAt) : -1
    const ttfts = (model.ttft[point] ??= new Samples(EXACT_MAX))
    ttfts.add(ttft / 1_000)
    if (tps >= 0) {
      const rates = (model.decode[point] ??= new Samples(EXACT_MAX))
      rates.add(tps)
    }
    const { slo } = this.settings
    const inTime = ttft <= slo.ttftBase + slo.ttftPerToken * request.promptTokens
    if (inTime && (tps < 0 || tps >= slo.decodeTps)) model.good[point]! += 1
  }

  private model(name: string): Building {
    const known = this.models.get(name)
    if (known !== undefined) return known
    const none = (): undefined[] => Array.from({ length: this.points }, () => undefined)
    const fresh: Building = {
      arrived: this.zeros(),
      served: this.zeros(),
      answered429: new Map(),
      good: this.zeros(),
      goodOf: this.zeros(),
      ttft: none(),
      decode: none(),
      prompt: this.zeros(),
      completion: this.zeros(),
    }
    this.models.set(name, fresh)
    return fresh
  }

  private zeros(): number[] {
    return Array.from({ length: this.points }, () => 0)
  }

  private count(values: number[], at: number, by = 1): void {
    if (at < this.settings.duration) values[Math.floor(at / this.interval)]! += by
  }

  private waitingChanged(change: number, at: number): void {
    this.spreadWaiting(at)
    this.waitingSince = at
    this.waiting += change
  }

  private spreadWaiting(to: number): void {
    const end = Math.min(to, this.settings.duration)
    for (let start = this.waitingSince; this.waiting > 0 && start < end; ) {
      const point = Math.floor(start / this.interval)
      const edge = Math.min(end, (point + 1) * this.interval)
      this.waitingTime[point]! += this.waiting * (edge - start)
      start = edge
    }
  }
}

const shareOf = (part: number, all = 0): number | null => (all === 0 ? null : part / all)

const quantile = (points: readonly (Samples | undefined)[], share: number): (number | null)[] =>
  points.map((samples) => rounded(samples?.quantile(share) ?? null))

/** Five figures are more than a chart shows, and keep the shipped summary small. */
const rounded = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(5)))
