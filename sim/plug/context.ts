/**
 * What a policy sees of the fleet: what the coordinator was told and what it did itself, never a Mac's truth. Shared by
 * every surface of the plug.
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
