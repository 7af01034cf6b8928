/** Between the coordinator and a Mac's provider program, as of June 2026. */
import type { BuildId, ModelName, RequestId } from '../base/ids.ts'
import type { SealedBody } from './sealed.ts'
import type { PROVIDER_ERRORS, SLOT_STATES, THERMAL_STATES } from './words.ts'

export type ThermalState = (typeof THERMAL_STATES)[number]
export type SlotState = (typeof SLOT_STATES)[number]

/** One resident model in a heartbeat. Zero-valued optional figures are omitted by the real program: undefined here. */
export interface SlotReport {
  readonly model: BuildId
  readonly state: SlotState
  /** Live requests, those still queued or prefilling included. */
  readonly running: number
  /** Always 0 in June 2026: the engine's own queue is invisible. */
  readonly waiting: number
  readonly maxConcurrency: number
  readonly activeTokens: number
  readonly maxTokensPotential: number
  readonly activeTokenBudgetUsed: number
  readonly activeTokenBudgetMax: number
  readonly queuedTokenBudget: number
  readonly observedDecodeTps: number | undefined
  readonly observedPrefillTps: number | undefined
  readonly kvBytesPerToken: number
  readonly modelLoadTime_ms: number | undefined
}

/** A slot of which nothing is known but its model and state. */
export const blankSlotReport = (model: BuildId, state: SlotState): SlotReport => ({
  model,
  state,
  running: 0,
  waiting: 0,
  maxConcurrency: 0,
  activeTokens: 0,
  maxTokensPotential: 0,
  activeTokenBudgetUsed: 0,
  activeTokenBudgetMax: 0,
  queuedTokenBudget: 0,
  observedDecodeTps: undefined,
  observedPrefillTps: undefined,
  kvBytesPerToken: 0,
  modelLoadTime_ms: undefined,
})

/** Snapshot the provider refreshes every 2 s and after load, unload, start, completion, cancel. GB fields are GiB, as the real names have it. */
export interface CapacityReport {
  readonly totalMemory_gb: number
  readonly gpuMemoryActive_gb: number
  readonly gpuMemoryPeak_gb: number
  readonly gpuMemoryCache_gb: number
  readonly freeForLoad_gb: number | undefined
  readonly slots: readonly SlotReport[]
}

/** An advertised build: on disk, chosen by the machine's owner. */
export interface AdvertisedModel {
  readonly build: BuildId
  readonly isVision: boolean
  /** undefined = unknown, false fences the build for every shape of request. */
  readonly templateRenderOk: boolean | undefined
  /** Of its files; absent or '' = unknown. */
  readonly weightHash?: string
}

export interface Registration {
  readonly kind: 'register'
  readonly serial: string
  readonly version: string
  readonly chip: string
  readonly chipFamily: string
  readonly chipTier: string
  readonly memory_gb: number
  readonly gpuCores: number
  readonly memoryBandwidth_gbs: number
  /** In advertised order. */
  readonly models: readonly AdvertisedModel[]
  /** Benchmarks; the June 2026 program never sends them (facts provider-runtime, registration). */
  readonly decodeTps?: number
  readonly prefillTps?: number
  /** Owner's account; absent = nobody the coordinator knows. */
  readonly account?: string
  /** Never used for public traffic. */
  readonly privateOnly?: boolean
  /** Absent parts are good: hardware trust, verified runtime, private text, challenges answered. */
  readonly trust?: TrustReport
  /**
   * Its configured backend.max_model_slots; how many models it holds at once is at most this and at most what it
   * advertises. The June program does not send it, review findings F12 and F16 of PR 432 asked for it (coordinator-routing
   * 13): only pool policies that mend the review may read it.
   */
  readonly maxModelSlots?: number
}

/** What attestation found. Real providers earn it in exchanges the simulator does not play. */
export interface TrustReport {
  readonly level?: 'none' | 'self_signed' | 'hardware'
  readonly runtimeVerified?: boolean
  /** Keys, backend, encrypted chunks, SIP, code attestation, privacy capabilities together. */
  readonly privateText?: boolean
  /**
   * `lapsed`: it could not answer when it registered. The real coordinator asks as soon as a provider has registered, and
   * routes nothing to it for that round trip; here the answer comes with the registration.
   */
  readonly challenge?: 'answered' | 'lapsed'
}

