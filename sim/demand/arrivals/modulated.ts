/**
 * A renewal process in rescaled time: gaps are drawn for a rate of 1 and stretched by the rate that reigns, so that the expected
 * number of arrivals up to t is the integral of the rate up to t. With exponential gaps it is the Poisson process of that rate.
 */
import type { Sampler } from '../../kernel/distributions.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import type { ArrivalProcess } from './arrival-process.ts'
import type { RateFactor } from './rate-factor.ts'

/** Where two lines are multiplied, the curve is followed in so many straight pieces: the error of the rate is below (1 / 32)² of the product of their rises. */
const CHORDS = 16

export interface ModulatedOptions {
  /** Per microsecond, before factors. */
  readonly rate: number
  readonly factors: readonly RateFactor[]
  /** Gaps with a mean of 1. */
  readonly gap: Sampler
  readonly stream: RandomStream
  /** Up to when anybody asks: at a low rate the next arrival may be years away, and its rate would have to be followed there. */
  readonly horizon: number
}

/** Up to where the product of the factors is taken for a straight line. */
function pieceEnd(factors: readonly RateFactor[], time: number): number {
  let end = Infinity
  let bent = 0
  let chord = Infinity
  for (const factor of factors) {
    while (factor.end <= time) factor.advance()
    end = Math.min(end, factor.end)
    if (factor.flat) continue
    bent += 1
    chord = Math.min(chord, factor.span / CHORDS)
  }
  return bent > 1 ? Math.min(end, time + chord) : end
}

/** Of the product of fresh factors, from 0 on. */
export function integralOf(factors: readonly RateFactor[], until: number): number {
  let sum = 0
  for (let time = 0; time < until; ) {
    const end = Math.min(until, pieceEnd(factors, time))
    const product = (at: number): number => factors.reduce((value, factor) => value * factor.at(at), 1)
    sum += ((product(time) + product(end)) / 2) * (end - time)
    time = end
  }
  return sum
}

export class Modulated implements ArrivalProcess {
  readonly mark = 0
  /** Of the last arrival, or how far the rate was followed since; unrounded. */
  private time = 0

  constructor(private readonly options: ModulatedOptions) {}

  next(): number {
    const { gap, stream, rate, factors, horizon } = this.options
    let need = gap(stream)
    for (;;) {
      const end = pieceEnd(factors, this.time)
      let from = rate
      let to = rate
      for (const factor of factors) {
        from *= factor.at(this.time)
        to *= factor.at(end)
      }
      if (end === Infinity) {
        if (from === 0) return Infinity
        this.time += need / from
        return Math.round(this.time)
      }
      const span = end - this.time
      const expected = ((from + to) / 2) * span
      if (expected > 0 && need <= expected) {
        // from s + slope s² / 2 = need, solved in the form that is exact for a slope of 0.
        const slope = (to - from) / span
        const s = (2 * need) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * need)))
        this.time = Math.min(end, this.time + s)
        return Math.round(this.time)
      }
      need -= expected
      this.time = end
      if (end > horizon) return Infinity
    }
  }
}
