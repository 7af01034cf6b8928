/** Rates that move by chance: an Ornstein-Uhlenbeck log rate, states that a Markov chain jumps between, on and off. */
import { exp } from '../../base/math.ts'
import { type Distribution, meanOf, type Sampler, sampler } from '../../kernel/distributions.ts'
import { standardExponential } from '../../kernel/exponential.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import type { RateFactor } from './rate-factor.ts'

const standardNormal = sampler({ kind: 'normal', mean: 0, sd: 1 })

/** Constant in each piece. */
abstract class Jumps implements RateFactor {
  abstract readonly end: number
  abstract readonly span: number
  abstract readonly value: number
  readonly flat = true

  at(): number {
    return this.value
  }

  abstract advance(): void
}

/** Steps in which the log rate forgets a hundredth of where it was: its autocorrelation is then off by less than that. */
const STEPS_PER_TIME_CONSTANT = 100
export const coxStep = (timeConstant: number): number => timeConstant / STEPS_PER_TIME_CONSTANT

/** e^(X - sd²/2), X stationary with standard deviation sd: the mean is 1. The transition is the exact one. */
export class OrnsteinUhlenbeck extends Jumps {
  end: number
  value: number
  readonly span: number
  private x: number
  private readonly keep: number
  private readonly noise: number

  constructor(
    private readonly sd: number,
    timeConstant: number,
    private readonly stream: RandomStream,
  ) {
    super()
    this.span = coxStep(timeConstant)
    this.end = this.span
    this.keep = exp(-1 / STEPS_PER_TIME_CONSTANT)
    this.noise = sd * Math.sqrt(1 - this.keep * this.keep)
    this.x = sd * standardNormal(stream)
    this.value = this.rate()
  }

  advance(): void {
    this.end += this.span
    this.x = this.keep * this.x + this.noise * standardNormal(this.stream)
    this.value = this.rate()
  }

  private rate(): number {
    return exp(this.x - (this.sd * this.sd) / 2)
  }
}

export interface RateState {
  readonly rate: number
  /** Mean time in it, microseconds. */
  readonly mean: number
}

/** Exponential times in states; a jump leads to any other with the same chance, so that time is spent in them by their means. */
export class MarkovRate extends Jumps {
  end = 0
  span = 0
  value = 0
  private state: number

  constructor(
    private readonly states: readonly RateState[],
    private readonly stream: RandomStream,
  ) {
    super()
    let rest = stream.uniform() * states.reduce((sum, { mean }) => sum + mean, 0)
    let state = 0
    while (state < states.length - 1 && rest >= states[state]!.mean) rest -= states[state++]!.mean
    this.state = state
    this.enter()
  }

  advance(): void {
    const other = this.stream.below(this.states.length - 1)
    this.state = other < this.state ? other : other + 1
    this.enter()
  }

  private enter(): void {
    const { rate, mean } = this.states[this.state]!
    this.span = mean * standardExponential(this.stream)
    this.end += this.span
    this.value = rate
  }
}

/** So many turns of on and off are drawn before the run begins, which is then in the midst of one. */
const TURNS_BEFORE = 20

export class OnOff extends Jumps {
  end: number
  span = 0
  value = 0
  private readonly times: readonly [off: Sampler, on: Sampler]

  constructor(
    on: Distribution,
    off: Distribution,
    private readonly stream: RandomStream,
  ) {
    super()
    this.times = [sampler(off), sampler(on)]
    this.end = -TURNS_BEFORE * (meanOf(on) + meanOf(off))
    do this.advance()
    while (this.end <= 0)
  }

  advance(): void {
    this.value = 1 - this.value
    this.span = this.times[this.value]!(this.stream)
    this.end += this.span
  }
}
