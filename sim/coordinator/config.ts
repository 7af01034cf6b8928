/**
 * Every setting of the coordinator, under the real system's names without the EIGENINFERENCE_ prefix, so that an operator can
 * paste a production setting into a scenario. What a setting means, where its name and default come from, and what it does not
 * do here stand beside it and nowhere else: `fleetlab settings`, the JSON Schema and the messages read them. Defaults are those
 * of 20 June 2026 (the tree that PR 432 was written against). Facts: coordinator-routing §2, §6 … §11, §17;
 * coordinator-control §2.1, §3, §4.
 *
 * `real` are variables that the real program reads, or read at some time of 2026. `ours` are its constants, and rules that came
 * without a switch; they are named in the same manner and take no prefix.
 */
import { z } from 'zod'
import { must } from '../base/assert.ts'
import {
  byName,
  bytes,
  duration,
  durationWithin,
  name as aName,
  period,
  positiveDuration,
  share,
  wholeWithin,
  within,
} from '../base/config.ts'
import { type FlagWords, flagOf, listOf, mapOf, numberOf } from '../base/environment.ts'
import { findAbsentSetting, whyRefused } from './absent/config.ts'

export { ABSENT_SETTINGS, type AbsentSetting } from './absent/config.ts'

/** No counter of the real system, and no request, comes near. */
const COUNT_MAX = 1_000_000_000
const count = () => wholeWithin(0, COUNT_MAX)
const positiveCount = () => wholeWithin(1, COUNT_MAX)
/** Tokens per second, milliseconds, factors. */
const amount = () => within(0, 1_000_000)
const positiveAmount = () => within(0.001, 1_000_000)

export interface SettingFacts {
  /** Whether the real program reads a variable of this name. */
  readonly named: 'real' | 'ours'
  /** Where the name and the default come from. */
  readonly source: string
  /** What the real one does with it and the lab does not. */
  readonly notHere?: string
  /** Other names it goes by. */
  readonly formerly?: readonly string[]
  /** Words of a flag in an environment file. */
  readonly words?: FlagWords
  /** Between key and value of a map in an environment file. */
  readonly separator?: '=' | ':'
  /** What an empty list is called there. */
  readonly emptyList?: string
}

const FACTS = z.registry<SettingFacts>()

function setting<S extends z.ZodType>(schema: S, about: string, facts: SettingFacts): S {
  const described = schema.describe(about)
  FACTS.add(described, facts)
  return described
}

type MoreFacts = Omit<SettingFacts, 'named' | 'source'>

const real = <S extends z.ZodType>(schema: S, about: string, source: string, more: MoreFacts = {}): S =>
  setting(schema, about, { ...more, named: 'real', source })
const ours = <S extends z.ZodType>(schema: S, about: string, source: string, more: MoreFacts = {}): S =>
  setting(schema, about, { ...more, named: 'ours', source })

const routing = {
  MODEL_POOLS_ENABLED: real(
    z.boolean().default(true),
    'Run-time kill switch of the model pools.',
    'PR 432, which was never merged',
    { notHere: 'Only the pools-* policies ask; `open` is the tree without pools.' },
  ),
  REJECT_MODELS: real(
    z.array(aName()).default([]),
    'Builds or aliases answered 429 model_shed before any work.',
    'cmd/coordinator/main.go; PR 406',
  ),
  COLD_DISPATCH: real(
    z.boolean().default(true),
    'A request may go to a machine that must load the model first.',
    'api/cold_dispatch.go; PR 381, 383 (the text of PR 389 calls off the safe default)',
    { words: 'on and off' },
  ),
  QUEUE_BEFORE_SHED: real(
    z.boolean().default(true),
    'Capacity rejections queue instead of answering machine_busy.',
    'api/cold_dispatch.go; PR 381, 383',
    { words: 'on and off' },
  ),
  MIN_DECODE_TPS: real(
    amount().default(15),
    'Soft floor on the projected decode rate, tokens/s; 0 = none.',
    'cmd/coordinator/main.go; PR 381, 383',
  ),
  PREFILL_DECODE_RATIO: real(
    within(-1_000_000, 1_000_000).default(12),
    'Prefill rate assumed per decode rate where none is registered; 0 or less is ignored.',
    'registry/scheduler.go; 12 since PR 383, 4 before',
  ),
  LONG_PROMPT_TOKENS: real(
    count().default(0),
    'Prompts of this many tokens cost extra; 0 = off.',
    'cmd/coordinator/main.go; off unless set',
  ),
  LONG_PROMPT_PREFILL_WEIGHT: real(
    within(-1_000_000, 1_000_000).default(2),
    'Weight of the prefill of a long prompt, at least 1.',
    'cmd/coordinator/main.go',
  ),
}

