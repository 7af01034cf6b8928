/** The warm-pool controller: what trips it, its targets, how fast it loads. */
import { z } from 'zod'
import { byName, duration, period, positiveDuration, within } from '../../base/config.ts'
import { amount, count, positiveCount, real } from './setting.ts'

/** Read once in registry/config.go as of 21 June. Facts: coordinator-control §2. */
const WARM_POOL = 'registry/config.go; PR 383'

export const warmPool = {
  WARM_POOL_ENABLED: real(z.boolean().default(true), 'Warm-pool controller on.', WARM_POOL),
  WARM_POOL_OBSERVE_ONLY: real(z.boolean().default(false), 'Plan, but send nothing.', WARM_POOL),
  WARM_POOL_INTERVAL: real(period().prefault('10s'), 'Tick of the controller.', WARM_POOL),
  WARM_POOL_MIN_DWELL: real(duration().prefault('5m'), 'How long a higher target is held.', WARM_POOL),
  WARM_POOL_QUEUE_AGE_THRESHOLD: real(
    duration().prefault(0),
    'Age of the oldest waiter that counts as pressure.',
    WARM_POOL,
  ),
  WARM_POOL_CAPACITY_REJECT_THRESHOLD: real(
    count().default(1),
    'Capacity rejections that count as pressure.',
    WARM_POOL,
  ),
  WARM_POOL_WARM_SATURATION_THRESHOLD: real(
    within(0, 1).default(0.8),
    'Saturated share of the warm providers that counts as pressure when another signal is there.',
    WARM_POOL,
  ),
  WARM_POOL_TTFT_MISS_THRESHOLD: real(
    count().default(1),
    'Missed first-token deadlines that count as pressure.',
    WARM_POOL,
  ),
  WARM_POOL_SPECULATIVE_START_THRESHOLD: real(count().default(2), 'Backups started that count as pressure.', WARM_POOL),
  WARM_POOL_SPECULATIVE_WIN_THRESHOLD: real(count().default(1), 'Backups that won that count as pressure.', WARM_POOL),
  WARM_POOL_COLD_DISPATCH_THRESHOLD: real(count().default(1), 'Cold dispatches that count as pressure.', WARM_POOL),
  WARM_POOL_LOAD_DURATION_THRESHOLD: real(
    positiveDuration().prefault('20s'),
    'Load from which telemetry calls a load slow.',
    WARM_POOL,
    { notHere: 'Telemetry only: no decision reads it, here or there.' },
  ),
  WARM_POOL_DECODE_FLOOR_TPS: real(
    amount().default(15),
    'Decode rate a warm provider should keep, tokens/s; the floor of the quality cap too.',
    WARM_POOL,
  ),
  WARM_POOL_BURST_BUFFER: real(count().default(1), 'Spare warm providers under pressure.', WARM_POOL),
  WARM_POOL_FALLBACK_QUALITY_CONCURRENCY: real(
    positiveCount().default(4),
    'Concurrency assumed where unknown.',
    WARM_POOL,
  ),
  WARM_POOL_ASSUMED_PROMPT_TOKENS: real(count().default(512), 'Prompt length of the service-time estimate.', WARM_POOL),
  WARM_POOL_ASSUMED_COMPLETION_TOKENS: real(
    count().default(256),
    'Answer length of the service-time estimate.',
    WARM_POOL,
  ),
  WARM_POOL_MIN_WARM: real(byName(count()).prefault({}), 'Floor of warm providers per build.', 'registry/config.go'),
  WARM_POOL_MAX_LOADS_PER_TICK: real(count().default(4), 'Base ramp; 0 = observe only.', WARM_POOL),
  WARM_POOL_MAX_LOADS_PER_TICK_CEILING: real(count().default(16), 'Cap per tick over all models.', WARM_POOL),
  WARM_POOL_RAMP_GAP_FRACTION: real(within(0, 1).default(0.5), 'Share of the gap closed per tick.', WARM_POOL),
  WARM_POOL_MAX_GLOBAL_PENDING_LOADS: real(
    count().default(16),
    'Loads in flight over the fleet; 0 = observe only.',
    WARM_POOL,
  ),
}
