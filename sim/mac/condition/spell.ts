/**
 * A condition that lasts for a time, such as sleep. Called for again while it lasts, it goes on to the later end. It ends
 * after whatever begins at the same instant, so that of two spells that touch nobody notices the seam.
 */
import { addMicros, type Micros } from '../../base/time.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'

export class Spell {
  private until = 0 as Micros
  private timer: EventId | undefined

  constructor(
    private readonly scheduler: Scheduler,
    private readonly onBegin: () => void,
    private readonly onEnd: () => void,
  ) {}

  get active(): boolean {
    return this.timer !== undefined
  }

  begin(lasts: Micros): void {
    const { scheduler } = this
    const until = addMicros(scheduler.now, lasts)
    const begun = this.timer !== undefined
    if (begun && until <= this.until) return
    if (this.timer !== undefined) scheduler.cancel(this.timer)
    this.until = until
    this.timer = scheduler.schedule(until, Priority.timeline, () => {
      this.timer = undefined
      this.onEnd()
    })
    if (!begun) this.onBegin()
  }
}
