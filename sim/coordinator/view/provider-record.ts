/**
 * What the coordinator knows of one connection of one Mac: registration, last heartbeat, and what it did itself since.
 * A mutable struct, because every heartbeat overwrites most of it; all clamps are applied where values come in
 * (intake.ts), so that nothing downstream needs to doubt a number. Facts: coordinator-routing §1.1, §1.2, §1.4.
 */
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { AssignmentView, PolicyMachine, PolicyRequest, ProviderView } from '../../plug/index.ts'
import type { Heartbeat, SlotState, ThermalState } from '../../protocol/index.ts'
import type { CatalogEntry } from '../ports.ts'

/** Until when something holds that a written state has in force: it does not run out. */
export const FOREVER = Number.MAX_SAFE_INTEGER as Micros

/** Higher is more trusted; public traffic needs `hardware`. */
export const TRUST_RANK = { none: 0, self_signed: 1, hardware: 2 } as const
export type TrustLevel = keyof typeof TRUST_RANK

/** Only the last two block routing. */
export type ProviderStatus = 'online' | 'serving' | 'offline' | 'untrusted'

/** State of the slot a build has, `unknown` when it has none or no capacity was reported. */
export type BuildState = SlotState | 'unknown'

/** One slot of the last capacity report; 0 stands for "not reported" in every figure. */
export interface SlotRecord {
  readonly model: BuildId
  /** Changed by a successful load before the next heartbeat confirms it. */
  state: SlotState
  readonly running: number
  readonly waiting: number
  readonly maxConcurrency: number
  readonly activeTokens: number
  readonly maxTokensPotential: number
  readonly activeTokenBudgetUsed: number
  readonly activeTokenBudgetMax: number
  readonly queuedTokenBudget: number
  readonly observedDecodeTps: number
  readonly observedPrefillTps: number
  readonly kvBytesPerToken: number
  readonly modelLoadTime_ms: number
}

export interface CapacityRecord {
  readonly totalMemory_gb: number
  readonly gpuMemoryActive_gb: number
  readonly gpuMemoryPeak_gb: number
  readonly gpuMemoryCache_gb: number
  /** 0 is a legal "cannot load anything"; undefined: not reported. */
  readonly freeForLoad_gb: number | undefined
  readonly slots: SlotRecord[]
}

/** A request the coordinator has in flight on a provider. Exact: kept by the coordinator, never reported. */
export interface PendingRequest {
  readonly request: RequestId
  readonly build: BuildId
  readonly promptTokens: number
  /** 0 counts as 256. */
  readonly maxTokens: number
}

/** Median of the observed decode rates of a (build, chip family); shared by all its offers. 0: no sample yet. */
export interface FleetMedian {
  readonly median: number
}

/** Told of every change to an offer that a decision could see; see touch.ts. */
export interface OfferWatcher {
  noted(offer: Offer): void
}

/** One provider's copy of one build as routing sees it: everything of the last report that concerns this pair, looked up once. */
export interface Offer {
  readonly provider: ProviderRecord
  readonly build: BuildId
  /** In the catalog and advertised now. Others are kept for their cooldowns and pending counts, but are never routed. */
  advertised: boolean
  isVision: boolean
  /** undefined = unknown. */
  templateRenderOk: boolean | undefined
  /** undefined: the coordinator has no catalog. */
  catalog: CatalogEntry | undefined
  /** Hardware fit (§4.2) by memory; ignored for a loaded build. */
  fitsHardware: boolean
  readonly fleet: FleetMedian

  /** From the last capacity report. The first slot of this build. */
  slot: SlotRecord | undefined
  /** The slot, or an all-zero one: hot code needs no case of its own for a build without a slot. */
  report: SlotRecord
  state: BuildState
  /** Of the state (§1.2), ms. */
  statePenalty_ms: number
  /** Decode rate if one more joined this build's batch (§4.5), tokens/s. */
  projectedTps: number
  /** Requests of this build it may hold if each is to keep the decode floor; Infinity: not limited. */
  qualityCap: number
  /** running or idle. */
  loaded: boolean
  running: number
  waiting: number
  /** A slot of another build is busy AND stands before this build's own slot in the list (X7). */
  busyOtherSlot: boolean

