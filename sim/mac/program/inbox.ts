/**
 * What the provider program does with each message, strictly in order: provider-runtime 3.5, 3.8 and 4 up to step 6. A
 * request for a model that is not resident blocks the event loop until the load has ended: nothing else is accepted and
 * no cancel is heard meanwhile.
 */
import { assert, assertNever } from '../../base/assert.ts'
import { type Micros, subMicros } from '../../base/time.ts'
import { openBody } from '../../protocol/sealed.ts'
import type { ProviderErrorText } from '../../protocol/index.ts'
import { type Assignment, OTHER_BUILD } from './assignment.ts'
import type { Connection } from './connection.ts'
import type { Wait } from '../engine/books/delays.ts'
import { NONE } from '../engine/engine.ts'
import { EventLoop, type LoopEvent } from './event-loop.ts'
import type { Faults } from '../condition/faults.ts'
import { type InferenceMessage, type InferenceJob, jobKey } from './job.ts'
import type { Loader } from '../loading/loader.ts'
import type { MacOptions } from '../machine.ts'
import type { ModelOffer } from './offer.ts'
import type { Prefetch } from './prefetch.ts'
import type { Preloads } from './preloads.ts'
import type { InferenceJobs } from './inference-jobs.ts'

interface InboxParts {
  readonly offer: ModelOffer
  readonly loader: Loader
  readonly requests: InferenceJobs
  readonly connection: Connection
  readonly preloads: Preloads
  readonly assignment: Assignment
  readonly prefetch: Prefetch
  readonly faults: Pick<Faults, 'draining' | 'slept' | 'answers'>
}

export class Inbox {
  readonly loop: EventLoop

  constructor(
    private readonly options: MacOptions,
    private readonly parts: InboxParts,
  ) {
    this.loop = new EventLoop(options.scheduler, this)
  }

  /** Requests nobody will look at any more. */
  turnAway(events: readonly LoopEvent[], outcome: 'cancelled' | 'unfinished' = 'cancelled'): void {
    for (const event of events) {
      if (event.kind === 'message' && event.message.kind === 'inference') {
        this.parts.requests.turnAway(event.message, event.receivedAt, outcome)
      }
    }
  }

  /** For the loop, one at a time. */
  handle(event: LoopEvent, waits: Wait[]): void {
    const { requests, preloads, assignment, faults, prefetch, connection } = this.parts
    if (event.kind === 'disconnected') {
      assignment.drop()
      return requests.cancelAll()
    }
    const { message, receivedAt } = event
    switch (message.kind) {
      case 'inference':
        return this.infer(message, receivedAt, waits)
      case 'cancel': {
        if (!this.options.settings.honours_cancel) return
        const job = requests.find(jobKey(message.request, message.attempt))
        return job === undefined ? undefined : requests.cancel(job)
      }
      case 'load_model':
        if (faults.draining) return preloads.refuse(message.build, 'provider draining for update')
        if (!assignment.serves(message.build)) return preloads.refuse(message.build, OTHER_BUILD)
        return preloads.command(message.build)
      case 'unload_model':
        return this.parts.loader.release(message.build)
      case 'assign_model':
        return assignment.command(message.build, message.epoch, message.hold)
      case 'desired_models':
        // A draining program defers it to the next process, which is told anew when it registers.
        if (!faults.draining) prefetch.converge(message.entries)
        return
      case 'challenge':
        if (faults.answers) connection.send({ kind: 'challenge_answer', nonce: message.nonce })
        return
      default:
        return assertNever(message)
    }
  }

  private infer(message: InferenceMessage, receivedAt: Micros, waits: Wait[]): void {
    const { offer, loader, requests, assignment, faults } = this.parts
    const { build } = message
    if (faults.draining) return this.refuse(message, receivedAt, 'provider draining for update')
    if (!assignment.serves(build)) return this.refuse(message, receivedAt, OTHER_BUILD)
    const resident = loader.resident(build) !== undefined
    const cold = resident ? undefined : offer.find(build)
    if (cold !== undefined && !assignment.brings(build) && loader.certainToFail(cold)) {
      return this.refuse(message, receivedAt, 'insufficient memory to load model')
    }
    const job = this.newJob(message, receivedAt, waits)
    requests.accept(job)
    if (resident) return requests.prepare(job)
    const { scheduler } = this.options
    const since = scheduler.now
    const sleptBefore = faults.slept
    this.loop.block(build)
    assignment.ensure(build, 'demand', (failure, others) => {
      let own = subMicros(scheduler.now, since) as number
      for (const wait of others) own -= wait.micros
      const asleep = Math.min(own, faults.slept - sleptBefore)
      waits.push(...others, { culprit: build, cause: 'load', micros: own - asleep })
      if (asleep > 0) waits.push({ culprit: NONE, cause: 'queue', micros: asleep })
      if (failure === undefined) requests.prepare(job)
      else requests.fail(job, failure.code, failure.text)
      this.loop.unblock()
    })
  }

  /** Before it was accepted. */
  private refuse(message: InferenceMessage, receivedAt: Micros, text: ProviderErrorText): void {
    const { request, attempt } = message
    this.parts.connection.send({ kind: 'inference_error', request, attempt, code: 503, text })
    this.parts.requests.turnAway(message, receivedAt, 'error')
  }

  private newJob(message: InferenceMessage, receivedAt: Micros, waits: Wait[]): InferenceJob {
    const truth = openBody(message.body)
    const maxTokens = message.maxTokens ?? this.options.settings.default_max_tokens
    assert(truth.promptTokens >= 1 && truth.outputTokens >= 1 && maxTokens >= 1, 'mac: token counts are positive')
    return {
      key: jobKey(message.request, message.attempt),
      request: message.request,
      attempt: message.attempt,
      build: message.build,
      promptTokens: truth.promptTokens,
      outputTokens: Math.min(truth.outputTokens, maxTokens),
      needTokens: truth.promptTokens + maxTokens,
      receivedAt,
      connection: this.parts.connection.number,
      images: truth.images,
      waits,
      slot: undefined,
      engine: undefined,
      mediaBytes: 0,
      timer: undefined,
      admittedAt: -1,
      firstTokenAt: -1,
    }
  }
}
