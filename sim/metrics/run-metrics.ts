/**
 * From the stream of rows to the figures of a run. A subscriber: it sees each row once, keeps what is in flight and
 * running sums, and never the rows themselves. Each concern is a collector of its own; this file only says which row
 * concerns whom.
 */
import type { AssumedInput } from '../base/assumed.ts'
import type { TraceRow } from '../trace/row.ts'
import { Energy } from './fleet/energy.ts'
import { COLLAPSE_DEFAULTS, CollapseWatch } from './figures/collapse.ts'
import { FleetTally } from './fleet/fleet.ts'
import { IdleCapacity } from './fleet/fragmentation.ts'
import { Grid } from './grid.ts'
import { IdleMacs } from './fleet/idle-macs.ts'
import { Interference } from './fleet/interference.ts'
import { LoadCauses } from './fleet/load-causes.ts'
import { totalCounts } from './requests/model-tally.ts'
import { type PairedSamples, PairedTtft } from './requests/paired-ttft.ts'
import { PolicyTally } from './requests/policy-tally.ts'
import { Pools } from './fleet/pools.ts'
import { RequestTallies } from './requests/request-tallies.ts'
import { buildsOf, refusedModels } from './requests/refused-models.ts'
import { Reported } from './figures/reported.ts'
import type { RunResult, RunWarning, UpstreamResult } from './result.ts'
import { Series, usualInterval } from './requests/series.ts'
import type { MetricsSettings } from './settings.ts'
import { SlowLoads } from './fleet/slow-loads.ts'
import { StandingTime, USUAL_RULE } from './fleet/standing-time.ts'
import { WastedWork } from './requests/wasted-work.ts'
import { inSeconds, Window } from './window.ts'

/** What the trace cannot know of its own run. */
export interface RunIdentity {
  readonly scenario: RunResult['scenario']
  readonly policy: RunResult['policy']
  readonly seed: number
  readonly events: number
  readonly digest: string
  readonly warned: readonly RunWarning[]
  /** Absent: nothing is marked. */
  readonly assumed?: readonly AssumedInput[]
}

export interface MetricsOptions {
  /** Keep the TTFT of every served user, for paired comparison. */
  readonly perRequest?: boolean
}

export class RunMetrics {
  private readonly requests: RequestTallies
  private readonly idle: IdleCapacity
  private readonly fleet: FleetTally
  private readonly interference: Interference
  private readonly pools: Pools
  private readonly series: Series
  private readonly collapse: CollapseWatch
  private readonly idleMacs: IdleMacs
  private readonly slowLoads: SlowLoads
  private readonly reported: Reported
  private readonly loadCauses: LoadCauses
  private readonly wasted = new WastedWork()
  private readonly standing: StandingTime
  private readonly energy: Energy
  private readonly policy: PolicyTally
  private unloadCommands = 0
  private readonly paired: PairedTtft | undefined
  /** Models that the other collectors know of. */
  private modelsKnown = 0
  private at = 0

