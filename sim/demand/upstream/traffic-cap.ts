/**
 * How many requests a second the router lets come to us first, as our refusals have taught it (facts: coordinator-control
 * §9.2): a window with a large share of 429 sets it to what we served less the share refused, one with a small steady
 * share holds it, one with next to none lets it rise, until it is twice what anybody asks for and goes away.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import type { Upstream } from './config.ts'

/** A cap so far above what is asked for binds nobody. Assumed. */
const FORGOTTEN_FROM = 2

export class TrafficCap {
  /** Requests per second; Infinity: none. */
  rate = Infinity
  private windowEnd: number
  private wanted = 0
  private answered = 0
  private refused = 0
  /** Token bucket of one second's worth, so that the cap thins and does not cut windows in two. */
  private tokens = 1
  private filledAt = 0

  constructor(private readonly settings: Upstream['cap']) {
    this.windowEnd = settings.window
  }

  /** Whether one more may come to us first. */
  admits(now: number): boolean {
    this.look(now)
    this.wanted += 1
    if (this.rate === Infinity) return true
    const most = Math.max(1, this.rate)
    this.tokens = Math.min(most, this.tokens + ((now - this.filledAt) / MICROS_PER_SECOND) * this.rate)
    this.filledAt = now
    if (this.tokens < 1) return false
    this.tokens -= 1
    return true
  }

  answer(now: number, refused: boolean): void {
    this.look(now)
    this.answered += 1
    if (refused) this.refused += 1
  }

  /** Learns from the windows that have ended by now. */
  look(now: number): void {
    while (now >= this.windowEnd) {
      this.learn()
      this.windowEnd += this.settings.window
    }
  }

  private learn(): void {
    const { window, spike, quiet, rise } = this.settings
    const seconds = window / MICROS_PER_SECOND
    const { answered, refused, wanted } = this
    const share = answered === 0 ? 0 : refused / answered
    // Never below one a window, or it could not learn that we have recovered.
    if (answered > 0 && share >= spike) this.rate = Math.max(1, (answered - refused) * (1 - share)) / seconds
    else if (share <= quiet) this.rate *= 1 + rise
    if (this.rate > (FORGOTTEN_FROM * wanted) / seconds && share < spike) this.rate = Infinity
    this.wanted = 0
    this.answered = 0
    this.refused = 0
  }
}
