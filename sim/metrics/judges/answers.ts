/** INV-8 and INV-9: what the client received was really produced, once, and no more than it allowed. */
import type { TraceRow, TraceRowKind, WorkRow } from '../../trace/row.ts'
import { Judge } from './judge.ts'

interface Awaited {
  dispatched: number
  /** Attempt of the first token, -1: none yet. */
  firstTokenOf: number
}

export class FirstTokenOnce extends Judge {
  readonly id = 'INV-8'
  readonly claim = 'a first token comes at most once, after a dispatch, before the end, from the attempt that wins'
  override readonly kinds: readonly TraceRowKind[] = ['arrived', 'dispatched', 'first_token', 'ended']
  private readonly requests = new Map<number, Awaited>()

  row(row: TraceRow): void {
    if (row.kind === 'arrived') {
      this.requests.set(row.request, { dispatched: 0, firstTokenOf: -1 })
    } else if (row.kind === 'dispatched') {
      const request = this.requests.get(row.request)
      if (request !== undefined) request.dispatched += 1
    } else if (row.kind === 'first_token') {
      const request = this.requests.get(row.request)
      if (request === undefined) return this.broken(`request ${row.request} is not in flight`)
      this.check(request.firstTokenOf < 0, `request ${row.request} had one already`)
      this.check(
        row.attempt < request.dispatched,
        `attempt ${row.attempt} of request ${row.request} was never dispatched`,
      )
      request.firstTokenOf = row.attempt
    } else if (row.kind === 'ended') {
      const first = this.requests.get(row.request)?.firstTokenOf ?? -1
      this.requests.delete(row.request)
      const same = row.outcome !== 'served' || first < 0 || first === row.attempt
      this.check(same, `request ${row.request}: attempt ${first} began the answer, ${row.attempt} ended it`)
    }
  }
}

interface Ordered {
  readonly user: number
  readonly maxTokens: number
  readonly promptTokens: number
  /** Tokens by attempt, of work that finished or was cut short after output; absent: none. */
  readonly decoded: number[]
}

export class TokensConserved extends Judge {
  readonly id = 'INV-9'
  readonly claim =
    'every token the client received was decoded by the attempt that won, none is lost, none is beyond max_tokens'
  override readonly kinds: readonly TraceRowKind[] = ['user_request', 'user_ended', 'arrived', 'work', 'ended']
  private readonly promptTokens = new Map<number, number>()
  private readonly requests = new Map<number, Ordered>()

  row(row: TraceRow): void {
    switch (row.kind) {
      case 'user_request':
        this.promptTokens.set(row.user, row.promptTokens)
        break
      case 'user_ended':
        this.promptTokens.delete(row.user)
        break
      case 'arrived': {
        const promptTokens = this.promptTokens.get(row.user) ?? Infinity
        this.requests.set(row.request, { user: row.user, maxTokens: row.maxTokens, promptTokens, decoded: [] })
        break
      }
      case 'work':
        if (row.outcome === 'finished') this.finished(row)
        // A program that updates cuts its last requests short, which counts as an answer once text was delivered.
        else if (row.outcome === 'cancelled' && row.decodedTokens > 0) this.answered(row)
        break
      case 'ended': {
        const request = this.requests.get(row.request)
        this.requests.delete(row.request)
        if (request === undefined || row.outcome !== 'served') return
        const decoded = request.decoded[row.attempt]
        const tokens = row.completionTokens
        this.check(
          decoded !== undefined,
          `request ${row.request} was served by attempt ${row.attempt}, which finished no work`,
        )
        this.check(decoded === tokens, `request ${row.request} received ${tokens} tokens, ${decoded} were decoded`)
        // 0: the client gave none and the catalog's limit applies, which the trace does not hold.
        const allowed = request.maxTokens <= 0 || tokens <= request.maxTokens
        this.check(allowed, `request ${row.request} received ${tokens} tokens of at most ${request.maxTokens}`)
        break
      }
      default:
    }
  }

  private finished(row: WorkRow): void {
    const name = `attempt ${row.attempt} of request ${row.request}`
    const inOrder = row.receivedAt <= row.admittedAt && row.admittedAt <= row.firstTokenAt && row.firstTokenAt <= row.at
    this.check(inOrder && row.receivedAt >= 0, `${name} was not received, admitted, begun and finished in this order`)
    const request = this.answered(row)
    if (request === undefined) return
    // A prefix hit may spare some of the prompt, never all of it: the last token's logits are needed.
    const prefilled = row.prefilledTokens >= 1 && row.prefilledTokens <= request.promptTokens
    this.check(prefilled, `${name} prefilled ${row.prefilledTokens} of ${request.promptTokens} prompt tokens`)
  }

  private answered(row: WorkRow): Ordered | undefined {
    const request = this.requests.get(row.request)
    if (request !== undefined) request.decoded[row.attempt] = row.decodedTokens
    return request
  }
}