  constructor(
    readonly settings: MetricsSettings,
    options: MetricsOptions = {},
  ) {
    const window = new Window(settings.warmup, settings.duration)
    this.paired = options.perRequest === true ? new PairedTtft() : undefined
    this.requests = new RequestTallies(settings, this.paired)
    this.idle = new IdleCapacity(settings, window)
    this.fleet = new FleetTally(window, settings.machines)
    this.interference = new Interference(settings.models, settings.builds)
    const grid = new Grid(settings.seriesInterval ?? usualInterval(settings.duration), settings.duration)
    this.pools = new Pools(window, grid)
    this.series = new Series(grid)
    this.policy = new PolicyTally(window, grid)
    this.collapse = new CollapseWatch(settings.collapse ?? COLLAPSE_DEFAULTS, settings.duration)
    this.idleMacs = new IdleMacs(settings)
    this.slowLoads = new SlowLoads(settings)
    this.reported = new Reported(window, settings.models)
    this.loadCauses = new LoadCauses(settings.warmup)
    this.standing = new StandingTime(settings.standing ?? USUAL_RULE, window)
    this.energy = new Energy(settings.power ?? [], window)
    this.learnModels()
  }

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    this.at = row.at
    switch (row.kind) {
      case 'user_request': {
        const model = this.requests.userRequest(row)
        this.learnModels()
        return this.series.user(model, row.at)
      }
      case 'user_ended':
        return this.requests.userEnded(row)
      case 'arrived':
        return this.arrived(row)
      case 'queued':
        this.reported.queued(row)
        return this.queueChanged(this.requests.queued(row), 1)
      case 'dequeued':
        return this.queueChanged(this.requests.dequeued(row), -1)
      case 'priced':
        return this.reported.priced(row)
      case 'first_token':
        this.reported.firstToken(row)
        return this.requests.firstToken(row)
      case 'ended':
        return this.ended(row)
      case 'machine_state':
        this.idle.machineState(row)
        this.reported.machineState(row)
        this.energy.machineState(row)
        return this.fleet.machineState(row)
      case 'gpu_busy':
        this.series.gpuBusy(row.since, row.at)
        this.energy.gpuBusy(row)
        return this.fleet.gpuBusy(row)
      case 'heartbeat':
        return this.fleet.heartbeat(row)
      case 'registered':
        this.reported.registered(row)
        this.loadCauses.registered(row)
        return this.idleMacs.registered(row)
      case 'attempt_ended':
        return this.reported.attemptEnded(row)
      case 'preflight':
        this.reported.preflight(row)
        return this.idleMacs.preflight(row)
      case 'load_command':
        return this.loadCauses.command(row)
      case 'dispatched':
        this.reported.dispatched(row)
        this.loadCauses.dispatched(row)
        this.wasted.dispatched(row)
        return this.idleMacs.dispatched(row)
      case 'passed_over':
        return this.idleMacs.passedOver(row)
      case 'disconnected':
        this.idleMacs.disconnected(row)
        return this.fleet.disconnected(row)
      case 'load_ended':
        this.series.load(row.at, this.loadCauses.ended(row))
        this.slowLoads.ended(row)
        return this.fleet.loadEnded(row)
      case 'unloaded':
        return this.fleet.unloaded(row)
      case 'relabel':
        return this.relabel(row)
      case 'pool':
        return this.pools.pool(row)
      case 'load_started':
        this.loadCauses.started(row)
        return this.slowLoads.started(row)
      case 'audit':
        this.idleMacs.audit()
        this.standing.tick(row.at)
        return this.pools.audit(row)
      case 'delay':
        if (this.requests.follows(row.request)) this.interference.delay(row)
        return
      case 'work':
        this.wasted.work(row)
        if (this.requests.follows(row.request)) this.interference.work(row)
        return
      case 'fault':
        return this.fleet.fault(row)
      case 'policy_count':
        return this.policy.count(row)
      case 'policy_gauge':
        return this.policy.gauge(row)
      case 'unload_command':
        this.unloadCommands += 1
        return
      default:
      // Nobody measures the other kinds.
    }
  }

  /** After the last row. */
  result(run: RunIdentity): Omit<RunResult, 'meta'> {
    const { settings, at } = this
    const { tallies } = this.requests
    const { shared_s, loads, ...fleet } = this.fleet.result(at)
    const { pools, multiple_active_s } = this.pools.result(at)
    const requests = totalCounts(tallies)
    const warned = this.warned(run.warned, requests.in_flight)
    const upstream = Object.fromEntries(
      tallies.map((tally, i) => [tally.model, tally.upstream(this.standing.result(i, at))]),
    )
    const sumOf = (figure: (seen: UpstreamResult) => number): number =>
      Object.values(upstream).reduce((sum, seen) => sum + figure(seen), 0)
    const gpu_kwh = this.energy.result(at)
    const tokens = tallies.reduce((sum, tally) => sum + tally.servedCompletionTokens, 0)
    const ownMetrics = this.policy.result(at)
    return {
      format: 'fleetlab.run/1',
      scenario: run.scenario,
      policy: run.policy,
      seed: run.seed,
      simulated_s: inSeconds(at),
      warmup_s: inSeconds(settings.warmup),
      events: run.events,
      digest: run.digest,
      warnings: warned.map(({ text }) => text),
      warned,
      assumed: run.assumed ?? [],
      requests,
      models: Object.fromEntries(tallies.map((tally, i) => [tally.model, tally.result(this.wasted.result(i))])),
      collapse: Object.fromEntries(tallies.map((tally, i) => [tally.model, this.collapse.result(i)])),
      fragmentation: Object.fromEntries(tallies.map((tally, i) => [tally.model, this.idle.result(i, at)])),
      pools,
      ...fleet,
      loads: { ...loads, by_cause: this.loadCauses.result() },
      interference: this.interference.result(),
      audit: {
        providers_with_multiple_resident_slots: shared_s,
        providers_with_multiple_active_pools: multiple_active_s,
      },
      ...this.reported.result(at),
      upstream,
      revenue: {
        earned_usd: sumOf(({ earned_usd }) => earned_usd),
        lost_usd: sumOf(({ lost_usd }) => lost_usd),
      },
      energy: { gpu_kwh, gpu_wh_per_1k_tokens: gpu_kwh === null || tokens === 0 ? null : (gpu_kwh * 1e6) / tokens },
      ...(ownMetrics === undefined ? {} : { policy_metrics: ownMetrics }),
      series: { ...this.series.result(at), ...this.pools.series(at), ...this.policy.series(at) },
    }
  }

  /** What puts all figures in doubt comes first. */
  private warned(ofScenario: readonly RunWarning[], left: number): readonly RunWarning[] {
    const { settings, at, idleMacs } = this
    const models = this.requests.tallies.map((tally) => ({
      model: tally.model,
      counts: tally.counts(),
      passedOver: idleMacs.mainReason(buildsOf(settings.builds, tally.model), at),
    }))
    const text = `${left} of the requests were still in flight when the run ended`
    return [
      ...this.whatIf(),
      ...refusedModels(models, settings.preset),
      ...idleMacs.warnings(at),
      ...ofScenario,
      ...this.slowLoads.warnings(at),
      ...(left === 0 ? [] : [{ code: 'in_flight' as const, about: '', text, look: '' }]),
    ]
  }

  private whatIf(): readonly RunWarning[] {
    const { unloadCommands: told } = this
    if (told === 0) return []
    const text =
      `a what-if: the policy told Macs to give a model up (evict, ${told === 1 ? 'once' : `${told} times`}), ` +
      'and no real program has such a command'
    return [{ code: 'what_if', about: 'evict', text, look: '' }]
  }

  /** The TTFT of every served user by model; undefined unless the options asked for it. */
  perRequest(): PairedSamples | undefined {
    const { paired } = this
    if (paired === undefined) return undefined
    return Object.fromEntries(this.requests.tallies.map((tally, i) => [tally.model, paired.ofModel(i)]))
  }

  private learnModels(): void {
    const { tallies } = this.requests
    for (; this.modelsKnown < tallies.length; this.modelsKnown += 1) {
      this.idle.addModel(tallies[this.modelsKnown]!.model)
      this.series.addModel(tallies[this.modelsKnown]!.model)
      this.standing.addModel()
      this.collapse.addModel()
    }
  }

  private arrived(row: Extract<TraceRow, { kind: 'arrived' }>): void {
    const request = this.requests.arrived(row)
    this.reported.arrived(row)
    this.learnModels()
    this.idleMacs.arrived()
    this.series.arrived(request.model, row.at)
    if (request.isFirst) this.series.first(request.model, row.at)
    if (request.counted) this.wasted.arrived(row.request, request.model)
    this.collapse.arrived(request.model, row.at)
  }

  private queueChanged(request: ReturnType<RequestTallies['queued']>, change: 1 | -1): void {
    if (request === undefined) return
    this.series.waitingChanged(change, this.at)
    if (request.counted) this.idle.waiting(request.model, change, this.at)
  }

  private ended(row: Extract<TraceRow, { kind: 'ended' }>): void {
    const request = this.requests.ended(row)
    this.reported.ended(row)
    if (request === undefined) return
    this.wasted.ended(row)
    const { judged } = this.requests
    if (judged !== undefined) this.standing.judged(request.model, row.at, judged === 'success')
    const counts = request.counted && row.outcome === 'served'
    const victim = counts ? this.requests.tallies[request.model]!.model : undefined
    this.interference.ended(row, victim, row.at - request.arrivedAt)
    // An answer without a dequeued row before it: the request waits no longer, whatever the queue says.
    if (request.queuedAt >= 0) this.queueChanged(request, -1)
    const { figures } = this.requests
    if (row.outcome === 'rejected') {
      if (row.status === 429) this.series.rejected429(request.model, row.at, row.reason)
      if (request.counted && (row.status === 429 || row.status === 503)) this.idle.rejected(request.model)
    } else if (row.outcome === 'served') {
      const { at, completionTokens } = row
      const { ttft_ms, decode_tps, good } = figures
      const { arrivedAt } = request
      this.series.served(request.model, { at, arrivedAt, ttft_ms, decode_tps, good, completionTokens })
      if (good) this.collapse.good(request.model, request.arrivedAt)
    }
  }

  private relabel(row: Extract<TraceRow, { kind: 'relabel' }>): void {
    if (row.from !== '' && row.from !== row.to) this.series.move(row.at)
    this.fleet.relabel(row)
  }
}
