/**
 * Everything that can happen in a run, as a closed union of flat rows. The trace is the only thing metrics, judges,
 * ledgers and screens may read, and its digest is the identity of a run, so a row holds numbers, booleans and
 * short repeated strings only: they become columns.
 */
import type { BuildId, MachineIndex, ModelName, ProviderId, RequestId, UserId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { FailReason, RejectReason, SlotState, ThermalState } from '../protocol/index.ts'

interface Row {
  readonly at: Micros
}

/** An end user's request at the upstream router. Its attributes were drawn before any policy saw it. */
export interface UserRequestRow extends Row {
  readonly kind: 'user_request'
  readonly user: UserId
  readonly model: ModelName
  readonly promptTokens: number
  /** 0: the client gave none. */
  readonly maxTokens: number
  readonly outputTokens: number
  readonly stream: boolean
  readonly tools: boolean
  readonly vision: boolean
  /** '' = any machine. */
  readonly serial: string
  /** How long the client waits for a first token, microseconds; 0: for ever. */
  readonly patience: Micros
}

/** How it went for the end user, whoever served it in the end. */
export interface UserEndedRow extends Row {
  readonly kind: 'user_ended'
  readonly user: UserId
  /** failed_over: served elsewhere after our 429; gave_up: patience ended; failed: our error reached the user. */
  readonly outcome: 'served' | 'failed_over' | 'gave_up' | 'failed'
}

/** An attempt reached us. From here on `requests.arrived` counts it. */
export interface ArrivedRow extends Row {
  readonly kind: 'arrived'
  readonly request: RequestId
  readonly user: UserId
  readonly model: ModelName
  readonly estimatedPromptTokens: number
  readonly maxTokens: number
}

export type DecisionPhase = 'preflight' | 'select' | 'queue_drain' | 'retry' | 'backup'

/** The coordinator decided something about a request; counts are those of the ledger. -1 stands for "unknown". */
export interface DecisionRow extends Row {
  readonly kind: 'decision'
  readonly request: RequestId
  readonly attempt: number
  readonly phase: DecisionPhase
  /** Concrete build the decision was about. */
  readonly build: BuildId | ''
  readonly outcome: 'selected' | 'admitted' | 'queued' | 'rejected' | 'none'
  /** -1: none. */
  readonly provider: ProviderId | -1
  /** What the chosen machine failed when it was to be reserved, such as `headroom`; '' when it passed or nobody was chosen. */
  readonly recheck: string
  readonly candidates: number
  readonly capacityRejections: number
  readonly tooLargeRejections: number
  readonly visionRejections: number
  readonly ttftRejections: number
  readonly poolRejections: number
  readonly cost_ms: number
  readonly state_ms: number
  readonly queue_ms: number
  readonly pending_ms: number
  readonly backlog_ms: number
  readonly thisRequest_ms: number
  readonly health_ms: number
  readonly ttft_ms: number
  readonly bestTtft_ms: number
  readonly effectiveQueue: number
  readonly effectiveTps: number
  readonly staticTps: number
  readonly nearTies: number
}

export interface QueuedRow extends Row {
  readonly kind: 'queued'
  readonly request: RequestId
  readonly build: BuildId
  /** After joining. */
  readonly depth: number
}

export interface DequeuedRow extends Row {
  readonly kind: 'dequeued'
  readonly request: RequestId
  readonly build: BuildId
  readonly why: 'assigned' | 'timeout' | 'cancelled' | 'unservable'
  readonly depth: number
}

export interface DispatchedRow extends Row {
  readonly kind: 'dispatched'
  readonly request: RequestId
  /** 0, 1, 2 … over retries and backups of this request. */
  readonly attempt: number
  readonly provider: ProviderId
  readonly build: BuildId
  /** The slot the view showed for the build, `unknown` when none. */
  readonly slotState: SlotState | 'unknown'
  readonly backup: boolean
}

export interface AttemptEndedRow extends Row {
  readonly kind: 'attempt_ended'
  readonly request: RequestId
  readonly attempt: number
  readonly provider: ProviderId
  readonly outcome: 'success' | 'error' | 'cancelled' | 'timeout' | 'disconnected'
  /** HTTP-like, 200 on success. */
  readonly code: number
  /** Text of the provider's error, '' otherwise. */
  readonly text: string
  readonly promptTokens: number
  readonly completionTokens: number
}

export interface FirstTokenRow extends Row {
  readonly kind: 'first_token'
  readonly request: RequestId
  readonly attempt: number
}

/** The end of an attempt that reached us, seen by the client; exactly one per `arrived`, unless still in flight when the run ends. */
export interface EndedRow extends Row {
  readonly kind: 'ended'
  readonly request: RequestId
  readonly outcome: 'served' | 'rejected' | 'failed' | 'cancelled'
  readonly status: number
  /** '' when served or cancelled. */
  readonly reason: RejectReason | FailReason | ''
  readonly midStream: boolean
  /** Whole seconds; -1: none was sent. */
  readonly retryAfter_s: number
  readonly completionTokens: number
  /** The attempt that won, -1 if none. */
  readonly attempt: number
}

/** A Mac connected (or connected again). */
export interface RegisteredRow extends Row {
  readonly kind: 'registered'
  readonly provider: ProviderId
  readonly machine: MachineIndex
  readonly serial: string
  readonly chip: string
  readonly memory_gb: number
}

export interface DisconnectedRow extends Row {
  readonly kind: 'disconnected'
  readonly provider: ProviderId
  readonly why: 'socket' | 'evicted'
}

/** A heartbeat as the coordinator received it. */
export interface HeartbeatRow extends Row {
  readonly kind: 'heartbeat'
  readonly provider: ProviderId
  readonly status: 'idle' | 'serving'
  readonly memoryPressure: number
  readonly cpuUsage: number
  readonly thermalState: ThermalState
  readonly gpuMemoryActive_gb: number
  readonly freeForLoad_gb: number
}

/** One slot of the heartbeat row just before it. */
export interface SlotRow extends Row {
  readonly kind: 'slot'
  readonly provider: ProviderId
  readonly build: BuildId
  readonly state: SlotState
  readonly running: number
  readonly waiting: number
  readonly activeTokens: number
  readonly budgetUsed: number
  readonly budgetMax: number
  /** 0: not reported. */
  readonly observedDecodeTps: number
}

export interface RelabelRow extends Row {
  readonly kind: 'relabel'
  readonly provider: ProviderId
  readonly from: string
  readonly to: string
  readonly surface: string
  /** -1: not on behalf of a request. */
  readonly request: RequestId | -1
}

/** A desired-models entry was pushed to a provider. */
export interface DesiredModelsRow extends Row {
  readonly kind: 'desired_models'
  readonly provider: ProviderId
  readonly alias: ModelName
  readonly desired: BuildId
}

/** A provider told of another build on offer: what became of it in the coordinator's view. */
export interface ModelsChangedRow extends Row {
  readonly kind: 'models_changed'
  readonly provider: ProviderId
  readonly build: BuildId
  /** rejected: outside the catalog or of other weights. dropped: superseded by the build that was added. */
  readonly change: 'added' | 'dropped' | 'rejected'
}

export interface LoadCommandRow extends Row {
  readonly kind: 'load_command'
  readonly provider: ProviderId
  readonly build: BuildId
  readonly by: 'swap_planner' | 'warm_pool' | 'policy'
}

export interface WarmPoolRow extends Row {
  readonly kind: 'warm_pool'
  readonly build: BuildId
  readonly pressure: boolean
  readonly warm: number
  readonly eligibleCold: number
  readonly target: number
  readonly loads: number
}

/** Gauges of one pool at a metrics tick. */
export interface PoolRow extends Row {
  readonly kind: 'pool'
  readonly pool: string
  readonly assignedProviders: number
  readonly warmProviders: number
  readonly servingProviders: number
  readonly activeRequests: number
  readonly tokenBudgetUsed: number
  readonly tokenBudgetTotal: number
  readonly observedDecodeTps: number
  readonly residentSlotProviders: number
}

/** Isolation audit at a metrics tick, over connected providers, from the coordinator's view. */
export interface AuditRow extends Row {
  readonly kind: 'audit'
  readonly multipleResidentSlots: number
  readonly multipleActivePools: number
}

/** Pools of one provider at a metrics tick, from the coordinator's view; written when they are not what they were. */
export interface ProviderPoolsRow extends Row {
  readonly kind: 'provider_pools'
  readonly provider: ProviderId
  /** Display name of the pool it is assigned to; '' = none. */
  readonly assigned: string
  /** Pools of the builds it holds, sorted, joined by commas. */
  readonly active: string
  readonly residentSlots: number
}

/** What the public capacity endpoint says of one build at a metrics tick; written when it is not what it was. */
export interface CapacityFeedRow extends Row {
  readonly kind: 'capacity_feed'
  readonly build: BuildId
  /** Publicly routable providers of the build's pool. 0: the build is not in the feed. */
  readonly routable: number
  /** One of them would take a request now. */
  readonly ready: boolean
  readonly active: number
}

/**
 * At a metrics tick: why a machine that never held a request of a build would not get the next one, which is like the last
 * one asked for; written when it is not what it was.
 */
export interface PassedOverRow extends Row {
  readonly kind: 'passed_over'
  readonly provider: ProviderId
  readonly build: BuildId
  /** The gate or check that drops it; or a step of the selection: `decode_floor`, `dearer`; `equal`: nothing would. */
  readonly reason: string
}

/** An explicit assignment changed its state, as the coordinator knows it (PR 435). */
export interface AssignmentRow extends Row {
  readonly kind: 'assignment'
  readonly provider: ProviderId
  readonly build: BuildId
  readonly epoch: number
  readonly state: 'draining' | 'loading' | 'assigned' | 'failed'
}

/** A planning policy's view of one pool at a tick: machines it has and should have. */
export interface PlacementRow extends Row {
  readonly kind: 'placement'
  readonly build: BuildId
  readonly current: number
  readonly desired: number
}

/** A move of the plan; not sent in shadow mode, or when the machine serves the build already. */
export interface PlacementMoveRow extends Row {
  readonly kind: 'placement_move'
  readonly provider: ProviderId
  readonly from: string
  readonly build: BuildId
  readonly sent: boolean
}

/** The operator changed something. */
export interface TimelineRow extends Row {
  readonly kind: 'timeline'
  readonly what: string
}

/** TRUTH from here on: what Macs did, whatever anybody believed. */
export interface LoadStartedRow extends Row {
  readonly kind: 'load_started'
  readonly machine: MachineIndex
  readonly build: BuildId
  /** `assign`: the machine was assigned to the build (PR 435). */
  readonly cause: 'demand' | 'command' | 'assign'
}

export interface LoadEndedRow extends Row {
  readonly kind: 'load_ended'
  readonly machine: MachineIndex
  readonly build: BuildId
  readonly ok: boolean
  /** '' when ok. */
  readonly text: string
  /** From the load's start, queueing at the gate excluded. */
  readonly took: Micros
}

export interface UnloadedRow extends Row {
  readonly kind: 'unloaded'
  readonly machine: MachineIndex
  readonly build: BuildId
  /** `assigned`: the machine was assigned to another build (PR 435). */
  readonly why: 'evicted' | 'idle_timeout' | 'post_load_check' | 'restart' | 'assigned'
}

/** A Mac fetches a build that is desired of it; one that is on its disk is only verified. */
export interface DownloadRow extends Row {
  readonly kind: 'download'
  readonly machine: MachineIndex
  readonly build: BuildId
  /** verified: on offer from now on. unwanted: verified, and no longer desired. */
  readonly what: 'started' | 'verified' | 'failed' | 'unwanted'
}

/**
 * Written whenever something but the bytes of KV, scratch, files and free changes. Memory adds up (INV-10): OS, weights,
 * KV, scratch, files and free are `memoryBytes` + `compressedBytes`.
 */
export interface MachineStateRow extends Row {
  readonly kind: 'machine_state'
  readonly machine: MachineIndex
  /** Connected and awake. */
  readonly online: boolean
  /** Accepted and unfinished requests, those waiting for a load included. */
  readonly live: number
  /** Requests that have come in and that the program has not looked at: its event loop stands still or sleeps. */
  readonly unread: number
  /** Rows nobody waits for any more that the GPU still works on. */
  readonly ghosts: number
  readonly loading: boolean
  readonly residentBuilds: number
  readonly weightsBytes: number
  /** (prompt + max_tokens) × bytes per token over live requests, KV already written included. */
  readonly kvReservedBytes: number
  readonly osBytes: number
  readonly memoryBytes: number
  /** KV really written, that of ghosts and sliding windows included. */
  readonly kvBytes: number
  /** Activations and the allocator's pool of freed buffers. */
  readonly scratchBytes: number
  /** Page cache: files of models. */
  readonly fileBytes: number
  readonly freeBytes: number
  /** Beyond what the Mac has: compressed or swapped out. */
  readonly compressedBytes: number
  /** What the GPU's clock really allows, percent of the cool Mac's speed, whatever the thermal state says. */
  readonly speed_pct: number
  /** By how much compression and swapping stretch GPU steps, percent; 100: not at all. */
  readonly squeeze_pct: number
  /** As a heartbeat would report it. */
  readonly thermalState: ThermalState
  /**
   * Bit i: build i of the scenario could be served here now without hurting anybody: the Mac is online, wholly idle,
   * has the build on disk, and holds it or has room to load it (evicting idle slots).
   */
  readonly idleCapable: number
}

/** The GPU was occupied without a break from `since` to `at`. */
export interface GpuBusyRow extends Row {
  readonly kind: 'gpu_busy'
  readonly machine: MachineIndex
  readonly since: Micros
}

/** One attempt's stay on a Mac ended, with what the GPU did for it. Tokens are conserved against what was delivered. */
export interface WorkRow extends Row {
  readonly kind: 'work'
  readonly machine: MachineIndex
  readonly request: RequestId
  readonly attempt: number
  readonly build: BuildId
  /** unfinished: the run ended first. */
  readonly outcome: 'finished' | 'cancelled' | 'error' | 'unfinished'
  readonly prefilledTokens: number
  readonly decodedTokens: number
  /** When the message came in, the engine admitted it, and the first token was there; -1: never. */
  readonly receivedAt: Micros
  readonly admittedAt: Micros | -1
  readonly firstTokenAt: Micros | -1
  /** A finished attempt's stay on the same Mac idle, cool and with the model resident, nanoseconds; 0: not finished. */
  readonly solo_ns: number
}

/**
 * One share of what delayed a finished attempt on its Mac, just before its `work` row: nanoseconds by cause on one
 * culprit (a build, or `ghosts`, `process`, `none`, `prefix_hit`). All shares and `solo` of the work row add up to its stay.
 */
export interface DelayRow extends Row {
  readonly kind: 'delay'
  readonly machine: MachineIndex
  readonly request: RequestId
  readonly attempt: number
  readonly build: BuildId
  readonly culprit: string
  readonly gpu_ns: number
  readonly memory_ns: number
  readonly thermal_ns: number
  readonly load_ns: number
  readonly queue_ns: number
}

/**
 * Something went wrong with a Mac, or an owner did something to it. `wake` ends a sleep, `restarted` a crash or an update
 * when the fresh program registers, `recovered` every other fault that lasts; `watchdog` restarts one model's engine.
 */
export interface FaultRow extends Row {
  readonly kind: 'fault'
  readonly machine: MachineIndex
  readonly what:
    | 'crash'
    | 'sleep'
    | 'wake'
    | 'network_drop'
    | 'stall'
    | 'slow'
    | 'recovered'
    | 'silent'
    | 'broken'
    | 'update'
    | 'restarted'
    | 'watchdog'
    | 'attestation_outage'
}

/** At the end of the run: the demand room's own count of one model's requests under way. */
export interface ModelBooksRow extends Row {
  readonly kind: 'model_books'
  readonly model: ModelName
  readonly open: number
  /** How many were open, added up over the run: request-microseconds. */
  readonly openMicros: Micros
}

/** Generation stopped: no event will come any more. */
export interface RunEndedRow extends Row {
  readonly kind: 'run_ended'
  readonly inFlight: number
}

export type TraceRow =
  | UserRequestRow
  | UserEndedRow
  | ArrivedRow
  | DecisionRow
  | QueuedRow
  | DequeuedRow
  | DispatchedRow
  | AttemptEndedRow
  | FirstTokenRow
  | EndedRow
  | RegisteredRow
  | DisconnectedRow
  | HeartbeatRow
  | SlotRow
  | RelabelRow
  | DesiredModelsRow
  | ModelsChangedRow
  | LoadCommandRow
  | WarmPoolRow
  | PoolRow
  | AuditRow
  | ProviderPoolsRow
  | CapacityFeedRow
  | PassedOverRow
  | AssignmentRow
  | PlacementRow
  | PlacementMoveRow
  | TimelineRow
  | LoadStartedRow
  | LoadEndedRow
  | UnloadedRow
  | DownloadRow
  | MachineStateRow
  | GpuBusyRow
  | DelayRow
  | FaultRow
  | WorkRow
  | RunEndedRow
  | ModelBooksRow

export type TraceRowKind = TraceRow['kind']

/** Where rooms write. Rows come in the order of simulated time. */
export interface TraceSink {
  emit(row: TraceRow): void
  /** Whether anybody wants rows of a kind; absent: of every kind. What happens does not depend on it. */
  wants?(kind: TraceRowKind): boolean
}

/** For whoever has to look around for a row: nobody need. */
export const isWritten = (trace: TraceSink, kind: TraceRowKind): boolean => trace.wants?.(kind) ?? true
