/**
 * Every setting of the coordinator, under the real system's names without the EIGENINFERENCE_ prefix, so that an
 * operator can copy a production setting into a scenario. Defaults are those of June 2026 (the tree that PR 432 was
 * written against). Where the real program has a constant without a name, or a name we could not read, the key is in
 * the same manner and its comment says so. Sources: facts coordinator-routing §2, §6 … §11; coordinator-control §2.1, §4.
 */
import { z } from 'zod'
import {
  byName,
  bytes,
  duration,
  durationWithin,
  name,
  period,
  positiveDuration,
  share,
  wholeWithin,
  within,
} from '../base/config.ts'

/** No counter of the real system, and no request, comes near. */
const COUNT_MAX = 1_000_000_000
const count = () => wholeWithin(0, COUNT_MAX)
const positiveCount = () => wholeWithin(1, COUNT_MAX)
/** Tokens per second, milliseconds, factors. */
const amount = () => within(0, 1_000_000)
const positiveAmount = () => within(0.001, 1_000_000)

const routing = {
  MODEL_POOLS_ENABLED: z.boolean().default(true).describe('Run-time kill switch of the model pools (PR 432).'),
  REJECT_MODELS: z.array(name()).default([]).describe('Builds or aliases answered 429 model_shed before any work.'),
  COLD_DISPATCH: z.boolean().default(true).describe('A request may go to a machine that must load the model first.'),
  QUEUE_BEFORE_SHED: z.boolean().default(true).describe('Capacity rejections queue instead of answering machine_busy.'),
  MIN_DECODE_TPS: amount().default(15).describe('Soft floor on the projected decode rate, tokens/s; 0 = none.'),
  PREFILL_DECODE_RATIO: within(-1_000_000, 1_000_000)
    .default(12)
    .describe('Prefill rate assumed per decode rate where none is registered; 0 or less is ignored.'),
  LONG_PROMPT_TOKENS: count().default(0).describe('Prompts of this many tokens cost extra; 0 = off.'),
  LONG_PROMPT_PREFILL_WEIGHT: within(-1_000_000, 1_000_000)
    .default(2)
    .describe('Weight of the prefill of a long prompt, at least 1.'),
}

/** After the tree that PR 432 was written against; off by default. Facts: coordinator-control §3.4, §3.8, §3.9. */
const later = {
  DEDICATED_MODELS: z
    .array(name())
    .default([])
    .describe('Parts of build ids: such a model uses only machines that advertise nothing else (PR 434).'),
  // Our name for a change of July without a switch (coordinator-control §6.1, #512).
  DEDICATED_QUEUE_BEFORE_SHED: z
    .boolean()
    .default(false)
    .describe('Dedicated models queue like others instead of answering machine_busy.'),
  QUALITY_CONCURRENCY_CAP: z
    .boolean()
    .default(false)
    .describe('No more requests at once than keep WARM_POOL_DECODE_FLOOR_TPS each (PR 437, 439).'),
  QUALITY_CONCURRENCY_OVERCOMMIT: positiveAmount().default(2).describe('Factor on that cap.'),
  QUALITY_CONCURRENCY_CAP_BY_MODEL: byName(positiveAmount()).prefault({}).describe('The factor of single builds.'),
  MODEL_SOLO_TPS_SEED: byName(positiveAmount())
    .prefault({})
    .describe('Decode rate of a lone request for that cap, tokens/s, by build or by `build@M4 Max` (PR 524).'),
  QUALITY_CAP_PER_MODEL_TPS: z
    .boolean()
    .default(false)
    .describe(
      'That rate is also learnt from heartbeats of machines with one request (PR 524); seeds count either way.',
    ),
  QUALITY_CAP_SOLO_MIN_SAMPLES: positiveCount().default(5).describe('Heartbeats from which a learnt rate is believed.'),
  // Our name: fitted to one 7B model on an M4 Max in June, 0.39 from July.
  BATCH_SLOWDOWN: amount()
    .default(0.27)
    .describe('Slow-down assumed per further request in a batch: solo / (1 + this x requests).'),
  SERVABILITY_GATE: z
    .boolean()
    .default(false)
    .describe('Refuse requests no machine could ever serve: context_exceeded, prompt_too_long (PR 410).'),
  PROMPT_CALIBRATION: byName(positiveAmount())
    .prefault({ 'gpt-oss': 1.3 })
    .describe('Real over estimated prompt tokens by part of a build id, for that gate.'),
  MAX_CAPACITY_ATTEMPTS: count()
    .default(0)
    .describe(
      'Attempts that may fail for lack of room before the answer is 429; 0 = as many as there are (PR 447: 3).',
    ),
}

