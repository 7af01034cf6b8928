/** Words that messages say, each list once: types follow from them, and so do the texts that a column of the trace may hold. */

/** From cool to hot. */
export const THERMAL_STATES = ['nominal', 'fair', 'serious', 'critical'] as const

/** A loading model has no slot entry at all; `reloading` and `crashed` come from the engine's liveness watchdog only. */
export const SLOT_STATES = ['running', 'idle', 'idle_shutdown', 'reloading', 'crashed'] as const

/** The texts the coordinator classifies a provider's errors by. */
export const PROVIDER_ERRORS = [
  'insufficient memory to load model',
  'model load failed: insufficient memory',
  'model load failed: slots active',
  'all slots busy: assigned to another model',
  'model load failed: insufficient KV headroom',
  'model load failed: not found',
  'model load failed: not advertised',
  'model load failed: other',
  'token_budget_exhausted: insufficient available tokens',
  'token_budget_exhausted: insufficient global KV cache headroom',
  'token_budget_exhausted: request queue full',
  'model does not support image or video input',
  'insufficient global kv cache headroom for vision request',
  'token_budget_exhausted: request exceeds batch token budget',
  'request timed out waiting for capacity',
  'request cancelled',
  'provider is shutting down',
  'provider draining for update',
  'All requests aborted',
  'request stream closed by engine teardown',
] as const

/** Why a request was refused: the codes of the real ledger. */
export const REJECT_REASONS = [
  'pool_exhausted',
  'machine_busy',
  'ttft_too_slow',
  'queue_full',
  'queue_timeout',
  'model_shed',
  'model_too_large',
  'no_provider',
  'model_unavailable',
  'model_not_found',
  'bad_param',
  'payload_too_large',
  'token_limit',
  'insufficient_quota',
  'insufficient_funds',
  'context_exceeded',
  'prompt_too_long',
  /** Every dispatch failed with a capacity-class error and the answer was relabelled 429. */
  'capacity_exhausted',
  /** The same, ended early: by the last capacity failure a request may have, or by one that no machine would mend. */
  'oversized_request',
  /** Not of the real ledger: a policy's own refusal that names no other reason. */
  'policy_refused',
] as const

/** Why a request that was dispatched failed with a 5xx or broke after its first token. */
export const FAIL_REASONS = [
  /** The provider answered an error that is not capacity-class; `status` is its own code. */
  'provider_error',
  /** The connection to the provider was lost. */
  'provider_disconnected',
  /** No first token before the last deadline (504). */
  'ttft_timeout',
  /** No token, or no end, within the inference timeout. */
  'inference_timeout',
] as const
