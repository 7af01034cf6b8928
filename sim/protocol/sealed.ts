/**
 * A request body as the coordinator carries it: encrypted. Only the Mac opens it, so no policy can learn how long an
 * answer will be. The layer test allows `openBody` to demand and mac only.
 */
/** What is really in a request: known to the client that made it and to the Mac that serves it. */
export interface RequestTruth {
  /** Tokens of the prompt after the chat template. */
  readonly promptTokens: number
  /** Tokens the model will generate before it stops by itself; generation also ends at the request's max_tokens. */
  readonly outputTokens: number
  /** Pictures in the prompt. */
  readonly images: number
}

let open: (body: SealedBody) => RequestTruth

/** Opaque: no property to read. */
export class SealedBody {
  readonly #truth: RequestTruth

  private constructor(truth: RequestTruth) {
    this.#truth = truth
  }

  static seal(truth: RequestTruth): SealedBody {
    return new SealedBody(truth)
  }

  static {
    open = (body) => body.#truth
  }
}

export const openBody = (body: SealedBody): RequestTruth => open(body)
