/** How much a stream will be, before any of it is drawn: requests, and moves of a rate that moves by chance. */
import { MICROS_PER_SECOND } from '../base/time.ts'
import { meanOf } from '../kernel/distributions.ts'
import type { Arrivals, RateShape, TraceArrivals } from './arrivals/config.ts'
import { timesInMicros } from './content/distributions.ts'
import { integralOf } from './arrivals/modulated.ts'
import { coxStep } from './arrivals/random-factors.ts'
import { shapeFactor } from './arrivals/shape.ts'

type Path = readonly (string | number)[]

/** What a bound is about: the setting to look at, and how many. */
interface Amount {
  /** Within `arrivals`. */
  readonly path: Path
  readonly count: number
}

/** Nobody is answered sooner, microseconds: there and back over the network. */
const ANSWER_MIN = 50_000

/** In so many microseconds from the start of the run. Users who wait are taken to be answered at once. */
export function expectedRequests(arrivals: Exclude<Arrivals, TraceArrivals>, duration: number): Amount {
  const { load = 1 } = arrivals
  if ('users' in arrivals) {
    const { count, think } = arrivals.users
    return { path: ['users', 'count'], count: (load * count * duration) / (meanOf(timesInMicros(think)) + ANSWER_MIN) }
  }
  if ('sessions' in arrivals) {
    const { rate, agents, turns, steps, think, tool_time } = arrivals.sessions
    const pauses = meanOf(timesInMicros(think)) / steps + meanOf(timesInMicros(tool_time)) * (1 - 1 / steps)
    return rate === undefined
      ? { path: ['sessions', 'agents'], count: (load * (agents ?? 0) * duration) / (pauses + ANSWER_MIN) }
      : { path: ['sessions', 'rate'], count: (load * rate * turns * steps * duration) / MICROS_PER_SECOND }
  }
  const { path, rate } = meanRate(arrivals)
  return { path, count: (load * rate * meanFactorTime(arrivals.shape, duration)) / MICROS_PER_SECOND }
}

type Rated = Exclude<Arrivals, TraceArrivals | { users: unknown } | { sessions: unknown }>

/** Per second, before load and shape. */
function meanRate(arrivals: Rated): { readonly path: Path; readonly rate: number } {
  if ('poisson' in arrivals) return { path: ['poisson'], rate: arrivals.poisson }
  if ('gamma' in arrivals) return { path: ['gamma', 'rate'], rate: arrivals.gamma.rate }
  if ('weibull' in arrivals) return { path: ['weibull', 'rate'], rate: arrivals.weibull.rate }
  if ('cox' in arrivals) return { path: ['cox', 'rate'], rate: arrivals.cox.rate }
  if ('tenants' in arrivals) return { path: ['tenants', 'rate'], rate: arrivals.tenants.rate }
  if ('mmpp' in arrivals) {
    const times = arrivals.mmpp.reduce((sum, { mean }) => sum + mean, 0)
    return { path: ['mmpp'], rate: arrivals.mmpp.reduce((sum, { rate, mean }) => sum + rate * mean, 0) / times }
  }
  const [on, off] = onAndOff(arrivals.onoff)
  return { path: ['onoff', 'rate'], rate: (arrivals.onoff.rate * on) / (on + off) }
}

const onAndOff = ({ on, off }: Extract<Rated, { onoff: unknown }>['onoff']): readonly [on: number, off: number] => [
  meanOf(timesInMicros(on)),
  meanOf(timesInMicros(off)),
]

const meanFactorTime = (shape: RateShape | undefined, duration: number): number =>
  shape === undefined ? duration : integralOf(shape.map(shapeFactor), duration)

/** How often a rate that moves by chance does so; undefined: it does not. */
export function rateMoves(arrivals: Arrivals, duration: number): Amount | undefined {
  if ('cox' in arrivals) {
    return { path: ['cox', 'time_constant'], count: duration / coxStep(arrivals.cox.time_constant) }
  }
  if ('mmpp' in arrivals) {
    // Every state is entered equally often.
    const turn = arrivals.mmpp.reduce((sum, { mean }) => sum + mean, 0)
    return { path: ['mmpp'], count: (arrivals.mmpp.length * duration) / turn }
  }
  if ('onoff' in arrivals) {
    const [on, off] = onAndOff(arrivals.onoff)
    return { path: ['onoff'], count: (2 * duration) / (on + off) }
  }
  if ('tenants' in arrivals) {
    const { count, intermittent, active, episode } = arrivals.tenants
    const turns = (count * intermittent * duration * active) / episode
    return { path: ['tenants', 'episode'], count: 2 * turns }
  }
  return undefined
}