  /** The coordinator placed a request of this build here, whatever became of it. For the gauges. */
  everHeld: boolean
  /** What the pool policy last said when somebody's request asked it. For the gauges, which must not ask. */
  poolRefused: boolean
  /** Number of the pass over columns (sweep.ts) that it had answered by then; later ones are counted when somebody wants to know. */
  poolAnsweredAt: number

  /** What the policy's filter last said of it, for whoever must not ask. */
  policyRefused: boolean
  /** As the policy's surfaces see the pair; undefined: none has looked. */
  shown: PolicyMachine | undefined

  /** Own in-flight requests of this build. */
  pendingCount: number
  /** Their prompt plus requested output tokens. */
  pendingTokens: number

  /** Written by the breakers: routing skips the pair before these times. */
  loadCooldownUntil: Micros
  errorCooldownUntil: { base: Micros; tools: Micros }

  /** The list of those that advertise the build, while it is one of them, and its place there. */
  watcher: OfferWatcher | undefined
  place: number
  /** For whom the watcher has noted it and who has not looked yet: a bit each. */
  notedFor: number
  /** Goes up with every change. */
  version: number
}

export interface ProviderRecord {
  readonly id: ProviderId
  readonly machine: MachineIndex
  readonly serial: string
  readonly version: string
  /** The version as one number for floors; -1 for "". */
  readonly versionRank: number
  readonly chip: string
  readonly chipFamily: string
  readonly chipTier: string
  /** Family and tier: an M4 Max and an M4 Pro are far apart. */
  readonly chipClass: string
  readonly gpuCores: number
  readonly memory_gb: number
  readonly memoryBandwidth_gbs: number
  /** Registration benchmarks, 0 = none; the June program never sends them. */
  readonly decodeTps: number
  readonly prefillTps: number
  /** decodeTps, else √bandwidth, else 1 (§4.5). */
  readonly staticDecodeTps: number

  trust: TrustLevel
  /** G6 … G9 for public traffic in one flag: not private, hardware trust, runtime and private text in order. */
  servesPublic: boolean
  readonly runtimeVerified: boolean
  /** Keys, backend, encryption, attestation, privacy capabilities: all of G9 in one flag. */
  readonly privateTextOk: boolean
  readonly privateOnly: boolean
  /** '' = nobody's. */
  readonly account: string
  /** Its last answer to a challenge counts until then. Infinity: nobody challenges. -Infinity: it has none. */
  challengeFreshUntil: number
  status: ProviderStatus

  readonly registeredAt: Micros
  lastHeartbeatAt: Micros | undefined
  /** The heartbeat that everything here is as it said; undefined: none, or something has changed since. */
  heard: Heartbeat | undefined
  /** What lone requests had shown (`SoloRates.samples`) when the offers were brought up to date. */
  soloSamples: number
  /** Consecutive sweeps that found it stale. */
  staleSweeps: number

  /** Catalog-allowed, in advertised order. */
  advertised: readonly BuildId[]
  currentModel: BuildId | ''
  warmModels: readonly BuildId[]
  memoryPressure: number
  cpuUsage: number
  thermalState: ThermalState
  /** undefined: legacy, or no heartbeat yet. */
  capacity: CapacityRecord | undefined

  /** From capacity where it says so, else from the registration. */
  totalMemory_gb: number
  gpuActive_gb: number
  /** Requests it may hold over all builds (§4.3). */
  providerCap: number
  /** Cost term of its condition (§4.7), ms. */
  health_ms: number

  readonly pending: Map<RequestId, PendingRequest>
  readonly offers: Map<BuildId, Offer>

