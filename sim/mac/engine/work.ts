/** Work of the CPU or the SSD, one piece at a time: it takes its time awake, and stands still while the Mac sleeps. */
import { assert } from '../../base/assert.ts'
import { addMicros, type Micros, subMicros } from '../../base/time.ts'
import type { EventId, Priority, Scheduler } from '../../kernel/scheduler.ts'

export class Work {
  private event: EventId | undefined
  private run: (() => void) | undefined
  private endsAt = 0 as Micros
  /** What is left to do while asleep. */
  private left = 0 as Micros
  private asleep = false

  constructor(
    private readonly scheduler: Scheduler,
    private readonly priority: Priority,
  ) {}

  get busy(): boolean {
    return this.run !== undefined
  }

  start(lasts: Micros, run: () => void): void {
    assert(!this.busy, 'work: one piece at a time')
    this.run = run
    this.left = lasts
    if (!this.asleep) this.resume()
  }

  stop(): void {
    if (this.event !== undefined) this.scheduler.cancel(this.event)
    this.event = this.run = undefined
  }

  sleep(): void {
    this.asleep = true
    if (this.event === undefined) return
    this.left = subMicros(this.endsAt, this.scheduler.now)
    this.scheduler.cancel(this.event)
    this.event = undefined
  }

  wake(): void {
    this.asleep = false
    if (this.busy) this.resume()
  }

  private resume(): void {
    this.endsAt = addMicros(this.scheduler.now, this.left)
    this.event = this.scheduler.schedule(this.endsAt, this.priority, () => {
      const { run } = this
      this.event = this.run = undefined
      run?.()
    })
  }
}
