/** The clock on the wall, for the one driver that waits for it (real-time.ts). Nobody else here may read it. */
import type { Micros } from '../../base/time.ts'

export interface WallClock {
  /** Microseconds since some point in the past; never goes back. */
  now(): number
  /** Calls once, not before so much time has passed; a wait of 0 lets everything else that is due happen first. */
  after(wait: number, call: () => void): Timer
  /** Microseconds since 1970, as other programs of this machine write them down. */
  unix(): number
}

export interface Timer {
  cancel(): void
}

const MICROS_PER_MILLI = 1_000

/** Node's. Its timers count whole milliseconds, and a wait is never cut short. */
export const processClock: WallClock = {
  now: () => performance.now() * MICROS_PER_MILLI,
  after(wait, call) {
    if (wait <= 0) {
      const immediate = setImmediate(call)
      return { cancel: () => clearImmediate(immediate) }
    }
    const timeout = setTimeout(call, Math.ceil(wait / MICROS_PER_MILLI))
    return { cancel: () => clearTimeout(timeout) }
  },
  unix: () => Math.round((performance.timeOrigin + performance.now()) * MICROS_PER_MILLI),
}

/** Seconds since 1970, for the stamps of messages. */
export const unixSeconds = (): number => Math.floor((performance.timeOrigin + performance.now()) / 1_000)

/** The longest a Node timer can wait, and nothing is lost by looking once a day. */
export const WAIT_MAX = (24 * 3_600 * 1_000_000) as Micros