/** After the tree that PR 432 was written against; off by default. Facts: coordinator-control §3.4, §3.8, §3.9. */
const later = {
  DEDICATED_MODELS: real(
    z.array(aName()).default([]),
    'Parts of build ids: such a model uses only machines that advertise nothing else.',
    'registry/dedicated_models.go; PR 434 of 21 June, whose own default is gemma-4',
    { emptyList: 'none' },
  ),
  DEDICATED_QUEUE_BEFORE_SHED: ours(
    z.boolean().default(false),
    'Dedicated models queue like others instead of answering machine_busy.',
    'PR 512 of 4 July, without a switch',
  ),
  QUALITY_CONCURRENCY_CAP: real(
    z.boolean().default(false),
    'No more requests at once than keep WARM_POOL_DECODE_FLOOR_TPS each.',
    'registry/config.go; PR 437, 439 of 21 June, on by default there',
  ),
  QUALITY_CONCURRENCY_OVERCOMMIT: real(
    positiveAmount().default(2),
    'Factor on that cap.',
    'registry/config.go; 2.0 in June, 1.2 since PR 512',
    { formerly: ['QUALITY_CONCURRENCY_CAP_OVERCOMMIT'] },
  ),
  QUALITY_CONCURRENCY_OVERCOMMIT_BY_MODEL: real(
    byName(positiveAmount()).prefault({}),
    'The factor of single builds.',
    'registry/concurrency_cap.go; from July',
    {
      formerly: ['QUALITY_CONCURRENCY_CAP_BY_MODEL'],
      notHere: 'Builds are named exactly; the real one takes letters of either case.',
    },
  ),
  MODEL_SOLO_TPS_SEED: real(
    byName(positiveAmount()).prefault({}),
    'Decode rate of a lone request for that cap, tokens/s, by build or by `build@M4 Max` (`build@M4|Max` in an environment).',
    'registry/concurrency_cap.go; PR 524 of July',
    { notHere: 'A seed for the whole build is not lowered to the slowest class that has one of its own.' },
  ),
  QUALITY_CAP_PER_MODEL_TPS: real(
    z.boolean().default(false),
    'That rate is also learnt from heartbeats of machines with one request; seeds count either way.',
    'registry/concurrency_cap.go; PR 524 of July, on by default there',
  ),
  QUALITY_CAP_SOLO_MIN_SAMPLES: real(
    positiveCount().default(5),
    'Heartbeats from which a learnt rate is believed.',
    'registry/concurrency_cap.go; PR 524 of July',
  ),
  BATCH_SLOWDOWN: ours(
    amount().default(0.27),
    'Slow-down assumed per further request in a batch: solo / (1 + this x requests).',
    'constant of registry/scheduler.go: fitted to a 7B model on an M4 Max in June, 0.39 since July',
  ),
  SERVABILITY_GATE: real(
    z.boolean().default(false),
    'Refuse requests no machine could ever serve: context_exceeded, prompt_too_long.',
    'api/servability_gate.go; PR 410, off in June, on later',
  ),
  PROMPT_CALIBRATION: real(
    byName(positiveAmount()).prefault({ 'gpt-oss': 1.3 }),
    'Real over estimated prompt tokens by part of a build id, for that gate.',
    'api/prompt_calibration.go; PR 410',
    { separator: ':' },
  ),
  MAX_CAPACITY_ATTEMPTS: ours(
    count().default(0),
    'Attempts that may fail for lack of room before the answer is 429, and a prompt over the context ends at the first; 0 = no limit.',
    'constant of api/dispatch.go, 3 on 21 June (measured there) and since; not confirmed for the tree of PR 432',
  ),
}

