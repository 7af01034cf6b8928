/**
 * Successes and failures of the last while, in whole numbers: a ring of equal slices of the window, so that memory does
 * not grow with traffic. What leaves does so a slice at a time: the window is right to a thirtieth of its length.
 */

const SLICES = 30

export class RecentOutcomes {
  successes = 0
  failures = 0
  private readonly good: number[] = Array.from({ length: SLICES }, () => 0)
  private readonly bad: number[] = Array.from({ length: SLICES }, () => 0)
  private readonly slice: number
  /** Number of the slice that is open. */
  private open = 0

  /** Microseconds. */
  constructor(window: number) {
    this.slice = window / SLICES
  }

  add(now: number, success: boolean): void {
    this.advance(now)
    const place = this.open % SLICES
    if (success) {
      this.good[place]! += 1
      this.successes += 1
    } else {
      this.bad[place]! += 1
      this.failures += 1
    }
  }

  /** Forgets what lies further back than the window. */
  advance(now: number): void {
    const slice = Math.floor(now / this.slice)
    if (slice - this.open >= SLICES) {
      this.good.fill(0)
      this.bad.fill(0)
      this.successes = 0
      this.failures = 0
      this.open = slice
      return
    }
    while (this.open < slice) {
      this.open += 1
      const place = this.open % SLICES
      this.successes -= this.good[place]!
      this.failures -= this.bad[place]!
      this.good[place] = 0
      this.bad[place] = 0
    }
  }
}
