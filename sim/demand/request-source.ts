/** Where the requests of a stream come from. */
import type { ModelName } from '../base/ids.ts'
import type { RequestTerms } from '../protocol/index.ts'
import type { Patience } from './config.ts'

/** Everything about a user request, drawn before anybody sees it. */
export interface DraftRequest {
  readonly model: ModelName
  readonly promptTokens: number
  readonly estimatedPromptTokens: number
  readonly outputTokens: number
  /** undefined: the client gives none. */
  readonly maxTokens: number | undefined
  readonly stream: boolean
  readonly tools: boolean
  readonly vision: boolean
  readonly terms: RequestTerms
  readonly patience: Patience
  /** Whether another provider would serve it, should we answer 429. */
  readonly servedElsewhere: boolean
  /** Who of the source's users asks, where they wait for their answers; 0 where nobody does. */
  readonly member: number
}

export interface RequestSource {
  /** When the next request comes; Infinity when none will, or when everybody waits for an answer. */
  readonly nextAt: number
  /** The request of `nextAt`; moves on to the one after it. */
  take(): DraftRequest
  /** A user of a closed loop has the end of a request, whatever it was: `nextAt` may be earlier now. Absent: nobody listens. */
  ended?(member: number, at: number): void
}
