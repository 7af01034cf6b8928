/**
 * What figures a result holds, what each is measured in, and which way is good: declared once, for whoever names,
 * judges or prints one. Its shape follows from that of a result, so a figure that is not declared does not compile.
 */
import { OTHER_CULPRITS } from '../../base/culprits.ts'
import { wordsOf } from '../../trace/schema.ts'
import { FAULT_ENDINGS } from '../fleet/fleet.ts'
import { TTFT_LIMITS } from '../requests/model-tally.ts'
import type { SampleSummary, InterferenceParts, LoadsByCause, PoolGauges, RequestCounts, RunResult } from '../result.ts'

/** share: of a whole, 0 … 1. plain: a number of things. */
export type Unit = 'share' | 'ms' | 's' | 'tok/s' | 'provider-s' | 'tokens' | 'USD' | 'kWh' | 'Wh' | 'plain'

export type GoodDirection = 'up' | 'down'

export interface Figure {
  readonly unit: Unit
  /** undefined: more is neither better nor worse (busy time, gauges, counts of samples). */
  readonly good: GoodDirection | undefined
  /** May be below 0. */
  readonly signed: boolean
}

/** What a scenario's names are called that stand in the path of a figure. */
export type NameKind = 'model' | 'pool' | 'culprit' | 'metric'

/** A member for each name a scenario gives. */
interface EachOf<Of> {
  readonly each: NameKind
  /** Names that every scenario has. */
  readonly always: readonly string[]
  readonly of: Of
  /** What a run reads for a name it does not mention; undefined: there is no such figure. */
  readonly absent: number | null | undefined
}

export interface Each extends EachOf<Figures> {}

/** A figure for each of a closed list of names, of which a result may mention some. */
export interface Named {
  readonly named: { readonly [name: string]: Figure }
  readonly absent: number | undefined
}

export interface Members {
  readonly [name: string]: Figures
}

export type Figures = Figure | Each | Named | Members

const isFigure = (node: Figures): node is Figure => 'unit' in node && typeof node.unit === 'string'
export const isEach = (node: Figures): node is Each => 'each' in node && typeof node.each === 'string'
export const isNamed = (node: Figures): node is Named => 'named' in node && 'absent' in node

const figure = (unit: Unit, good?: GoodDirection): Figure => ({ unit, good, signed: false })
const each = <Of>(kind: NameKind, of: Of, absent?: number | null, always: readonly string[] = []): EachOf<Of> => ({
  each: kind,
  always,
  of,
  absent,
})
const alike = (names: readonly string[], shared: Figure): { readonly [name: string]: Figure } =>
  Object.fromEntries(names.map((name) => [name, shared]))
/** A counter that never counted is absent from a result and reads 0. */
const counters = (names: readonly string[], shared: Figure): Named => ({ named: alike(names, shared), absent: 0 })

/** Why a request was refused or failed. */
const REASONS = wordsOf('ended', 'reason').filter(Boolean)

/** Kinds that are counted; their endings are not. */
const FAULTS = wordsOf('fault', 'what').filter((what) => !FAULT_ENDINGS.has(what))

const REQUESTS: Shape<RequestCounts> = {
  arrived: figure('plain'),
  served: figure('plain', 'up'),
  cancelled: figure('plain', 'down'),
  in_flight: figure('plain', 'down'),
  rejected: counters(REASONS, figure('plain', 'down')),
  failed: counters(REASONS, figure('plain', 'down')),
}

const distribution = (unit: Unit, good?: GoodDirection): Shape<SampleSummary> => {
  const shared = figure(unit, good)
  return { count: figure('plain'), mean: shared, p50: shared, p90: shared, p95: shared, p99: shared, max: shared }
}

const POOL: Shape<PoolGauges> = {
  assigned_providers: figure('plain'),
  warm_providers: figure('plain'),
  serving_providers: figure('plain'),
  active_requests: figure('plain'),
  token_budget_used: figure('tokens'),
  token_budget_total: figure('tokens'),
  observed_decode_tps: figure('tok/s'),
  resident_slot_providers: figure('plain'),
}

/** A prefix hit is a credit. */
const delay: Figure = { unit: 's', good: 'down', signed: true }
const DELAYS: Shape<InterferenceParts> = {
  gpu_s: delay,
  memory_s: delay,
  thermal_s: delay,
  load_s: delay,
  queue_s: delay,
}

/** Whether more of it is better only the policy's author knows. */
const OWN: Figure = { unit: 'plain', good: undefined, signed: true }

/** Members of a result that are no figures of the simulated fleet. */
type NotMetrics =
  | 'format'
  | 'scenario'
  | 'policy'
  | 'seed'
  | 'simulated_s'
  | 'warmup_s'
  | 'events'
  | 'digest'
  | 'warnings'
  | 'warned'
  | 'assumed'
  | 'collapse'
  | 'series'
  | 'meta'

type Shape<T> = [T] extends [number | null]
  ? Figure
  : string extends keyof T
    ? [T[string & keyof T]] extends [number | null]
      ? Named
      : EachOf<Shape<T[string & keyof T]>>
    : { readonly [K in keyof T]-?: Shape<Exclude<T[K], undefined>> }

const LOADS: Shape<LoadsByCause['request']> = { count: figure('plain', 'down'), seconds: figure('s', 'down') }

const THERMAL: Named = {
  named: { nominal: figure('share', 'up'), ...alike(['fair', 'serious', 'critical'], figure('share', 'down')) },
  absent: undefined,
}

