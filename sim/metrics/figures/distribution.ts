/**
 * Samples of one figure and what a result says of them. Quantiles are exact while the samples fit, by linear
 * interpolation between order statistics (type 7 of Hyndman and Fan: what SQL's percentile_cont, numpy and d3 compute,
 * so an operator's notebook over the ledger gives the same number); beyond that they come from a histogram and are
 * within 0.4 %. Mean and maximum are exact always.
 */
import { Histogram } from './histogram.ts'
import type { SampleSummary } from '../result.ts'

/** One million doubles are 8 MB and sort in 0.1 s. */
const EXACT_MAX = 1_000_000
const FIRST_CAPACITY = 64

export class Samples {
  private values = new Float64Array(FIRST_CAPACITY)
  private histogram: Histogram | undefined
  private sorted = true
  private total = 0
  private sum = 0
  private largest = 0

  /** Samples kept before the histogram takes over. */
  constructor(private readonly exactMax: number = EXACT_MAX) {}

  /** `value` is not negative. */
  add(value: number): void {
    this.sum += value
    if (this.total === 0 || value > this.largest) this.largest = value
    const at = this.total++
    if (this.histogram !== undefined) {
      this.histogram.add(value)
    } else if (at === this.exactMax) {
      this.histogram = new Histogram()
      for (let i = 0; i < at; i += 1) this.histogram.add(this.values[i]!)
      this.histogram.add(value)
      this.values = new Float64Array(0)
    } else {
      if (at === this.values.length) {
        const wider = new Float64Array(at * 2)
        wider.set(this.values)
        this.values = wider
      }
      this.values[at] = value
      this.sorted = false
    }
  }

  get count(): number {
    return this.total
  }

  /** null without samples. */
  quantile(share: number): number | null {
    if (this.total === 0) return null
    const place = (this.total - 1) * share
    const below = Math.floor(place)
    const low = this.rank(below)
    const fraction = place - below
    return fraction === 0 ? low : low + (this.rank(below + 1) - low) * fraction
  }

  distribution(): SampleSummary {
    const { total } = this
    return {
      count: total,
      mean: total === 0 ? null : this.sum / total,
      p50: this.quantile(0.5),
      p90: this.quantile(0.9),
      p95: this.quantile(0.95),
      p99: this.quantile(0.99),
      max: total === 0 ? null : this.largest,
    }
  }

  private rank(rank: number): number {
    if (this.histogram !== undefined) return Math.min(this.histogram.at(rank), this.largest)
    if (!this.sorted) {
      this.values.subarray(0, this.total).sort()
      this.sorted = true
    }
    return this.values[rank]!
  }
}
