/** The time from 0 to the end of arrivals in equal intervals, the last perhaps shorter: what every series is laid over. */
export class Grid {
  readonly points: number

  constructor(
    /** Microseconds. */
    readonly interval: number,
    private readonly duration: number,
  ) {
    this.points = Math.ceil(duration / interval)
  }

  zeros(): number[] {
    return Array.from({ length: this.points }, () => 0)
  }

  /** undefined: after the end of arrivals. */
  pointAt(at: number): number | undefined {
    return at < this.duration ? Math.floor(at / this.interval) : undefined
  }

  count(series: number[], at: number, by = 1): void {
    const point = this.pointAt(at)
    if (point !== undefined) series[point] = series[point]! + by
  }

  /** Adds weight times the overlap of [from, to) with each point's span. */
  spread(times: number[], from: number, to: number, weight: number): void {
    if (weight === 0) return
    const end = to < this.duration ? to : this.duration
    for (let start = from; start < end; ) {
      const point = Math.floor(start / this.interval)
      const edge = Math.min(end, (point + 1) * this.interval)
      times[point] = times[point]! + weight * (edge - start)
      start = edge
    }
  }

  /** Of what was spread, over each point's span. */
  means(times: readonly number[]): number[] {
    return times.map((time, point) => time / Math.min(this.interval, this.duration - point * this.interval))
  }
}
