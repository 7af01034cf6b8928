/**
 * The requests a Mac has accepted, from preparation to the end: provider-runtime.md §4 steps 7–10, §5.1, §5.5, §5.6.
 * Admission is checked after the preamble chunk was sent, so a refusal by budget comes as accepted, preamble, error.
 * The real preamble also waits for the end of the engine's running step; here it does not, because `accepted` has come
 * before it and no timer of the coordinator hears the preamble after that.
 */
import { must } from '../base/assert.ts'
import type { BuildId } from '../base/ids.ts'
import { addMicros, type Micros, subMicros } from '../base/time.ts'
import { Priority } from '../kernel/scheduler.ts'
import type { FromProvider, ProviderErrorText } from '../protocol/index.ts'
import type { WorkRow } from '../trace/row.ts'
import type { EngineListener, RowWork } from './engine.ts'
import type { InferenceMessage, Job } from './job.ts'
import type { MacOptions } from './machine.ts'
import type { Memory } from './memory.ts'
import type { Slot } from './slot.ts'

interface RequestsPorts {
  readonly memory: Memory
  resident(build: BuildId): Slot | undefined
  /** Reaches the coordinator only over the connection the request came in on. */
  reply(connection: number, message: FromProvider): void
  /** A stream started, completed or was cancelled: the capacity snapshot is taken anew. */
  refresh(): void
  /** Something the machine's state row shows changed. */
  changed(): void
}

const NO_WORK: RowWork = { prefilledTokens: 0, decodedTokens: 0 }

export class Requests implements EngineListener {
  private readonly jobs = new Map<number, Job>()
  private readonly accepted = new Map<BuildId, number>()
  private readonly onPrepared = (key: number) => this.submit(this.job(key))
  private readonly onOverdue = (key: number) => this.overdue(this.job(key))

  constructor(
    private readonly options: MacOptions,
    private readonly ports: RequestsPorts,
  ) {}

  /** Accepted and unfinished. */
  get count(): number {
    return this.jobs.size
  }

  acceptedFor(build: BuildId): number {
    return this.accepted.get(build) ?? 0
  }

  find(key: number): Job | undefined {
    return this.jobs.get(key)
  }

  accept(job: Job): void {
    this.jobs.set(job.key, job)
    this.accepted.set(job.build, this.acceptedFor(job.build) + 1)
    this.touch(job)
    this.reply(job, { kind: 'accepted', request: job.request, attempt: job.attempt })
    this.ports.changed()
  }

  /** The model is there: template and tokenising run beside everything else. */
  prepare(job: Job): void {
    this.touch(job)
    const at = addMicros(this.options.scheduler.now, this.options.settings.prepare_time)
    job.timer = this.options.scheduler.schedule(at, Priority.work, this.onPrepared, job.key)
  }

  private submit(job: Job): void {
    const { scheduler, settings } = this.options
    job.timer = undefined
    const slot = must(this.ports.resident(job.build), 'requests: accepted requests protect their model from eviction')
    this.reply(job, { kind: 'preamble', request: job.request, attempt: job.attempt })
    const refusal = this.refusal(job, slot)
    if (refusal !== undefined)
      return this.fail(job, refusal === 'token_budget_exhausted: request queue full' ? 429 : 503, refusal)
    slot.enter(job)
    job.slot = slot
    job.timer = scheduler.schedule(
      addMicros(scheduler.now, settings.first_output_timeout),
      Priority.timer,
      this.onOverdue,
      job.key,
    )
    slot.engine.submit({ key: job.key, promptTokens: job.promptTokens, outputTokens: job.outputTokens })
    this.ports.refresh()
    this.ports.changed()
  }

  /** The scheduler's admission, in its order. */
  private refusal(job: Job, slot: Slot): ProviderErrorText | undefined {
    const { memory } = this.ports
    const active = memory.activeBytes()
    const budget = slot.budgetMax(memory.kvHeadroomBytes(active))
    if (slot.used + job.needTokens > budget) return 'token_budget_exhausted: insufficient available tokens'
    if (job.promptTokens > Math.min(slot.model.contextLimit.value, budget)) {
      return 'token_budget_exhausted: request exceeds batch token budget'
    }
    if (slot.live.size >= this.options.settings.max_live) return 'token_budget_exhausted: request queue full'
    const needBytes = job.needTokens * slot.model.kvBytesPerToken.value
    if (needBytes > memory.grantableBytes(active)) {
      return 'token_budget_exhausted: insufficient global KV cache headroom'
    }
    return undefined
  }

  admitted(key: number, at: Micros): void {
    const job = this.job(key)
    job.admittedAt = at
    must(job.slot, 'requests: what is admitted was submitted').admit()
  }

