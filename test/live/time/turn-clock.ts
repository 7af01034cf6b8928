/**
 * A clock that counts turns of the event loop: each is so many microseconds, however long it takes. Sockets get their say in
 * every turn, so what a test sees does not depend on how fast or how busy the machine is; and a model that loads for 10 s
 * does so in a blink.
 */
import type { Timer, WallClock } from '../../../sim/live/time/clock.ts'

interface Due {
  readonly at: number
  readonly call: () => void
}

export class TurnClock implements WallClock {
  #now = 0
  #running = false
  readonly #timers = new Set<Due>()

  constructor(private readonly microsPerTurn = 2_000) {}

  now(): number {
    return this.#now
  }

  /** It began in 1970. */
  unix(): number {
    return this.#now
  }

  after(wait: number, call: () => void): Timer {
    const due = { at: this.#now + Math.max(0, wait), call }
    this.#timers.add(due)
    this.#begin()
    return { cancel: () => void this.#timers.delete(due) }
  }

  #begin(): void {
    if (this.#running) return
    this.#running = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#running = false
    if (this.#timers.size === 0) return
    this.#now += this.microsPerTurn
    for (const due of this.#timers) {
      if (due.at > this.#now) continue
      this.#timers.delete(due)
      due.call()
    }
    this.#begin()
  }
}
