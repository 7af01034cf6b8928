/**
 * All tracks of a window, counted in intervals some pixels wide. Whatever the window, a query costs what lies in it: half
 * a million requests are counted in a fraction of a second, by the worker, and the answer is as small as the screen.
 */
import type { TraceIndex } from '../trace-index.ts'
import { arrivalCounts } from './arrival-counts.ts'
import { loadCounts } from './load-counts.ts'
import { poolSteps } from './pool-steps.ts'
import { FATES, requestFacts } from './request-facts.ts'
import { gridOf, type TimeGrid } from './time-grid.ts'
import { tokensSpoken } from './token-rate.ts'
import { ttftHeat } from './ttft-heat.ts'

export interface TracksQuery {
  readonly kind: 'tracks'
  readonly from_us: number
  readonly to_us: number
  /** Across the window. */
  readonly pixels: number
  /** Only its requests; loads, pools and Macs are the whole fleet's. */
  readonly model?: string
}

/** Flat, so that every array moves to the page without a copy. What is by name stands at `column[name * buckets + bucket]`. */
export interface Tracks extends TimeGrid {
  /** Where rows end; of a run under way, so far. */
  readonly end_us: number
  readonly models: readonly string[]
  readonly reasons: readonly string[]
  readonly causes: readonly string[]
  readonly pools: readonly string[]
  readonly machines: number
  readonly arrived: Uint32Array
  readonly refused: Uint32Array
  readonly fates: Uint32Array
  readonly good: Uint32Array
  readonly heat: Uint32Array
  readonly ttft_p50_us: Float64Array
  readonly ttft_p95_us: Float64Array
  readonly slo_us: Float64Array
  readonly tokens: Float64Array
  readonly loads: Uint32Array
  readonly inPool: Uint16Array
}

export { FATES }

/** Narrower steps than this nobody tells apart, and most would hold one request or none. */
const BUCKET_PX = 4

export function tracks(index: TraceIndex, { from_us, to_us, pixels, model: named }: TracksQuery): Tracks {
  const grid = gridOf({ from_us, to_us, most: pixels / BUCKET_PX })
  const { models, reasons } = requestFacts(index)
  const only = named === undefined ? undefined : models.indexOf(named)
  return {
    ...grid,
    end_us: index.end_us,
    models,
    reasons,
    ...arrivalCounts(index, grid, only),
    ...ttftHeat(index, grid, only),
    tokens: tokensSpoken(index, grid, only),
    ...loadCounts(index, grid),
    ...poolSteps(index, grid),
  }
}
