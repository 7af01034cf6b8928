/**
 * Demand: users, and the upstream router between them and us. Arrivals are produced one at a time, the next when the last
 * has been sent: memory grows with the requests in flight, not with the length of the run.
 */
import { assert } from '../base/assert.ts'
import type { Micros } from '../base/time.ts'
import { type EventId, Priority } from '../kernel/scheduler.ts'
import type { Answer } from '../protocol/index.ts'
import type { DemandStream } from './config.ts'
import { Recordings } from './recorded/recordings.ts'
import type { RequestSource } from './request-source.ts'
import { requestSource } from './stream.ts'
import type { TraceFile } from './recorded/trace-file.ts'
import { UpstreamRouter, type UpstreamRouterOptions } from './upstream/upstream-router.ts'

export interface DemandOptions extends UpstreamRouterOptions {
  readonly streams: readonly DemandStream[]
  /** Requests arrive before this; what is under way then runs on. */
  readonly duration: Micros
  /** Every trace the streams name, by path. */
  readonly traces: ReadonlyMap<string, TraceFile>
}

export class DemandDriver {
  private readonly sources: readonly RequestSource[]
  private readonly router: UpstreamRouter
  private started = false
  /** The event of the next arrival, and its time. */
  private next: { readonly event: EventId; readonly at: number } | undefined

  constructor(private readonly options: DemandOptions) {
    this.router = new UpstreamRouter(options)
    const context = { ...options, recordings: new Recordings(options.traces) }
    this.sources = options.streams.map((stream, place) => requestSource(stream, place, context))
  }

  /** Users whose request is under way. */
  get openUsers(): number {
    return this.router.openUsers
  }

  /** Attempts that have reached us and not ended: fewer than users while some wait for the next. */
  get openAttempts(): number {
    return this.router.openAttempts
  }

  /** Users whose request has ended, whatever the outcome. */
  get finished(): number {
    return this.router.finished
  }

  start(): void {
    assert(!this.started, 'demand: started twice')
    this.started = true
    this.scheduleNext()
  }

  /** The run ends here: the count of what is and was under way goes into the trace. */
  closeBooks(): void {
    this.router.closeBooks()
  }

  receive(answer: Answer): void {
    this.router.receive(answer)
  }

  /** The source whose turn it is; of two at the same instant the earlier in the file. */
  private earliest(): RequestSource | undefined {
    let earliest: RequestSource | undefined
    for (const source of this.sources) {
      if (source.nextAt < (earliest?.nextAt ?? this.options.duration)) earliest = source
    }
    return earliest
  }

  /** Called when a source has moved on: in a closed loop an answer may bring the next request forward. */
  private scheduleNext(): void {
    const { scheduler } = this.options
    const at = this.earliest()?.nextAt
    if (at === this.next?.at) return
    if (this.next !== undefined) scheduler.cancel(this.next.event)
    this.next =
      at === undefined ? undefined : { event: scheduler.schedule(at as Micros, Priority.arrival, this.onArrival), at }
  }

  private readonly onArrival = (): void => {
    this.next = undefined
    const source = this.earliest()
    assert(source?.nextAt === this.options.scheduler.now, 'demand: an arrival at the wrong time')
    const draft = source.take()
    this.router.ask(draft, source.ended === undefined ? undefined : () => this.heard(source, draft.member))
    this.scheduleNext()
  }

  /** A request of a closed loop has ended. */
  private heard(source: RequestSource, member: number): void {
    source.ended?.(member, this.options.scheduler.now)
    this.scheduleNext()
  }
}
