/** The span that time shares are taken over: from warm-up to the end of arrivals. The drain after it is not the fleet's normal life. */
import { MICROS_PER_SECOND } from '../base/time.ts'

export class Window {
  constructor(
    readonly start: number,
    readonly end: number,
  ) {}

  /** Microseconds of [from, to) that lie inside. */
  overlap(from: number, to: number): number {
    const low = from > this.start ? from : this.start
    const high = to < this.end ? to : this.end
    return high > low ? high - low : 0
  }
}

export const inSeconds = (micros: number): number => micros / MICROS_PER_SECOND
/** 0 of 0 is no share at all. */
export const shareOf = (part: number, whole: number): number => (whole > 0 ? part / whole : 0)
