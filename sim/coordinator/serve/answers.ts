/** The one place where a request ends: exactly one final answer each, and nothing of it stays behind. */
import { assert } from '../../base/assert.ts'
import type { RequestId } from '../../base/ids.ts'
import { MICROS_PER_SECOND } from '../../base/time.ts'
import type { Answer, FailReason, RejectReason } from '../../protocol/index.ts'
import type { ExplainSink } from '../decide/explain/explain-sink.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { OpenRequest, OpenRequests, Racer } from '../view/open-request.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { CoordinatorPorts } from '../ports.ts'

/** Refusals for want of room or speed: the same request may be served a little later. */
const FOR_WANT_OF_CAPACITY: ReadonlySet<RejectReason> = new Set([
  'model_shed',
  'pool_exhausted',
  'machine_busy',
  'ttft_too_slow',
  'queue_full',
  'queue_timeout',
  'capacity_exhausted',
])

export type AnswerSettings = Pick<CoordinatorSettings, 'CAPACITY_STATUS' | 'RETRY_AFTER_FIXED'>

export class Answers {
  constructor(
    private readonly open: OpenRequests,
    private readonly ports: Pick<CoordinatorPorts, 'answer' | 'now'>,
    private readonly explain: ExplainSink | undefined,
    private readonly fleet: { readonly settings: () => AnswerSettings; readonly demand: Fleet['demand'] },
  ) {}

  /** A client that asked for one whole body sees its first token with the last. */
  firstToken(racer: Racer): void {
    this.send({ kind: 'first_token', request: racer.request.view.id, attempt: racer.attempt })
  }

  completed(racer: Racer, completionTokens: number): void {
    this.close(racer.request, 'served')
    this.send({ kind: 'completed', request: racer.request.view.id, attempt: racer.attempt, completionTokens })
  }

  rejected(request: OpenRequest, status: number, reason: RejectReason, retryAfter_s: number | undefined): void {
    this.close(request, status === 429 || status === 503 ? 'refused' : 'other')
    const { CAPACITY_STATUS, RETRY_AFTER_FIXED } = this.fleet.settings()
    const isCapacity = FOR_WANT_OF_CAPACITY.has(reason)
    const fixed = retryAfter_s !== undefined && RETRY_AFTER_FIXED > 0
    this.send({
      kind: 'rejected',
      request: request.view.id,
      // A policy of one's own may have named another status: that stays.
      status: isCapacity && status === 429 ? CAPACITY_STATUS : status,
      reason,
      retryAfter_s: fixed ? Math.ceil(RETRY_AFTER_FIXED / MICROS_PER_SECOND) : retryAfter_s,
    })
  }

  failed(request: OpenRequest, status: number, reason: FailReason, midStream: boolean): void {
    this.close(request, status === 503 ? 'refused' : 'other')
    this.send({ kind: 'failed', request: request.view.id, status, reason, midStream })
  }

  /** The client has gone: nobody is answered. */
  cancelled(request: OpenRequest): void {
    this.close(request, 'other')
    const id = request.view.id
    if (this.explain?.wants(id)) this.explain.note({ kind: 'cancelled', at: this.ports.now(), request: id })
  }

  private close(request: OpenRequest, how: 'served' | 'refused' | 'other'): void {
    const id: RequestId = request.view.id
    this.fleet.demand?.ended(request.view.model, request.isResolved ? request.build : undefined, how)
    assert(request.racers.length === 0, 'INV-2 a request ends with no attempt under way')
    assert(this.open.delete(id), 'INV-1 a request ends once')
  }

  private send(answer: Answer): void {
    const id = answer.request
    if (this.explain?.wants(id)) this.explain.note({ kind: 'answer', at: this.ports.now(), request: id, answer })
    this.ports.answer(answer)
  }
}
