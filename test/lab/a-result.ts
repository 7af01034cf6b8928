/** A run's result with only the figures a test speaks of. */
import type { ServedTtft } from '../../sim/metrics/index.ts'
import type { ModelResult, RunResult, SampleSummary, UpstreamResult } from '../../sim/metrics/result.ts'
import type { JobDone } from '../../sim/lab/runs/ports.ts'

const NONE: SampleSummary = { count: 0, mean: null, p50: null, p90: null, p95: null, p99: null, max: null }

const aModel = (figures: Partial<ModelResult> = {}): ModelResult => ({
  requests: { arrived: 100, served: 100, cancelled: 0, in_flight: 0, rejected: {}, failed: {} },
  rate_429: 0,
  rate_5xx: 0,
  ttft_ms: NONE,
  tpot_ms: NONE,
  e2e_ms: NONE,
  queue_ms: NONE,
  decode_tps: NONE,
  goodput: 0.9,
  ttft_within: { '5s': 0.95 },
  served_tokens: { prompt: 1000, completion: 2000 },
  wasted_tokens: { prompt: 10, completion: 20 },
  ...figures,
})

const NO_LOADS = { count: 0, seconds: 0 }

/** Loads that all were the warm pool's. */
const loadsOf = (count: number, seconds: number): RunResult['loads'] => ({
  count,
  seconds,
  failed: 0,
  by_cause: {
    request: NO_LOADS,
    cold_spill: NO_LOADS,
    swap: NO_LOADS,
    warm_pool: { count, seconds },
    plan: NO_LOADS,
  },
})

const UPSTREAM: UpstreamResult = {
  uptime: 0.99,
  users: 100,
  attempts: 100,
  failed_over: 0,
  elsewhere: 0,
  share: 0.5,
  retries: 0,
  attempts_per_user: 1,
  served: 100,
  goodput: 0.9,
  ttft_ms: NONE,
  lost: 0,
  lost_tokens: { prompt: 0, completion: 0 },
  standing: { unjudged: 0, normal: 1, degraded: 0, down: 0 },
  earned_usd: 0.45,
  lost_usd: 0,
}

export const aDistribution = (p50: number, p95 = p50, p99 = p95): SampleSummary => ({
  count: 100,
  mean: p50,
  p50,
  p90: p95,
  p95,
  p99,
  max: p99,
})

const HELD: RunResult['collapse'][string] = { outcome: 'held', up_s: 300, onset_s: null, recovered_s: null, best: 1 }

export interface ResultSketch {
  readonly seed?: number
  readonly policy?: string
  readonly models?: { readonly [model: string]: Partial<ModelResult> }
  readonly fragmentation?: RunResult['fragmentation']
  readonly warnings?: readonly string[]
  readonly warned?: RunResult['warned']
  readonly assumed?: RunResult['assumed']
  readonly loads?: RunResult['loads']
  readonly collapse?: RunResult['collapse']
}

export function aResult(sketch: ResultSketch = {}): RunResult {
  const models = Object.entries(sketch.models ?? { m: {} }).map(([name, model]) => [name, aModel(model)] as const)
  const requests = models[0]![1].requests
  return {
    format: 'fleetlab.run/1',
    scenario: { name: 'a-scenario', digest: 'c0ffee' },
    policy: { name: sketch.policy ?? 'open' },
    seed: sketch.seed ?? 1,
    simulated_s: 3600,
    warmup_s: 600,
    events: 12_345,
    digest: `digest-${sketch.policy ?? 'open'}-${sketch.seed ?? 1}`,
    warnings: sketch.warnings ?? sketch.warned?.map(({ text }) => text) ?? [],
    warned: sketch.warned ?? [],
    assumed: sketch.assumed ?? [],
    requests,
    models: Object.fromEntries(models),
    collapse: sketch.collapse ?? Object.fromEntries(models.map(([name]) => [name, HELD])),
    fragmentation:
      sketch.fragmentation ??
      Object.fromEntries(
        models.map(([name]) => [name, { rejected_while_idle: 0, waited_while_idle_s: 0, idle_capable_s: 100 }]),
      ),
    pools: {},
    pool_moves: 0,
    loads: sketch.loads ?? loadsOf(4, 20),
    evictions: 0,
    faults: {},
    providers: {
      count: 10,
      busy_share: 0.4,
      idle_share: 0.6,
      throttled_share: 0,
      speed: 1,
      squeezed_share: 0,
      thermal: { nominal: 1 },
    },
    reported: {
      answered: { ok: 90, rate_limited: 5, server_error: 5 },
      attempt_errors: { all: 8, of_worst: 3, of_worst_nine: 8 },
      ttft_from_dispatch_ms: NONE,
      prompt_tokens: { served: NONE, refused: NONE },
      served_on: { idle_warm: 60, busy_warm: 30, cold: 10 },
      macs: { connected: 10, warm: 8, active: 4 },
    },
    reported_by_model: Object.fromEntries(
      models.map(([name]) => [
        name,
        { queued: 5, candidates: NONE, ttft_estimate_ms: NONE, ttft_from_dispatch_ms: NONE },
      ]),
    ),
    interference: {},
    audit: { providers_with_multiple_resident_slots: 0, providers_with_multiple_active_pools: 0 },
    upstream: Object.fromEntries(models.map(([name]) => [name, UPSTREAM])),
    revenue: { earned_usd: 0.45, lost_usd: 0 },
    energy: { gpu_kwh: 0.5, gpu_wh_per_1k_tokens: 250 },
    series: { interval_s: 30 },
    meta: {},
  }
}

export interface DoneSketch extends ResultSketch {
  readonly rowCounts?: readonly number[]
  readonly samples?: { readonly [model: string]: readonly (readonly [user: number, ttft_ms: number])[] }
}

export function aDone(sketch: DoneSketch = {}): JobDone {
  const served = Object.entries(sketch.samples ?? {}).map(([model, pairs]): [string, ServedTtft] => [
    model,
    { users: Float64Array.from(pairs, ([user]) => user), ttft_ms: Float64Array.from(pairs, ([, ttft]) => ttft) },
  ])
  return {
    kind: 'done',
    result: aResult(sketch),
    samples: sketch.samples === undefined ? undefined : Object.fromEntries(served),
    rowCounts: sketch.rowCounts ?? [],
    explanation: undefined,
  }
}
