/**
 * What every other room sees of the kernel: a clock and a way to be called later. Rooms receive this interface and
 * never the event queue itself, so a test can hand them a clock of its own.
 */
import type { Brand } from '../base/brand.ts'
import type { Micros } from '../base/time.ts'

/** Names one scheduled event; never reused while the event is pending. */
export type EventId = Brand<number, 'EventId'>

/** Called when its time comes. `payload` is the number given to `schedule`, so hot paths need no closure. */
export type EventHandler = (payload: number) => void

/**
 * Who goes first among events of the same microsecond. The order is part of every result, so each class is argued:
 * a lower number runs earlier.
 */
export const Priority = {
  /** Physical work that ends now has ended before anybody reacts to this instant. */
  work: 0,
  /** What was sent is received before a timer gives up on it: an answer at the deadline is in time. */
  message: 1,
  /** The coordinator decides on everything it has received by now. */
  decision: 2,
  /** Time-outs, ticks, patience. */
  timer: 3,
  /** The operator's changes, seen by the requests that arrive at the same instant. */
  timeline: 4,
  /** New demand meets the state left by all of the above. */
  arrival: 5,
  /** Whoever only looks, looks last. */
  observe: 6,
} as const
export type Priority = (typeof Priority)[keyof typeof Priority]

/** Who wants to see what an instant has come to. An object, not a function: there is one for each Mac, and it is there already. */
export interface Looker {
  look(): void
}

export interface Scheduler {
  readonly now: Micros
  /** Throws InvariantError when `at` lies in the past. Events of equal time and priority run in the order of scheduling. */
  schedule(at: Micros, priority: Priority, handler: EventHandler, payload?: number): EventId
  /** O(log n). False when the event has already run or was cancelled. */
  cancel(event: EventId): boolean
  /** `looker` looks once, after the last event of this instant, those of `Priority.observe` included; in the order of asking. */
  atEndOfInstant(looker: Looker): void
}

/** One named stream of random numbers. Drawing from one stream shifts nothing in another. */
export interface RandomStream {
  /** Uniform in [0, 1) with 53 bits. */
  uniform(): number
  /** Uniform integer in [0, n). */
  below(n: number): number
}

/** Streams by name, e.g. `mac/17/load`. The same (seed, name) always gives the same stream. */
export interface RandomSource {
  readonly seed: number
  stream(name: string): RandomStream
}
