/** One inference message on its way through a Mac, from `accepted` to its end. */
import type { BuildId, RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { EventId } from '../../kernel/scheduler.ts'
import type { ToProvider } from '../../protocol/index.ts'
import type { Wait } from '../engine/books/delays.ts'
import type { Engine } from '../engine/engine.ts'
import type { Slot } from '../loading/slot.ts'

export type InferenceMessage = Extract<ToProvider, { kind: 'inference' }>

export interface InferenceJob {
  /** `jobKey` of request and attempt: what the engine knows it by. */
  readonly key: number
  readonly request: RequestId
  readonly attempt: number
  readonly build: BuildId
  readonly promptTokens: number
  /** min(true output, max_tokens). */
  readonly outputTokens: number
  /** prompt + max_tokens: what is reserved; a prefix hit reserves copies of what it restores on top. */
  needTokens: number
  readonly receivedAt: Micros
  /** Connection it came in on; answers for an older one reach nobody. */
  readonly connection: number
  /** 0: text. A picture takes the request past the batch, into an engine of its own. */
  readonly images: number
  /** Whom it waited for before the engine had it. */
  readonly waits: Wait[]
  /** Set from submission to the engine on. */
  slot: Slot | undefined
  engine: Engine | undefined
  /** KV bytes of a picture request, which only the global reservation knows of. */
  mediaBytes: number
  /** The end of preparation, then the limit to the first token. */
  timer: EventId | undefined
  admittedAt: Micros | -1
  firstTokenAt: Micros | -1
}

/** Attempts of one request at one Mac get keys of their own; no request is attempted a thousand times. */
const ATTEMPTS_MAX = 1_000

export const jobKey = (request: RequestId, attempt: number): number => request * ATTEMPTS_MAX + attempt
