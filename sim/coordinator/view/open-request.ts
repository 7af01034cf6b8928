/**
 * A request between its arrival and its end, as the coordinator carries it: what was asked, what has been tried, what
 * it waits for.
 */
import type { BuildId, ProviderId, RequestId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { PolicyRequest } from '../../plug/index.ts'
import type { RequestView, SealedBody } from '../../protocol/index.ts'
import type { AttemptEndedRow } from '../../trace/row.ts'
import type { Shape } from './breakers.ts'
import type { TimerId } from '../ports.ts'
import type { Offer } from './provider-record.ts'

/** What has been heard of an attempt that has not produced text yet. */
export type Heard = 'nothing' | 'preamble' | 'accepted'

/** One attempt under way on one provider. Two of a request race when a backup was started. */
export interface Racer {
  readonly request: OpenRequest
  /** Numbers all dispatches of a request, backups included. */
  readonly attempt: number
  readonly offer: Offer
  readonly backup: boolean
  heard: Heard
  readonly begunAt: Micros
  firstTextAt: Micros | undefined
  ending: AttemptEnding | undefined
}

/** How an attempt ended, in the ledger's words. */
export type AttemptEnding = Pick<AttemptEndedRow, 'outcome' | 'code' | 'text' | 'promptTokens' | 'completionTokens'>

export type LastError =
  | { readonly kind: 'provider'; readonly code: number; readonly capacityClass: boolean }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'ttft_timeout' }
  | { readonly kind: 'accepted_timeout' }

/** Work under way for a request that need not be finished when the client leaves. */
export interface Cancellable {
  cancelled: boolean
}

export interface OpenRequest {
  readonly view: RequestView
  readonly body: SealedBody
  readonly arrivedAt: Micros
  /** Injected when the client gave none. */
  maxTokens: number
  /**
   * Concrete build: the request's model until admission resolves it, then fixed (Q5), but for the fallback of A11 and
   * A17.
   */
  build: BuildId
  /** Admission has said which build it is. */
  isResolved: boolean
  readonly shape: Shape
  /** First-token deadline of each attempt. */
  readonly deadline: Micros
  /** Attempts of the failover loop begun (D1). */
  tries: number
  /** Attempts that failed for lack of room. */
  roomFailures: number
  /** A machine found it longer than the model's context: so will every other. */
  overflows: boolean
  /** Dispatches made, backups included. */
  dispatches: number
  readonly excluded: ProviderId[]
  /** Version of the provider that failed last, '' when none. */
  avoidVersion: string
  lastError: LastError | undefined
  /** Decision under way: at most one for the request itself … */
  job: Cancellable | undefined
  /** … and one for a backup. */
  backupJob: Cancellable | undefined
  enqueuedAt: Micros
  queueTimer: TimerId | undefined
  /** Primary first. Another list after each change: one that is added to has room for seventeen. */
  racers: readonly Racer[]
  /** The racer whose text came first: from here on nothing can be retried. */
  winner: Racer | undefined
  speculativeTimer: TimerId | undefined
  /** First content is due; after it came, the end of the inference is. */
  deadlineTimer: TimerId | undefined
  /** The one extension for a held preamble has been used. */
  extended: boolean
  /** As the policy's surfaces see it; undefined: none has looked. */
  shown: PolicyRequest | undefined
}

const NOBODY: readonly Racer[] = []

export function openRequest(view: RequestView, body: SealedBody, deadline: Micros, arrivedAt: Micros): OpenRequest {
  return {
    view,
    body,
    arrivedAt,
    maxTokens: view.maxTokens ?? 0,
    build: view.model as BuildId,
    isResolved: false,
    shape: view.hasTools ? 'tools' : 'base',
    deadline,
    tries: 0,
    roomFailures: 0,
    overflows: false,
    dispatches: 0,
    excluded: [],
    avoidVersion: '',
    lastError: undefined,
    job: undefined,
    backupJob: undefined,
    enqueuedAt: 0 as Micros,
    queueTimer: undefined,
    racers: NOBODY,
    winner: undefined,
    speculativeTimer: undefined,
    deadlineTimer: undefined,
    extended: false,
    shown: undefined,
  }
}

/** The attempt of this request on this provider, undefined when it is over or was never there. */
export function racerOn(request: OpenRequest | undefined, provider: ProviderId, attempt: number): Racer | undefined {
  return request?.racers.find((racer) => racer.attempt === attempt && racer.offer.provider.id === provider)
}

/** Its own machine serves it already: a backup that is sought now must not leave the own ones (§17). */
export const racesAtHome = ({ view, racers }: OpenRequest): boolean =>
  view.route === 'prefer_owner' && racers.some(({ offer }) => offer.provider.account === view.account)

export type OpenRequests = Map<RequestId, OpenRequest>
