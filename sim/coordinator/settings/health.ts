/** Who is left alone, and for how long: evictions, cooldowns, breakers, and the challenges that keep a machine trusted. */
import { duration, period, positiveDuration, share } from '../../base/config.ts'
import { ours, positiveCount } from './setting.ts'

/** Facts: coordinator-routing §2, §9, §11. */
export const health = {
  EVICTION_TIMEOUT: ours(
    positiveDuration().prefault('90s'),
    'A provider silent for longer is stale.',
    'constant of the real program',
  ),
  EVICTION_SWEEP: ours(
    period().prefault('30s'),
    'Period of the sweep; two stale sweeps evict.',
    'constant of the real program',
  ),
  PENDING_LOAD_TTL: ours(
    positiveDuration().prefault('120s'),
    'How long a load_model command reserves a provider.',
    'constant of the real program',
  ),
  LOAD_FAILURE_BACKOFF: ours(
    duration().prefault('30s'),
    'Reservation kept after a failed or draining load.',
    'constant of the real program',
  ),
  DISPATCH_LOAD_COOLDOWN: ours(
    duration().prefault('120s'),
    'Pause of (provider, build) after it could not load.',
    'constant of the real program',
  ),
  ERROR_COOLDOWN_STRIKES: ours(
    positiveCount().default(2),
    'Errors that start the cooldown of a request shape.',
    'constant of the real program',
  ),
  ERROR_COOLDOWN_WINDOW: ours(
    positiveDuration().prefault('60s'),
    'Window in which those errors must fall.',
    'constant of the real program',
  ),
  ERROR_COOLDOWN: ours(
    duration().prefault('5m'),
    'Pause of (provider, build, shape) after those errors.',
    'constant of the real program',
  ),
  BREAKER_CONSECUTIVE: ours(
    positiveCount().default(5),
    'Consecutive faults that open a provider’s breaker.',
    'constant of the real program; PR 413',
  ),
  BREAKER_FAULT_SHARE: ours(
    share().prefault('80%'),
    'Share of faults above which the breaker opens.',
    'constant of the real program; PR 413',
  ),
  BREAKER_MIN_OUTCOMES: ours(
    positiveCount().default(20),
    'Outcomes needed (and remembered) to judge the share.',
    'constant of the real program; PR 413',
  ),
  BREAKER_WINDOW: ours(
    positiveDuration().prefault('120s'),
    'Window of those outcomes.',
    'constant of the real program; PR 413',
  ),
  BREAKER_BASE: ours(
    positiveDuration().prefault('60s'),
    'First opening; doubles with every trip.',
    'constant of the real program; PR 413',
  ),
  BREAKER_CAP: ours(positiveDuration().prefault('5m'), 'Longest opening.', 'constant of the real program; PR 413'),
}

/** Facts: coordinator-routing §2. */
export const attestation = {
  CHALLENGE_INTERVAL: ours(
    period().prefault('5m'),
    'Period of the attestation challenges of a provider.',
    'constant of the real program',
  ),
  CHALLENGE_TIMEOUT: ours(
    positiveDuration().prefault('30s'),
    'A challenge answered later was missed.',
    'constant in its public sources',
  ),
  CHALLENGE_FAILURES: ours(
    positiveCount().default(3),
    'Misses in a row after which the last answer counts no more.',
    'constant in its public sources',
  ),
  CHALLENGE_FRESH: ours(
    positiveDuration().prefault('16m'),
    'How long an answer to a challenge counts.',
    'constant of registry/scheduler.go',
  ),
}
