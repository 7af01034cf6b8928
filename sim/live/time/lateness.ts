/**
 * How late events of a run in real time were: by how much the clock on the wall was ahead when they happened. Inside, an
 * event happens at its time whenever it is run; what is late is what leaves for the outside.
 */
import type { Micros } from '../../base/time.ts'

/** Upper ends of the classes, in microseconds; the last class has none. */
const ENDS = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000]

/** Later than this is late: what an answer may be off by without anybody being told something else (docs/real-coordinator.md). */
const LATE_AFTER = 10_000 as Micros

export interface LatenessReport {
  /** Instants at which something happened. */
  readonly instants: number
  /** Of those, how many were late. */
  readonly late: number
  readonly late_after_ms: number
  readonly worst_ms: number
  /** How many instants were behind by at most so many milliseconds and by more than the class before; null: without end. */
  readonly classes: readonly { readonly up_to_ms: number | null; readonly instants: number }[]
}

export class Lateness {
  readonly #counts = Array.from({ length: ENDS.length + 1 }, () => 0)
  #instants = 0
  #late = 0
  #worst = 0

  note(behind: number): void {
    this.#instants += 1
    if (behind > LATE_AFTER) this.#late += 1
    if (behind > this.#worst) this.#worst = behind
    let place = 0
    while (place < ENDS.length && behind > ENDS[place]!) place += 1
    this.#counts[place]! += 1
  }

  report(): LatenessReport {
    return {
      instants: this.#instants,
      late: this.#late,
      late_after_ms: LATE_AFTER / 1_000,
      worst_ms: Math.round(this.#worst) / 1_000,
      classes: this.#counts.map((instants, place) => {
        const end = ENDS[place]
        return { up_to_ms: end === undefined ? null : end / 1_000, instants }
      }),
    }
  }
}
