/**
 * A request body as the coordinator carries it: encrypted. Only the Mac opens it, so no policy can learn how long an
 * answer will be. The layer test allows `openBody` to demand and mac only.
 */
const contents = new WeakMap<SealedBody, RequestTruth>()

/** What is really in a request: known to the client that made it and to the Mac that serves it. */
export interface RequestTruth {
  /** Tokens of the prompt after the chat template. */
  readonly promptTokens: number
  /** Tokens the model will generate before it stops by itself; generation also ends at the request's max_tokens. */
  readonly outputTokens: number
  /** Pictures in the prompt. */
  readonly images: number
}

/** Opaque: no property to read. */
export class SealedBody {
  private readonly sealed = true
  static seal(truth: RequestTruth): SealedBody {
    const body = new SealedBody()
    contents.set(body, truth)
    return body
  }
  /** Keeps `sealed` in use for the type system: two classes of equal shape would be interchangeable. */
  isSealed(): boolean {
    return this.sealed
  }
}

export function openBody(body: SealedBody): RequestTruth {
  const truth = contents.get(body)
  if (truth === undefined) throw new Error('a sealed body without contents')
  return truth
}
