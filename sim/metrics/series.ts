/**
 * Figures over time, for charts and for spotting that an average hides an hour of trouble. Unlike every other figure the
 * series show the whole time from 0 to the end of arrivals, warm-up included. Counts lie where they happened;
 * TTFT and decode rate lie where their request arrived, so that the drain's answers are not lost.
 */
import { MICROS_PER_SECOND } from '../base/time.ts'
import { Samples } from './distribution.ts'
import type { RunResult } from './result.ts'

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
  readonly arrived: number[]
  readonly served: number[]
  readonly rejected_429: number[]
  readonly ttft_ms: (Samples | undefined)[]
  readonly decode_tps: (Samples | undefined)[]
}

const sample = (points: (Samples | undefined)[], point: number, value: number): void => {
  const samples = (points[point] ??= new Samples(EXACT_MAX))
  samples.add(value)
}

const quantiles = (points: readonly (Samples | undefined)[], share: number): (number | null)[] =>
  points.map((samples) => samples?.quantile(share) ?? null)

export class Series {
  private readonly points: number
  private readonly models: { readonly name: string; readonly series: ModelSeries }[] = []
  private readonly waitingTime: number[]
  private readonly busyTime: number[]
  private readonly loads: number[]
  private readonly moves: number[]
  private waiting = 0
  private waitingSince = 0

  constructor(
    private readonly interval: number,
    private readonly duration: number,
  ) {
    this.points = Math.ceil(duration / interval)
    this.waitingTime = this.zeros()
    this.busyTime = this.zeros()
    this.loads = this.zeros()
    this.moves = this.zeros()
  }

  /** In the order of the models' index. */
  addModel(name: string): void {
    const none = (): (Samples | undefined)[] => Array.from({ length: this.points }, () => undefined)
    const series = {
      arrived: this.zeros(),
      served: this.zeros(),
      rejected_429: this.zeros(),
      ttft_ms: none(),
      decode_tps: none(),
    }
    this.models.push({ name, series })
  }

  arrived(model: number, at: number): void {
    this.count(this.models[model]!.series.arrived, at)
  }

  rejected429(model: number, at: number): void {
    this.count(this.models[model]!.series.rejected_429, at)
  }

  /** `decode_tps` below 0: none. */
  served(model: number, at: number, arrivedAt: number, ttft_ms: number, decode_tps: number): void {
    const { series } = this.models[model]!
    this.count(series.served, at)
    if (arrivedAt >= this.duration) return
    const point = Math.floor(arrivedAt / this.interval)
    sample(series.ttft_ms, point, ttft_ms)
    if (decode_tps >= 0) sample(series.decode_tps, point, decode_tps)
  }

  waitingChanged(change: 1 | -1, at: number): void {
    this.spread(this.waitingTime, this.waitingSince, at, this.waiting)
    this.waitingSince = at
    this.waiting += change
  }

  gpuBusy(since: number, at: number): void {
    this.spread(this.busyTime, since, at, 1)
  }

  load(at: number): void {
    this.count(this.loads, at)
  }

  move(at: number): void {
    this.count(this.moves, at)
  }

  result(at: number): RunResult['series'] {
    this.spread(this.waitingTime, this.waitingSince, at, this.waiting)
    this.waitingSince = at
    // The last point may be shorter than the interval.
    const mean = (times: readonly number[]): number[] =>
      times.map((time, i) => time / Math.min(this.interval, this.duration - i * this.interval))
    const result: { interval_s: number; [name: string]: number | readonly (number | null)[] } = {
      interval_s: this.interval / MICROS_PER_SECOND,
      queue_depth: mean(this.waitingTime),
      busy_machines: mean(this.busyTime),
      loads: this.loads,
      pool_moves: this.moves,
    }
    for (const { name, series } of this.models) {
      result[`arrived.${name}`] = series.arrived
      result[`served.${name}`] = series.served
      result[`rejected_429.${name}`] = series.rejected_429
      result[`ttft_p50_ms.${name}`] = quantiles(series.ttft_ms, 0.5)
      result[`ttft_p95_ms.${name}`] = quantiles(series.ttft_ms, 0.95)
      result[`decode_tps_p50.${name}`] = quantiles(series.decode_tps, 0.5)
    }
    return result
  }

  private zeros(): number[] {
    return Array.from({ length: this.points }, () => 0)
  }

  private count(series: number[], at: number): void {
    if (at < this.duration) {
      const point = Math.floor(at / this.interval)
      series[point] = series[point]! + 1
    }
  }

  /** Adds weight times the overlap of [from, to) with each point's span. */
  private spread(times: number[], from: number, to: number, weight: number): void {
    if (weight === 0) return
    const end = to < this.duration ? to : this.duration
    for (let start = from; start < end; ) {
      const point = Math.floor(start / this.interval)
      const edge = Math.min(end, (point + 1) * this.interval)
      times[point] = times[point]! + weight * (edge - start)
      start = edge
    }
  }
}
