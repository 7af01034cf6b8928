/**
 * Uptime as the upstream router publishes it (facts: coordinator-control §9.1): successes over everything but what the user
 * did wrong. Demand and metrics both count by this rule, each in its own books.
 */

/** 401, 402, 404 and every 5xx count against a provider; 400, 403, 413 and 429 do not count at all. */
export const harmsUptime = (status: number): boolean =>
  status === 401 || status === 402 || status === 404 || status >= 500

/** From which uptime on a provider is normal, and below which it is down. */
const NORMAL_FROM = 0.95
const DOWN_BELOW = 0.8

/** unjudged: too few requests. degraded: lower priority. down: fallback only. */
export const STANDINGS = ['unjudged', 'normal', 'degraded', 'down'] as const
export type UptimeStanding = (typeof STANDINGS)[number]

export function standingOf(successes: number, failures: number, sample: number): UptimeStanding {
  const judged = successes + failures
  if (judged < sample || judged === 0) return 'unjudged'
  const uptime = successes / judged
  if (uptime >= NORMAL_FROM) return 'normal'
  return uptime < DOWN_BELOW ? 'down' : 'degraded'
}
