/**
 * The plug: what a pool-assignment policy is asked, and what it may see. The real code of June 2026 changes a
 * machine's label while it scans, on many surfaces, so a policy is not a pure predicate: it answers each surface's
 * question with a verdict that may carry a relabel. The coordinator keeps the labels, applies relabels in order in one
 * place, shows them to later questions of the same decision, and writes each as a row of the trace.
 */
import type { BuildId, ModelName, ProviderId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { SlotState, ThermalState } from '../protocol/index.ts'

/** Where in the coordinator the question arises. */
export type Surface =
  /** Alias resolution: does this provider make the build routable? */
  | 'resolve_alias'
  /** The quick check before a request is admitted. */
  | 'preflight'
  /** Is there a provider with vision (A3) or tools (A4) for this model? Asked before it is known to serve the build. */
  | 'capability_probe'
  | 'select'
  /** Under the lock, after selection. */
  | 'recheck'
  /** May an unloaded provider take the request when nothing is warm (A16)? */
  | 'cold_spill'
  | 'warm_pool_candidate'
  | 'swap_candidate'
  | 'load_model_send'
  /** Does this provider count as warm for the model? */
  | 'warm_count'
  /** A load succeeded: may it be marked warm? */
  | 'mark_warm'
  | 'capacity_snapshot'
  | 'desired_models'
  /** End of a heartbeat's state update; `model` is ''. */
  | 'heartbeat'
  /** The periodic gauges; `model` is ''. */
  | 'metrics_tick'
  /** Counts the providers that everything but the pool would allow (A13). A refusal here makes the answer pool_exhausted. */
  | 'shed'
  /** A plan moves the provider to the model, and is about to be sent. */
  | 'assign'

/** What the coordinator knows of one provider. Never a Mac's truth: `observedAt` says how old the reported part is. */
export interface ProviderView {
  readonly id: ProviderId
  readonly serial: string
  readonly version: string
  readonly memory_gb: number
  readonly memoryBandwidth_gbs: number
  /** Catalog-allowed builds in advertised order. */
  readonly advertised: readonly BuildId[]
  /** Time of the last heartbeat; undefined before the first. */
  readonly observedAt: Micros | undefined
  /** heartbeat active_model, '' when none. */
  readonly currentModel: BuildId | ''
  readonly warmModels: readonly BuildId[]
  /** undefined: no capacity report (legacy, or no heartbeat yet). */
  readonly slots: readonly SlotView[] | undefined
  readonly freeForLoad_gb: number | undefined
  readonly memoryPressure: number
  readonly thermalState: ThermalState
  /** Requests the coordinator has in flight there; exact, not reported. */
  readonly pendingCount: number
  /** The build of the load_model command in flight there, '' when none. */
  readonly pendingLoad: BuildId | ''
  /**
   * When it was last known to work: a request of ours there, or a report that showed one. Its registration when never.
   */
  readonly workedAt: Micros
  /** Models it may keep resident, as it registered; undefined: it did not say (the program of June 2026 never does). */
  readonly maxModelSlots: number | undefined
}

export interface SlotView {
  readonly model: BuildId
  readonly state: SlotState
  readonly running: number
  readonly waiting: number
  readonly maxConcurrency: number
}

export interface AliasView {
  readonly name: ModelName
  readonly desired: BuildId | ''
  readonly previous: BuildId | ''
  readonly retired: readonly BuildId[]
}

export type AssignmentState = 'draining' | 'loading' | 'assigned' | 'failed'

/** An explicit assignment (PR 435): what `plan` moved a provider to, and how far the provider says it is. */
export interface AssignmentView {
  readonly model: BuildId
  /** Grows with every assignment of the provider. */
  readonly epoch: number
  readonly state: AssignmentState
  readonly assignedAt: Micros
  /** Since when it is in this state. */
  readonly since: Micros
}

/**
 * What every question comes with. All members are read-only views of the present. One object serves a whole run, so a
 * policy that must remember something of the run keys a WeakMap by it.
 */
export interface PolicyContext {
  readonly now: Micros
  /** MODEL_POOLS_ENABLED, the run-time kill switch. */
  readonly poolsEnabled: boolean
  /** ASSIGNMENT_GATE_ENABLED, the run-time switch of the gate on assignments. */
  readonly assignmentGate: boolean
  /** Builds in the catalog; undefined: no catalog, everything is allowed. */
  inCatalog(model: string): boolean
  /** A new map after each change, never the old one changed. */
  readonly aliases: ReadonlyMap<ModelName, AliasView>
  /** The label the provider carries now, '' = unassigned: an alias id or a build id. */
  assigned(provider: ProviderId): string
  /** When that label was given; its registration when it never got one. */
  assignedAt(provider: ProviderId): Micros
  /** undefined: no plan ever moved it. */
  assignment(provider: ProviderId): AssignmentView | undefined
  /** Whether public traffic may use the provider at all: connected, trusted, fresh. */
  routable(provider: ProviderId): boolean
  /**
   * Whether a planner could load the build there as far as pools do not matter: routable, cool, advertised, not on a
   * cooldown, large enough with idle models counted as evictable.
   */
  couldLoad(provider: ProviderId, model: BuildId): boolean
  /** Every connected provider in order of registration. */
  readonly providers: readonly ProviderView[]
}

export interface PoolVerdict {
  readonly allowed: boolean
  /** The provider's label becomes this before anything else is asked. */
  readonly relabel?: string
  /** For the explanation of a decision, e.g. `assigned to gpt-oss-20b, resident`. */
  readonly why: string
}

/** `model` is the concrete build, or '' on surfaces that ask for no model. `ownerBypass`: the owner's own traffic on its own machine. */
export interface PoolQuestion {
  readonly surface: Surface
  readonly provider: ProviderView
  readonly model: BuildId | ''
  readonly ownerBypass: boolean
}

/** One build at a tick of the warm pool. */
export interface Demand {
  readonly build: BuildId
  /** The warm pool's target of this tick (Little's law under pressure, else what is warm). */
  readonly need: number
  /** Requests at work, waiting and queued, and those that a rate of refusals would add. */
  readonly load: number
  /** Requests one provider holds at the decode floor. */
  readonly qualityConcurrency: number
  readonly warm: number
  readonly eligibleCold: number
  readonly pressure: boolean
  /** WARM_POOL_MIN_WARM. */
  readonly floor: number
  /** WARM_POOL_PLACEMENT_PRIORITY; higher first, 0 when not named. */
  readonly priority: number
}

/** A provider that a plan may move. */
export interface Movable {
  readonly provider: ProviderView
  /** Nothing in flight with the coordinator, and no slot at work or with waiters. */
  readonly idle: boolean
  /** Builds it could load now (see `couldLoad`), with a score: decode tokens/s, else GB of memory. */
  readonly capable: ReadonlyMap<BuildId, number>
}

export interface PlanQuestion {
  /** By name. */
  readonly demands: readonly Demand[]
  /** In order of registration. */
  readonly machines: readonly Movable[]
  /** Moves this tick may make. */
  readonly budget: number
  /** WARM_POOL_PLACEMENT_MIN_DWELL. */
  readonly minDwell: Micros
  /** WARM_POOL_PLACEMENT_COUNTS_FAILED. */
  readonly countsFailed: boolean
}

export interface Plan {
  /** Providers each build has, and should have; for the record. */
  readonly pools: readonly { readonly build: BuildId; readonly current: number; readonly desired: number }[]
  readonly moves: readonly { readonly provider: ProviderId; readonly build: BuildId }[]
  /**
   * Whether a moved machine refuses every other model from then on (PR 435), or is an ordinary one again as soon as it has
   * said how it went.
   */
  readonly holds: boolean
}

/**
 * A question and its answer. `routesBy` says what the answers on `preflight` and `select`, to traffic that is not the owner's,
 * depend on; then they are remembered instead of asked for at every decision. It belongs to the function: a policy that
 * spreads another one and brings its own `test` is asked every time.
 */
export interface PoolTest {
  (question: PoolQuestion, context: PolicyContext): PoolVerdict
  readonly routesBy?: RoutesBy
}

/**
 * `nothing`: it always allows and never relabels, on any surface. `provider`: the provider as its view shows it (but for `workedAt`), its label
 * and its assignment, the model, the aliases and the switches, and the two surfaces get the same answer; an answer that relabels is still asked for anew every time.
 */
export type RoutesBy = 'nothing' | 'provider'

/** The same function, with a promise about its answers. */
export const routingBy = (
  routesBy: RoutesBy,
  test: (question: PoolQuestion, context: PolicyContext) => PoolVerdict,
): PoolTest => Object.assign(test, { routesBy })

export interface Policy {
  readonly name: string
  /** One line for `fleetlab policies`. */
  readonly about: string
  /** `max_model_slots` of providers whose scenario entry is silent. */
  readonly maxModelSlotsDefault: number
  /**
   * C5: a cold model is not loaded beside a busy slot of another model; `when_full`: only when every slot the provider
   * may have is taken and none can be given up. Part of the PR, not of its kill switch.
   */
  readonly refusesColdBesideBusy: boolean | 'when_full'
  /** pool_exhausted is answered only after the alias's previous build was tried (finding F13). Default: before. */
  readonly shedsAfterFallback?: boolean
  /** A pool_exhausted answer is a capacity rejection for the warm pool (X4). Default: it hears nothing. */
  readonly shedIsDemand?: boolean
  /** Replaces A13's count: providers that have the build while none may serve it; 0: not exhausted. */
  exhausted?(model: BuildId, context: PolicyContext): number
  /** Which provider should hold which model, asked at every tick of the warm pool. Must not change anything. */
  plan?(question: PlanQuestion, context: PolicyContext): Plan
  readonly test: PoolTest
  /** The pool a label or a build belongs to, for gauges and for the desired-models filter. Sorted; first is the display name. */
  poolKeys(labelOrBuild: string, context: PolicyContext): readonly string[]
}

/** Identity with types, for a policy file: `export default definePolicy({...})`. */
export const definePolicy = (policy: Policy): Policy => policy
