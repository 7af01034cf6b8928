/**
 * The plug: what a pool-assignment policy is asked, and what it may see. The real code of June 2026 changes a
 * machine's label while it scans, on many surfaces, so a policy is not a pure predicate: it answers each surface's
 * question with a verdict that may carry a relabel. The coordinator keeps the labels, applies relabels in order in one
 * place, shows them to later questions of the same decision, and writes each as a row of the trace.
 */
import type { BuildId, ProviderId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { PolicyContext, ProviderView, Surface } from './context.ts'
import type { Extras } from './surfaces.ts'

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

export interface Policy extends Extras {
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