/** Constants of the real program, our names (facts: coordinator-routing §2, §5, §6), and limits of accounts (shape ASSUMED). */
const door = {
  FRAME_LIMIT: bytes().prefault('32MiB').describe('Largest body a provider takes; more is answered 413.'),
  CACHE_AFFINITY_TTL: duration().prefault('10m').describe('How long a conversation is remembered.'),
  CACHE_AFFINITY_ENTRIES: count().default(10_000).describe('How many conversations are remembered.'),
  CACHE_AFFINITY_BONUS_MS: within(0, 10_000)
    .default(1_500)
    .describe('Taken off the cost of the machine that served the conversation last, ms.'),
  ACCOUNTS: byName(
    z.strictObject({
      tokens_per_minute: positiveCount().optional().describe('Prompt plus max_tokens; more is answered 429.'),
      spend_cap_tokens: positiveCount().optional().describe('Tokens of finished answers; then 402 insufficient_quota.'),
      balance_tokens: positiveCount().optional().describe('Tokens paid for; then 402 insufficient_funds.'),
    }),
  )
    .prefault({})
    .describe('Limits of single accounts. Assumed shape: the real ones are private. Absent: none.'),
}

const deadlines = {
  TTFT_HARD_REJECT: z.boolean().default(false).describe('Answer 429 ttft_too_slow instead of serving late.'),
  TTFT_LIVE_DEADLINE_BASE_MS: within(0, 1_000_000_000_000)
    .default(5_000)
    .describe('First-token deadline of an empty prompt, ms.'),
  // Constant of the real program, our name.
  TTFT_DEADLINE_PER_TOKEN: durationWithin('0', '1s')
    .prefault('1ms')
    .describe('Added to the first-token deadline per prompt token.'),
  // Our names from here on: constants of the real program (facts §2, §7).
  MAX_DISPATCH_ATTEMPTS: positiveCount().default(64).describe('Machines tried for one request.'),
  SPECULATIVE_FRACTION: share()
    .prefault('50%')
    .describe('Share of the first-token deadline after which a backup races.'),
  PREAMBLE_BUDGET: positiveDuration().prefault('90s').describe('Wait for text after a role-only first chunk.'),
  INFERENCE_TIMEOUT: positiveDuration().prefault('600s').describe('Limit on a whole inference, a cold load included.'),
}

/** Names ours: constants of the real program (facts §2, §8). */
const queue = {
  QUEUE_SIZE: count().default(10).describe('Requests that may wait per build.'),
  QUEUE_MAX_WAIT: positiveDuration().prefault('120s').describe('Longest wait in the queue.'),
}

/** Names ours: constants of the real program (facts §2, §9, §11). */
const health = {
  EVICTION_TIMEOUT: positiveDuration().prefault('90s').describe('A provider silent for longer is stale.'),
  EVICTION_SWEEP: period().prefault('30s').describe('Period of the sweep; two stale sweeps evict.'),
  PENDING_LOAD_TTL: positiveDuration().prefault('120s').describe('How long a load_model command reserves a provider.'),
  LOAD_FAILURE_BACKOFF: duration().prefault('30s').describe('Reservation kept after a failed or draining load.'),
  DISPATCH_LOAD_COOLDOWN: duration().prefault('120s').describe('Pause of (provider, build) after it could not load.'),
  ERROR_COOLDOWN_STRIKES: positiveCount().default(2).describe('Errors that start the cooldown of a request shape.'),
  ERROR_COOLDOWN_WINDOW: positiveDuration().prefault('60s').describe('Window in which those errors must fall.'),
  ERROR_COOLDOWN: duration().prefault('5m').describe('Pause of (provider, build, shape) after those errors.'),
  BREAKER_CONSECUTIVE: positiveCount().default(5).describe('Consecutive faults that open a provider’s breaker.'),
  BREAKER_FAULT_SHARE: share().prefault('80%').describe('Share of faults above which the breaker opens.'),
  BREAKER_MIN_OUTCOMES: positiveCount().default(20).describe('Outcomes needed (and remembered) to judge the share.'),
  BREAKER_WINDOW: positiveDuration().prefault('120s').describe('Window of those outcomes.'),
  BREAKER_BASE: positiveDuration().prefault('60s').describe('First opening; doubles with every trip.'),
  BREAKER_CAP: positiveDuration().prefault('5m').describe('Longest opening.'),
}

/** Names ours: constants of the real program (facts §2; CHALLENGE_TIMEOUT and _FAILURES from its public sources). */
const attestation = {
  CHALLENGE_INTERVAL: period().prefault('5m').describe('Period of the attestation challenges of a provider.'),
  CHALLENGE_TIMEOUT: positiveDuration().prefault('30s').describe('A challenge answered later was missed.'),
  CHALLENGE_FAILURES: positiveCount()
    .default(3)
    .describe('Misses in a row after which the last answer counts no more.'),
  CHALLENGE_FRESH: positiveDuration().prefault('16m').describe('How long an answer to a challenge counts.'),
}

