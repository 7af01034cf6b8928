/**
 * Metrics by name: the paths of the result JSON as one string, `models["gemma-4-26b"].rate_429`. They are how
 * expectations, comparisons and sweeps name a figure. A name between brackets may hold anything, a name after a dot
 * anything but dots and brackets; either way of writing reads the same figure.
 */
import type { EndedRow, FaultRow } from '../trace/row.ts'
import type { InterferenceParts, RunResult } from './result.ts'

/** Reasons a counter may be named after; one that never happened is absent from a result and reads 0. */
const REASONS: { readonly [reason in Exclude<EndedRow['reason'], ''>]: true } = {
  pool_exhausted: true,
  machine_busy: true,
  ttft_too_slow: true,
  queue_full: true,
  queue_timeout: true,
  model_shed: true,
  model_too_large: true,
  no_provider: true,
  model_unavailable: true,
  model_not_found: true,
  bad_param: true,
  payload_too_large: true,
  token_limit: true,
  insufficient_quota: true,
  insufficient_funds: true,
  context_exceeded: true,
  prompt_too_long: true,
  capacity_exhausted: true,
  oversized_request: true,
  provider_error: true,
  provider_disconnected: true,
  ttft_timeout: true,
  inference_timeout: true,
}
const POOL_GAUGES: { readonly [gauge in keyof RunResult['pools'][string]]: true } = {
  assigned_providers: true,
  warm_providers: true,
  serving_providers: true,
  active_requests: true,
  token_budget_used: true,
  token_budget_total: true,
  observed_decode_tps: true,
  resident_slot_providers: true,
}

/** Kinds that are counted; their endings are not. */
const FAULTS: { readonly [what in FaultRow['what']]?: true } = {
  crash: true,
  sleep: true,
  network_drop: true,
  stall: true,
  slow: true,
  silent: true,
  broken: true,
  update: true,
  watchdog: true,
  attestation_outage: true,
}
const DELAY_CAUSES: { readonly [cause in keyof InterferenceParts]: true } = {
  gpu_s: true,
  memory_s: true,
  thermal_s: true,
  load_s: true,
  queue_s: true,
}

/** Members of a result that are no figures of the simulated fleet. */
const NOT_METRICS: ReadonlySet<string> = new Set([
  'format',
  'scenario',
  'policy',
  'seed',
  'simulated_s',
  'warmup_s',
  'events',
  'digest',
  'warnings',
  'series',
  'meta',
])
/** Maps whose keys are names of models. */
const BY_MODEL: ReadonlySet<string> = new Set(['models', 'fragmentation', 'upstream', 'interference'])

/** `models["a.b"].ttft_ms.p50` → models, a.b, ttft_ms, p50; undefined when it is no path. */
export function parseMetricPath(path: string): readonly string[] | undefined {
  const names: string[] = []
  const token = /\.?([^.[\]"']+)|\["([^"]*)"\]|\['([^']*)'\]/y
  while (token.lastIndex < path.length) {
    const start = token.lastIndex
    const match = token.exec(path)
    if (match === null) return undefined
    // A dot parts a name from what is before it: at the start there is nothing, and before a bracket it is not written.
    if (match[1] !== undefined && start > 0 !== (path[start] === '.')) return undefined
    names.push(match[1] ?? match[2] ?? match[3]!)
  }
  return names.length === 0 ? undefined : names
}

/** null: the run has no data for it. undefined: there is no such metric. */
export function readMetric(result: RunResult, path: string): number | null | undefined {
  const names = parseMetricPath(path)
  if (names === undefined || NOT_METRICS.has(names[0]!)) return undefined
  let value: unknown = result
  for (const name of names) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return absent(names)
    value = (value as { readonly [name: string]: unknown })[name]
  }
  return typeof value === 'number' || value === null ? value : undefined
}

/** What a path stands for that the result does not hold. */
function absent(names: readonly string[]): number | null | undefined {
  const [parent, last] = names.slice(-2)
  const inRequests =
    names.at(-3) === 'requests' && (names.length === 3 || (names[0] === 'models' && names.length === 5))
  if (inRequests && (parent === 'rejected' || parent === 'failed')) return Object.hasOwn(REASONS, last!) ? 0 : undefined
  if (names[0] === 'faults' && names.length === 2) return Object.hasOwn(FAULTS, last!) ? 0 : undefined
  if (names[0] === 'interference' && names.length === 4) return Object.hasOwn(DELAY_CAUSES, last!) ? 0 : undefined
  if (names[0] === 'pools' && names.length === 3) return Object.hasOwn(POOL_GAUGES, last!) ? null : undefined
  return undefined
}

const PLAIN_NAME = /^[A-Za-z0-9_-]+$/

/** Every figure of a result by its path, in the order of the result. */
export function scalarMetrics(result: RunResult): Map<string, number | null> {
  const metrics = new Map<string, number | null>()
  const walk = (value: unknown, path: string, bracketed: boolean): void => {
    if (typeof value === 'number' || value === null) {
      metrics.set(path, value)
    } else if (typeof value === 'object') {
      for (const [name, child] of Object.entries(value)) {
        const dotted = !bracketed && PLAIN_NAME.test(name)
        walk(
          child,
          dotted ? `${path}.${name}` : `${path}["${name}"]`,
          name === 'ttft_within' || path === 'interference',
        )
      }
    }
  }
  for (const [name, value] of Object.entries(result)) {
    if (!NOT_METRICS.has(name)) walk(value, name, BY_MODEL.has(name))
  }
  return metrics
}

export type GoodDirection = 'up' | 'down'

/** By the last name of the path that says something; names of models, reasons and limits do not. */
const DIRECTIONS: { readonly [name: string]: GoodDirection } = {
  served: 'up',
  cancelled: 'down',
  in_flight: 'down',
  rejected: 'down',
  failed: 'down',
  rate_429: 'down',
  rate_5xx: 'down',
  ttft_ms: 'down',
  tpot_ms: 'down',
  e2e_ms: 'down',
  queue_ms: 'down',
  decode_tps: 'up',
  goodput: 'up',
  ttft_within: 'up',
  served_tokens: 'up',
  rejected_while_idle: 'down',
  waited_while_idle_s: 'down',
  pool_moves: 'down',
  loads: 'down',
  evictions: 'down',
  faults: 'down',
  throttled_share: 'down',
  squeezed_share: 'down',
  speed: 'up',
  thermal: 'down',
  audit: 'down',
  uptime: 'up',
  failed_over: 'down',
  share: 'up',
}

/** undefined: more is neither better nor worse (busy time, gauges, counts of samples). */
export function goodDirection(path: string): GoodDirection | undefined {
  const names = parseMetricPath(path)
  if (names === undefined || names[0] === 'pools') return undefined
  if (names[0] === 'interference') return 'down'
  // The name of a model must not be taken for that of a figure.
  const figures = BY_MODEL.has(names[0]!) ? names.slice(2) : names
  const last = figures.at(-1)
  if (last === 'count' && figures.length > 1 && figures[0] !== 'loads') return undefined
  if (last === 'nominal' && figures.at(-2) === 'thermal') return 'up'
  const named = figures.findLast((name) => Object.hasOwn(DIRECTIONS, name))
  return named === undefined ? undefined : DIRECTIONS[named]
}