  /** Build of the load_model command that reserves this provider, '' when none. Written by whoever sends and clears loads. */
  pendingLoad: BuildId | ''
  /** The reservation ends then by itself; it may outlive the command (back-off after a failure). */
  pendingLoadUntil: Micros
  /** Node-health breaker is open before this time. Written by the breakers. */
  breakerOpenUntil: Micros

  /** When the coordinator last knew it at work. */
  workedAt: Micros
  /** As it registered; undefined: it did not say. */
  readonly maxModelSlots: number | undefined
  /** The pool label, '' = unassigned. Written by the pool gate only, like the time it was given. */
  assignedPool: string
  assignedAt: Micros
  /** What a plan moved it to. Written by the assignments only. */
  assignment: AssignmentView | undefined
  /** What policies see; reads this record, so it never goes stale. */
  readonly view: ProviderView
}

/** The request as routing sees it: resolved to a build, lengths estimated. */
export interface RoutingRequest {
  /** -1: not on behalf of a request (a failed load asks whether anybody could serve). */
  readonly id: RequestId | -1
  readonly build: BuildId
  readonly promptTokens: number
  readonly maxTokens: number
  readonly hasTools: boolean
  readonly requiresVision: boolean
  /** Allow-list; undefined = any machine. */
  readonly serials: readonly string[] | undefined
  /** '' for public traffic; the account whose machines selfRouteOnly and preferOwner speak of. */
  readonly account: string
  readonly selfRouteOnly: boolean
  readonly preferOwner: boolean
  /** Providers that failed this request, or race for it already. */
  readonly excluded: readonly ProviderId[]
  /** Version of the provider that failed last, '' when none. */
  readonly avoidVersion: string
  /** More than 0 only under the hard gate: candidates slower than this are rejected. */
  readonly maxTtft_ms: number
  /** Soft floor, 0 = none. */
  readonly minDecodeTps: number
  /** Provider that holds this conversation's cache, -1 when none. */
  readonly affinity: ProviderId | -1
  /** As the policy's surfaces see it; absent when it has none. */
  readonly shown?: PolicyRequest | undefined
}

/** A request without constraints; for callers that set only what differs. */
export const PLAIN_REQUEST: Omit<RoutingRequest, 'build'> = {
  id: -1,
  promptTokens: 0,
  maxTokens: 0,
  hasTools: false,
  requiresVision: false,
  serials: undefined,
  account: '',
  selfRouteOnly: false,
  preferOwner: false,
  excluded: [],
  avoidVersion: '',
  maxTtft_ms: 0,
  minDecodeTps: 0,
  affinity: -1,
}

/**
 * A plain request but for what is given. Key by key, in the order in which requests of clients are made: engines give
 * objects with the same keys one shape, and copies by spreading one each, which makes every gate a lookup by name.
 */
export const plainRequest = (build: BuildId, differing: Partial<RoutingRequest> = {}): RoutingRequest => ({
  id: differing.id ?? PLAIN_REQUEST.id,
  build,
  promptTokens: differing.promptTokens ?? PLAIN_REQUEST.promptTokens,
  maxTokens: differing.maxTokens ?? PLAIN_REQUEST.maxTokens,
  hasTools: differing.hasTools ?? PLAIN_REQUEST.hasTools,
  requiresVision: differing.requiresVision ?? PLAIN_REQUEST.requiresVision,
  serials: differing.serials,
  account: differing.account ?? PLAIN_REQUEST.account,
  selfRouteOnly: differing.selfRouteOnly ?? PLAIN_REQUEST.selfRouteOnly,
  preferOwner: differing.preferOwner ?? PLAIN_REQUEST.preferOwner,
  excluded: differing.excluded ?? PLAIN_REQUEST.excluded,
  avoidVersion: differing.avoidVersion ?? PLAIN_REQUEST.avoidVersion,
  maxTtft_ms: differing.maxTtft_ms ?? PLAIN_REQUEST.maxTtft_ms,
  minDecodeTps: differing.minDecodeTps ?? PLAIN_REQUEST.minDecodeTps,
  affinity: differing.affinity ?? PLAIN_REQUEST.affinity,
  shown: differing.shown,
})
