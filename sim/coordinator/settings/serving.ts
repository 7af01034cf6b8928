/** A request's way once it is in: its deadlines and attempts, the queue, and how it is refused. */
import { z } from 'zod'
import { duration, durationWithin, positiveDuration, share, within } from '../../base/config.ts'
import { count, ours, positiveCount, real } from './setting.ts'

export const deadlines = {
  TTFT_HARD_REJECT: real(
    z.boolean().default(false),
    'Answer 429 ttft_too_slow instead of serving late.',
    'cmd/coordinator/main.go; off since PR 381 of 17 June, found on again on 27 June (PR 512)',
    { notHere: 'The estimate is June’s: not calibrated by what was measured (TTFT_CALIBRATION).' },
  ),
  TTFT_LIVE_DEADLINE_BASE_MS: real(
    within(0, 1_000_000_000_000).default(5_000),
    'First-token deadline of an empty prompt, ms.',
    'cmd/coordinator/main.go; PR 468 of July, a constant of 5 s before',
    { notHere: 'Bases of single models.' },
  ),
  TTFT_DEADLINE_PER_TOKEN: ours(
    durationWithin('0', '1s').prefault('1ms'),
    'Added to the first-token deadline per prompt token.',
    'constant of the real program',
  ),
  MAX_DISPATCH_ATTEMPTS: ours(
    positiveCount().default(64),
    'Machines tried for one request.',
    'constant of api/dispatch.go',
  ),
  SPECULATIVE_FRACTION: ours(
    share().prefault('50%'),
    'Share of the first-token deadline after which a backup races.',
    'constant of api/dispatch.go',
  ),
  PREAMBLE_BUDGET: ours(
    positiveDuration().prefault('90s'),
    'Wait for text after a role-only first chunk.',
    'constant of api/dispatch.go',
  ),
  INFERENCE_TIMEOUT: ours(
    positiveDuration().prefault('600s'),
    'Limit on a whole inference, a cold load included.',
    'constant of api/dispatch.go',
  ),
}

export const queue = {
  QUEUE_MAX_DEPTH: real(
    count().default(10),
    'Requests that may wait per build.',
    'registry/queue.go: a constant of 10 in June, read from July on; 32 unless set',
    { formerly: ['QUEUE_SIZE'] },
  ),
  QUEUE_MAX_WAIT: real(
    positiveDuration().prefault('120s'),
    'Longest wait in the queue.',
    'registry/queue.go: a constant in June, read from July on',
  ),
  // No default, so that scenarios that do not name it are what they were.
  QUEUE_DRAIN_STEP: ours(
    durationWithin('0', '1s').optional(),
    'How long a drain of the queue takes over one waiter. Absent or 0: drains happen at once, and whoever came first is served first. Longer, and drains interleave as they do in the real program: what one has taken out and not put back, the next does not see, and a later waiter may get the machine.',
    'seen on the real program in June: of 16 requests the 12th started before the 8th to 11th; how long a step takes is not known',
  ),
}

/** How refusals leave; what the real one does is the default. */
export const answers = {
  CAPACITY_STATUS: ours(
    z.union([z.literal(429), z.literal(503)], { error: 'must be 429 or 503' }).default(429),
    'Status of refusals for want of capacity: model_shed, pool_exhausted, machine_busy, ttft_too_slow, queue_full, queue_timeout, capacity_exhausted.',
    'PR 443: what cannot be served cleanly becomes a 429 before dispatch; 503 asks what that is worth',
  ),
  RETRY_AFTER_FIXED: ours(
    duration().prefault(0),
    'Retry-After wherever one is sent, in whole seconds, instead of the formula; 0 = the formula.',
    'the formula is that of coordinator-control §3.6; a fixed one is a question of the lab',
  ),
}