const DECLARED = {
  requests: REQUESTS,
  models: each('model', {
    requests: REQUESTS,
    rate_429: figure('share', 'down'),
    rate_5xx: figure('share', 'down'),
    ttft_ms: distribution('ms', 'down'),
    tpot_ms: distribution('ms', 'down'),
    e2e_ms: distribution('ms', 'down'),
    queue_ms: distribution('ms', 'down'),
    decode_tps: distribution('tok/s', 'up'),
    goodput: figure('share', 'up'),
    ttft_within: {
      named: alike(
        TTFT_LIMITS.map(([key]) => key),
        figure('share', 'up'),
      ),
      absent: undefined,
    },
    served_tokens: { prompt: figure('tokens', 'up'), completion: figure('tokens', 'up') },
    wasted_tokens: { prompt: figure('tokens', 'down'), completion: figure('tokens', 'down') },
  }),
  fragmentation: each('model', {
    rejected_while_idle: figure('plain', 'down'),
    waited_while_idle_s: figure('s', 'down'),
    idle_capable_s: figure('s'),
  }),
  pools: each('pool', POOL, null),
  pool_moves: figure('plain', 'down'),
  loads: {
    count: figure('plain', 'down'),
    seconds: figure('s', 'down'),
    failed: figure('plain', 'down'),
    by_cause: { request: LOADS, cold_spill: LOADS, swap: LOADS, warm_pool: LOADS, plan: LOADS },
  },
  evictions: figure('plain', 'down'),
  faults: counters(FAULTS, figure('plain', 'down')),
  providers: {
    count: figure('plain'),
    busy_share: figure('share'),
    idle_share: figure('share'),
    throttled_share: figure('share', 'down'),
    speed: figure('share', 'up'),
    squeezed_share: figure('share', 'down'),
    thermal: THERMAL,
  },
  interference: each('model', each('culprit', DELAYS, 0, OTHER_CULPRITS), 0),
  audit: {
    providers_with_multiple_resident_slots: figure('provider-s', 'down'),
    providers_with_multiple_active_pools: figure('provider-s', 'down'),
  },
  upstream: each('model', {
    uptime: figure('share', 'up'),
    users: figure('plain'),
    attempts: figure('plain'),
    failed_over: figure('plain', 'down'),
    elsewhere: figure('plain', 'down'),
    share: figure('share', 'up'),
    retries: figure('plain', 'down'),
    attempts_per_user: figure('plain', 'down'),
    served: figure('plain', 'up'),
    goodput: figure('share', 'up'),
    ttft_ms: distribution('ms', 'down'),
    lost: figure('plain', 'down'),
    lost_tokens: { prompt: figure('tokens', 'down'), completion: figure('tokens', 'down') },
    standing: {
      unjudged: figure('share'),
      normal: figure('share', 'up'),
      degraded: figure('share', 'down'),
      down: figure('share', 'down'),
    },
    earned_usd: figure('USD', 'up'),
    lost_usd: figure('USD', 'down'),
  }),
  reported: {
    answered: {
      ok: figure('plain', 'up'),
      rate_limited: figure('plain', 'down'),
      server_error: figure('plain', 'down'),
    },
    attempt_errors: {
      all: figure('plain', 'down'),
      of_worst: figure('plain', 'down'),
      of_worst_nine: figure('plain', 'down'),
    },
    ttft_from_dispatch_ms: distribution('ms', 'down'),
    prompt_tokens: { served: distribution('tokens'), refused: distribution('tokens') },
    served_on: { idle_warm: figure('plain'), busy_warm: figure('plain'), cold: figure('plain') },
    macs: { connected: figure('plain'), warm: figure('plain'), active: figure('plain') },
  },
  reported_by_model: each('model', {
    queued: figure('plain'),
    candidates: distribution('plain'),
    ttft_estimate_ms: distribution('ms'),
    ttft_from_dispatch_ms: distribution('ms', 'down'),
  }),
  revenue: { earned_usd: figure('USD', 'up'), lost_usd: figure('USD', 'down') },
  energy: { gpu_kwh: figure('kWh', 'down'), gpu_wh_per_1k_tokens: figure('Wh', 'down') },
  policy_metrics: each('metric', { value: OWN }, null),
} satisfies Shape<Omit<RunResult, NotMetrics>>

export const FIGURES: Members = DECLARED

/** What the names are called that stand right below a member of a result; undefined: there are none. */
export function namesBelow(member: string): NameKind | undefined {
  const node = Object.hasOwn(FIGURES, member) ? FIGURES[member]! : undefined
  return node !== undefined && isEach(node) ? node.each : undefined
}

/** Where a path leads, name by name. */
export type Place =
  | { readonly kind: 'figure'; readonly figure: Figure; readonly absent: number | null | undefined }
  /** The path ends before a figure. */
  | { readonly kind: 'group'; readonly node: Exclude<Figures, Figure> }
  /** Nothing is called `names[at]`. `node` is where it was looked for; undefined: in a figure. */
  | { readonly kind: 'lost'; readonly at: number; readonly node: Exclude<Figures, Figure> | undefined }

/** `known` says whether the scenario has a name; every name is taken by default. */
export function placeOf(
  names: readonly string[],
  known: (kind: NameKind, name: string) => boolean = () => true,
): Place {
  let node: Figures = FIGURES
  let absent: number | null | undefined
  for (const [at, name] of names.entries()) {
    if (isFigure(node)) return { kind: 'lost', at, node: undefined }
    let next: Figures | undefined
    if (isEach(node)) {
      ;({ absent } = node)
      next = node.always.includes(name) || known(node.each, name) ? node.of : undefined
    } else if (isNamed(node)) {
      ;({ absent } = node)
      next = Object.hasOwn(node.named, name) ? node.named[name] : undefined
    } else {
      next = Object.hasOwn(node, name) ? node[name] : undefined
    }
    if (next === undefined) return { kind: 'lost', at, node }
    node = next
  }
  return isFigure(node) ? { kind: 'figure', figure: node, absent } : { kind: 'group', node }
}
