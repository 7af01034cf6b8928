/**
 * Retry-After: when the coordinator tells a refused client to come back (facts: coordinator-routing §6). The estimate
 * knows only the depth of the build's queue, 3 s per waiter, between 2 s and 30 s.
 */

/** Source of all three: coordinator-routing §6 and coordinator-control §3.6. */
const SHORTEST_s = 2
const LONGEST_s = 30
const PER_WAITER_s = 3

const clamp = (seconds: number): number => Math.min(LONGEST_s, Math.max(SHORTEST_s, seconds))

/** Capacity, shed, queue full, queue timeout. */
export function baseRetryAfter(queueDepth: number): number {
  return queueDepth <= 0 ? SHORTEST_s : clamp(PER_WAITER_s * queueDepth)
}

/** `ttft_too_slow`: at least as long as the best estimate misses the deadline by. */
export function ttftRetryAfter(bestTtft_ms: number, deadline_ms: number, queueDepth: number): number {
  return clamp(Math.max(Math.ceil((bestTtft_ms - deadline_ms) / 1_000), baseRetryAfter(queueDepth)))
}
