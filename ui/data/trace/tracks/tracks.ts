/**
 * All tracks of a window, counted in intervals some pixels wide. Whatever the window, a query costs what lies in it: half
 * a million requests are counted in a fraction of a second, by the worker, and the answer is as small as the screen.
 */
import type { TraceIndex } from '../trace-index.ts'
import { type ArrivalCounts, arrivalCounts } from './arrival-counts.ts'
import { type FleetSteps, fleetSteps } from './fleet-steps.ts'
import { loadCounts } from './load-counts.ts'
import { poolSteps } from './pool-steps.ts'
import { requestFacts } from '../request-facts.ts'
import { gridOf, type TimeGrid } from './time-grid.ts'
import { tokensSpoken } from './token-rate.ts'
import { ttftHeat, type TtftLines, ttftLines } from './ttft-heat.ts'

export interface TracksQuery {
  readonly kind: 'tracks'
  readonly from_us: number
  readonly to_us: number
  /** Across the window. */
  readonly pixels: number
  /** Only its requests; loads, pools and Macs are the whole fleet's. */
  readonly model?: string
}

/** Shares and quantiles, which need more requests than a step of a few pixels has. By name at `column[name * buckets + bucket]`. */
export interface ShareTracks extends TimeGrid, ArrivalCounts, TtftLines {}

/** What is by name stands at `column[name * buckets + bucket]`. */
export interface Tracks extends TimeGrid, FleetSteps {
  /** Where rows end; of a run under way, so far. */
  readonly end_us: number
  /** false: the run is under way, and what is in flight may still end well. */
  readonly finished: boolean
  readonly models: readonly string[]
  readonly reasons: readonly string[]
  readonly causes: readonly string[]
  readonly pools: readonly string[]
  readonly machines: number
  readonly arrived: Uint32Array
  readonly heat: Uint32Array
  readonly tokens: Float64Array
  readonly loads: Uint32Array
  readonly inPool: Uint16Array
  readonly shares: ShareTracks
}

/** Narrower steps than this nobody tells apart, and most would hold one request or none. */
const BUCKET_PX = 4
const SHARE_PX = 14

export function tracks(index: TraceIndex, { from_us, to_us, pixels, model: named }: TracksQuery): Tracks {
  const grid = gridOf({ from_us, to_us, most: pixels / BUCKET_PX })
  const coarse = gridOf({ from_us, to_us, most: pixels / SHARE_PX })
  const { models, reasons } = requestFacts(index)
  const only = named === undefined ? undefined : models.indexOf(named)
  return {
    ...grid,
    end_us: index.end_us,
    finished: index.store.table('run_ended').length > 0,
    models,
    reasons,
    arrived: arrivalCounts(index, grid, only).arrived,
    heat: ttftHeat(index, grid, only),
    tokens: tokensSpoken(index, grid, only),
    ...loadCounts(index, grid),
    ...poolSteps(index, grid),
    ...fleetSteps(index, grid),
    shares: { ...coarse, ...arrivalCounts(index, coarse, only), ...ttftLines(index, coarse, only) },
  }
}
