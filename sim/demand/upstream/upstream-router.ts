/**
 * The upstream router between the users and us: one `user_request` and one `user_ended` row per user, one `arrived` and one
 * `ended` row per attempt that reaches us. Until the first token a failed attempt goes to another provider, or comes back
 * to us when nobody else serves it; after it, never. A client without a first token when its patience ends closes the
 * connection, and so does the router when its own clock on an attempt ends.
 *
 * A sole provider gets its own failures back: that is how refusals amplify.
 */
import { assert, assertNever } from '../../base/assert.ts'
import type { ModelName, RequestId, UserId } from '../../base/ids.ts'
import { MICROS_PER_SECOND, type Micros } from '../../base/time.ts'
import { harmsUptime } from '../../base/uptime.ts'
import { type EventId, Priority, type RandomSource, type RandomStream, type Scheduler } from '../../kernel/scheduler.ts'
import { type Answer, type ClientMessage, SealedBody } from '../../protocol/index.ts'
import type { EndedRow, TraceSink, UserEndedRow } from '../../trace/row.ts'
import { OpenBooks } from '../open-books.ts'
import type { DraftRequest } from '../request-source.ts'
import type { AttemptFailure, Upstream } from './config.ts'
import { type Judged, UpstreamOffer, type Turn } from './offer.ts'

export interface UpstreamRouterOptions {
  readonly upstream: Upstream
  readonly scheduler: Scheduler
  readonly random: RandomSource
  readonly trace: TraceSink
  /** May be answered before it returns. */
  send(message: ClientMessage): void
}

/** A user whose request is under way. */
interface User {
  readonly id: UserId
  readonly draft: DraftRequest
  readonly heard: (() => void) | undefined
  readonly offer: UpstreamOffer
  readonly turn: Turn
  retriesLeft: number
  /** undefined: patience has no end, or the first token came. */
  patience: EventId | undefined
  /** Between two attempts. */
  retry: EventId | undefined
  /** undefined: between two attempts. */
  attempt: Attempt | undefined
}

/** An attempt under way at us. */
interface Attempt {
  readonly request: RequestId
  readonly user: User
  clock: EventId | undefined
  firstTokenSeen: boolean
}

type RequestEnding = Omit<EndedRow, 'kind' | 'at' | 'request'>

/** What proxies write into their logs when the client has closed the connection; no such status is ever sent. */
const CLIENT_CLOSED_REQUEST = 499
const RATE_LIMITED = 429
const UNSERVED = { midStream: false, retryAfter_s: -1, completionTokens: 0, attempt: -1 } as const
const HUNG_UP = { ...UNSERVED, outcome: 'cancelled', status: CLIENT_CLOSED_REQUEST, reason: '' } as const

export class UpstreamRouter {
  private readonly users = new Map<UserId, User>()
  private readonly attempts = new Map<RequestId, Attempt>()
  private readonly offers = new Map<ModelName, UpstreamOffer>()
  private readonly books = new OpenBooks()
  private readonly jitter: RandomStream
  private nextUser = 0
  private nextRequest = 0
  private ended = 0

  constructor(private readonly options: UpstreamRouterOptions) {
    this.jitter = options.random.stream('upstream/jitter')
  }

  /** Users whose request is under way. */
  get openUsers(): number {
    return this.users.size
  }

  /** Attempts that have reached us and not ended. */
  get openAttempts(): number {
    return this.attempts.size
  }

  /** Users whose request has ended, whatever the outcome. */
  get finished(): number {
    return this.ended
  }

  /** The run ends here: the count of what is and was under way goes into the trace. */
  closeBooks(): void {
    const at = this.now
    for (const book of this.books.closed(at)) this.options.trace.emit({ kind: 'model_books', at, ...book })
  }

  /** A user asks. `heard`: who wants to know when that has ended. */
  ask(draft: DraftRequest, heard: (() => void) | undefined): void {
    const { scheduler, trace, upstream } = this.options
    const at = this.now
    const { model, promptTokens, outputTokens, stream, tools, vision, terms } = draft
    const { enabled, base, per_token } = draft.patience
    const patience = (enabled ? base + per_token * promptTokens : 0) as Micros
    const id = this.nextUser++ as UserId
    trace.emit({
      kind: 'user_request',
      at,
      user: id,
      model,
      promptTokens,
      maxTokens: draft.maxTokens ?? 0,
      outputTokens,
      stream,
      tools,
      vision,
      serial: terms.serials?.join(',') ?? '',
      patience,
    })
    const offer = this.offerOf(model)
    const turn = offer.turn(at, draft.servedElsewhere)
    if (!turn.ours) {
      this.ended += 1
      trace.emit({ kind: 'user_ended', at, user: id, outcome: 'elsewhere' })
      heard?.()
      return
    }
    const retriesLeft = upstream.retries
    const user: User = {
      id,
      heard,
      draft,
      offer,
      turn,
      retriesLeft,
      patience: undefined,
      retry: undefined,
      attempt: undefined,
    }
    this.users.set(id, user)
    this.try(user, () => {
      if (!enabled) return
      user.patience = scheduler.schedule((at + patience) as Micros, Priority.timer, this.onPatienceEnded, id)
    })
  }

