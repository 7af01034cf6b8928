/**
 * Demand: users, and the upstream router between them and us. It sends each user request once, hears the answer, and
 * writes down what the client saw: one `user_request` and one `user_ended` row per user, one `arrived` and one `ended`
 * row per attempt. A 429 goes to another provider; a client without a first token when its patience ends closes the
 * connection.
 *
 * Arrivals are produced one at a time, the next when the last has been sent: memory grows with the requests in flight,
 * not with the length of the run.
 */
import { assert, assertNever } from '../base/assert.ts'
import type { ModelName, RequestId, UserId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import { type EventId, Priority, type RandomSource, type Scheduler } from '../kernel/scheduler.ts'
import { type Answer, type ClientMessage, SealedBody } from '../protocol/index.ts'
import type { EndedRow, TraceSink, UserEndedRow } from '../trace/row.ts'
import type { DemandStream, Upstream } from './config.ts'
import { OpenBooks } from './open-books.ts'
import { Recordings } from './recordings.ts'
import type { DraftRequest, RequestSource } from './request-source.ts'
import { requestSource } from './stream.ts'
import type { TraceFile } from './trace-file.ts'

export interface DemandOptions {
  readonly streams: readonly DemandStream[]
  readonly upstream: Upstream
  /** Requests arrive before this; what is under way then runs on. */
  readonly duration: Micros
  readonly scheduler: Scheduler
  readonly random: RandomSource
  readonly trace: TraceSink
  /** Every trace the streams name, by path. */
  readonly traces: ReadonlyMap<string, TraceFile>
  /** May be answered before it returns. */
  send(message: ClientMessage): void
}

/** An attempt under way, as its client knows it. */
interface Open {
  readonly user: UserId
  readonly model: ModelName
  readonly servedElsewhere: boolean
  /** Who hears of the end. */
  readonly source: RequestSource
  readonly member: number
  /** undefined: patience has no end, or the first token came. */
  patience: EventId | undefined
  firstTokenSeen: boolean
}

type RequestEnding = Omit<EndedRow, 'kind' | 'at' | 'request'>

/** What proxies write into their logs when the client has closed the connection; no such status is ever sent. */
const CLIENT_CLOSED_REQUEST = 499

export class DemandDriver {
  private readonly sources: readonly RequestSource[]
  private readonly open = new Map<RequestId, Open>()
  private readonly books = new OpenBooks()
  private nextUser = 0
  private nextRequest = 0
  private ended = 0
  private started = false
  /** The event of the next arrival, and its time. */
  private next: { readonly event: EventId; readonly at: number } | undefined

  constructor(private readonly options: DemandOptions) {
    const context = { ...options, recordings: new Recordings(options.traces) }
    this.sources = options.streams.map((stream, place) => requestSource(stream, place, context))
  }

  /** Users whose request is under way. */
  get openUsers(): number {
    return this.open.size
  }

  /** Users whose request has ended, whatever the outcome. */
  get finished(): number {
    return this.ended
  }

  start(): void {
    assert(!this.started, 'demand: started twice')
    this.started = true
    this.scheduleNext()
  }

  /** The run ends here: the count of what is and was under way goes into the trace. */
  closeBooks(): void {
    const at = this.options.scheduler.now
    for (const book of this.books.closed(at)) this.options.trace.emit({ kind: 'model_books', at, ...book })
  }

  receive(answer: Answer): void {
    const open = this.open.get(answer.request)
    // The client closed this connection; what was already on the wire reaches nobody.
    if (open === undefined) return
    switch (answer.kind) {
      case 'first_token':
        this.firstToken(open, answer.request, answer.attempt)
        return
      case 'completed':
        this.finish(answer.request, open, 'served', {
          outcome: 'served',
          status: 200,
          reason: '',
          midStream: false,
          retryAfter_s: -1,
          completionTokens: answer.completionTokens,
          attempt: answer.attempt,
        })
        return
      case 'rejected': {
        const { retry_elsewhere_on_429 } = this.options.upstream
        const elsewhere = answer.status === 429 && retry_elsewhere_on_429 && open.servedElsewhere
        this.finish(answer.request, open, elsewhere ? 'failed_over' : 'failed', {
          ...UNSERVED,
          outcome: 'rejected',
          status: answer.status,
          reason: answer.reason,
          retryAfter_s: answer.retryAfter_s ?? -1,
        })
        return
      }
      case 'failed':
        this.finish(answer.request, open, 'failed', {
          ...UNSERVED,
          outcome: 'failed',
          status: answer.status,
          reason: answer.reason,
          midStream: answer.midStream,
        })
        return
      default:
        assertNever(answer)
    }
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
    this.arrive(source.take(), source)
    this.scheduleNext()
  }

  private arrive(draft: DraftRequest, source: RequestSource): void {
    const { scheduler, trace } = this.options
    const at = scheduler.now
    const user = this.nextUser++ as UserId
    const request = this.nextRequest++ as RequestId
    const { model, promptTokens, estimatedPromptTokens, outputTokens, stream, tools, vision, terms } = draft
    const { enabled, base, per_token } = draft.patience
    const patience = (enabled ? base + per_token * promptTokens : 0) as Micros
    const maxTokens = draft.maxTokens ?? 0
    trace.emit({
      kind: 'user_request',
      at,
      user,
      model,
      promptTokens,
      maxTokens,
      outputTokens,
      stream,
      tools,
      vision,
      serial: terms.serials?.join(',') ?? '',
      patience,
    })
    trace.emit({ kind: 'arrived', at, request, user, model, estimatedPromptTokens, maxTokens })
    this.books.began(model, at)
    this.open.set(request, {
      user,
      model,
      servedElsewhere: draft.servedElsewhere,
      source,
      member: draft.member,
      patience: enabled
        ? scheduler.schedule((at + patience) as Micros, Priority.timer, this.onPatienceEnded, request)
        : undefined,
      firstTokenSeen: false,
    })
    this.options.send({
      kind: 'request',
      request: {
        id: request,
        user,
        model,
        estimatedPromptTokens,
        maxTokens: draft.maxTokens,
        stream,
        hasTools: tools,
        requiresVision: vision,
        ...terms,
      },
      body: SealedBody.seal({ promptTokens, outputTokens, images: vision ? 1 : 0 }),
    })
  }

  private firstToken(open: Open, request: RequestId, attempt: number): void {
    assert(!open.firstTokenSeen, 'demand: two first tokens for one request')
    open.firstTokenSeen = true
    this.stopWaiting(open)
    this.options.trace.emit({ kind: 'first_token', at: this.options.scheduler.now, request, attempt })
  }

  private readonly onPatienceEnded = (payload: number): void => {
    const request = payload as RequestId
    const open = this.open.get(request)
    assert(open !== undefined && !open.firstTokenSeen, 'demand: patience ended for a request that no longer waits')
    open.patience = undefined
    this.finish(request, open, 'gave_up', {
      ...UNSERVED,
      outcome: 'cancelled',
      status: CLIENT_CLOSED_REQUEST,
      reason: '',
    })
    this.options.send({ kind: 'cancel', request })
  }

  private finish(request: RequestId, open: Open, outcome: UserEndedRow['outcome'], ending: RequestEnding): void {
    const { scheduler, trace } = this.options
    const at = scheduler.now
    this.stopWaiting(open)
    this.open.delete(request)
    this.books.ended(open.model, at)
    this.ended += 1
    trace.emit({ kind: 'ended', at, request, ...ending })
    trace.emit({ kind: 'user_ended', at, user: open.user, outcome })
    if (open.source.ended === undefined) return
    open.source.ended(open.member, at)
    this.scheduleNext()
  }

  private stopWaiting(open: Open): void {
    if (open.patience === undefined) return
    this.options.scheduler.cancel(open.patience)
    open.patience = undefined
  }
}

const UNSERVED = { midStream: false, retryAfter_s: -1, completionTokens: 0, attempt: -1 } as const