/** Facts: coordinator-routing §2, §5, §6. */
const door = {
  FRAME_LIMIT: ours(
    bytes().prefault('32MiB'),
    'Largest body a provider takes; more is answered 413.',
    'constant of the real program',
  ),
  CACHE_AFFINITY_TTL: real(
    duration().prefault('10m'),
    'How long a conversation is remembered.',
    'registry/config.go of June; no reader in the autumn',
  ),
  CACHE_AFFINITY_ENTRIES: ours(
    count().default(10_000),
    'How many conversations are remembered.',
    'constant of the real program',
  ),
  CACHE_AFFINITY_BONUS_MS: real(
    within(0, 10_000).default(1_500),
    'Taken off the cost of the machine that served the conversation last, ms.',
    'registry/config.go of June; no reader in the autumn',
  ),
  ACCOUNTS: ours(
    byName(
      z.strictObject({
        tokens_per_minute: positiveCount().optional().describe('Prompt plus max_tokens; more is answered 429.'),
        spend_cap_tokens: positiveCount()
          .optional()
          .describe('Tokens of finished answers; then 402 insufficient_quota.'),
        balance_tokens: positiveCount().optional().describe('Tokens paid for; then 402 insufficient_funds.'),
      }),
    ).prefault({}),
    'Limits of single accounts. Assumed shape: the real ones are private. Absent: none.',
    'assumed; stands for RATE_LIMIT_… and the accounts’ own limits',
    { notHere: 'Rates of requests, and separate rates of prompt and answer tokens.' },
  ),
}