  firstToken(key: number): void {
    const job = this.job(key)
    job.firstTokenAt = this.options.scheduler.now
    this.stopTimer(job)
    this.reply(job, { kind: 'first_content', request: job.request, attempt: job.attempt })
  }

  finished(key: number, work: RowWork): void {
    const job = this.job(key)
    const slot = must(job.slot, 'requests: what finishes was submitted')
    if (job.firstTokenAt !== -1) {
      slot.observe(work.decodedTokens, subMicros(this.options.scheduler.now, job.firstTokenAt))
    }
    this.complete(job, work, 'finished')
  }

  ghostEnded(): void {
    this.ports.changed()
  }

  /** Text that was delivered makes it a success with what there is; nothing delivered is a 499. */
  cancel(job: Job): void {
    const work = this.withdraw(job)
    if (work.decodedTokens > 0) return this.complete(job, work, 'cancelled')
    this.fail(job, 499, 'request cancelled', 'cancelled', work)
  }

  /** The socket is gone: everything ends, nobody is told. */
  cancelAll(): void {
    for (const job of this.jobs.values()) this.end(job, 'cancelled', this.withdraw(job))
  }

  /** The process is gone: engines die with it, so nothing lives on as a ghost. */
  powerOff(): void {
    for (const job of this.jobs.values()) {
      this.stopTimer(job)
      this.end(job, 'cancelled', job.slot === undefined ? NO_WORK : job.slot.engine.workOf(job.key))
    }
  }

  fail(job: Job, code: number, text: ProviderErrorText, outcome: WorkRow['outcome'] = 'error', work = NO_WORK): void {
    this.reply(job, { kind: 'inference_error', request: job.request, attempt: job.attempt, code, text })
    this.end(job, outcome, work)
  }

  /** A message that ended before it was accepted, or was never looked at. */
  turnAway(message: InferenceMessage, receivedAt: Micros, outcome: 'error' | 'cancelled'): void {
    const { request, attempt, build } = message
    this.emitWork({ request, attempt, build, receivedAt, admittedAt: -1, firstTokenAt: -1 }, outcome, NO_WORK)
  }

  /** 120 s without a first token, a long prefill included; that prefill goes on as a ghost. */
  private overdue(job: Job): void {
    job.timer = undefined
    this.fail(job, 503, 'request timed out waiting for capacity', 'error', this.withdraw(job))
  }

  private complete(job: Job, work: RowWork, outcome: WorkRow['outcome']): void {
    this.reply(job, {
      kind: 'complete',
      request: job.request,
      attempt: job.attempt,
      promptTokens: job.promptTokens,
      completionTokens: work.decodedTokens,
    })
    this.end(job, outcome, work)
  }

  /** Takes it off the engine, if it got there; what was done for it. */
  private withdraw(job: Job): RowWork {
    this.stopTimer(job)
    if (job.slot === undefined) return NO_WORK
    const work = job.slot.engine.workOf(job.key)
    job.slot.engine.cancel(job.key)
    return work
  }

  private end(job: Job, outcome: WorkRow['outcome'], work: RowWork): void {
    this.stopTimer(job)
    this.touch(job)
    job.slot?.leave(job)
    this.jobs.delete(job.key)
    this.accepted.set(job.build, this.acceptedFor(job.build) - 1)
    this.emitWork(job, outcome, work)
    this.ports.refresh()
    this.ports.changed()
  }

  private emitWork(
    of: Pick<Job, 'request' | 'attempt' | 'build' | 'receivedAt' | 'admittedAt' | 'firstTokenAt'>,
    outcome: WorkRow['outcome'],
    work: RowWork,
  ): void {
    this.options.trace.emit({
      kind: 'work',
      at: this.options.scheduler.now,
      machine: this.options.machine,
      request: of.request,
      attempt: of.attempt,
      build: of.build,
      outcome,
      prefilledTokens: work.prefilledTokens,
      decodedTokens: work.decodedTokens,
      receivedAt: of.receivedAt,
      admittedAt: of.admittedAt,
      firstTokenAt: of.firstTokenAt,
      solo_ns: 0,
    })
  }

  private touch(job: Job): void {
    const slot = this.ports.resident(job.build)
    if (slot !== undefined) slot.lastActivity = this.options.scheduler.now
  }

  private reply(job: Job, message: FromProvider): void {
    this.ports.reply(job.connection, message)
  }

  private stopTimer(job: Job): void {
    if (job.timer !== undefined) this.options.scheduler.cancel(job.timer)
    job.timer = undefined
  }

  private job(key: number): Job {
    return must(this.jobs.get(key), 'requests: engines and timers know live requests only')
  }
}
