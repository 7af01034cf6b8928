/**
 * What a stream of arrivals looks like, in figures that stay the same size however long it is: its rate, the coefficient of
 * variation of its gaps, and how much more its counts in windows of 1, 10 and 60 s scatter than those of a Poisson stream
 * (Fano's factor, variance over mean).
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'

export const WINDOWS_S = [1, 10, 60] as const

export interface ArrivalFigures {
  readonly requests: number
  readonly span_s: number
  readonly rate_per_s: number
  /** null: fewer than three arrivals. */
  readonly gap_cv: number | null
  /** By window; null: fewer than ten windows. */
  readonly fano: { readonly [window in (typeof WINDOWS_S)[number]]: number | null }
  /** Arrivals at the very microsecond of another. */
  readonly ties: number
}

const WINDOWS_MIN = 10

/** Mean and variance as values come (Welford). */
class Moments {
  count = 0
  private mean = 0
  private squares = 0

  add(value: number): void {
    this.count += 1
    const before = value - this.mean
    this.mean += before / this.count
    this.squares += before * (value - this.mean)
  }

  get average(): number {
    return this.mean
  }

  /** Of the sample, divided by n - 1. */
  get variance(): number {
    return this.count < 2 ? 0 : this.squares / (this.count - 1)
  }
}

class WindowCounts {
  private readonly moments = new Moments()
  private window = 0
  private count = 0

  constructor(private readonly length_us: number) {}

  /** Windows begin at time 0; whole ones count. */
  add(at: number): void {
    const window = Math.floor(at / this.length_us)
    while (this.window < window) this.close()
    this.count += 1
  }

  fano(end: number): number | null {
    const whole = Math.floor(end / this.length_us)
    while (this.window < whole) this.close()
    const { count, average, variance } = this.moments
    return count < WINDOWS_MIN || average === 0 ? null : variance / average
  }

  private close(): void {
    this.moments.add(this.count)
    this.window += 1
    this.count = 0
  }
}

/** Times in order. */
export class ArrivalTally {
  private readonly gaps = new Moments()
  private readonly windows = WINDOWS_S.map((seconds) => new WindowCounts(seconds * MICROS_PER_SECOND))
  private first: number | undefined
  private last = 0
  private count = 0
  private ties = 0

  add(at: number): void {
    if (this.first === undefined) this.first = at
    else {
      this.gaps.add(at - this.last)
      if (at === this.last) this.ties += 1
    }
    this.last = at
    this.count += 1
    for (const window of this.windows) window.add(at - this.first)
  }

  figures(): ArrivalFigures {
    const span = this.first === undefined ? 0 : this.last - this.first
    const [one, ten, sixty] = this.windows.map((window) => window.fano(span)) as [
      number | null,
      number | null,
      number | null,
    ]
    const { average, variance, count } = this.gaps
    return {
      requests: this.count,
      span_s: span / MICROS_PER_SECOND,
      rate_per_s: span === 0 ? 0 : ((this.count - 1) * MICROS_PER_SECOND) / span,
      gap_cv: count < 2 || average === 0 ? null : Math.sqrt(variance) / average,
      fano: { 1: one, 10: ten, 60: sixty },
      ties: this.ties,
    }
  }
}
