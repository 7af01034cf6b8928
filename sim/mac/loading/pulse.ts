/**
 * One resident model as the liveness watchdog sees it (provider-runtime 5.7). `pinned`: the token budget has been tiny
 * for three minutes, somebody wants tokens, and nothing has succeeded for three minutes. The other verdict, `wedged`, is
 * left out: it asks for an admitted request without a token, and admission is only noticed with the first token.
 */
import type { Micros } from '../../base/time.ts'

/** Token budget up to which a scheduler counts as pinned. All of provider-runtime 5.7. */
const PINNED_TOKENS = 4_096
const PINNED_FOR = 180_000_000
const DEMAND_LASTS = 60_000_000
/** Engine restarts of one model are at least this far apart. */
const RESTART_GAP = 120_000_000

export class Pulse {
  /** The engine is being restarted. */
  reloading = false
  /** Since when the budget has been tiny; undefined: it is not. */
  private tinySince: Micros | undefined
  private refusedAt: Micros | undefined
  private restartedAt: Micros | undefined
  private succeededAt: Micros

  /** A fresh model counts as having just succeeded. */
  constructor(now: Micros) {
    this.succeededAt = now
  }

  get tiny(): boolean {
    return this.tinySince !== undefined
  }

  /** The budget, whenever the capacity snapshot is taken. */
  budget(tokens: number, now: Micros): void {
    if (tokens > PINNED_TOKENS) this.tinySince = undefined
    else this.tinySince ??= now
  }

  succeeded(now: Micros): void {
    this.succeededAt = now
  }

  /** Admission refused a request. */
  refused(now: Micros): void {
    this.refusedAt = now
  }

  restarted(now: Micros): void {
    this.restartedAt = now
  }

  wanted(live: number, now: Micros): boolean {
    return live > 0 || (this.refusedAt !== undefined && now - this.refusedAt <= DEMAND_LASTS)
  }

  pinned(live: number, now: Micros): boolean {
    return this.tinySince !== undefined && now >= this.pinnedFrom(this.tinySince) && this.wanted(live, now)
  }

  /** The earliest time for the next restart, if everything stays as it is. Ask only while the budget is tiny. */
  get restartFrom(): number {
    const { tinySince = Infinity, restartedAt } = this
    return Math.max(this.pinnedFrom(tinySince), restartedAt === undefined ? 0 : restartedAt + RESTART_GAP)
  }

  private pinnedFrom(tinySince: number): number {
    return Math.max(tinySince, this.succeededAt) + PINNED_FOR
  }
}