const deadlines = {
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

const queue = {
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

/** Facts: coordinator-routing §2, §9, §11. */
const health = {
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
const attestation = {
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

/** Read once in registry/config.go as of 21 June. Facts: coordinator-control §2. */
const WARM_POOL = 'registry/config.go; PR 383'

const warmPool = {
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

/**
 * PR 435 (facts: coordinator-control §1.2-1.4, coordinator-routing §16), never merged. Only a policy that plans reads them, so
 * naming it is the first switch; the pull request shipped all three switches off.
 */
const PLANNING_POLICY: MoreFacts = { notHere: 'Read only under a policy that plans, such as placement.' }

const placement = {
  ASSIGNMENT_GATE_ENABLED: real(
    z.boolean().default(true),
    'A machine with an assignment serves that model only.',
    'PR 435, off by default there',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_ENABLED: real(
    z.boolean().default(true),
    'Plan assignments at every warm-pool tick.',
    'PR 435, off by default there',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_ENFORCE: real(
    z.boolean().default(true),
    'Send them; off: shadow mode, plans are recorded only.',
    'PR 435, off by default there',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_MIN_DWELL: ours(
    duration().prefault('5m'),
    'How long an assigned machine is not moved again.',
    'tests of PR 435; its own name could not be read',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_PRIORITY: ours(
    byName(within(-1_000_000, 1_000_000)).prefault({}),
    'Priority per build; higher takes machines first.',
    'tests of PR 435; its own name could not be read',
    PLANNING_POLICY,
  ),
  WARM_POOL_PLACEMENT_COUNTS_FAILED: ours(
    z.boolean().default(true),
    'A failed or stuck assignment counts as a machine of its pool; false mends it.',
    'review finding on PR 435',
    PLANNING_POLICY,
  ),
  ASSIGN_MODEL_MIN_VERSION: ours(
    z
      .string()
      .regex(/^(?:v?\d+(?:\.\d+){0,2})?$/, { error: 'must be a version such as 0.7.0, or empty' })
      .default(''),
    'First provider version that understands assign_model; empty: all do.',
    'PR 435',
    PLANNING_POLICY,
  ),
}

/** How refusals leave; what the real one does is the default. */
const answers = {
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

/** The coordinator as a machine of its own, and what it measures. */
const itself = {
  decision: ours(
    z
      .strictObject({
        // Median overhead measured in production (facts coordinator-control §5.3).
        service: durationWithin('0', '10s').prefault('23ms').describe('What one routing decision takes.'),
        // Assumed: nobody has published what a scan costs apart from the 23 ms, which hold it for the fleet of that time.
        per_provider: durationWithin('0', '100ms')
          .prefault(0)
          .describe('What a decision takes on top per machine that advertises the build. Assumed; 0 = nothing.'),
        // Assumed: 175,223 selections/h = 48.7/s at 23 ms (control §5.1, #757) keep 1.1 servers busy; 8 leave it unsaturated.
        servers: positiveCount().default(8).describe('Decisions made at the same time.'),
        // Off: with 0 nothing waits for the lock. 16us are derived: 175,223 selections/h over 1,283 Macs (control §5.1, #757)
        // went through one lock, so none held it for longer than 20.5 ms.
        lock_per_provider: durationWithin('0', '100ms')
          .prefault(0)
          .describe(
            'How long a decision, a retry like a first one, holds the lock that all share, whatever their model, per machine connected: it scans the whole fleet under it (PR 793 of 31 August took the scan out). At most 16us, derived from 48.7 selections/s on 1,283 Macs; 0 = no lock.',
          ),
      })
      .prefault({}),
    'The coordinator’s own queue for routing decisions.',
    '23 ms: median overhead of the report of 25 July (579); 8 servers are assumed. Stands for ROUTING_CONCURRENCY',
    { notHere: 'Locks other than the one of `lock_per_provider`.' },
  ),
  METRICS_INTERVAL: ours(period().prefault('10s'), 'Period of the pool gauges and the isolation audit.', 'assumed'),
}

const SETTINGS = {
  ...routing,
  ...later,
  ...door,
  ...deadlines,
  ...queue,
  ...health,
  ...attestation,
  ...warmPool,
  ...placement,
  ...answers,
  ...itself,
}

type SettingName = keyof typeof SETTINGS

export interface SettingEntry {
  readonly name: string
  /** What the settings beside it are about too. */
  readonly group: string
  readonly about: string
  /** As a scenario would write it. */
  readonly default: unknown
  readonly facts: SettingFacts
}

/** Every setting, in the order in which lists show them. */
export function listSettings(): readonly SettingEntry[] {
  const groups: readonly (readonly [group: string, settings: { readonly [name: string]: z.ZodType }])[] = [
    ['routing', routing],
    ['rules that came after the tree of PR 432', later],
    ['at the door', door],
    ['deadlines and attempts', deadlines],
    ['queue', queue],
    ['evictions, cooldowns, breakers', health],
    ['attestation', attestation],
    ['warm pool', warmPool],
    ['placement (PR 435)', placement],
    ['answers', answers],
    ['the coordinator itself', itself],
  ]
  return groups.flatMap(([group, settings]) =>
    Object.entries(settings).map(([name, schema]) => ({
      name,
      group,
      about: schema.description ?? '',
      default: writtenDefault(schema),
      facts: must(FACTS.get(schema), `no facts of ${name}`),
    })),
  )
}

function writtenDefault(schema: z.core.$ZodType): unknown {
  let bare = schema
  let written: unknown
  while (bare instanceof z.ZodDefault || bare instanceof z.ZodPrefault) {
    written = bare.def.defaultValue
    bare = bare.def.innerType
  }
  if (!(bare instanceof z.ZodObject)) return written
  return Object.fromEntries(Object.entries(bare.shape).map(([key, inner]) => [key, writtenDefault(inner)]))
}

type Written = boolean | number | string | readonly string[] | { readonly [key: string]: number }

interface PresetLine {
  readonly to: Written
  readonly source: string
}

interface Preset {
  readonly about: string
  /** The name it had before it was named by date. */
  readonly formerly?: string
  /** What it changes from the defaults, and who says so. */
  readonly lines: { readonly [name in SettingName]?: PresetLine }
}

/** Before PR 381, 383 (17 June): what those brought is not there yet, and neither are the breakers of PR 413. */
const NO_NODE_BREAKER = {
  BREAKER_CONSECUTIVE: { to: 1_000_000, source: 'PR 413 of 19 June brought the node breaker' },
  BREAKER_MIN_OUTCOMES: { to: 1_000_000, source: 'PR 413 of 19 June brought the node breaker' },
} as const

const MAIN_OF_21_JUNE = {
  DEDICATED_MODELS: { to: ['gemma-4'], source: 'default of PR 434, merged 21 June' },
  QUALITY_CONCURRENCY_CAP: { to: true, source: 'PR 437, 439, merged 21 June: on, floor 15, overcommit 2.0' },
  MAX_CAPACITY_ATTEMPTS: { to: 3, source: 'measured on main of 21 June' },
} as const

/** PR 512 of 4 July, as far as it is modelled: not its calibration of the TTFT estimate, nor breakers that outlive a reconnect. */
const SINCE_PR_512 = {
  DEDICATED_QUEUE_BEFORE_SHED: { to: true, source: 'PR 512 of 4 July' },
  QUALITY_CONCURRENCY_OVERCOMMIT: { to: 1.2, source: 'registry/concurrency_cap.go since PR 512' },
  SERVABILITY_GATE: {
    to: true,
    source: 'PR 512 refuses what no token budget can hold; on in deploy/environments/prod.env',
  },
} as const

const PRODUCTION_OF_AUGUST = {
  DEDICATED_MODELS: { to: ['gemma-4'], source: 'deploy/environments/prod.env' },
  DEDICATED_QUEUE_BEFORE_SHED: { to: true, source: 'PR 512 of 4 July' },
  QUALITY_CONCURRENCY_CAP: { to: true, source: 'on by default since 21 June' },
  QUALITY_CONCURRENCY_OVERCOMMIT: { to: 1.2, source: 'registry/concurrency_cap.go since PR 512' },
  MODEL_SOLO_TPS_SEED: {
    to: {
      'gemma-4-26b-qat-4bit': 14,
      'gemma-4-26b-qat-4bit@M4 Max': 70,
      'gpt-oss-20b': 30,
      'gpt-oss-20b@M4 Max': 70,
    },
    source: 'deploy/environments/prod.env',
  },
  QUALITY_CAP_PER_MODEL_TPS: { to: true, source: 'on by default since PR 524 of July' },
  BATCH_SLOWDOWN: { to: 0.39, source: 'refitted in July (provider 0.8)' },
  COLD_DISPATCH: { to: false, source: 'deploy/environments/prod.env' },
  SERVABILITY_GATE: { to: true, source: 'deploy/environments/prod.env' },
  TTFT_LIVE_DEADLINE_BASE_MS: { to: 9_000, source: 'deploy/environments/prod.env; PR 468' },
  MAX_CAPACITY_ATTEMPTS: { to: 3, source: 'PR 447' },
  QUEUE_MAX_DEPTH: { to: 8, source: 'deploy/environments/prod.env' },
  QUEUE_MAX_WAIT: { to: '6s', source: 'deploy/environments/prod.env' },
  WARM_POOL_INTERVAL: { to: '30s', source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_MIN_DWELL: { to: '1m', source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_QUEUE_AGE_THRESHOLD: { to: '5s', source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_MAX_LOADS_PER_TICK: { to: 8, source: 'deploy/environments/prod.env, observed on 17 July' },
  WARM_POOL_MIN_WARM: {
    to: { 'gpt-oss-20b': 16, 'gemma-4-26b-qat-4bit': 32 },
    source: 'deploy/environments/prod.env, observed on 17 July',
  },
} as const

/** Named by date, for `coordinator: {preset: …}`. A key written beside the preset wins over it. */
export const PRESETS = {
  '2026-06-17-hard-x4': {
    about:
      'the morning of 17 June: hard TTFT gate, prefill taken for 4 x decode, no decode floor, nothing loads or waits on demand',
    lines: {
      TTFT_HARD_REJECT: { to: true, source: 'PR 360 of 15 June; PR 381 of 17 June made it soft' },
      PREFILL_DECODE_RATIO: { to: 4, source: 'registry/scheduler.go before PR 383' },
      MIN_DECODE_TPS: { to: 0, source: 'PR 381, 383 brought the floor' },
      COLD_DISPATCH: { to: false, source: 'PR 381, 383 brought it' },
      QUEUE_BEFORE_SHED: { to: false, source: 'PR 381, 383 brought it' },
      WARM_POOL_INTERVAL: { to: '30s', source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      WARM_POOL_MAX_LOADS_PER_TICK: { to: 1, source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      WARM_POOL_MAX_LOADS_PER_TICK_CEILING: { to: 1, source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      WARM_POOL_MAX_GLOBAL_PENDING_LOADS: { to: 4, source: 'text of PR 383: 1 load per 30 s, 4 pending before' },
      ...NO_NODE_BREAKER,
    },
  },
  '2026-06-17-soft': {
    about:
      'the relaunch of 17 June after the incident of its first rollout: soft gate, floor 15, no cold dispatch, warm pool watching only',
    lines: {
      COLD_DISPATCH: { to: false, source: 'relaunch posture of PR 387, 389' },
      WARM_POOL_OBSERVE_ONLY: { to: true, source: 'relaunch posture of PR 387, 389' },
      ...NO_NODE_BREAKER,
    },
  },
  '2026-06-20': {
    about: 'the tree that PR 432 was written against; the defaults',
    formerly: 'pr-432-base',
    lines: {},
  },
  '2026-06-21': {
    about: 'main a day later: dedicated family, quality cap, three failures for lack of room end a request',
    formerly: 'main-2026-06-21',
    lines: MAIN_OF_21_JUNE,
  },
  '2026-06-27-hard-x12': {
    about:
      'the week of 27 June to 3 July: main of 21 June with the TTFT gate hard again, ratio 12, base 5 s, overcommit 2.0',
    lines: {
      ...MAIN_OF_21_JUNE,
      TTFT_HARD_REJECT: { to: true, source: 'found live by PR 512: 883,000 refusals in the week' },
    },
  },
  '2026-07-06': {
    about: 'the day that PR 468 was argued with: hard gate with a base of 5 s, after the seven fixes of PR 512',
    lines: {
      ...MAIN_OF_21_JUNE,
      ...SINCE_PR_512,
      TTFT_HARD_REJECT: { to: true, source: 'PR 468: the 5 s base shed 143,877 requests in 24 h' },
    },
  },
  '2026-07-25': {
    about: 'the day of the TTFT report (579): production settings of the summer with the gate hard at a base of 9 s',
    lines: {
      ...PRODUCTION_OF_AUGUST,
      TTFT_HARD_REJECT: {
        to: true,
        source: 'report of 25 July: 1,798 ttft_too_slow an hour, which a soft gate never answers',
      },
    },
  },
  '2026-08': {
    about: 'what operators ran in July to September, as far as it is published and modelled',
    formerly: 'production-2026-08',
    lines: PRODUCTION_OF_AUGUST,
  },
} as const satisfies { readonly [name: string]: Preset }

export type PresetName = keyof typeof PRESETS
const DEFAULT_PRESET: PresetName = '2026-06-20'
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[]

const FORMER_PRESETS: ReadonlyMap<string, PresetName> = new Map(
  PRESET_NAMES.flatMap((name) => {
    const { formerly }: Preset = PRESETS[name]
    return formerly === undefined ? [] : [[formerly, name] as const]
  }),
)

/** undefined: it never had another name. */
export const formerName = (name: PresetName): string | undefined => (PRESETS[name] as Preset).formerly

/** By its date, or by the name it had before. */
export const findPreset = (name: unknown): PresetName | undefined =>
  PRESET_NAMES.find((preset) => preset === name) ?? FORMER_PRESETS.get(String(name))

/** What a preset changes from the defaults, as a scenario would write it. */
export const presetSettings = (name: PresetName): { readonly [setting in SettingName]?: Written } =>
  Object.fromEntries(Object.entries<PresetLine>(PRESETS[name].lines).map(([key, { to }]) => [key, to]))

export const coordinatorSettingsSchema = z.strictObject({
  preset: z
    .enum([...PRESET_NAMES, ...FORMER_PRESETS.keys()])
    .transform((name) => findPreset(name) ?? DEFAULT_PRESET)
    .default(DEFAULT_PRESET)
    .describe('A named set of settings, by date; keys beside it win.'),
  ...SETTINGS,
})

export type CoordinatorSettings = z.output<typeof coordinatorSettingsSchema>

export const ENVIRONMENT_PREFIX = 'EIGENINFERENCE_'

const isSetting = (name: string): name is SettingName => Object.hasOwn(SETTINGS, name)

/** Undefined when it is no setting, under this very name. */
export function settingFacts(name: string): SettingFacts | undefined {
  return isSetting(name) ? FACTS.get(SETTINGS[name]) : undefined
}

const FORMER_NAMES: ReadonlyMap<string, string> = new Map(
  Object.keys(SETTINGS).flatMap((name) => (settingFacts(name)?.formerly ?? []).map((former) => [former, name])),
)

/** Names a setting goes by besides its own: what it was called before, and the real variables with the prefix. */
export function spellingsOf(name: string): readonly string[] {
  const facts = settingFacts(name)
  if (facts === undefined) return []
  const { formerly = [], named } = facts
  return [...formerly, ...(named === 'real' ? [name, ...formerly].map((each) => ENVIRONMENT_PREFIX + each) : [])]
}

/** Once: a name with two prefixes is no variable, however often it is read. */
const withoutPrefix = (spelt: string): string => {
  const bare = spelt.startsWith(ENVIRONMENT_PREFIX) ? spelt.slice(ENVIRONMENT_PREFIX.length) : spelt
  return bare.startsWith(ENVIRONMENT_PREFIX) ? spelt : bare
}

/** What only the lab calls so is no variable of the real program. */
const isWronglyPrefixed = (spelt: string): boolean =>
  spelt.startsWith(ENVIRONMENT_PREFIX) && settingFacts(withoutPrefix(spelt))?.named === 'ours'

/** The name under which a setting is kept, whichever way it is spelt; without the prefix when it is none that is known. */
export function settingName(spelt: string): string {
  if (isWronglyPrefixed(spelt)) return spelt
  const bare = withoutPrefix(spelt)
  return FORMER_NAMES.get(bare) ?? bare
}

const isMap = (input: unknown): input is { readonly [key: string]: unknown } =>
  typeof input === 'object' && input !== null && !Array.isArray(input)

export interface SettingComplaint {
  /** As written. */
  readonly key: string
  readonly message: string
}

export interface SettingsReading {
  /** Every setting once, under the name it is kept under, its value as a scenario would write it. */
  readonly settings: unknown
  readonly complaints: readonly SettingComplaint[]
}

/**
 * Settings as somebody pasted them: with or without the prefix, values as an environment holds them. A real setting that is not
 * modelled may be given only at a value that is true of the lab as it is, and drops out. What is no setting at all, and what is
 * no map, is left for the schema to refuse.
 */
export function readSettings(written: unknown): SettingsReading {
  if (!isMap(written)) return { settings: written, complaints: [] }
  const settings = new Map<string, unknown>()
  const spelt = new Map<string, string>()
  const complaints: SettingComplaint[] = []
  for (const [key, value] of Object.entries(written)) {
    const name = settingName(key)
    const before = spelt.get(name)
    const message =
      before === undefined ? whyUnreadable(key, name, value) : `is the same setting as \`${before}\`; keep one of them`
    spelt.set(name, key)
    if (message !== undefined) complaints.push({ key, message })
    else if (isSetting(name) || findAbsentSetting(name) === undefined) settings.set(name, valueOf(name, value))
  }
  return { settings: Object.fromEntries(settings), complaints }
}

function whyUnreadable(key: string, name: string, value: unknown): string | undefined {
  if (isWronglyPrefixed(key))
    return `is no variable of the real coordinator; the lab calls the setting \`${withoutPrefix(key)}\``
  const absent = isSetting(name) ? undefined : findAbsentSetting(name)
  return absent === undefined ? undefined : whyRefused(absent, value)
}

/** From the form of an environment file to that of a scenario; anything else stays, for the schema to take or refuse. */
function valueOf(name: string, written: unknown): unknown {
  const facts = settingFacts(name)
  if (facts === undefined || !isSetting(name)) return written
  const kind = kindOf(SETTINGS[name])
  if (kind === 'boolean' && (typeof written === 'string' || typeof written === 'number'))
    return flagOf(written, facts.words) ?? written
  if (kind === 'record' && isMap(written)) return withChipClasses(name, written)
  if (typeof written !== 'string') return written
  switch (kind) {
    case 'number':
      return numberOf(written) ?? written
    case 'array':
      return written.trim() === facts.emptyList ? [] : listOf(written)
    case 'record': {
      const map = mapOf(written, facts.separator ?? '=')
      if (map === undefined) return written
      return withChipClasses(
        name,
        Object.fromEntries(Object.entries(map).map(([key, value]) => [key, numberOf(value) ?? value])),
      )
    }
    default:
      // Go writes microseconds with either sign.
      return written.replace(/[µμ]s/g, 'us')
  }
}

/** An environment writes a chip class with a bar: `build@M4|Max`. */
function withChipClasses(name: SettingName, map: { readonly [key: string]: unknown }): unknown {
  if (name !== 'MODEL_SOLO_TPS_SEED') return map
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key.replace(/(@[^|]*)\|/, '$1 '), value]))
}

/** Of what a schema takes, under defaults: `boolean`, `number`, `array`, `record`; quantities and text are neither. */
function kindOf(schema: z.core.$ZodType): string {
  let bare = schema
  for (;;) {
    if (bare instanceof z.ZodDefault || bare instanceof z.ZodPrefault) bare = bare.def.innerType
    else if (bare instanceof z.ZodPipe) bare = bare.def.in
    else return bare._zod.def.type
  }
}

/** The preset's settings under those that are written down. What cannot be read is left for the schema to refuse. */
export function withPreset(written: unknown): unknown {
  if (!isMap(written)) return written
  const { settings, complaints } = readSettings(written)
  const refused = Object.fromEntries(complaints.map(({ key }) => [key, written[key]]))
  const preset = findPreset(written['preset'])
  return { ...(preset === undefined ? {} : presetSettings(preset)), ...(settings as object), ...refused }
}

/** What a preset changes while the coordinator runs: every setting that any preset names, to its value or the default. */
export function presetChange(preset: PresetName): Partial<CoordinatorSettings> {
  const settings = coordinatorSettingsSchema.parse(withPreset({ preset }))
  const named = new Set(PRESET_NAMES.flatMap((each) => Object.keys(presetSettings(each))))
  return Object.fromEntries(Object.entries(settings).filter(([name]) => named.has(name)))
}
