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

/** What every question comes with. All members are read-only views of the present. */
export interface PolicyContext {
  readonly now: Micros
  /** MODEL_POOLS_ENABLED, the run-time kill switch. */
  readonly poolsEnabled: boolean
  /** Builds in the catalog; undefined: no catalog, everything is allowed. */
  inCatalog(model: string): boolean
  /** A new map after each change, never the old one changed. */
  readonly aliases: ReadonlyMap<ModelName, AliasView>
  /** The label the provider carries now, '' = unassigned: an alias id or a build id. */
  assigned(provider: ProviderId): string
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

export interface Policy {
  readonly name: string
  /** One line for `fleetlab policies`. */
  readonly about: string
  /** `max_model_slots` of providers whose scenario entry is silent. */
  readonly maxModelSlotsDefault: number
  /** C5: a cold model is not loaded beside a busy slot of another model. Part of the PR, not of its kill switch. */
  readonly refusesColdBesideBusy: boolean
  test(question: PoolQuestion, context: PolicyContext): PoolVerdict
  /** The pool a label or a build belongs to, for gauges and for the desired-models filter. Sorted; first is the display name. */
  poolKeys(labelOrBuild: string, context: PolicyContext): readonly string[]
}

/** Identity with types, for a policy file: `export default definePolicy({...})`. */
export const definePolicy = (policy: Policy): Policy => policy
