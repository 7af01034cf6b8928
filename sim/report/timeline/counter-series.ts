/** Values over time, each by the name of its counter; the last one of a moment stands. */
import type { CounterPoint } from './perfetto.ts'

export class CounterSeries {
  readonly points = new Map<string, CounterPoint[]>()
  set(name: string, at: number, value: number): void {
    const points = this.points.get(name)
    if (points === undefined) this.points.set(name, [{ at, value }])
    else if (points.at(-1)!.at === at) points[points.length - 1] = { at, value }
    else points.push({ at, value })
  }
}
