/** RunResult: what one run says, under the names other programs rely on. Every figure is over requests that arrived after warm-up. */
import type { AssumedInput } from '../base/assumed.ts'
import type { ModelError } from '../catalog/model-error.ts'

import type { ModelCollapse } from './figures/collapse.ts'
import type { SloFigures } from './figures/slo-figures.ts'

export interface SampleSummary {
  readonly count: number
  readonly mean: number | null
  readonly p50: number | null
  readonly p90: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

export interface RequestCounts {
  readonly arrived: number
  readonly served: number
  readonly cancelled: number
  readonly in_flight: number
  readonly rejected: { readonly [reason: string]: number }
  readonly failed: { readonly [reason: string]: number }
}

/** Shares are null when nothing arrived: there is nothing to judge. */
export interface ModelResult {
  readonly requests: RequestCounts
  readonly rate_429: number | null
  readonly rate_5xx: number | null
  readonly ttft_ms: SampleSummary
  readonly tpot_ms: SampleSummary
  readonly e2e_ms: SampleSummary
  readonly queue_ms: SampleSummary
  readonly decode_tps: SampleSummary
  readonly goodput: number | null
  /** Share of all arrived whose first token came within the key, e.g. "5s". */
  readonly ttft_within: { readonly [limit: string]: number | null }
  readonly served_tokens: { readonly prompt: number; readonly completion: number }
  /** Worked by Macs and delivered to nobody. */
  readonly wasted_tokens: { readonly prompt: number; readonly completion: number }
}

/** What the upstream router and its users had of us, over user requests. */
export interface UpstreamResult {
  readonly uptime: number | null
  readonly users: number
  readonly attempts: number
  readonly failed_over: number
  /** Served by another provider before we were asked. */
  readonly elsewhere: number
  /** Of the users, those whose first attempt came to us. */
  readonly share: number
  readonly retries: number
  readonly attempts_per_user: number
  /** Users whom we served, and whom somebody else served or nobody. */
  readonly served: number
  /** Share of the users whom we served within the SLO, counted from the first time they asked; and how long those we served waited. */
  readonly goodput: number | null
  readonly ttft_ms: SampleSummary
  readonly lost: number
  readonly lost_tokens: { readonly prompt: number; readonly completion: number }
  /** Shares of the time in each class of uptime. */
  readonly standing: {
    readonly unjudged: number
    readonly normal: number
    readonly degraded: number
    readonly down: number
  }
  /** At catalogue prices: what was served, and what was lost. */
  readonly earned_usd: number
  readonly lost_usd: number
}

/**
 * Who made a Mac load. `request`: a request for a build that the coordinator took for resident there; `cold_spill`: one it
 * sent to a Mac without it, knowing that; `swap`: the swap planner, for requests that wait; `plan`: a planning policy.
 */
export type LoadCause = 'request' | 'cold_spill' | 'swap' | 'warm_pool' | 'plan'

interface LoadSum {
  readonly count: number
  readonly seconds: number
}

export interface LoadsByCause {
  readonly request: LoadSum
  readonly cold_spill: LoadSum
  readonly swap: LoadSum
  readonly warm_pool: LoadSum
  readonly plan: LoadSum
}

export interface Fragmentation {
  /** Refusals while at least one truly idle Mac had the build on disk and room for it. */
  readonly rejected_while_idle: number
  readonly waited_while_idle_s: number
  /** Machine-seconds during which a Mac was idle and capable. */
  readonly idle_capable_s: number
}

/** A counter's sum, or a gauge's mean over time; null: it never had a value after warm-up. */
export interface PolicyMetric {
  readonly value: number | null
}

export interface PoolGauges {
  readonly assigned_providers: number
  readonly warm_providers: number
  readonly serving_providers: number
  readonly active_requests: number
  readonly token_budget_used: number
  readonly token_budget_total: number
  readonly observed_decode_tps: number
  readonly resident_slot_providers: number
}

/** Seconds by which one culprit delayed the served requests of one victim, by cause. Negative only where a prefix hit saved time. */
export interface InterferenceParts {
  readonly gpu_s: number
  readonly memory_s: number
  readonly thermal_s: number
  readonly load_s: number
  readonly queue_s: number
}

/** What the author of a scenario should look at before the figures. */
export interface RunWarning {
  readonly code:
    | 'macs_without_requests'
    | 'model_always_refused'
    | 'everything_refused'
    | 'shorter_than_load'
    | 'trace_wraps'
    | 'does_not_fit'
    | 'start_falls_short'
    | 'no_steady_state'
    | 'in_flight'
    | 'what_if'
    | 'real_time'
  /** Which of its code: a reason, a model, a setting. With the code it tells whether two runs warn of the same. */
  readonly about: string
  readonly text: string
  /** The settings to look at; '': none helps. */
  readonly look: string
}

/** What a scenario says of itself, for whoever reads a result without it. Absent in files of before. */
export interface ScenarioWords {
  readonly name: string
  /** Its question. */
  readonly about?: string
  readonly slo?: SloFigures
}

export interface RunResult {
  readonly format: 'fleetlab.run/1'
  readonly scenario: ScenarioWords & { readonly digest: string }
  readonly policy: {
    readonly name: string
    /** Values in force; absent: it has none. */
    readonly parameters?: { readonly [name: string]: number | boolean | string }
  }
  readonly seed: number
  readonly simulated_s: number
  readonly warmup_s: number
  readonly events: number
  readonly digest: string
  /** The texts of `warned`. */
  readonly warnings: readonly string[]
  readonly warned: readonly RunWarning[]
  /** What these figures rest on without anybody knowing it. */
  readonly assumed: readonly AssumedInput[]
  readonly requests: RequestCounts
  readonly models: { readonly [model: string]: ModelResult }
  /** Over the whole run, warm-up included. */
  readonly collapse: { readonly [model: string]: ModelCollapse }
  readonly fragmentation: { readonly [model: string]: Fragmentation }
  readonly pools: { readonly [pool: string]: PoolGauges }
  readonly pool_moves: number
  readonly loads: {
    readonly count: number
    readonly seconds: number
    readonly failed: number
    /** They add up to the above. */
    readonly by_cause: LoadsByCause
  }
  readonly evictions: number
  /** Faults that began after warm-up, by kind. */
  readonly faults: { readonly [what: string]: number }
  readonly providers: {
    readonly count: number
    readonly busy_share: number
    readonly idle_share: number
    /** Share of connected time during which heat held the clock down, whatever the Mac reported; the mean clock, 1 = cool. */
    readonly throttled_share: number
    readonly speed: number
    /** Share of connected time with more in memory than fits. */
    readonly squeezed_share: number
    /** As reported in heartbeats. */
    readonly thermal: { readonly [state: string]: number }
  }
  /**
   * Victim, then culprit: a public model (the victim itself: its own other requests), `ghosts`, `process` (another process
   * of the Mac), `prefix_hit` (a credit) or `none` (coordinator, network, retries, polls, faults).
   */
  readonly interference: { readonly [victim: string]: { readonly [culprit: string]: InterferenceParts } }
  readonly audit: {
    readonly providers_with_multiple_resident_slots: number
    readonly providers_with_multiple_active_pools: number
  }
  /** In the form in which operators published theirs. */
  readonly reported: {
    /** Answers by their status; a client that gave up got none. */
    readonly answered: { readonly ok: number; readonly rate_limited: number; readonly server_error: number }
    /** Attempts that a Mac failed, those of the Mac that failed most, and of the nine that did. */
    readonly attempt_errors: { readonly all: number; readonly of_worst: number; readonly of_worst_nine: number }
    /** As the coordinator estimated them: of requests that were served, and of those answered 429. */
    readonly prompt_tokens: { readonly served: SampleSummary; readonly refused: SampleSummary }
    /** Served requests by the Mac they were sent to: with the build loaded and nothing to do, loaded and at work, or without it. */
    readonly served_on: { readonly idle_warm: number; readonly busy_warm: number; readonly cold: number }
    /** First token after dispatch, of all models. */
    readonly ttft_from_dispatch_ms: SampleSummary
    /** How many Macs, on average: connected, with some build resident, with a request. */
    readonly macs: { readonly connected: number; readonly warm: number; readonly active: number }
  }
  readonly reported_by_model: {
    readonly [model: string]: {
      /** Requests that ever waited in the coordinator's queue. */
      readonly queued: number
      /** Machines that could have taken a request, as the door saw it. */
      readonly candidates: SampleSummary
      /** What the coordinator expected when it first chose a Mac. */
      readonly ttft_estimate_ms: SampleSummary
      /** First token after dispatch: without the queue, the decision and what failed before. */
      readonly ttft_from_dispatch_ms: SampleSummary
    }
  }
  readonly upstream: { readonly [model: string]: UpstreamResult }
  /** Sums over models, at catalogue prices. */
  readonly revenue: { readonly earned_usd: number; readonly lost_usd: number }
  /** Of the GPUs alone; null when the power of the Macs is not known. */
  readonly energy: { readonly gpu_kwh: number | null; readonly gpu_wh_per_1k_tokens: number | null }
  /** Of the policy's own, by name; absent: it keeps none. */
  readonly policy_metrics?: { readonly [metric: string]: PolicyMetric }
  readonly series: {
    readonly interval_s: number
    readonly [name: string]: number | readonly (number | null)[]
  }
  /** When, where and how long, which may differ between identical runs, and what was drawn for them to be played with. */
  readonly meta: ResultMeta
}

export interface ResultMeta {
  readonly [key: string]: string | number | DrawnErrors | undefined
  /** How far off the Mac model was taken to be, by class of Macs; absent: as calibrated. */
  readonly model_error?: DrawnErrors
}

export interface DrawnErrors {
  readonly [macClass: string]: ModelError
}
