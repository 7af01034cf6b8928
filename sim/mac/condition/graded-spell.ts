/**
 * A condition of some degree that lasts for a time, such as a slowed GPU. Called for again while it lasts, the harder one
 * holds as long as both last, and the milder is back after it.
 */
import { addMicros, type Micros } from '../../base/time.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'

interface Lasting {
  /** 0 … 1 of what there would be without it: the lower, the harder. */
  readonly share: number
  readonly until: Micros
}

interface GradedSpellPorts {
  /** The first of those that overlap. */
  begins(): void
  /** The hardest of those that last; 1 when none does. */
  holds(share: number): void
  /** The last of those that overlap. */
  ends(): void
}

export class GradedSpell {
  /** The hardest first; each outlasts the one before it, and is milder. */
  private lasting: readonly Lasting[] = []
  private timer: EventId | undefined

  constructor(
    private readonly scheduler: Scheduler,
    private readonly ports: GradedSpellPorts,
  ) {}

  begin(share: number, lasts: Micros): void {
    const until = addMicros(this.scheduler.now, lasts)
    const { lasting } = this
    if (lasting.some((each) => each.share <= share && each.until >= until)) return
    if (lasting.length === 0) this.ports.begins()
    const harder = lasting.filter((each) => each.share < share)
    const longer = lasting.filter((each) => each.share >= share && each.until > until)
    this.settle([...harder, { share, until }, ...longer])
  }

  private settle(lasting: readonly Lasting[]): void {
    const { scheduler } = this
    const before = this.lasting[0]?.share ?? 1
    const hardest = lasting[0]
    this.lasting = lasting
    if (this.timer !== undefined) scheduler.cancel(this.timer)
    // After whatever begins at that instant, as in spell.ts.
    this.timer =
      hardest && scheduler.schedule(hardest.until, Priority.timeline, () => this.settle(this.lasting.slice(1)))
    const share = hardest?.share ?? 1
    if (share !== before) this.ports.holds(share)
    if (hardest === undefined) this.ports.ends()
  }
}
