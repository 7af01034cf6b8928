/**
 * Median of the last 50 observed decode rates of one (build, chip family), fed by every heartbeat slot that reports one
 * (facts coordinator-routing §4.1), or of lone requests of one (build, chip class; solo-rates.ts). Kept sorted
 * in place, because it is read once per candidate and written once per heartbeat.
 */
import type { FleetMedian } from '../provider-record.ts'

/** facts §4.1. */
const SAMPLES_MAX = 50

export class MedianWindow implements FleetMedian {
  median = 0
  samples = 0
  private readonly ring = new Float64Array(SAMPLES_MAX)
  /** Where the next sample goes: the oldest one's place when the ring is full. */
  private next = 0
  private readonly sorted = new Float64Array(SAMPLES_MAX)

  /** Oldest first. */
  get heard(): readonly number[] {
    if (this.samples < SAMPLES_MAX) return [...this.ring.subarray(0, this.samples)]
    return [...this.ring.subarray(this.next), ...this.ring.subarray(0, this.next)]
  }

  /** As if these alone had been heard, oldest first. */
  restore(samples: readonly number[]): void {
    this.median = this.samples = this.next = 0
    for (const sample of samples) this.push(sample)
  }

  push(sample: number): void {
    const { sorted } = this
    // The gap that the oldest sample leaves, or the first free place, moves to where the new one belongs.
    let gap = this.samples === SAMPLES_MAX ? this.placeOf(this.ring[this.next]!) : this.samples++
    for (; gap > 0 && sorted[gap - 1]! > sample; gap--) sorted[gap] = sorted[gap - 1]!
    for (; gap < this.samples - 1 && sorted[gap + 1]! < sample; gap++) sorted[gap] = sorted[gap + 1]!
    sorted[gap] = sample
    this.ring[this.next] = sample
    this.next = (this.next + 1) % SAMPLES_MAX
    const middle = this.samples >> 1
    const upper = sorted[middle]!
    this.median = this.samples % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2
  }

  /** Index of the first value that is not below `sample`. */
  private placeOf(sample: number): number {
    let low = 0
    let high = this.samples
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.sorted[middle]! < sample) low = middle + 1
      else high = middle
    }
    return low
  }
}
