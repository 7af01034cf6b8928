/** A choice of parameters and what seeds have shown of it, figure by figure. */
import { readMetric } from '../../metrics/index.ts'
import type { RunResult } from '../../metrics/result.ts'
import { shapeOf } from '../estimates/figure-shape.ts'
import { medianOf } from '../statistics/order.ts'
import { meanOf } from '../statistics/resample.ts'
import type { PointValues } from './tune-space.ts'

/** Several metrics: the worst off counts. */
export interface Figure {
  readonly name: string
  readonly metrics: readonly [string, ...string[]]
  readonly good: 'up' | 'down'
  /** Of a constraint. */
  readonly bound?: number
}

/** By seed: every figure. */
type Row = readonly (number | null)[]

export interface Point {
  readonly values: PointValues
  readonly rows: Row[]
}

/** Of several metrics the worst; those of models nobody asked for say nothing. */
export function figureOf(result: RunResult, { metrics, good }: Figure): number | null {
  const values = metrics.flatMap((metric) => readMetric(result, metric) ?? [])
  if (values.length === 0) return null
  return good === 'up' ? Math.min(...values) : Math.max(...values)
}

/** A seed without data says nothing of the others. */
export function centreOver(figure: Figure, column: readonly (number | null)[]): number | null {
  const known = column.filter((value) => value !== null)
  if (known.length === 0) return null
  return shapeOf(figure.metrics[0]).centre === 'median' ? medianOf(known) : meanOf(known)
}
