/** What a result alone can tell over time: all but prompt tokens and the upper decode rates. */
import type { RunResult } from '../../../sim/metrics/result.ts'
import type { PoolSeries } from './pool-series.ts'
import { type ModelSeries, policySeries, type RunSeries } from './run-series.ts'

type Values = readonly (number | null)[]

const listOf = (series: RunResult['series'], name: string): Values => {
  const values = series[name]
  return typeof values === 'object' ? values : []
}

/** What stands between a prefix and an ending, for every series that has both. */
const between = (series: RunResult['series'], prefix: string, ending: string): string[] =>
  Object.keys(series)
    .filter((name) => name.startsWith(prefix) && name.endsWith(ending))
    .map((name) => name.slice(prefix.length, name.length - ending.length))

const LOADS_BY = 'loads_by.'
const REASON = 'rejected_429_by.'

function refusals(series: RunResult['series'], model: string): { [reason: string]: Values } {
  // A reason has no dot; a longer one ends with the name of another model.
  const reasons = between(series, REASON, `.${model}`).filter((reason) => !reason.includes('.'))
  if (reasons.length > 0)
    return Object.fromEntries(reasons.map((reason) => [reason, listOf(series, `${REASON}${reason}.${model}`)]))
  const all = listOf(series, `rejected_429.${model}`)
  return all.some((count) => count !== 0) ? { 'any reason': all } : {}
}

export function seriesOfResult(result: RunResult): RunSeries {
  const { series } = result
  const models = Object.keys(result.models).map((model): [string, ModelSeries] => {
    const of = (name: string): Values => listOf(series, `${name}.${model}`)
    return [
      model,
      {
        arrived: of('arrived'),
        served: of('served'),
        answered_429: refusals(series, model),
        goodput: of('goodput'),
        ttft_p50_ms: of('ttft_p50_ms'),
        ttft_p95_ms: of('ttft_p95_ms'),
        decode_p50_tps: of('decode_tps_p50'),
        decode_p95_tps: [],
        prompt_tokens: [],
        completion_tokens: of('completion_tokens'),
      },
    ]
  })
  const pools = between(series, 'pool_assigned.', '').map((pool): [string, PoolSeries] => [
    pool,
    { assigned: listOf(series, `pool_assigned.${pool}`), warm: listOf(series, `pool_warm.${pool}`) },
  ])
  const loads = listOf(series, 'loads')
  const causes = between(series, LOADS_BY, '')
    .map((cause): [string, Values] => [cause, listOf(series, LOADS_BY + cause)])
    .filter(([, counts]) => counts.some((count) => count !== 0))
  return {
    interval_s: series.interval_s,
    // The run goes on until the last answer, the series end with the arrivals.
    duration_s:
      loads.length === 0 ? result.simulated_s : Math.min(result.simulated_s, loads.length * series.interval_s),
    models: Object.fromEntries(models),
    queue_depth: listOf(series, 'queue_depth'),
    loads,
    loads_by: Object.fromEntries(causes),
    pool_moves: listOf(series, 'pool_moves'),
    pools: Object.fromEntries(pools),
    ...policySeries(series),
  }
}