const warmPool = {
  WARM_POOL_ENABLED: z.boolean().default(true).describe('Warm-pool controller on.'),
  WARM_POOL_OBSERVE_ONLY: z.boolean().default(false).describe('Plan, but send nothing.'),
  WARM_POOL_INTERVAL: period().prefault('10s').describe('Tick of the controller.'),
  WARM_POOL_MIN_DWELL: duration().prefault('5m').describe('How long a higher target is held.'),
  WARM_POOL_QUEUE_AGE_THRESHOLD: duration().prefault(0).describe('Age of the oldest waiter that counts as pressure.'),
  WARM_POOL_CAPACITY_REJECT_THRESHOLD: count().default(1).describe('Capacity rejections that count as pressure.'),
  WARM_POOL_WARM_SATURATION_THRESHOLD: within(0, 1)
    .default(0.8)
    .describe('Saturated share of the warm providers that counts as pressure when another signal is there.'),
  WARM_POOL_TTFT_MISS_THRESHOLD: count().default(1).describe('Missed first-token deadlines that count as pressure.'),
  WARM_POOL_SPECULATIVE_START_THRESHOLD: count().default(2).describe('Backups started that count as pressure.'),
  WARM_POOL_SPECULATIVE_WIN_THRESHOLD: count().default(1).describe('Backups that won that count as pressure.'),
  WARM_POOL_COLD_DISPATCH_THRESHOLD: count().default(1).describe('Cold dispatches that count as pressure.'),
  WARM_POOL_LOAD_DURATION_THRESHOLD: positiveDuration()
    .prefault('20s')
    .describe('Telemetry of the real program: no decision reads it, here or there.'),
  WARM_POOL_DECODE_FLOOR_TPS: amount().default(15).describe('Decode rate a warm provider should keep, tokens/s.'),
  WARM_POOL_BURST_BUFFER: count().default(1).describe('Spare warm providers under pressure.'),
  WARM_POOL_FALLBACK_QUALITY_CONCURRENCY: positiveCount().default(4).describe('Concurrency assumed where unknown.'),
  WARM_POOL_ASSUMED_PROMPT_TOKENS: count().default(512).describe('Prompt length of the service-time estimate.'),
  WARM_POOL_ASSUMED_COMPLETION_TOKENS: count().default(256).describe('Answer length of the service-time estimate.'),
  WARM_POOL_MIN_WARM: byName(count()).prefault({}).describe('Floor of warm providers per build.'),
  WARM_POOL_MAX_LOADS_PER_TICK: count().default(4).describe('Base ramp; 0 = observe only.'),
  WARM_POOL_MAX_LOADS_PER_TICK_CEILING: count().default(16).describe('Cap per tick over all models.'),
  WARM_POOL_RAMP_GAP_FRACTION: within(0, 1).default(0.5).describe('Share of the gap closed per tick.'),
  WARM_POOL_MAX_GLOBAL_PENDING_LOADS: count().default(16).describe('Loads in flight over the fleet; 0 = observe only.'),
}

/**
 * PR 435 (facts: coordinator-control §1.2-1.4, coordinator-routing §16). Only a policy that plans reads them, so naming it is the
 * first switch; the pull request shipped all three switches off. Names of the last three ours.
 */
const placement = {
  ASSIGNMENT_GATE_ENABLED: z
    .boolean()
    .default(true)
    .describe('A machine with an assignment serves that model only (PR 435: off by default).'),
  WARM_POOL_PLACEMENT_ENABLED: z.boolean().default(true).describe('Plan assignments at every warm-pool tick.'),
  WARM_POOL_PLACEMENT_ENFORCE: z
    .boolean()
    .default(true)
    .describe('Send them; off: shadow mode, plans are recorded only.'),
  WARM_POOL_PLACEMENT_MIN_DWELL: duration().prefault('5m').describe('How long an assigned machine is not moved again.'),
  WARM_POOL_PLACEMENT_PRIORITY: byName(within(-1_000_000, 1_000_000))
    .prefault({})
    .describe('Priority per build; higher takes machines first.'),
  WARM_POOL_PLACEMENT_COUNTS_FAILED: z
    .boolean()
    .default(true)
    .describe(
      'A failed or stuck assignment counts as a machine of its pool (the review finding on PR 435); false mends it.',
    ),
  ASSIGN_MODEL_MIN_VERSION: z
    .string()
    .regex(/^(?:v?\d+(?:\.\d+){0,2})?$/, { error: 'must be a version such as 0.7.0, or empty' })
    .default('')
    .describe('First provider version that understands assign_model; empty: all do.'),
}

