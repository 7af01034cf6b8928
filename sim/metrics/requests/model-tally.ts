/** Everything counted for one public model, over its requests that arrived after warm-up. */
import type { ModelName } from '../../base/ids.ts'
import { priceOf } from '../../catalog/prices.ts'
import { Samples } from '../figures/distribution.ts'
import type { ModelResult, RequestCounts, UpstreamResult } from '../result.ts'
import { shareOf } from '../window.ts'

/** Limits of `ttft_within`, by their key in the result. */
export const TTFT_LIMITS = [
  ['1s', 1_000],
  ['2s', 2_000],
  ['5s', 5_000],
  ['10s', 10_000],
  ['30s', 30_000],
] as const

/** Sorted, so that a result does not depend on which reason came first. */
const sortedCounts = (counts: ReadonlyMap<string, number>): { [reason: string]: number } =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

export class ModelTally {
  arrived = 0
  served = 0
  cancelled = 0
  ended = 0
  answered429 = 0
  answered5xx = 0
  good = 0
  servedPromptTokens = 0
  servedCompletionTokens = 0
  /** As the upstream router judges us (facts: coordinator-control §9.1); 429 counts as neither. */
  uptimeSuccesses = 0
  uptimeFailures = 0
  users = 0
  /** Whose first attempt came to us. */
  usersFirst = 0
  retries = 0
  usersServed = 0
  usersGood = 0
  readonly usersTtft_ms = new Samples()
  usersLost = 0
  lostPromptTokens = 0
  lostCompletionTokens = 0
  failedOver = 0
  elsewhere = 0
  readonly rejected = new Map<string, number>()
  readonly failed = new Map<string, number>()
  readonly ttft_ms = new Samples()
  readonly tpot_ms = new Samples()
  readonly e2e_ms = new Samples()
  readonly queue_ms = new Samples()
  readonly decode_tps = new Samples()
  private readonly within: number[] = TTFT_LIMITS.map(() => 0)

  constructor(readonly model: ModelName) {}

  addTtft(ttft_ms: number): void {
    this.ttft_ms.add(ttft_ms)
    for (let i = 0; i < TTFT_LIMITS.length; i += 1) {
      if (ttft_ms <= TTFT_LIMITS[i]![1]) this.within[i] = this.within[i]! + 1
    }
  }

  /** An attempt of a user whose figures count. */
  attempt(first: boolean): void {
    if (first) this.usersFirst += 1
    else this.retries += 1
  }

  servedUser(ttft_ms: number, good: boolean): void {
    this.usersTtft_ms.add(ttft_ms)
    if (good) this.usersGood += 1
  }

  /** A user whom somebody else served, or nobody. */
  lost(promptTokens: number, completionTokens: number): void {
    this.usersLost += 1
    this.lostPromptTokens += promptTokens
    this.lostCompletionTokens += completionTokens
  }

  counts(): RequestCounts {
    return {
      arrived: this.arrived,
      served: this.served,
      cancelled: this.cancelled,
      in_flight: this.arrived - this.ended,
      rejected: sortedCounts(this.rejected),
      failed: sortedCounts(this.failed),
    }
  }

  result(wasted: ModelResult['wasted_tokens']): ModelResult {
    const ofArrived = (part: number): number | null => (this.arrived === 0 ? null : part / this.arrived)
    return {
      requests: this.counts(),
      rate_429: ofArrived(this.answered429),
      rate_5xx: ofArrived(this.answered5xx),
      ttft_ms: this.ttft_ms.distribution(),
      tpot_ms: this.tpot_ms.distribution(),
      e2e_ms: this.e2e_ms.distribution(),
      queue_ms: this.queue_ms.distribution(),
      decode_tps: this.decode_tps.distribution(),
      goodput: ofArrived(this.good),
      ttft_within: Object.fromEntries(TTFT_LIMITS.map(([key], i) => [key, ofArrived(this.within[i]!)])),
      served_tokens: { prompt: this.servedPromptTokens, completion: this.servedCompletionTokens },
      wasted_tokens: wasted,
    }
  }

  upstream(standing: UpstreamResult['standing']): UpstreamResult {
    const judged = this.uptimeSuccesses + this.uptimeFailures
    return {
      uptime: judged === 0 ? null : this.uptimeSuccesses / judged,
      users: this.users,
      attempts: this.arrived,
      failed_over: this.failedOver,
      elsewhere: this.elsewhere,
      share: shareOf(this.usersFirst, this.users),
      retries: this.retries,
      attempts_per_user: shareOf(this.arrived, this.users),
      served: this.usersServed,
      goodput: this.users === 0 ? null : this.usersGood / this.users,
      ttft_ms: this.usersTtft_ms.distribution(),
      lost: this.usersLost,
      lost_tokens: { prompt: this.lostPromptTokens, completion: this.lostCompletionTokens },
      standing,
      earned_usd: priceOf(this.servedPromptTokens, this.servedCompletionTokens),
      lost_usd: priceOf(this.lostPromptTokens, this.lostCompletionTokens),
    }
  }
}

/** Sums that add up exactly: the total is the sum over models by construction. */
export function totalCounts(tallies: readonly ModelTally[]): RequestCounts {
  const merged = (which: 'rejected' | 'failed'): { [reason: string]: number } => {
    const sum = new Map<string, number>()
    for (const tally of tallies) for (const [reason, n] of tally[which]) sum.set(reason, (sum.get(reason) ?? 0) + n)
    return sortedCounts(sum)
  }
  const sumOf = (count: (tally: ModelTally) => number): number => tallies.reduce((sum, tally) => sum + count(tally), 0)
  return {
    arrived: sumOf((tally) => tally.arrived),
    served: sumOf((tally) => tally.served),
    cancelled: sumOf((tally) => tally.cancelled),
    in_flight: sumOf((tally) => tally.arrived - tally.ended),
    rejected: merged('rejected'),
    failed: merged('failed'),
  }
}
