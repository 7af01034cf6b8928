/**
 * What travels on the socket between a Mac and the real coordinator, as of June 2026: JSON text frames told apart by `type`
 * (docs/real-coordinator.md). Field names, units and what may be absent are the real ones; GB are floats, all else whole.
 */
import type { SlotState, ThermalState } from '../../protocol/index.ts'

/** Neither side takes a longer one. */
export const FRAME_BYTES_MAX = 10 * 2 ** 20

/** A NaCl box: base64 of a 24-byte nonce and the box, and the public key of whoever made it. */
export interface SealedText {
  readonly ephemeral_public_key: string
  readonly ciphertext: string
}

export interface OfferedModel {
  readonly id: string
  readonly size_bytes: number
  readonly model_type: string
  readonly quantization: string
  readonly weight_hash?: string
  readonly is_vision?: boolean
  readonly template_render_ok?: boolean
}

export interface RegisterFrame {
  readonly type: 'register'
  readonly hardware: {
    readonly machine_model: string
    readonly chip_name: string
    readonly chip_family: string
    readonly chip_tier: string
    readonly memory_gb: number
    readonly memory_available_gb: number
    readonly cpu_cores: { readonly total: number; readonly performance: number; readonly efficiency: number }
    readonly gpu_cores: number
    readonly memory_bandwidth_gbs: number
  }
  readonly models: readonly OfferedModel[]
  readonly backend: string
  readonly version: string
  readonly public_key: string
  readonly encrypted_response_chunks: boolean
  readonly decode_tps?: number
  readonly prefill_tps?: number
  readonly private_only?: boolean
  readonly privacy_capabilities: { readonly [name: string]: boolean }
  readonly template_hashes: { readonly [name: string]: string }
}

export interface SlotFigures {
  readonly model: string
  readonly state: SlotState
  readonly num_running: number
  readonly num_waiting: number
  readonly max_concurrency?: number
  readonly active_tokens: number
  readonly max_tokens_potential: number
  readonly observed_decode_tps?: number
  readonly observed_prefill_tps?: number
  readonly active_token_budget_used?: number
  readonly active_token_budget_max?: number
  readonly queued_token_budget?: number
  readonly kv_bytes_per_token?: number
  readonly model_load_time_ms?: number
}

export interface HeartbeatFrame {
  readonly type: 'heartbeat'
  readonly status: 'idle' | 'serving'
  readonly active_model: string | null
  readonly warm_models: readonly string[]
  /** Cumulative since the program started. */
  readonly stats: { readonly requests_served: number; readonly tokens_generated: number }
  readonly system_metrics: {
    readonly memory_pressure: number
    readonly cpu_usage: number
    readonly thermal_state: ThermalState
  }
  /** Absent: a program of before capacity was reported. */
  readonly backend_capacity?: {
    readonly slots: readonly SlotFigures[]
    readonly gpu_memory_active_gb: number
    readonly gpu_memory_peak_gb: number
    readonly gpu_memory_cache_gb: number
    readonly total_memory_gb: number
    readonly free_for_load_gb?: number
  }
}

export type LoadStatus = 'started' | 'succeeded' | 'failed'

export type MacFrame =
  | RegisterFrame
  | HeartbeatFrame
  | { readonly type: 'inference_accepted'; readonly request_id: string }
  | { readonly type: 'inference_response_chunk'; readonly request_id: string; readonly encrypted_data: SealedText }
  | {
      readonly type: 'inference_complete'
      readonly request_id: string
      readonly usage: { readonly prompt_tokens: number; readonly completion_tokens: number }
    }
  | {
      readonly type: 'inference_error'
      readonly request_id: string
      readonly error: string
      readonly status_code: number
      readonly error_reason?: string
    }
  | {
      readonly type: 'attestation_response'
      readonly nonce: string
      readonly signature: string
      readonly public_key: string
      readonly sip_enabled: boolean
      readonly rdma_disabled: boolean
      readonly template_hashes: { readonly [name: string]: string }
    }
  | {
      readonly type: 'load_model_status'
      readonly model_id: string
      readonly status: LoadStatus
      readonly error?: string
    }
  | {
      readonly type: 'prefetch_model_status'
      readonly model_id: string
      readonly status: 'started' | 'downloading' | 'verified' | 'failed'
      readonly error?: string
    }
  | { readonly type: 'models_update'; readonly models: readonly OfferedModel[] }

/** What the coordinator says. Fields nobody here looks at are left out; they may be there. */
export type CoordinatorFrame =
  | {
      readonly type: 'trust_status'
      readonly trust_level: string
      readonly status: string
      readonly reason?: string | undefined
    }
  | {
      readonly type: 'desired_models'
      readonly models: readonly {
        readonly model_name: string
        readonly desired_build: string
        readonly previous_build?: string | undefined
      }[]
    }
  | { readonly type: 'attestation_challenge'; readonly nonce: string; readonly timestamp: string }
  | {
      readonly type: 'runtime_status'
      readonly verified: boolean
      readonly mismatches: readonly { readonly component: string; readonly expected: string; readonly got: string }[]
    }
  | { readonly type: 'inference_request'; readonly request_id: string; readonly encrypted_body: SealedText }
  | { readonly type: 'cancel'; readonly request_id: string }
  | { readonly type: 'load_model'; readonly model_id: string }
  | { readonly type: 'prefetch_model'; readonly model_id: string }
