/** Points of the trade-off: two figures of every arm and model, each with its interval. */
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import type { Estimate } from '../../../sim/lab/estimates/estimate.ts'
import { type CsvValue, formatCsv } from '../../../sim/report/form/csv.ts'
import { unitOf } from '../../../sim/report/form/unit.ts'

export interface AxisChoice {
  /** After `models["m"].`. */
  readonly metric: string
  readonly title: string
}

export const AXES: readonly AxisChoice[] = [
  { metric: 'rate_429', title: '429 rate' },
  { metric: 'rate_5xx', title: '5xx rate' },
  { metric: 'goodput', title: 'goodput' },
  { metric: 'requests.cancelled', title: 'cancelled requests' },
  { metric: 'ttft_ms.p50', title: 'TTFT p50, served' },
  { metric: 'ttft_ms.p95', title: 'TTFT p95, served' },
  { metric: 'ttft_ms.p99', title: 'TTFT p99, served' },
  { metric: 'queue_ms.p95', title: 'queue wait p95, served' },
  { metric: 'decode_tps.p50', title: 'decode rate p50, served' },
]

export const titleOf = (metric: string): string => AXES.find((axis) => axis.metric === metric)?.title ?? metric

export interface TradeOffPoint {
  readonly policy: string
  readonly model: string
  readonly x: Known
  readonly y: Known
}

/** An estimate with a mean. */
export interface Known {
  readonly mean: number
  readonly ci95: Estimate['ci95']
}

export const pathOf = (model: string, metric: string): string => `models[${JSON.stringify(model)}].${metric}`

export function tradeOff(compare: CompareResult, x: string, y: string): readonly TradeOffPoint[] {
  return Object.entries(compare.policies).flatMap(([policy, figures]) =>
    compare.models.flatMap((model) => {
      const known = (metric: string): Known | undefined => {
        const { mean = null, ci95 = null } = figures[pathOf(model, metric)] ?? {}
        return mean === null ? undefined : { mean, ci95 }
      }
      const [atX, atY] = [known(x), known(y)]
      return atX === undefined || atY === undefined ? [] : [{ policy, model, x: atX, y: atY }]
    }),
  )
}

/** From 0 to what the furthest interval reaches. */
export const reach = (points: readonly Known[]): number =>
  points.reduce((most, { mean, ci95 }) => Math.max(most, mean, ci95?.[1] ?? 0), 0)

const headOf = (metric: string): string[] => [metric, `${metric}_ci95_low`, `${metric}_ci95_high`]
const cellsOf = ({ mean, ci95 }: Known): CsvValue[] => [mean, ci95?.[0], ci95?.[1]]

export function tradeOffCsv(points: readonly TradeOffPoint[], x: string, y: string): string {
  return formatCsv(
    ['policy', 'model', ...headOf(x), ...headOf(y)],
    points.map((point) => [point.policy, point.model, ...cellsOf(point.x), ...cellsOf(point.y)]),
  )
}

export const unitOfMetric = (metric: string): ReturnType<typeof unitOf> => unitOf(pathOf('m', metric))
