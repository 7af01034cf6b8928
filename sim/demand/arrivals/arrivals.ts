/** The arrival process of a stream, as its settings ask for it. */
import { assertNever } from '../../base/assert.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { type Distribution, type Sampler, sampler } from '../../kernel/distributions.ts'
import type { RandomSource, RandomStream } from '../../kernel/scheduler.ts'
import type { ArrivalProcess } from './arrival-process.ts'
import type { OpenArrivals, RatedArrivals } from './config.ts'
import { timesInMicros } from '../content/distributions.ts'
import { unitGap } from './gaps.ts'
import { Modulated } from './modulated.ts'
import { MarkovRate, OnOff, OrnsteinUhlenbeck } from './random-factors.ts'
import type { RateFactor } from './rate-factor.ts'
import type { Recordings } from '../recorded/recordings.ts'
import { shapeFactor } from './shape.ts'
import { Tenants } from './tenants.ts'

export interface ProcessContext {
  readonly recordings: Recordings
  readonly random: RandomSource
  /** The random stream of this process. */
  readonly name: string
  /** Nobody asks for arrivals after this, microseconds. */
  readonly horizon: number
}

export function arrivalProcess(
  arrivals: OpenArrivals,
  { recordings, random, name, horizon }: ProcessContext,
): ArrivalProcess {
  if ('trace' in arrivals) return recordings.replay(arrivals, random, name)
  if ('tenants' in arrivals) return new Tenants(arrivals, { random, name, horizon })
  const gap = steadyGap(arrivals)
  if (gap !== undefined && arrivals.shape === undefined) return new Renewal(sampler(gap), random.stream(name))
  const { rate, factor, unit } = rateOf(arrivals, random, name)
  const factors = (arrivals.shape ?? []).map(shapeFactor)
  return new Modulated({
    rate: (rate * (arrivals.load ?? 1)) / MICROS_PER_SECOND,
    factors: factor === undefined ? factors : [...factors, factor],
    gap: unit,
    stream: random.stream(name),
    horizon,
  })
}

type OneClient = Exclude<RatedArrivals, { tenants: unknown }>

/** Gaps in microseconds, of processes whose rate is steady. */
function steadyGap(arrivals: OneClient): Distribution | undefined {
  const { load = 1 } = arrivals
  if ('poisson' in arrivals) return { kind: 'exponential', mean: MICROS_PER_SECOND / (arrivals.poisson * load) }
  if ('gamma' in arrivals) {
    const { rate, cv } = arrivals.gamma
    const mean = MICROS_PER_SECOND / (rate * load)
    return cv === 1 ? { kind: 'exponential', mean } : { kind: 'gamma', mean, shape: 1 / (cv * cv) }
  }
  if ('weibull' in arrivals) {
    const { rate, shape } = arrivals.weibull
    return { kind: 'weibull', mean: MICROS_PER_SECOND / (rate * load), shape }
  }
  return undefined
}

/** A rate per second, what moves it by chance, and the gaps at a rate of 1. */
interface Rate {
  readonly rate: number
  readonly factor?: RateFactor
  readonly unit: Sampler
}

function rateOf(arrivals: OneClient, random: RandomSource, name: string): Rate {
  const moves = (): RandomStream => random.stream(`${name}/rate`)
  if ('poisson' in arrivals) return { rate: arrivals.poisson, unit: unitGap(1) }
  if ('gamma' in arrivals) return { rate: arrivals.gamma.rate, unit: unitGap(arrivals.gamma.cv) }
  if ('weibull' in arrivals) {
    const { rate, shape } = arrivals.weibull
    return { rate, unit: sampler({ kind: 'weibull', mean: 1, shape }) }
  }
  if ('mmpp' in arrivals) return { rate: 1, factor: new MarkovRate(arrivals.mmpp, moves()), unit: unitGap(1) }
  if ('onoff' in arrivals) {
    const { rate, on, off, cv } = arrivals.onoff
    return { rate, factor: new OnOff(timesInMicros(on), timesInMicros(off), moves()), unit: unitGap(cv) }
  }
  if ('cox' in arrivals) {
    const { rate, sd, time_constant, cv } = arrivals.cox
    return { rate, factor: new OrnsteinUhlenbeck(sd, time_constant, moves()), unit: unitGap(cv) }
  }
  return assertNever(arrivals)
}

/** Sums of independent gaps. The sum is kept exact (unrounded), so that rounding each arrival does not shift the rate. */
class Renewal implements ArrivalProcess {
  readonly mark = 0
  private elapsed = 0
  constructor(
    private readonly gap: Sampler,
    private readonly stream: RandomStream,
  ) {}

  next(): number {
    this.elapsed += this.gap(this.stream)
    return Math.round(this.elapsed)
  }
}
