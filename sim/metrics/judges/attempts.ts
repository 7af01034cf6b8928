/**
 * INV-2 and INV-3: attempts on Macs. A client that gave up is known to the coordinator only when its cancel has
 * arrived, so after a cancelled end a dispatch may still happen; after any other end, which the coordinator itself
 * caused, nothing may.
 */
import type { TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

/** Longer than any network delay; after it a cancel has arrived. */
const CANCEL_ARRIVES_WITHIN = 60_000_000
/** Attempts of one request lie in one number with it. Retries and backups are far fewer. */
const ATTEMPTS_MAX = 64

export class NoAttemptOutlivesItsRequest extends Judge {
  readonly id = 'INV-2'
  readonly claim = 'an answered request has no attempt under way'
  override readonly kinds: readonly TraceRowKind[] = ['dispatched', 'attempt_ended', 'ended']
  private readonly underWay = new Map<number, number>()

  row(row: TraceRow): void {
    if (row.kind === 'dispatched') {
      this.underWay.set(row.request, (this.underWay.get(row.request) ?? 0) + 1)
    } else if (row.kind === 'attempt_ended') {
      const left = (this.underWay.get(row.request) ?? 0) - 1
      if (left > 0) this.underWay.set(row.request, left)
      else this.underWay.delete(row.request)
    } else if (row.kind === 'ended' && row.outcome !== 'cancelled') {
      const left = this.underWay.get(row.request) ?? 0
      this.check(left === 0, `request ${row.request} was ${row.outcome} with ${left} attempts under way`)
    }
  }
}

interface Followed {
  /** Number of the next attempt. */
  next: number
  /** -1: not ended. */
  cancelledAt: number
}

export class AttemptsEndOnce extends Judge {
  readonly id = 'INV-3'
  readonly claim = 'an attempt belongs to a live request, is numbered in order and ends at most once, where it went'
  override readonly kinds: readonly TraceRowKind[] = ['arrived', 'ended', 'dispatched', 'attempt_ended']
  private readonly requests = new Map<number, Followed>()
  /** Provider of every attempt under way. */
  private readonly open = new Map<number, number>()
  private dispatched = 0
  private ended = 0

  row(row: TraceRow): void {
    switch (row.kind) {
      case 'arrived':
        this.requests.set(row.request, { next: 0, cancelledAt: -1 })
        break
      case 'ended': {
        const request = this.requests.get(row.request)
        if (row.outcome !== 'cancelled') this.requests.delete(row.request)
        else if (request !== undefined) request.cancelledAt = row.at
        break
      }
      case 'dispatched': {
        const request = this.requests.get(row.request)
        if (request === undefined) return this.broken(`request ${row.request} was dispatched while not in flight`)
        this.check(
          row.attempt === request.next,
          `attempt ${row.attempt} of request ${row.request} is not number ${request.next}`,
        )
        request.next += 1
        this.check(request.next < ATTEMPTS_MAX, `request ${row.request} had ${ATTEMPTS_MAX} attempts`)
        this.open.set(row.request * ATTEMPTS_MAX + row.attempt, row.provider)
        this.dispatched += 1
        break
      }
      case 'attempt_ended': {
        const key = row.request * ATTEMPTS_MAX + row.attempt
        const provider = this.open.get(key)
        const name = `attempt ${row.attempt} of request ${row.request}`
        this.check(provider !== undefined, `${name} ended without being under way`)
        this.check(provider === row.provider, `${name} went to provider ${provider} and ended at ${row.provider}`)
        this.open.delete(key)
        this.ended += 1
        break
      }
      default:
    }
  }

  override audit(at: number): void {
    const { dispatched, ended, open } = this
    this.check(dispatched === ended + open.size, `${dispatched} dispatched, ${ended} ended, ${open.size} under way`)
    for (const [id, request] of this.requests) {
      if (request.cancelledAt >= 0 && request.cancelledAt < at - CANCEL_ARRIVES_WITHIN) this.requests.delete(id)
    }
  }
}
