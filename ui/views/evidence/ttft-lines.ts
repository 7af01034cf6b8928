/**
 * The lines of a TTFT distribution chart. A trace gives every point of one run's curve; results alone give a few
 * quantiles, means over seeds with intervals, and nothing is claimed between them.
 */
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import type { Estimate } from '../../../sim/lab/estimates/estimate.ts'
import { formatCsv } from '../../../sim/report/form/csv.ts'
import type { TtftCurve } from '../../data/answer/ttft-curves.ts'
import type { Dataset } from '../../state/dashboard.ts'
import { pathOf } from './trade-off-data.ts'

/** Of whom: refusing and giving up shrink the first and not the second. */
export type Base = 'served' | 'arrived'

export interface CurvePoint {
  readonly ttft_ms: number
  readonly share: number
  /** Interval along the axis that was estimated. */
  readonly ci95_ms?: readonly [number, number]
  readonly ci95_share?: readonly [number, number]
}

export interface CurveLine {
  readonly policy: string
  readonly source: 'trace' | 'quantiles'
  /** For people. */
  readonly from: string
  readonly points: readonly CurvePoint[]
}

const QUANTILES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p95', 0.95],
  ['p99', 0.99],
  ['max', 1],
] as const
const LIMITS_S = [1, 2, 5, 10, 30]

type Read = (metric: string) => Pick<Estimate, 'mean' | 'ci95'> | undefined

function knownPoints(read: Read, base: Base): readonly CurvePoint[] {
  if (base === 'served')
    return QUANTILES.flatMap(([name, share]) => {
      const { mean = null, ci95 = null } = read(`ttft_ms.${name}`) ?? {}
      return mean === null ? [] : [{ ttft_ms: mean, share, ...(ci95 === null ? {} : { ci95_ms: ci95 }) }]
    })
  return LIMITS_S.flatMap((limit) => {
    const { mean = null, ci95 = null } = read(`ttft_within["${limit}s"]`) ?? {}
    return mean === null
      ? []
      : [{ ttft_ms: limit * 1_000, share: mean, ...(ci95 === null ? {} : { ci95_share: ci95 }) }]
  })
}

const ofCompare = (compare: CompareResult, policy: string, model: string): Read => {
  const figures = compare.policies[policy] ?? {}
  return (metric) => figures[pathOf(model, metric)]
}

/** One run has no interval. */
function ofRun(dataset: Dataset, policy: string, model: string): Read {
  const result = dataset.runs.find((run) => run.policy === policy && run.result !== undefined)?.result?.models[model]
  return (metric) => {
    if (result === undefined) return undefined
    const limit = /^ttft_within\["(.+)"\]$/.exec(metric)?.[1]
    const quantile = QUANTILES.find(([name]) => metric === `ttft_ms.${name}`)?.[0]
    const mean = limit === undefined ? quantile && result.ttft_ms[quantile] : result.ttft_within[limit]
    return { mean: mean ?? null, ci95: null }
  }
}

export interface TracedCurve extends TtftCurve {
  readonly policy: string
  readonly seed: number
}

function tracedLine({ policy, seed, ttft_ms, share, served, arrived }: TracedCurve, base: Base): CurveLine {
  const scale = base === 'served' || arrived === 0 ? 1 : served / arrived
  const points = Array.from(ttft_ms, (ms, i) => ({ ttft_ms: ms, share: share[i]! * scale }))
  return { policy, source: 'trace', from: `every request of seed ${seed}`, points }
}

export function ttftLines(
  dataset: Dataset,
  policies: readonly string[],
  model: string,
  base: Base,
  traced: readonly TracedCurve[],
): readonly CurveLine[] {
  const { compare } = dataset
  return policies.flatMap((policy): CurveLine[] => {
    const exact = traced.find((curve) => curve.policy === policy && curve.model === model)
    if (exact !== undefined && exact.served > 0) return [tracedLine(exact, base)]
    const seeds = compare?.seeds.length ?? 1
    const read = compare === undefined ? ofRun(dataset, policy, model) : ofCompare(compare, policy, model)
    const points = knownPoints(read, base)
    const what = base === 'served' ? 'p50, p90, p95, p99, max' : 'five limits'
    const from = seeds === 1 ? what : `${what}; means of ${seeds} seeds`
    return points.length === 0 ? [] : [{ policy, source: 'quantiles', from, points }]
  })
}

/** Whole span of a logarithmic axis, never empty. */
export function spanMs(lines: readonly CurveLine[]): readonly [number, number] {
  let [from, to] = [Number.POSITIVE_INFINITY, 0]
  for (const { points } of lines) {
    for (const { ttft_ms, ci95_ms } of points) {
      if (ttft_ms > 0) from = Math.min(from, ttft_ms)
      to = Math.max(to, ttft_ms, ci95_ms?.[1] ?? 0)
    }
  }
  if (!(from < to)) return to > 0 ? [to / 2, to * 2] : [10, 10_000]
  return [niceBelow(from), to * 1.1]
}

/** The next of 1, 2, 5 × a power of ten that is not above. */
function niceBelow(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return ([5, 2].find((step) => step * power <= value) ?? 1) * power
}

export function ttftCsv(lines: readonly CurveLine[], model: string, base: Base): string {
  const share = `share_of_${base}`
  const head = ['policy', 'model', 'source', 'ttft_ms', share, 'ttft_ms_ci95_low', 'ttft_ms_ci95_high']
  return formatCsv(
    [...head, `${share}_ci95_low`, `${share}_ci95_high`],
    lines.flatMap(({ policy, source, points }) =>
      points.map((point) => [
        policy,
        model,
        source,
        point.ttft_ms,
        point.share,
        point.ci95_ms?.[0],
        point.ci95_ms?.[1],
        point.ci95_share?.[0],
        point.ci95_share?.[1],
      ]),
    ),
  )
}
