/**
 * The simulator's clock: runs the pending events one after the other, in the order of (time, priority class, sequence).
 * The whole of it is `schedule`, `cancel`, `peek`, `step`, `runUntil` and `now`, plus `stop` for a handler that knows
 * the run is over, and `atEndOfInstant` for whoever writes down what an instant has come to. It knows nothing of Macs,
 * requests or yielding to a browser; see run-loop.ts for the latter.
 *
 * Why `atEndOfInstant` is a call of its own: every change of a Mac asks for one look when all is done, which as an event
 * of `Priority.observe` was one event in seven, each pushed, sifted to the front and popped in the instant it was made.
 * The looks need no order but that of asking, after every event of the instant, so a list does. They are no events: they
 * are not counted, and cannot be cancelled.
 */
import { InvariantError } from '../base/assert.ts'
import type { Micros } from '../base/time.ts'
import { EventQueue } from './event-queue.ts'
import type { EventHandler, EventId, Looker, Priority, Scheduler } from './scheduler.ts'

/** Why `runUntil` returned: the end was reached, a handler called `stop`, or `eventsMax` events have run. */
export type Pause = 'reached' | 'stopped' | 'limit'

export class Kernel implements Scheduler {
  private readonly queue = new EventQueue()
  private clock = 0
  private eventsRun = 0
  private stopping = false
  /** Who looks when this instant is over, in the order of asking, and how many of them ask and have looked. */
  private readonly lookers: Looker[] = []
  private asking = 0
  private looked = 0

  get now(): Micros {
    return this.clock as Micros
  }

  /** Events run so far. Cancelled ones never count. */
  get executed(): number {
    return this.eventsRun
  }

  /** Events scheduled and neither run nor cancelled. */
  get pending(): number {
    return this.queue.size
  }

  schedule(at: Micros, priority: Priority, handler: EventHandler, payload = 0): EventId {
    if (!(at >= this.clock && at <= Number.MAX_SAFE_INTEGER && Math.floor(at) === at))
      refuse('schedule', at, this.clock)
    return this.queue.push(at, priority, handler, payload)
  }

  cancel(event: EventId): boolean {
    return this.queue.cancel(event)
  }

  atEndOfInstant(looker: Looker): void {
    this.lookers[this.asking++] = looker
  }

  /** Time of the next event, or undefined when none is pending. */
  peek(): Micros | undefined {
    return this.queue.size === 0 ? undefined : (this.queue.firstTime() as Micros)
  }

  /** Runs the next event. False when there is none. Whoever looks at the end of an instant does so after its last event. */
  step(): boolean {
    this.endInstant()
    if (this.queue.size === 0) return false
    this.runNext()
    this.endInstant()
    return true
  }

  /**
   * Runs every event due at `end` or before, then sets the clock to `end` (unless that is Infinity: then it stays at
   * the last event). A run that was stopped or met its limit leaves the clock at the last event; calling again goes on.
   */
  runUntil(end: Micros, eventsMax = Infinity): Pause {
    if (!(end >= this.clock)) refuse('runUntil', end, this.clock)
    this.stopping = false
    const lastEvent = this.eventsRun + eventsMax
    this.endInstant()
    while (this.queue.firstTime() <= end && this.queue.size > 0) {
      if (this.eventsRun >= lastEvent) return 'limit'
      this.runNext()
      if (this.stopping) return 'stopped'
      if (this.asking > 0) this.endInstant()
    }
    if (end < Infinity) this.clock = end
    return 'reached'
  }

  /** Called by a handler: the current event is the last one of this `runUntil`. What is pending stays pending. */
  stop(): void {
    this.stopping = true
  }

  /** When no event of this instant is left, whoever asked looks. One who schedules for this instant makes it go on. */
  private endInstant(): void {
    while (this.looked < this.asking && this.queue.firstTime() > this.clock) this.lookers[this.looked++]!.look()
    if (this.looked === this.asking) this.looked = this.asking = 0
  }

  private runNext(): void {
    this.clock = this.queue.firstTime()
    this.eventsRun++
    const slot = this.queue.popSlot()
    this.queue.handlerOf(slot)(this.queue.payloadOf(slot))
  }
}

/**
 * Apart from the hot path on purpose: with the message written at two throw statements there, V8 formats the numbers
 * ahead of the branches, for every event, and the kernel runs 4 times slower.
 */
function refuse(call: string, at: number, now: number): never {
  throw new InvariantError(`clock: ${call}(${at}): not a whole number of microseconds from now (${now} us) up to 2^53`)
}
