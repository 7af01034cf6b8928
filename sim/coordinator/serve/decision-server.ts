/**
 * Decisions take time: the real coordinator spends 23 ms (p50) on a request between its arrival and its answer or
 * dispatch (facts: coordinator-control §5.3). Decisions are therefore jobs at a small server: they wait
 * first-in-first-out for one of `servers` places, look at the view when service STARTS, and are applied when service
 * ENDS.
 *
 * The race this opens is the real one. Between start and end, messages arrive and other decisions are applied: the
 * machine a decision chose may have filled up, cooled down, gone away or changed its pool. The real code meets it with
 * a second look under the lock when it reserves (coordinator-routing §5 "Reserve"); here `apply` is that moment and
 * must re-check. A failed re-check means "no provider" with the counters of the decision, and the request queues (first
 * attempt) or gives up (retry).
 *
 * A decision scans every machine that advertises the build, so its service time has a part that grows with them: on a
 * large fleet the coordinator itself may be the bottleneck, above all when failing requests walk it attempt by attempt.
 *
 * One lock for all may stand before that: whoever holds it scans the whole fleet, so decisions look one after another
 * however many servers there are, and a fleet twice as large, or requests that take twice as many attempts, halve what the
 * coordinator can do. A job waits for the lock inside its server, and looks when it has it.
 *
 * Queue drains are not jobs: they happen inside the handling of the message that freed the capacity.
 */
import { assert, must } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import type { CoordinatorPorts } from '../ports.ts'

/** A cancelled job does neither, but one in service holds its server to the end. */
export interface DecisionJob {
  cancelled: boolean
  /** At the start of service. How many machines were scanned. */
  scan(): number
  /** At its end. */
  apply(): void
}

export interface DecisionServerSettings {
  /** Decisions in service at a time. */
  readonly servers: number
  /** Service time of a decision that scans nobody. */
  readonly service: Micros
  /** Added per machine scanned. */
  readonly per_provider: Micros
  /** How long a decision holds the one lock, microseconds; 0: there is none. */
  readonly lock: number
}

export class DecisionServer {
  private readonly waiting: DecisionJob[] = []
  /** Index of the head of `waiting`; the array is cut when half of it has been served. */
  private head = 0
  private busy = 0
  /** Jobs in service that wait for the lock. */
  private readonly atLock: DecisionJob[] = []
  private locked = false

  constructor(
    private readonly settings: DecisionServerSettings,
    private readonly ports: Pick<CoordinatorPorts, 'after'>,
    /** Jobs that may wait at the same time: every open request has at most one decision and one backup. */
    private readonly waitingMax: () => number,
  ) {
    assert(settings.servers >= 1, 'a decision server has at least one place')
  }

  get depth(): number {
    return this.waiting.length - this.head
  }

  submit(job: DecisionJob): void {
    // Not past those who wait: the end of a decision may submit the next one before they are served.
    if (this.busy < this.settings.servers && this.depth === 0) {
      this.begin(job)
      return
    }
    this.waiting.push(job)
    // Cancelled jobs stay in line until their turn, so the bound is checked against the live ones only when it seems
    // broken.
    if (this.depth > this.waitingMax()) assert(this.liveDepth() <= this.waitingMax(), 'INV-4 decision queue bound')
  }

  private begin(job: DecisionJob): void {
    this.busy += 1
    if (this.locked) this.atLock.push(job)
    else this.serve(job)
  }

  /** The lock is free, or there is none. */
  private serve(job: DecisionJob): void {
    const { service, per_provider, lock } = this.settings
    const scanned = job.scan()
    this.ports.after((service + per_provider * scanned + lock) as Micros, 'decision', () => this.end(job))
    if (lock === 0) return
    this.locked = true
    this.ports.after(lock as Micros, 'decision', () => this.unlock())
  }

  /** Whoever has gone meanwhile passes the lock on, and leaves its server. */
  private unlock(): void {
    this.locked = false
    while (!this.locked && this.atLock.length > 0) {
      const next = this.atLock.shift()!
      if (next.cancelled) this.end(next)
      else this.serve(next)
    }
  }

  private end(job: DecisionJob): void {
    this.busy -= 1
    if (!job.cancelled) job.apply()
    while (this.busy < this.settings.servers && this.head < this.waiting.length) {
      const next = this.take()
      if (!next.cancelled) this.begin(next)
    }
  }

  private take(): DecisionJob {
    const next = must(this.waiting[this.head], 'a waiting decision')
    this.head += 1
    if (this.head > 32 && this.head * 2 > this.waiting.length) {
      this.waiting.splice(0, this.head)
      this.head = 0
    }
    return next
  }

  private liveDepth(): number {
    let live = 0
    for (let place = this.head; place < this.waiting.length; place++) if (!this.waiting[place]!.cancelled) live += 1
    return live
  }
}
