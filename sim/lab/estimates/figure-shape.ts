/** What kind of number a figure is, which decides how its interval over seeds is made. */
import { isSigned, parseMetricPath, unitOf } from '../../metrics/index.ts'
import type { Bounds } from '../statistics/interval.ts'

export interface FigureShape {
  /** What it cannot leave. */
  readonly bounds: Bounds
  /** A quantile of a run has no mean anybody could name: its centre over seeds is the median. */
  readonly centre: 'mean' | 'median'
  /** Of a whole: differences that do not matter are told in points, else as parts of the baseline. */
  readonly isShare: boolean
}

const QUANTILES: ReadonlySet<string> = new Set(['p50', 'p90', 'p95', 'p99', 'max'])

/** Shares by unit that may pass 1: attempts per user. */
const UNBOUNDED_SHARES = /^upstream\b.*\.share$/

export function shapeOf(path: string): FigureShape {
  const last = parseMetricPath(path)?.at(-1)
  const isShare = unitOf(path) === 'share' && !UNBOUNDED_SHARES.test(path)
  const least = isSigned(path) ? -Infinity : 0
  return {
    bounds: isShare ? [0, 1] : [least, Infinity],
    centre: last !== undefined && QUANTILES.has(last) ? 'median' : 'mean',
    isShare,
  }
}

/** A number of things that nobody declared. */
export const COUNT_SHAPE: FigureShape = { bounds: [0, Infinity], centre: 'mean', isShare: false }

/** Of a part to a whole. */
export const RATIO_SHAPE: FigureShape = { bounds: [0, 1], centre: 'mean', isShare: true }

/** Of the difference of two such figures. */
export function differenceShape({ bounds: [least, most], centre, isShare }: FigureShape): FigureShape {
  return { bounds: [least - most, most - least], centre, isShare }
}