  receive(answer: Answer): void {
    const attempt = this.attempts.get(answer.request)
    // The connection was closed; what was already on the wire reaches nobody.
    if (attempt === undefined) return
    const { user } = attempt
    switch (answer.kind) {
      case 'first_token':
        this.firstToken(attempt, answer.attempt)
        return
      case 'completed':
        this.endAttempt(attempt, 'success', {
          outcome: 'served',
          status: 200,
          reason: '',
          midStream: false,
          retryAfter_s: -1,
          completionTokens: answer.completionTokens,
          attempt: answer.attempt,
        })
        this.endUser(user, 'served')
        return
      case 'rejected': {
        const { status, reason, retryAfter_s = -1 } = answer
        this.endAttempt(attempt, judgedBy(status), { ...UNSERVED, outcome: 'rejected', status, reason, retryAfter_s })
        this.goOn(user, failureOf(status), retryAfter_s)
        return
      }
      case 'failed': {
        const { status, reason, midStream } = answer
        const broken = midStream || attempt.firstTokenSeen
        const judged = broken ? 'failure' : judgedBy(status)
        this.endAttempt(attempt, judged, { ...UNSERVED, outcome: 'failed', status, reason, midStream })
        if (broken) this.endUser(user, 'failed')
        else this.goOn(user, failureOf(status), -1)
        return
      }
      default:
        assertNever(answer)
    }
  }

  /** An attempt at us. `sent` is called when it stands in the trace and before it is under way. */
  private try(user: User, sent: () => void): void {
    const { scheduler, trace } = this.options
    const { upstream } = this.options
    const at = this.now
    const request = this.nextRequest++ as RequestId
    const { model, promptTokens, estimatedPromptTokens, outputTokens, maxTokens, stream, tools, vision, terms } =
      user.draft
    trace.emit({ kind: 'arrived', at, request, user: user.id, model, estimatedPromptTokens, maxTokens: maxTokens ?? 0 })
    this.books.began(model, at)
    sent()
    const { enabled, models } = upstream.first_content
    const { base, per_token } = (Object.hasOwn(models, model) ? models[model] : undefined) ?? upstream.first_content
    const clock = enabled
      ? scheduler.schedule((at + base + per_token * promptTokens) as Micros, Priority.timer, this.onClockEnded, request)
      : undefined
    const attempt: Attempt = { request, user, clock, firstTokenSeen: false }
    user.attempt = attempt
    this.attempts.set(request, attempt)
    this.options.send({
      kind: 'request',
      request: {
        id: request,
        user: user.id,
        model,
        estimatedPromptTokens,
        maxTokens,
        stream,
        hasTools: tools,
        requiresVision: vision,
        serials: terms.serials,
        account: terms.account,
        route: terms.route,
        cacheKey: terms.cacheKey,
        endpoint: terms.endpoint,
        bodyBytes: terms.bodyBytes,
        malformed: terms.malformed,
      },
      body: SealedBody.seal({ promptTokens, outputTokens, images: vision ? 1 : 0 }),
    })
  }

  private firstToken(attempt: Attempt, dispatch: number): void {
    assert(!attempt.firstTokenSeen, 'upstream: two first tokens for one request')
    attempt.firstTokenSeen = true
    this.stopClock(attempt)
    this.stopPatience(attempt.user)
    const { request } = attempt
    this.options.trace.emit({ kind: 'first_token', at: this.now, request, attempt: dispatch })
  }

  private readonly onPatienceEnded = (payload: number): void => {
    const user = this.users.get(payload as UserId)
    assert(user !== undefined, 'upstream: patience ended for a user who no longer waits')
    user.patience = undefined
    const { attempt } = user
    if (attempt !== undefined) {
      assert(!attempt.firstTokenSeen, 'upstream: patience ended after the first token')
      this.endAttempt(attempt, 'failure', HUNG_UP)
    }
    this.endUser(user, 'gave_up')
    if (attempt !== undefined) this.options.send({ kind: 'cancel', request: attempt.request })
  }

