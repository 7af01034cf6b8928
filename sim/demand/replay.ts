/**
 * A recorded trace as an arrival process. Replaying the very same arrivals under every seed would make confidence
 * intervals lie, so each seed starts at a random point of the recording (uniform in time, hence stationary) and the
 * recording is a ring: after its last arrival comes one mean gap, then its first again, which keeps the mean rate.
 *
 * `load` above 1 superposes copies that start at points of their own, and thins the last one by the fraction; below 1
 * it thins. That changes the rate and keeps the time scale of bursts; stretching time would not, so it is a choice.
 *
 * Some recordings hold coarse ticks (3 s in one of ours). Arrivals of one tick are spread over the interval to the next
 * by independent uniform offsets: about what the counts per tick of that recording suggest (variance / mean 1.10,
 * traces README), where even spacing would be too smooth.
 */
import type { RandomSource, RandomStream } from '../kernel/scheduler.ts'
import type { ArrivalProcess } from './arrival-process.ts'
import type { TraceFile } from './trace-file.ts'

export interface ReplaySettings {
  readonly load: number
  readonly stretch: boolean
}

/** One turn of the ring. */
interface Ring {
  readonly times: Float64Array
  readonly period: number
}

/** A reader going round a ring from a point of its own. */
class Lap {
  /** Next arrival, simulated microseconds. */
  next = 0
  private index: number
  private base: number

  constructor(
    private readonly ring: Ring,
    start: number,
    private readonly keep: number,
    private readonly stream: RandomStream,
  ) {
    this.index = firstAtOrAfter(ring.times, start)
    this.base = -start
    this.settle()
  }

  advance(): void {
    this.index += 1
    this.settle()
  }

  /** Moves on to the next arrival that thinning keeps. */
  private settle(): void {
    for (;;) {
      if (this.index === this.ring.times.length) {
        this.index = 0
        this.base += this.ring.period
      }
      if (this.keep === 1 || this.stream.uniform() < this.keep) break
      this.index += 1
    }
    this.next = this.base + this.ring.times[this.index]!
  }
}

export function replay(trace: TraceFile, settings: ReplaySettings, random: RandomSource, name: string): ArrivalProcess {
  const { load, stretch } = settings
  const ring = ringOf(trace.arrivals, stretch ? load : 1, random.stream(`${name}/ties`))
  const whole = stretch ? 1 : Math.floor(load)
  const fraction = stretch ? 0 : load - whole
  const laps: Lap[] = []
  for (let copy = 0; copy < whole + (fraction > 0 ? 1 : 0); copy++) {
    // A stream for each copy: a higher load adds arrivals and moves none.
    const stream = random.stream(copy === 0 ? name : `${name}/${copy}`)
    laps.push(new Lap(ring, stream.below(ring.period), copy < whole ? 1 : fraction, stream))
  }
  return {
    next() {
      let earliest = laps[0]!
      for (const lap of laps) if (lap.next < earliest.next) earliest = lap
      const at = earliest.next
      earliest.advance()
      return at
    },
  }
}

/**
 * The recording as a ring, its time divided by `speed`. Its closing gap is the mean gap between distinct instants;
 * arrivals of one instant are spread over the time to the next.
 */
function ringOf(arrivals: Float64Array, speed: number, ties: RandomStream): Ring {
  const { recorded, instants } = extentOf(arrivals)
  const times = instants === arrivals.length ? arrivals : spreadTies(arrivals, recorded, ties)
  if (speed === 1) return { times, period: recorded }
  const period = periodAt(recorded, speed)
  return { times: times.map((at) => Math.min(period - 1, Math.round(at / speed))), period }
}

/** Microseconds of one turn with its closing gap, and distinct times of arrival. */
function extentOf(arrivals: Float64Array): { readonly recorded: number; readonly instants: number } {
  const last = arrivals[arrivals.length - 1]!
  let instants = 1
  for (let i = 1; i < arrivals.length; i++) if (arrivals[i] !== arrivals[i - 1]) instants += 1
  return { recorded: last + Math.round(last / (instants - 1)), instants }
}

const periodAt = (recorded: number, speed: number): number =>
  speed === 1 ? recorded : Math.max(1, Math.round(recorded / speed))

/** After which the same arrivals come again, simulated microseconds. */
export const ringPeriod = ({ arrivals }: TraceFile, { load, stretch }: ReplaySettings): number =>
  periodAt(extentOf(arrivals).recorded, stretch ? load : 1)

function spreadTies(arrivals: Float64Array, end: number, stream: RandomStream): Float64Array {
  const count = arrivals.length
  const spread = Float64Array.from(arrivals)
  for (let from = 0; from < count; ) {
    let to = from + 1
    while (to < count && arrivals[to] === arrivals[from]) to += 1
    const tick = arrivals[from]!
    const gap = (to < count ? arrivals[to]! : end) - tick
    if (to - from > 1) {
      for (let i = from; i < to; i++) spread[i] = tick + stream.below(gap)
      spread.subarray(from, to).sort()
    }
    from = to
  }
  return spread
}

/** Index of the first time at or after `start`; the length when there is none. */
function firstAtOrAfter(times: Float64Array, start: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < start) low = middle + 1
    else high = middle
  }
  return low
}
