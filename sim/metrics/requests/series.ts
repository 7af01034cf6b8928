/**
 * Figures over time, for charts and for spotting that an average hides an hour of trouble. Unlike every other figure the
 * series show the whole time from 0 to the end of arrivals, warm-up included. Counts lie where they happened;
 * TTFT, decode rate and goodput lie where their request arrived, so that the drain's answers are not lost.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { Samples } from '../figures/distribution.ts'
import type { Grid } from '../grid.ts'
import { LOAD_CAUSES } from '../fleet/load-causes.ts'
import type { LoadCause, RunResult } from '../result.ts'

/** Points of a series by default. */
const POINTS = 120
/** Intervals people expect on a chart, seconds; the shortest has a few requests in it. */
const USUAL_INTERVALS_S = [10, 15, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400]
/** Per point and model; 32 KB. Beyond it the point's quantiles are within 0.4 %. */
const EXACT_MAX = 4_096

export function usualInterval(duration: number): number {
  const wanted = duration / MICROS_PER_SECOND / POINTS
  const usual = USUAL_INTERVALS_S.find((seconds) => seconds >= wanted) ?? Math.ceil(wanted / 86_400) * 86_400
  return usual * MICROS_PER_SECOND
}

interface ModelSeries {
  /** User requests at the router, and those that came to us first. */
  readonly users: number[]
  readonly firsts: number[]
  readonly arrived: number[]
  readonly served: number[]
  readonly rejected_429: number[]
  /** The real counter routing.pool_exhausted. */
  readonly pool_exhausted: number[]
  readonly rejected_by: Map<string, number[]>
  /** Served within the SLO, where they arrived. */
  readonly good: number[]
  readonly completion_tokens: number[]
  readonly ttft_ms: (Samples | undefined)[]
  readonly decode_tps: (Samples | undefined)[]
}

const sample = (points: (Samples | undefined)[], point: number, value: number): void => {
  const samples = (points[point] ??= new Samples(EXACT_MAX))
  samples.add(value)
}

const quantiles = (points: readonly (Samples | undefined)[], share: number): (number | null)[] =>
  points.map((samples) => samples?.quantile(share) ?? null)

/** What a served request adds. */
export interface ServedRequest {
  readonly at: number
  readonly arrivedAt: number
  readonly ttft_ms: number
  /** Below 0: none. */
  readonly decode_tps: number
  readonly good: boolean
  readonly completionTokens: number
}

export class Series {
  private readonly models: { readonly name: string; readonly series: ModelSeries }[] = []
  private readonly waitingTime: number[]
  private readonly busyTime: number[]
  private readonly loads: number[]
  private readonly loadsBy: { readonly [cause in LoadCause]: number[] }
  private readonly moves: number[]
  private waiting = 0
  private waitingSince = 0

  constructor(private readonly grid: Grid) {
    this.waitingTime = grid.zeros()
    this.busyTime = grid.zeros()
    this.loads = grid.zeros()
    this.loadsBy = {
      request: grid.zeros(),
      cold_spill: grid.zeros(),
      swap: grid.zeros(),
      warm_pool: grid.zeros(),
      plan: grid.zeros(),
    }
    this.moves = grid.zeros()
  }

  /** In the order of the models' index. */
  addModel(name: string): void {
    const { grid } = this
    const none = (): (Samples | undefined)[] => Array.from({ length: grid.points }, () => undefined)
    const series = {
      users: grid.zeros(),
      firsts: grid.zeros(),
      arrived: grid.zeros(),
      served: grid.zeros(),
      rejected_429: grid.zeros(),
      pool_exhausted: grid.zeros(),
      rejected_by: new Map(),
      good: grid.zeros(),
      completion_tokens: grid.zeros(),
      ttft_ms: none(),
      decode_tps: none(),
    }
    this.models.push({ name, series })
  }

  user(model: number, at: number): void {
    this.grid.count(this.models[model]!.series.users, at)
  }

  /** The first attempt of a user. */
  first(model: number, at: number): void {
    this.grid.count(this.models[model]!.series.firsts, at)
  }

  arrived(model: number, at: number): void {
    this.grid.count(this.models[model]!.series.arrived, at)
  }

  rejected429(model: number, at: number, reason: string): void {
    const { series } = this.models[model]!
    this.grid.count(series.rejected_429, at)
    if (reason === 'pool_exhausted') this.grid.count(series.pool_exhausted, at)
    const known = series.rejected_by.get(reason)
    const counts = known ?? this.grid.zeros()
    if (known === undefined) series.rejected_by.set(reason, counts)
    this.grid.count(counts, at)
  }

  served(model: number, request: ServedRequest): void {
    const { series } = this.models[model]!
    this.grid.count(series.served, request.at)
    this.grid.count(series.completion_tokens, request.at, request.completionTokens)
    const point = this.grid.pointAt(request.arrivedAt)
    if (point === undefined) return
    sample(series.ttft_ms, point, request.ttft_ms)
    if (request.decode_tps >= 0) sample(series.decode_tps, point, request.decode_tps)
    if (request.good) this.grid.count(series.good, request.arrivedAt)
  }

  waitingChanged(change: 1 | -1, at: number): void {
    this.grid.spread(this.waitingTime, this.waitingSince, at, this.waiting)
    this.waitingSince = at
    this.waiting += change
  }

  gpuBusy(since: number, at: number): void {
    this.grid.spread(this.busyTime, since, at, 1)
  }

  load(at: number, cause: LoadCause): void {
    this.grid.count(this.loads, at)
    this.grid.count(this.loadsBy[cause], at)
  }

  move(at: number): void {
    this.grid.count(this.moves, at)
  }

  result(at: number): RunResult['series'] {
    this.grid.spread(this.waitingTime, this.waitingSince, at, this.waiting)
    this.waitingSince = at
    const result: { interval_s: number; [name: string]: number | readonly (number | null)[] } = {
      interval_s: this.grid.interval / MICROS_PER_SECOND,
      queue_depth: this.grid.means(this.waitingTime),
      busy_machines: this.grid.means(this.busyTime),
      loads: this.loads,
      ...Object.fromEntries(LOAD_CAUSES.map((cause) => [`loads_by.${cause}`, this.loadsBy[cause]])),
      pool_moves: this.moves,
    }
    for (const { name, series } of this.models) {
      result[`arrived.${name}`] = series.arrived
      result[`share.${name}`] = series.firsts.map((firsts, i) =>
        series.users[i] === 0 ? null : Math.min(1, firsts / series.users[i]!),
      )
      result[`served.${name}`] = series.served
      result[`rejected_429.${name}`] = series.rejected_429
      result[`pool_exhausted.${name}`] = series.pool_exhausted
      // Sorted, so that a result does not depend on which reason came first.
      for (const reason of [...series.rejected_by.keys()].sort())
        result[`rejected_429_by.${reason}.${name}`] = series.rejected_by.get(reason)!
      result[`ttft_p50_ms.${name}`] = quantiles(series.ttft_ms, 0.5)
      result[`ttft_p95_ms.${name}`] = quantiles(series.ttft_ms, 0.95)
      result[`decode_tps_p50.${name}`] = quantiles(series.decode_tps, 0.5)
      result[`goodput.${name}`] = series.good.map((good, i) =>
        series.arrived[i] === 0 ? null : good / series.arrived[i]!,
      )
      result[`completion_tokens.${name}`] = series.completion_tokens
    }
    return result
  }
}
