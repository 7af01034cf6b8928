/**
 * A recorded trace as an arrival process. Replaying the very same arrivals under every seed would make confidence
 * intervals lie, so each seed starts at a random point of the recording (uniform in time, hence stationary) and the
 * recording is a ring: after its last arrival comes one mean gap, then its first again, which keeps the mean rate. A scenario
 * that aligns its timeline with an incident says where the run begins instead.
 *
 * `load` above 1 superposes copies that start at points of their own, and thins the last one by the fraction; below 1
 * it thins. That changes the rate and keeps the time scale of bursts; stretching time would not, so it is a choice. Where the
 * scenario says the start, copies start there too, or the incident would be diluted: each request of theirs comes at a random
 * moment between the recorded one and the next.
 *
 * Requests that the recording's clock could not tell apart are spread over its resolution by independent uniform offsets: about
 * what the counts per tick of the Mooncake recording suggest (variance / mean 1.10, traces README), where even spacing would be
 * too smooth.
 */
import type { RandomSource, RandomStream } from '../../kernel/scheduler.ts'
import type { ArrivalProcess } from '../arrivals/arrival-process.ts'
import { resolutionOf } from './resolution.ts'
import type { TraceFile } from './trace-file.ts'

/** One turn. */
export interface Ring {
  readonly times: Float64Array
  readonly period: number
}

export interface ReplayOptions {
  readonly ring: Ring
  readonly load: number
  /** Simulated microseconds from the recording's first request; undefined: rotated. */
  readonly start: number | undefined
  /** Of each copy, parts of a turn in [0, 1): those that are missing are drawn and added. */
  readonly rotations: number[]
  readonly random: RandomSource
  readonly name: string
}

interface LapOptions {
  readonly ring: Ring
  readonly start: number
  /** Share of the arrivals that is kept. */
  readonly keep: number
  readonly stream: RandomStream
  /** Moves each arrival to a moment before the next one. */
  readonly shift: RandomStream | undefined
}

/** A reader going round a ring from a point of its own. */
class Lap {
  /** Next arrival, simulated microseconds. */
  next = 0
  /** Its row. */
  row: number
  private base: number

  constructor(private readonly options: LapOptions) {
    this.row = firstAtOrAfter(options.ring.times, options.start)
    this.base = -options.start
    this.settle()
  }

  advance(): void {
    this.row += 1
    this.settle()
  }

  /** Moves on to the next arrival that thinning keeps. */
  private settle(): void {
    const { ring, keep, stream, shift } = this.options
    for (;;) {
      if (this.row === ring.times.length) {
        this.row = 0
        this.base += ring.period
      }
      if (keep === 1 || stream.uniform() < keep) break
      this.row += 1
    }
    const at = ring.times[this.row]!
    const following = ring.times[this.row + 1] ?? ring.period + ring.times[0]!
    this.next = this.base + at + (shift === undefined ? 0 : Math.floor(shift.uniform() * (following - at)))
  }
}

export class Replay implements ArrivalProcess {
  mark = 0
  private readonly laps: readonly Lap[]

  constructor({ ring, load, start, rotations, random, name }: ReplayOptions) {
    const whole = Math.floor(load)
    const fraction = load - whole
    const laps: Lap[] = []
    for (let copy = 0; copy < whole + (fraction > 0 ? 1 : 0); copy++) {
      // A stream for each copy: a higher load adds arrivals and moves none.
      const stream = random.stream(copy === 0 ? name : `${name}/${copy}`)
      const keep = copy < whole ? 1 : fraction
      if (start === undefined) {
        const rotation = (rotations[copy] ??= stream.uniform())
        laps.push(new Lap({ ring, start: Math.floor(rotation * ring.period), keep, stream, shift: undefined }))
      } else {
        const shift = copy === 0 ? undefined : random.stream(`${name}/${copy}/shift`)
        laps.push(new Lap({ ring, start, keep, stream, shift }))
      }
    }
    this.laps = laps
  }

  next(): number {
    let earliest = this.laps[0]!
    for (const lap of this.laps) if (lap.next < earliest.next) earliest = lap
    const at = earliest.next
    this.mark = earliest.row
    earliest.advance()
    return at
  }
}

export interface RingSettings {
  /** By which time is divided. */
  readonly speed: number
  /** undefined: that of the recording. */
  readonly resolution: number | undefined
}

/** The recording as a ring. Its closing gap is the mean gap between distinct instants. */
export function ringOf(trace: TraceFile, { speed, resolution }: RingSettings, ties: RandomStream): Ring {
  const { arrivals } = trace
  const { recorded, instants } = extentOf(arrivals)
  const times =
    instants === arrivals.length ? arrivals : spreadTies(arrivals, recorded, resolution ?? resolutionOf(trace), ties)
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
export const ringPeriod = (
  { arrivals }: TraceFile,
  { load, stretch }: { readonly load: number; readonly stretch: boolean },
): number => periodAt(extentOf(arrivals).recorded, stretch ? load : 1)

/** Never beyond the next instant, and never beyond what the recording's clock left open. */
function spreadTies(arrivals: Float64Array, end: number, resolution: number, stream: RandomStream): Float64Array {
  const count = arrivals.length
  const spread = Float64Array.from(arrivals)
  if (resolution <= 1) return spread
  for (let from = 0; from < count; ) {
    let to = from + 1
    while (to < count && arrivals[to] === arrivals[from]) to += 1
    const tick = arrivals[from]!
    const open = Math.min(resolution, (to < count ? arrivals[to]! : end) - tick)
    if (to - from > 1) {
      for (let i = from; i < to; i++) spread[i] = tick + stream.below(open)
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
