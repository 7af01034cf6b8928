/** Between the upstream router's client and the coordinator. */
import type { ModelName, RequestId, UserId } from '../base/ids.ts'
import type { SealedBody } from './sealed.ts'
import type { FAIL_REASONS, REJECT_REASONS } from './words.ts'

/** Who asks, through which door, and which machines may serve it. */
export interface RequestTerms {
  /** Serials of the only machines that may serve it; undefined = any. */
  readonly serials: readonly string[] | undefined
  /** '' = one that owns no machine and has no limits. */
  readonly account: string
  /** `self`: only the account's own machines; `prefer_owner`: those first. */
  readonly route: 'public' | 'prefer_owner' | 'self'
  /** prompt_cache_key, which draws a conversation to the machine that served it last; '' = none. */
  readonly cacheKey: string
  /** `completions` stands for the endpoints that dispatch once (completions, Anthropic-style messages). */
  readonly endpoint: 'chat' | 'completions'
  /** Size of the body; 0 = as small as its text. */
  readonly bodyBytes: number
  /** The body breaks the rules of the API. */
  readonly malformed: boolean
}

/** A well-formed public chat request of nobody in particular. */
export const PLAIN_TERMS: RequestTerms = {
  serials: undefined,
  account: '',
  route: 'public',
  cacheKey: '',
  endpoint: 'chat',
  bodyBytes: 0,
  malformed: false,
}

/** Everything the coordinator may know of a request. Lengths are what it estimates from the bytes it can see. */
export interface RequestView extends RequestTerms {
  readonly id: RequestId
  readonly user: UserId
  /** As sent: an alias or a build. */
  readonly model: ModelName
  /** The coordinator's estimate (text length / 4 …), in tokens. */
  readonly estimatedPromptTokens: number
  /** First positive of max_tokens and its synonyms; undefined when the client gave none. */
  readonly maxTokens: number | undefined
  readonly stream: boolean
  readonly hasTools: boolean
  readonly requiresVision: boolean
}

export type ClientMessage =
  | { readonly kind: 'request'; readonly request: RequestView; readonly body: SealedBody }
  /** The client closed the connection. */
  | { readonly kind: 'cancel'; readonly request: RequestId }

export type RejectReason = (typeof REJECT_REASONS)[number]
export type FailReason = (typeof FAIL_REASONS)[number]

/** What the client receives. Exactly one of completed, rejected, failed ends a request the client did not cancel. */
export type Answer =
  | {
      readonly kind: 'first_token'
      readonly request: RequestId
      /** The dispatch that delivered it: 0, 1, 2 … over retries and backups of this request. */
      readonly attempt: number
    }
  | {
      readonly kind: 'completed'
      readonly request: RequestId
      readonly attempt: number
      readonly completionTokens: number
    }
  | {
      readonly kind: 'rejected'
      readonly request: RequestId
      /** 429, 503, 404, 413 … */
      readonly status: number
      readonly reason: RejectReason
      readonly retryAfter_s: number | undefined
    }
  | {
      readonly kind: 'failed'
      readonly request: RequestId
      readonly status: number
      readonly reason: FailReason
      /** True when tokens had already been delivered: the upstream router cannot fail over any more. */
      readonly midStream: boolean
    }
