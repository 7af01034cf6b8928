/**
 * Where the coordinator asks its pool policy. The labels live here: a verdict may carry a relabel, which is applied
 * before anything else is asked, so later questions of the same decision see it, and is written as a row. No other
 * code changes `assignedPool`. One question and one context serve the whole run: a scan asks this up to a thousand
 * times per request.
 */
import { BadInputError } from '../../base/result.ts'
import type { BuildId, ModelName, ProviderId, RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type {
  AliasView,
  AssignmentView,
  Plan,
  PlanQuestion,
  Policy,
  ModelDemand,
  ParameterValues,
  PolicyDraw,
  PolicyView,
  PoolVerdict,
  ProviderView,
  RoutesBy,
  Surface,
} from '../../plug/index.ts'
import type { TraceSink } from '../../trace/row.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { ExplainSink } from './explain/explain-sink.ts'
import type { DemandWatch } from '../view/demand-watch.ts'
import type { ProviderRecord } from '../view/provider-record.ts'
import type { Registry } from '../view/registry.ts'
import { touch } from '../view/touch.ts'
import type { PolicyMetrics } from './surfaces/policy-metrics.ts'

interface Question {
  surface: Surface
  provider: ProviderView
  model: BuildId | ''
  ownerBypass: boolean
}

export interface PoolGateParts {
  readonly policy: Policy
  readonly registry: Registry
  readonly aliases: () => ReadonlyMap<ModelName, AliasView>
  readonly settings: () => CoordinatorSettings
  /** See PolicyContext. */
  readonly routable: (record: ProviderRecord) => boolean
  readonly couldLoad: (record: ProviderRecord, model: BuildId) => boolean
  /** See PolicyView. */
  readonly parameters: ParameterValues
  readonly state: unknown
  readonly demand: DemandWatch | undefined
  readonly random: (name: string) => PolicyDraw
  readonly metrics: PolicyMetrics
  readonly now: () => Micros
  readonly trace: TraceSink
  readonly explain: ExplainSink | undefined
}

/** Frozen, and what it was made from out of reach. */
class LiveContext implements PolicyView {
  readonly #parts: PoolGateParts

  constructor(parts: PoolGateParts) {
    this.#parts = parts
    Object.freeze(this)
  }

  get parameters(): ParameterValues {
    return this.#parts.parameters
  }
  get state(): unknown {
    return this.#parts.state
  }
  // Not methods, so that a policy may take them out of its view: `({ count }) => count('kept')`.
  readonly demand = (model: string): ModelDemand => {
    const { demand, policy } = this.#parts
    if (demand !== undefined) return demand.of(model)
    const message = `the answers of \`${policy.name}\` are remembered (routingBy), so they may not depend on demand`
    throw new BadInputError([{ message }])
  }
  readonly random = (name: string): PolicyDraw => this.#parts.random(name)
  readonly count = (counter: string, by = 1): void => this.#parts.metrics.count(counter, by)
  readonly gauge = (gauge: string, value: number): void => this.#parts.metrics.gauge(gauge, value)

  get now(): Micros {
    return this.#parts.now()
  }
  get poolsEnabled(): boolean {
    return this.#parts.settings().MODEL_POOLS_ENABLED
  }
  get assignmentGate(): boolean {
    return this.#parts.settings().ASSIGNMENT_GATE_ENABLED
  }
  get aliases(): ReadonlyMap<ModelName, AliasView> {
    return this.#parts.aliases()
  }
  get providers(): readonly ProviderView[] {
    return this.#parts.registry.views
  }
  inCatalog(model: string): boolean {
    return this.#parts.registry.inCatalog(model)
  }
  assigned(provider: ProviderId): string {
    return this.#parts.registry.get(provider)?.assignedPool ?? ''
  }
  assignedAt(provider: ProviderId): Micros {
    return this.#parts.registry.get(provider)?.assignedAt ?? this.now
  }
  assignment(provider: ProviderId): AssignmentView | undefined {
    const assignment = this.#parts.registry.get(provider)?.assignment
    return assignment === undefined ? undefined : Object.freeze(assignment)
  }
  routable(provider: ProviderId): boolean {
    const record = this.#parts.registry.get(provider)
    return record !== undefined && this.#parts.routable(record)
  }
  couldLoad(provider: ProviderId, model: BuildId): boolean {
    const record = this.#parts.registry.get(provider)
    return record !== undefined && this.#parts.couldLoad(record, model)
  }
}

export class PoolGate {
  /** What the policy is told besides the question; also for poolKeys. */
  readonly context: PolicyView
  private readonly policy: Policy
  private readonly trace: TraceSink
  private readonly explain: ExplainSink | undefined
  private readonly now: () => Micros
  private readonly metrics: PolicyMetrics
  private question: Question | undefined
  /** The policy's words on the last question, for explanations; asking again could relabel. */
  lastWhy = ''

  constructor(parts: PoolGateParts) {
    this.context = new LiveContext(parts)
    this.policy = parts.policy
    this.metrics = parts.metrics
    this.trace = parts.trace
    this.explain = parts.explain
    this.now = parts.now
  }

  /** C5 is in force. */
  get refusesColdBesideBusy(): Policy['refusesColdBesideBusy'] {
    return this.policy.refusesColdBesideBusy
  }
  /** F13. */
  get shedsAfterFallback(): boolean {
    return this.policy.shedsAfterFallback ?? false
  }
  /** X4. */
  get shedIsDemand(): boolean {
    return this.policy.shedIsDemand ?? false
  }
  /** Without it A13 counts by asking about every provider. */
  get countsExhausted(): boolean {
    return this.policy.exhausted !== undefined
  }
  exhausted(model: BuildId): number {
    return this.policy.exhausted?.(model, this.context) ?? 0
  }
  /** undefined: the policy does not plan. */
  plan(question: PlanQuestion): Plan | undefined {
    const plan = this.policy.plan?.(question, this.context)
    this.metrics.flush()
    return plan
  }
  get plans(): boolean {
    return this.policy.plan !== undefined
  }

  poolKeys(labelOrBuild: string): readonly string[] {
    return this.policy.poolKeys(labelOrBuild, this.context)
  }

  /** On behalf of no request; `build` is '' on surfaces that ask for no model. */
  ask(surface: Surface, record: ProviderRecord, build: BuildId | '' = ''): PoolVerdict {
    return this.askFor(surface, record, build, -1, false)
  }

  /** `request` is -1 when it is on behalf of none. */
  askFor(
    surface: Surface,
    record: ProviderRecord,
    build: BuildId | '',
    request: RequestId | -1,
    ownerBypass: boolean,
  ): PoolVerdict {
    const question = (this.question ??= { surface, provider: record.view, model: build, ownerBypass })
    question.surface = surface
    question.provider = record.view
    question.model = build
    question.ownerBypass = ownerBypass
    const verdict = this.policy.test(question, this.context)
    this.lastWhy = verdict.why
    this.metrics.flush()
    if (verdict.relabel !== undefined && verdict.relabel !== record.assignedPool) {
      this.relabel(record, verdict.relabel, surface, request)
    }
    return verdict
  }

  /** What `routesBy` lets a decision remember. */
  get routesBy(): RoutesBy | undefined {
    return this.policy.test.routesBy
  }

  /** The verdict without its relabel; only for policies that say what their answers depend on. */
  peek(surface: Surface, record: ProviderRecord, build: BuildId): PoolVerdict {
    return this.policy.test({ surface, provider: record.view, model: build, ownerBypass: false }, this.context)
  }

  private relabel(record: ProviderRecord, to: string, surface: Surface, request: RequestId | -1): void {
    const from = record.assignedPool
    const at = this.now()
    record.assignedPool = to
    record.assignedAt = at
    touch(record)
    this.trace.emit({ kind: 'relabel', at, provider: record.id, from, to, surface, request })
    if (request !== -1 && this.explain?.wants(request)) {
      const { id: provider, serial } = record
      this.explain.note({ kind: 'relabel', at, request, provider, serial, from, to, surface })
    }
  }
}