export interface Heartbeat {
  readonly kind: 'heartbeat'
  readonly status: 'idle' | 'serving'
  readonly activeModel: BuildId | undefined
  /** Resident and not unloading, sorted. */
  readonly warmModels: readonly BuildId[]
  readonly memoryPressure: number
  readonly cpuUsage: number
  readonly thermalState: ThermalState
  /** undefined for legacy providers. */
  readonly capacity: CapacityReport | undefined
}

export type ToProvider =
  | {
      readonly kind: 'inference'
      readonly request: RequestId
      readonly attempt: number
      readonly build: BuildId
      /** undefined: the provider's own default of 4,096 applies. */
      readonly maxTokens: number | undefined
      readonly body: SealedBody
    }
  | { readonly kind: 'cancel'; readonly request: RequestId; readonly attempt: number }
  | { readonly kind: 'load_model'; readonly build: BuildId }
  /** Not in any real program: a what-if of policies that evict. A build that is in use stays. */
  | { readonly kind: 'unload_model'; readonly build: BuildId }
  /**
   * PR 435: serve this build alone, once what is in flight of others has ended. `epoch` grows with every assignment of
   * one provider; what is not newer than the last one is ignored (coordinator-control 1.4). `hold`: other builds are refused
   * until the next assignment, as in the PR; false: only until this one has succeeded or failed.
   */
  | { readonly kind: 'assign_model'; readonly build: BuildId; readonly epoch: number; readonly hold: boolean }
  | { readonly kind: 'desired_models'; readonly entries: readonly DesiredModel[] }
  /** An attestation challenge; `nonce` tells one from the next. */
  | { readonly kind: 'challenge'; readonly nonce: number }

export interface DesiredModel {
  readonly alias: ModelName
  readonly desired: BuildId
  readonly previous: BuildId | undefined
}

/** `code` is the HTTP-like code of the message. */
export type ProviderErrorText = (typeof PROVIDER_ERRORS)[number]

export type FromProvider =
  | Registration
  | Heartbeat
  /** Sent before any load, tokenising or admission. */
  | { readonly kind: 'accepted'; readonly request: RequestId; readonly attempt: number }
  /** Role-only first chunk, sent before prefill. */
  | { readonly kind: 'preamble'; readonly request: RequestId; readonly attempt: number }
  /** First chunk with text. Later chunks are not messages: nothing decides on them. */
  | { readonly kind: 'first_content'; readonly request: RequestId; readonly attempt: number }
  | {
      readonly kind: 'complete'
      readonly request: RequestId
      readonly attempt: number
      readonly promptTokens: number
      readonly completionTokens: number
    }
  | {
      readonly kind: 'inference_error'
      readonly request: RequestId
      readonly attempt: number
      readonly code: number
      readonly text: ProviderErrorText
    }
  | { readonly kind: 'load_status'; readonly build: BuildId; readonly status: 'started' | 'succeeded' }
  | {
      readonly kind: 'load_status'
      readonly build: BuildId
      readonly status: 'failed'
      readonly text: ProviderErrorText
    }
  /** PR 435: how far an assignment is; build and epoch are those of the command (coordinator-control 1.4). */
  | {
      readonly kind: 'assign_status'
      readonly build: BuildId
      readonly epoch: number
      readonly status: 'draining' | 'loading' | 'succeeded'
    }
  | {
      readonly kind: 'assign_status'
      readonly build: BuildId
      readonly epoch: number
      readonly status: 'failed'
      readonly text: ProviderErrorText
    }
  /** A desired build is on offer (a download was verified, or its predecessor dropped): it alone, not the whole set. */
  | { readonly kind: 'models_update'; readonly models: readonly AdvertisedModel[] }
  | { readonly kind: 'challenge_answer'; readonly nonce: number }
