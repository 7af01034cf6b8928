/** The provider program's one event loop: strictly in order, one at a time, and stopped while a demand load is awaited. */
import type { Micros } from '../base/time.ts'
import type { ToProvider } from '../protocol/index.ts'

export type LoopEvent =
  | { readonly kind: 'message'; readonly message: ToProvider; readonly receivedAt: Micros }
  /** The socket was lost; the clean-up waits its turn like everything else. */
  | { readonly kind: 'disconnected' }

export class EventLoop {
  private waiting: LoopEvent[] = []
  private blocked = false
  private running = false

  constructor(private readonly handle: (event: LoopEvent) => void) {}

  push(event: LoopEvent): void {
    this.waiting.push(event)
    this.run()
  }

  /** Until `unblock`; called by the handler of an event. */
  block(): void {
    this.blocked = true
  }

  unblock(): void {
    this.blocked = false
    this.run()
  }

  /** Takes out what nobody will look at any more. */
  clear(): readonly LoopEvent[] {
    const forgotten = this.waiting
    this.waiting = []
    return forgotten
  }

  /** A new process starts with an empty loop. */
  reset(): readonly LoopEvent[] {
    this.blocked = false
    return this.clear()
  }

  private run(): void {
    if (this.running) return
    this.running = true
    while (!this.blocked) {
      const event = this.waiting.shift()
      if (event === undefined) break
      this.handle(event)
    }
    this.running = false
  }
}
