/**
 * The provider program's one event loop: strictly in order, one at a time, and stopped while a demand load is awaited
 * (provider-runtime 3.5) or the Mac sleeps. It notes whom every message waits for.
 */
import type { Micros } from '../../base/time.ts'
import type { ToProvider } from '../../protocol/index.ts'
import type { Wait } from '../engine/books/delays.ts'
import { type Culprit, NONE } from '../engine/engine.ts'

export type LoopEvent =
  | { readonly kind: 'message'; readonly message: ToProvider; readonly receivedAt: Micros }
  /** The socket was lost; the clean-up waits its turn like everything else. */
  | { readonly kind: 'disconnected' }

interface Waiting {
  readonly event: LoopEvent
  readonly since: Micros
  readonly waits: Wait[]
}

export class EventLoop {
  private waiting: Waiting[] = []
  /** The build whose load is awaited. */
  private awaited: Culprit | undefined
  private asleep = false
  /** Since when the reason to stand still is the one it is. */
  private since = 0 as Micros
  private running = false

  constructor(
    private readonly clock: { readonly now: Micros },
    private readonly handler: { handle(event: LoopEvent, waits: Wait[]): void },
  ) {}

  push(event: LoopEvent): void {
    this.waiting.push({ event, since: this.clock.now, waits: [] })
    this.run()
  }

  /** Until `unblock`; called by the handler of an event that awaits a load of `build`. */
  block(build: Culprit): void {
    this.settle()
    this.awaited = build
  }

  unblock(): void {
    this.settle()
    this.awaited = undefined
    this.run()
  }

  sleep(): void {
    this.settle()
    this.asleep = true
  }

  wake(): void {
    this.settle()
    this.asleep = false
    this.run()
  }

  /** Requests among the messages that wait. */
  get unread(): number {
    let unread = 0
    for (const { event } of this.waiting)
      if (event.kind === 'message' && event.message.kind === 'inference') unread += 1
    return unread
  }

  /** Takes out what nobody will look at any more. */
  clear(): readonly LoopEvent[] {
    const forgotten = this.waiting
    this.waiting = []
    return forgotten.map(({ event }) => event)
  }

  /** A new process starts with an empty loop. */
  reset(): readonly LoopEvent[] {
    this.awaited = undefined
    this.asleep = false
    return this.clear()
  }

  /** Everybody who waits has waited for the present reason until now. */
  private settle(): void {
    const { now } = this.clock
    if (this.asleep || this.awaited !== undefined) {
      const culprit = this.asleep ? NONE : (this.awaited ?? NONE)
      for (const { since, waits } of this.waiting) {
        const micros = now - Math.max(since, this.since)
        if (micros > 0) waits.push({ culprit, cause: this.asleep ? 'queue' : 'load', micros })
      }
    }
    this.since = now
  }

  private run(): void {
    if (this.running) return
    this.running = true
    while (this.awaited === undefined && !this.asleep) {
      const next = this.waiting.shift()
      if (next === undefined) break
      this.handler.handle(next.event, next.waits)
    }
    this.running = false
  }
}
