/** RunResult: what one run says, under the names other programs rely on. Every figure is over requests that arrived after warm-up. */

import type { ModelCollapse } from './collapse.ts'

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
    | 'no_steady_state'
    | 'in_flight'
    | 'what_if'
  /** Which of its code: a reason, a model, a setting. With the code it tells whether two runs warn of the same. */
  readonly about: string
  readonly text: string
  /** The settings to look at; '': none helps. */
  readonly look: string
}

export interface RunResult {
  readonly format: 'fleetlab.run/1'
  readonly scenario: { readonly name: string; readonly digest: string }
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
  readonly requests: RequestCounts
  readonly models: { readonly [model: string]: ModelResult }
  /** Over the whole run, warm-up included. */
  readonly collapse: { readonly [model: string]: ModelCollapse }
  readonly fragmentation: { readonly [model: string]: Fragmentation }
  readonly pools: { readonly [pool: string]: PoolGauges }
  readonly pool_moves: number
  readonly loads: { readonly count: number; readonly seconds: number; readonly failed: number }
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
  readonly upstream: {
    readonly [model: string]: {
      readonly uptime: number | null
      readonly users: number
      readonly attempts: number
      readonly failed_over: number
      readonly share: number
    }
  }
  /** Of the policy's own, by name; absent: it keeps none. */
  readonly policy_metrics?: { readonly [metric: string]: PolicyMetric }
  readonly series: {
    readonly interval_s: number
    readonly [name: string]: number | readonly (number | null)[]
  }
  /** Everything that may differ between identical runs, and nothing else. */
  readonly meta: { readonly [key: string]: string | number }
}