/** The coordinator as a machine of its own, and what it measures. Names ours. */
const itself = {
  decision: z
    .strictObject({
      // Median overhead measured in production (facts coordinator-control §5.3).
      service: durationWithin('0', '10s').prefault('23ms').describe('What one routing decision takes.'),
      // Assumed: nobody has published what a scan costs apart from the 23 ms, which hold it for the fleet of that time.
      per_provider: durationWithin('0', '100ms')
        .prefault(0)
        .describe('What a decision takes on top per machine that advertises the build. Assumed; 0 = nothing.'),
      // Assumed: 175,223 selections/h = 48.7/s at 23 ms (control §5.1, #757) keep 1.1 servers busy; 8 leave it unsaturated.
      servers: positiveCount().default(8).describe('Decisions made at the same time.'),
    })
    .prefault({})
    .describe('The coordinator’s own queue for routing decisions.'),
  METRICS_INTERVAL: period().prefault('10s').describe('Period of the pool gauges and the isolation audit.'),
}

/**
 * Named sets of settings, for `coordinator: {preset: …}`. A key written beside the preset wins over it.
 *
 * - pr-432-base: the tree that PR 432 was written against (20 June 2026); the defaults.
 * - main-2026-06-21: main a day later, with the dedicated family and the quality cap (facts: coordinator-control §3.4, §3.9).
 * - production-2026-08: what operators ran in July to September (coordinator-control §2.1, §3.4, §4), as far as it is
 *   published and modelled. Not in it: keepalives during prefill, the combined cap, the calibrated first-token estimate and
 *   its higher prefill ceiling, the larger activation reserve, health ejection, capacity cooldowns.
 */
export const PRESETS = {
  'pr-432-base': {},
  'main-2026-06-21': {
    DEDICATED_MODELS: ['gemma-4'],
    QUALITY_CONCURRENCY_CAP: true,
    QUALITY_CONCURRENCY_OVERCOMMIT: 2,
  },
  'production-2026-08': {
    DEDICATED_MODELS: ['gemma-4'],
    DEDICATED_QUEUE_BEFORE_SHED: true,
    QUALITY_CONCURRENCY_CAP: true,
    QUALITY_CONCURRENCY_OVERCOMMIT: 1.2,
    MODEL_SOLO_TPS_SEED: {
      'gemma-4-26b-qat-4bit': 14,
      'gemma-4-26b-qat-4bit@M4 Max': 70,
      'gpt-oss-20b': 30,
      'gpt-oss-20b@M4 Max': 70,
    },
    QUALITY_CAP_PER_MODEL_TPS: true,
    BATCH_SLOWDOWN: 0.39,
    COLD_DISPATCH: false,
    SERVABILITY_GATE: true,
    TTFT_LIVE_DEADLINE_BASE_MS: 9_000,
    MAX_CAPACITY_ATTEMPTS: 3,
    QUEUE_SIZE: 8,
    QUEUE_MAX_WAIT: '6s',
    WARM_POOL_INTERVAL: '30s',
    WARM_POOL_MIN_DWELL: '1m',
    WARM_POOL_QUEUE_AGE_THRESHOLD: '5s',
    WARM_POOL_MAX_LOADS_PER_TICK: 8,
    WARM_POOL_MIN_WARM: { 'gpt-oss-20b': 16, 'gemma-4-26b-qat-4bit': 32 },
  },
} as const satisfies { readonly [name: string]: { readonly [setting: string]: unknown } }

export type PresetName = keyof typeof PRESETS
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[]

const isMap = (input: unknown): input is { readonly [key: string]: unknown } =>
  typeof input === 'object' && input !== null && !Array.isArray(input)

/** The preset's settings under those that are written down. What is no preset, or no map, is left for the schema to refuse. */
export function withPreset(written: unknown): unknown {
  if (!isMap(written)) return written
  const { preset } = written
  if (typeof preset !== 'string' || !Object.hasOwn(PRESETS, preset)) return written
  return { ...PRESETS[preset as PresetName], ...written }
}

export const coordinatorSettingsSchema = z.strictObject({
  preset: z.enum(PRESET_NAMES).default('pr-432-base').describe('A named set of settings; keys beside it win.'),
  ...routing,
  ...later,
  ...door,
  ...deadlines,
  ...queue,
  ...health,
  ...attestation,
  ...warmPool,
  ...placement,
  ...itself,
})

export type CoordinatorSettings = z.output<typeof coordinatorSettingsSchema>

/** What a preset changes while the coordinator runs: every setting that any preset names, to its value or the default. */
export function presetChange(preset: PresetName): Partial<CoordinatorSettings> {
  const settings = coordinatorSettingsSchema.parse(withPreset({ preset }))
  const named = new Set(Object.values(PRESETS).flatMap((each) => Object.keys(each)))
  return Object.fromEntries(Object.entries(settings).filter(([setting]) => named.has(setting)))
}
