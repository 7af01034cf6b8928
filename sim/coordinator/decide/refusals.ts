/**
 * The answers of admission when it says no: HTTP code, ledger reason, and which estimate the client is told to wait (facts:
 * coordinator-routing §6). One list, because code and reason are what operators and upstream routers count.
 */
import type { RejectReason } from '../../protocol/index.ts'

/** `base`: by the depth of the build's queue; `ttft`: at least what the best first-token estimate misses by. */
export type RetryAfter = 'none' | 'base' | 'ttft'

export interface Refusal {
  readonly status: number
  readonly reason: RejectReason
  readonly retryAfter: RetryAfter
}

/** A1. */
export const BAD_PARAM: Refusal = { status: 400, reason: 'bad_param', retryAfter: 'none' }
/** A2 … A4, A9. */
export const UNAVAILABLE: Refusal = { status: 503, reason: 'model_unavailable', retryAfter: 'none' }
/**
 * A5. The real code falls back to 30 s where the estimate is 0 or less (coordinator-control §3.6), and it never is: with an
 * empty queue it is 2 s. So the trees of 20 and 21 June answer alike.
 */
export const SHED: Refusal = { status: 429, reason: 'model_shed', retryAfter: 'base' }
/** A6. The facts leave its Retry-After open; assumed to be that of every other 429. */
export const TOKEN_LIMIT: Refusal = { status: 429, reason: 'token_limit', retryAfter: 'base' }
/** A7. */
export const QUOTA: Refusal = { status: 402, reason: 'insufficient_quota', retryAfter: 'none' }
/** A7. */
export const FUNDS: Refusal = { status: 402, reason: 'insufficient_funds', retryAfter: 'none' }
/** A8. */
export const NOT_FOUND: Refusal = { status: 404, reason: 'model_not_found', retryAfter: 'none' }
/** A12. */
export const CONTEXT: Refusal = { status: 429, reason: 'context_exceeded', retryAfter: 'base' }
/** A12. */
export const PROMPT: Refusal = { status: 429, reason: 'prompt_too_long', retryAfter: 'base' }
/** A13. */
export const POOL_EXHAUSTED: Refusal = { status: 429, reason: 'pool_exhausted', retryAfter: 'base' }
/** A14. */
export const TOO_LARGE: Refusal = { status: 503, reason: 'model_too_large', retryAfter: 'none' }
/** A15, and A16 for dedicated models. */
export const BUSY: Refusal = { status: 429, reason: 'machine_busy', retryAfter: 'base' }
/** A16. */
export const NO_PROVIDER: Refusal = { status: 503, reason: 'no_provider', retryAfter: 'base' }
/** A17. */
export const TOO_SLOW: Refusal = { status: 429, reason: 'ttft_too_slow', retryAfter: 'ttft' }
/** A18. */
export const TOO_MANY_BYTES: Refusal = { status: 413, reason: 'payload_too_large', retryAfter: 'none' }
