/**
 * Uptime as the upstream router computes it: successes over everything except users' own errors. A 429 is neutral;
 * 401, 402, 404, every 5xx, a break after the first token and a client that gave up on us count against us; 400, 403
 * and 413 are the user's (facts coordinator-control.md §9.1, §9.3).
 */
import type { ModelName } from '../base/ids.ts'

export interface UptimeTally {
  readonly successes: number
  readonly failures: number
}

const USER_ERRORS: ReadonlySet<number> = new Set([400, 403, 413])

/** How one attempt counts, from what the client saw. */
export function uptimeVerdict(
  outcome: 'served' | 'rejected' | 'failed' | 'cancelled',
  status: number,
): 'success' | 'failure' | 'neutral' {
  if (outcome === 'served') return 'success'
  if (outcome === 'cancelled' || outcome === 'failed') return 'failure'
  return status === 429 || USER_ERRORS.has(status) ? 'neutral' : 'failure'
}

/** Per public model, since the start of the run. */
export class Uptime {
  private readonly models = new Map<ModelName, { successes: number; failures: number }>()

  record(model: ModelName, verdict: ReturnType<typeof uptimeVerdict>): void {
    let tally = this.models.get(model)
    if (tally === undefined) this.models.set(model, (tally = { successes: 0, failures: 0 }))
    if (verdict === 'success') tally.successes += 1
    else if (verdict === 'failure') tally.failures += 1
  }

  tally(model: ModelName): UptimeTally {
    return this.models.get(model) ?? { successes: 0, failures: 0 }
  }

  /** undefined until something counts. */
  share(model: ModelName): number | undefined {
    const { successes, failures } = this.tally(model)
    return successes + failures === 0 ? undefined : successes / (successes + failures)
  }
}
