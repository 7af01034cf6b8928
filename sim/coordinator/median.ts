/**
 * Median of the last 50 observed decode rates of one (build, chip family), fed by every heartbeat slot that reports one
 * (facts coordinator-routing §4.1), or of lone requests of one (build, chip class; solo-rates.ts). Kept sorted, because it is read once per candidate and written once per heartbeat.
 */
import type { FleetMedian } from './provider-record.ts'

/** facts §4.1. */
const SAMPLES_MAX = 50

export class MedianWindow implements FleetMedian {
  median = 0
  private readonly ring: number[] = []
  private oldest = 0
  private readonly sorted: number[] = []

  get samples(): number {
    return this.ring.length
  }

  /** Oldest first. */
  get heard(): readonly number[] {
    return [...this.ring.slice(this.oldest), ...this.ring.slice(0, this.oldest)]
  }

  /** As if these alone had been heard, oldest first. */
  restore(samples: readonly number[]): void {
    this.median = 0
    this.oldest = 0
    this.ring.length = 0
    this.sorted.length = 0
    for (const sample of samples) this.push(sample)
  }

  push(sample: number): void {
    if (this.ring.length < SAMPLES_MAX) {
      this.ring.push(sample)
    } else {
      this.sorted.splice(this.placeOf(this.ring[this.oldest]!), 1)
      this.ring[this.oldest] = sample
      this.oldest = (this.oldest + 1) % SAMPLES_MAX
    }
    this.sorted.splice(this.placeOf(sample), 0, sample)
    const middle = this.sorted.length >> 1
    const upper = this.sorted[middle]!
    this.median = this.sorted.length % 2 === 1 ? upper : (this.sorted[middle - 1]! + upper) / 2
  }

  /** Index of the first value that is not below `sample`. */
  private placeOf(sample: number): number {
    let low = 0
    let high = this.sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.sorted[middle]! < sample) low = middle + 1
      else high = middle
    }
    return low
  }
}
