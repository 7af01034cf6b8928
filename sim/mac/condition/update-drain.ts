/**
 * The end of one program version (provider-runtime 8): new requests are refused, those under way have 120 s, looked at
 * every 250 ms, what is left then is cancelled, and the program restarts. The real updater downloads before, while it
 * serves, and resumes serving when it fails; here an update never fails. Instead of polling, the poll that sees the last
 * request gone is worked out when that request ends.
 */
import { addMicros, type Micros, subMicros } from '../../base/time.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'

/** Longest wait and period of the poll: provider-runtime 8. */
const WAIT_MAX = 120_000_000 as Micros
const POLL = 250_000

interface UpdateDrainPorts {
  /** Accepted and unfinished requests. */
  inFlight(): number
  /** The wait is over: cancels what is left and restarts the program. */
  restart(): void
}

export class UpdateDrain {
  private since = 0 as Micros
  private deadline: EventId | undefined
  private lastPoll: EventId | undefined

  constructor(
    private readonly scheduler: Scheduler,
    private readonly ports: UpdateDrainPorts,
  ) {}

  get active(): boolean {
    return this.deadline !== undefined
  }

  begin(): void {
    if (this.active) return
    const { scheduler } = this
    this.since = scheduler.now
    this.deadline = scheduler.schedule(addMicros(scheduler.now, WAIT_MAX), Priority.timer, () => this.finish())
    this.finishIfEmpty()
  }

  /** A request has ended. */
  finishIfEmpty(): void {
    if (!this.active || this.lastPoll !== undefined || this.ports.inFlight() > 0) return
    const { scheduler } = this
    const polls = Math.ceil(subMicros(scheduler.now, this.since) / POLL)
    const at = addMicros(this.since, (polls * POLL) as Micros)
    this.lastPoll = scheduler.schedule(at, Priority.timer, () => this.finish())
  }

  /** The program has ended, for whatever reason. */
  stop(): void {
    if (this.deadline !== undefined) this.scheduler.cancel(this.deadline)
    if (this.lastPoll !== undefined) this.scheduler.cancel(this.lastPoll)
    this.deadline = this.lastPoll = undefined
  }

  private finish(): void {
    this.stop()
    this.ports.restart()
  }
}
