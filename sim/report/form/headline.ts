/**
 * Which figures a comparison shows per model, in which order, and which of them decide. Verdicts rest on goodput and on
 * fragmentation alone: a policy can improve any latency of the served by serving fewer.
 */

export interface HeadlineMetric {
  readonly label: string
  readonly path: string
}

/** A model's name inside a metric path. */
const of = (model: string): string => `models[${JSON.stringify(model)}]`

/** What became of everything that arrived. */
export const outcomeMetrics = (model: string): readonly HeadlineMetric[] => [
  { label: 'goodput', path: `${of(model)}.goodput` },
  { label: 'first token ≤ 5 s', path: `${of(model)}.ttft_within["5s"]` },
  { label: '429', path: `${of(model)}.rate_429` },
  { label: '5xx', path: `${of(model)}.rate_5xx` },
  { label: 'uptime', path: `upstream[${JSON.stringify(model)}].uptime` },
]

export const fragmentationMetrics = (model: string): readonly HeadlineMetric[] => {
  const price = `fragmentation[${JSON.stringify(model)}]`
  return [
    { label: 'rejected while idle', path: `${price}.rejected_while_idle` },
    { label: 'waited while idle', path: `${price}.waited_while_idle_s` },
    { label: 'idle and capable', path: `${price}.idle_capable_s` },
  ]
}

/** Over the served only: never a verdict. */
export const servedMetrics = (model: string): readonly HeadlineMetric[] => [
  { label: 'TTFT p50, served', path: `${of(model)}.ttft_ms.p50` },
  { label: 'TTFT p95, served', path: `${of(model)}.ttft_ms.p95` },
  { label: 'TTFT p99, served', path: `${of(model)}.ttft_ms.p99` },
  { label: 'decode p50, served', path: `${of(model)}.decode_tps.p50` },
]

/** What the router did with us; the caller keeps those that occur. */
export const routerMetrics = (model: string): readonly HeadlineMetric[] => {
  const seen = `upstream[${JSON.stringify(model)}]`
  return [
    { label: 'failed over', path: `${seen}.failed_over` },
    { label: 'elsewhere first', path: `${seen}.elsewhere` },
    { label: 'retries to us', path: `${seen}.retries` },
    { label: 'lost users', path: `${seen}.lost` },
    { label: 'tokens wasted', path: `${of(model)}.wasted_tokens.completion` },
  ]
}

/** Users where they are not attempts: some never asked us, or asked more than once. */
export const userMetrics = (model: string): readonly HeadlineMetric[] => {
  const seen = `upstream[${JSON.stringify(model)}]`
  return [
    { label: 'share kept', path: `${seen}.share` },
    { label: 'users served', path: `${seen}.served` },
    { label: 'users within SLO', path: `${seen}.goodput` },
    { label: 'users TTFT p50', path: `${seen}.ttft_ms.p50` },
  ]
}

/** Loads by what caused them; the caller keeps those that occur. */
export const LOAD_METRICS: readonly HeadlineMetric[] = [
  { label: '  for a request', path: 'loads.by_cause.request.count' },
  { label: '  by cold spill', path: 'loads.by_cause.cold_spill.count' },
  { label: '  by swap planner', path: 'loads.by_cause.swap.count' },
  { label: '  by warm pool', path: 'loads.by_cause.warm_pool.count' },
  { label: '  by plan', path: 'loads.by_cause.plan.count' },
]

/** Refusals by reason; the caller keeps those that occur. */
export const rejectionPrefix = (model: string): string => `${of(model)}.requests.rejected`

/** Of the whole fleet. */
export const FLEET_METRICS: readonly HeadlineMetric[] = [
  { label: 'loads', path: 'loads.count' },
  { label: 'load time', path: 'loads.seconds' },
  { label: 'earned', path: 'revenue.earned_usd' },
  { label: 'GPU energy', path: 'energy.gpu_kwh' },
  { label: 'evictions', path: 'evictions' },
  { label: 'pool moves', path: 'pool_moves' },
  { label: 'several resident models', path: 'audit.providers_with_multiple_resident_slots' },
  { label: 'several active pools', path: 'audit.providers_with_multiple_active_pools' },
  { label: 'busy share of providers', path: 'providers.busy_share' },
]