  private readonly onClockEnded = (payload: number): void => {
    const attempt = this.attempts.get(payload as RequestId)
    assert(attempt !== undefined && !attempt.firstTokenSeen, 'upstream: a clock ended that was stopped')
    attempt.clock = undefined
    this.endAttempt(attempt, 'failure', HUNG_UP)
    this.options.send({ kind: 'cancel', request: attempt.request })
    this.goOn(attempt.user, 'timeout', -1)
  }

  private readonly onRetry = (payload: number): void => {
    const user = this.users.get(payload as UserId)
    assert(user !== undefined && user.attempt === undefined, 'upstream: a retry for a user who does not wait for one')
    user.retry = undefined
    this.try(user, () => {})
  }

  /** An attempt has failed before its first token. */
  private goOn(user: User, failure: AttemptFailure, retryAfter_s: number): void {
    const { upstream, scheduler } = this.options
    if (this.mayGoElsewhere(failure) && user.turn.othersServe()) return this.endUser(user, 'failed_over')
    if (user.retriesLeft === 0 || !upstream.retry_on.includes(failure)) return this.endUser(user, 'failed')
    user.retriesLeft -= 1
    const heard = upstream.retry_after === 'heard' && retryAfter_s >= 0
    const wait = heard ? retryAfter_s * MICROS_PER_SECOND : upstream.retry_wait
    const longer = upstream.retry_jitter === 0 ? 0 : wait * upstream.retry_jitter * this.jitter.uniform()
    const at = (this.now + Math.max(1, Math.round(wait + longer))) as Micros
    user.retry = scheduler.schedule(at, Priority.timer, this.onRetry, user.id)
  }

  private mayGoElsewhere(failure: AttemptFailure): boolean {
    const { retry_elsewhere_on_429, retry_elsewhere_on_error } = this.options.upstream
    switch (failure) {
      case 'rate_limited':
        return retry_elsewhere_on_429
      case 'server_error':
      case 'timeout':
        return retry_elsewhere_on_error
      // What is wrong with a request is wrong with it everywhere.
      case 'client_error':
        return false
    }
  }

  private endAttempt(attempt: Attempt, judged: Judged, ending: RequestEnding): void {
    const { request, user } = attempt
    const at = this.now
    this.stopClock(attempt)
    user.attempt = undefined
    this.attempts.delete(request)
    this.books.ended(user.draft.model, at)
    const { outcome, status, reason, midStream, retryAfter_s, completionTokens, attempt: answered } = ending
    this.options.trace.emit({
      kind: 'ended',
      at,
      request,
      outcome,
      status,
      reason,
      midStream,
      retryAfter_s,
      completionTokens,
      attempt: answered,
    })
    user.offer.ended(at, judged)
  }

  private endUser(user: User, outcome: UserEndedRow['outcome']): void {
    this.stopPatience(user)
    if (user.retry !== undefined) this.options.scheduler.cancel(user.retry)
    this.users.delete(user.id)
    this.ended += 1
    this.options.trace.emit({ kind: 'user_ended', at: this.now, user: user.id, outcome })
    user.heard?.()
  }

  private stopPatience(user: User): void {
    if (user.patience === undefined) return
    this.options.scheduler.cancel(user.patience)
    user.patience = undefined
  }

  private stopClock(attempt: Attempt): void {
    if (attempt.clock === undefined) return
    this.options.scheduler.cancel(attempt.clock)
    attempt.clock = undefined
  }

  private offerOf(model: ModelName): UpstreamOffer {
    let offer = this.offers.get(model)
    if (offer === undefined) {
      const { upstream, random, trace } = this.options
      const stream = random.stream(`upstream/${model}`)
      offer = new UpstreamOffer(model, upstream, stream, (view) => trace.emit({ kind: 'router_view', ...view }))
      this.offers.set(model, offer)
    }
    return offer
  }

  private get now(): Micros {
    return this.options.scheduler.now
  }
}

const judgedBy = (status: number): Judged =>
  status === RATE_LIMITED ? 'refused' : harmsUptime(status) ? 'failure' : 'ignored'

function failureOf(status: number): AttemptFailure {
  if (status === RATE_LIMITED) return 'rate_limited'
  return status < 500 ? 'client_error' : 'server_error'
}
