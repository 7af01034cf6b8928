/**
 * The requests a Mac has accepted, from preparation to the end: provider-runtime.md §4 steps 7–10, §5.1, §5.5, §5.6.
 * Admission is checked after the preamble chunk was sent, so a refusal by budget comes as accepted, preamble, error.
 * The real preamble also waits for the end of the engine's running step; here it does not, because `accepted` has come
 * before it and no timer of the coordinator hears the preamble after that.
 */
import { must } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import { addMicros, type Micros, subMicros } from '../../base/time.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { Priority } from '../../kernel/scheduler.ts'
import type { FromProvider, ProviderErrorText } from '../../protocol/index.ts'
import type { WorkRow } from '../../trace/row.ts'
import { delaysOf } from '../engine/books/delays.ts'
import type { Engine, EngineListener, RowDelays, RowWork } from '../engine/engine.ts'
import type { EngineOptions } from '../engine/gpu-engine.ts'
import type { InferenceMessage, InferenceJob } from './job.ts'
import type { MacOptions } from '../machine.ts'
import type { Memory } from '../memory/memory.ts'
import { HIT_COPIES, PrefixCache } from '../engine/batch/prefix-cache.ts'
import type { Slot } from '../loading/slot.ts'
import { oneOffCosts } from '../memory/wired.ts'

interface InferenceJobsPorts {
  readonly memory: Memory
  readonly loader: { resident(build: BuildId): Slot | undefined }
  /** An engine of a picture request's own, beside that of the slot. */
  openEngine(model: ModelSpec, costs: EngineOptions): Engine
  closeEngine(engine: Engine): void
  /** `reply` reaches the coordinator only over the connection the request came in on; `snapshot`: a stream started, completed or was cancelled. */
  readonly connection: { reply(connection: number, message: FromProvider): void; snapshot(): void }
  /** `broken`: engines fail whatever is handed to them. */
  readonly faults: { readonly broken: boolean }
  /** Told when something that the machine's state row shows has changed. */
  readonly journal: { changed(): void }
  /** A request left. */
  ended(): void
}

const NO_WORK: RowWork = { prefilledTokens: 0, decodedTokens: 0 }

/** Tokens a picture request reserves: text bytes / 3 + 1,024 per picture (provider-runtime §5.9). */
const MEDIA_BYTES_PER_TOKEN = 3
const MEDIA_TOKENS_PER_IMAGE = 1024
/** Text of one token. Assumed: about what English takes. */
const BYTES_PER_TOKEN = 4

export class InferenceJobs implements EngineListener {
  private readonly jobs = new Map<number, InferenceJob>()
  private readonly accepted = new Map<BuildId, number>()
  private readonly onPrepared = (key: number) => this.submit(this.job(key))
  private readonly onOverdue = (key: number) => this.overdue(this.job(key))
  private readonly prefixes: PrefixCache

  constructor(
    private readonly options: MacOptions,
    private readonly ports: InferenceJobsPorts,
  ) {
    // Every Mac draws it from the run's seed alone: a request is lucky or not wherever it goes.
    this.prefixes = new PrefixCache(options.settings.prefix_cache, options.random.seed)
  }

  /** Accepted and unfinished. */
  get count(): number {
    return this.jobs.size
  }

  acceptedFor(build: BuildId): number {
    return this.accepted.get(build) ?? 0
  }

  find(key: number): InferenceJob | undefined {
    return this.jobs.get(key)
  }

  accept(job: InferenceJob): void {
    this.jobs.set(job.key, job)
    this.accepted.set(job.build, this.acceptedFor(job.build) + 1)
    this.touch(job)
    this.reply(job, { kind: 'accepted', request: job.request, attempt: job.attempt })
    this.ports.journal.changed()
  }

  /** The model is there: template and tokenising run beside everything else. */
  prepare(job: InferenceJob): void {
    this.touch(job)
    const at = addMicros(this.options.scheduler.now, this.options.settings.prepare_time)
    job.timer = this.options.scheduler.schedule(at, Priority.work, this.onPrepared, job.key)
  }

  private submit(job: InferenceJob): void {
    const { scheduler, settings } = this.options
    job.timer = undefined
    const slot = must(
      this.ports.loader.resident(job.build),
      'requests: accepted requests protect their model from eviction',
    )
    this.reply(job, { kind: 'preamble', request: job.request, attempt: job.attempt })
    if (job.images > 0) return this.submitMedia(job, slot)
    if (slot.pulse.reloading) return this.fail(job, 500, 'All requests aborted')
    if (this.ports.faults.broken) return this.fail(job, 500, 'request stream closed by engine teardown')
    const refusal = this.refusal(job, slot)
    if (refusal !== undefined) slot.pulse.refused(scheduler.now)
    if (refusal !== undefined)
      return this.fail(job, refusal === 'token_budget_exhausted: request queue full' ? 429 : 503, refusal)
    const restoredTokens = this.restore(job, slot)
    slot.enter(job)
    job.slot = slot
    job.engine = slot.engine
    job.timer = scheduler.schedule(
      addMicros(scheduler.now, settings.first_output_timeout),
      Priority.timer,
      this.onOverdue,
      job.key,
    )
    const { key, promptTokens, outputTokens } = job
    slot.engine.submit({ key, promptTokens, outputTokens, restoredTokens })
    this.ports.connection.snapshot()
    this.ports.journal.changed()
  }

  /** Past the batch, with a KV reservation of its own and no limit to the first token: provider-runtime 5.9. */
  private submitMedia(job: InferenceJob, slot: Slot): void {
    const { memory } = this.ports
    const { model } = slot
    if (!model.isVision) return this.fail(job, 400, 'model does not support image or video input')
    const text = Math.ceil((job.promptTokens * BYTES_PER_TOKEN) / MEDIA_BYTES_PER_TOKEN)
    const prompt = Math.min(model.contextLimit.value, text + MEDIA_TOKENS_PER_IMAGE * job.images)
    const bytes = (prompt + job.needTokens - job.promptTokens) * model.kvBytesPerToken.value
    if (bytes > memory.grantableBytes(memory.activeBytes()))
      return this.fail(job, 503, 'insufficient global kv cache headroom for vision request')
    memory.reservedBytes += bytes
    job.mediaBytes = bytes
    const engine = this.ports.openEngine(model, this.mediaCosts(slot))
    engine.setMaxRows(1)
    slot.media.add(engine)
    job.slot = slot
    job.engine = engine
    engine.submit({ key: job.key, promptTokens: job.promptTokens, outputTokens: job.outputTokens })
    this.ports.connection.snapshot()
    this.ports.journal.changed()
  }

  /** Its engine is new, the weights are the slot's: mapped again when nobody has used them for long. */
  private mediaCosts(slot: Slot): EngineOptions {
    const { scheduler, settings } = this.options
    const { after } = settings.unwire
    if (after === 0 || slot.idleSince === -1 || scheduler.now - slot.idleSince < after) return {}
    return { ...oneOffCosts(slot.model, settings, true), idleAfter_us: 0 }
  }

  /** What a prefix hit spares the engine; copies of it are reserved as far as the token budget allows (§5.1). */
  private restore(job: InferenceJob, slot: Slot): number {
    const restored = this.prefixes.restoredTokens(job.request, job.promptTokens, slot.model)
    if (restored === 0) return 0
    const { memory } = this.ports
    const active = memory.activeBytes()
    const spare = slot.budgetMax(memory.kvHeadroomBytes(active)) - slot.used - job.needTokens
    const copies = Math.min(HIT_COPIES, Math.floor(spare / restored)) * restored
    const bytes = (job.needTokens + copies) * slot.model.kvBytesPerToken.value
    if (bytes > memory.grantableBytes(active)) return 0
    job.needTokens += copies
    return restored
  }

  /** The scheduler's admission, in its order. */
  private refusal(job: InferenceJob, slot: Slot): ProviderErrorText | undefined {
    const { memory } = this.ports
    const active = memory.activeBytes()
    const budget = slot.budgetMax(memory.kvHeadroomBytes(active))
    if (slot.used + job.needTokens > budget) {
      memory.ledger.reclaimPool()
      return 'token_budget_exhausted: insufficient available tokens'
    }
    if (job.promptTokens > Math.min(slot.model.contextLimit.value, budget)) {
      return 'token_budget_exhausted: request exceeds batch token budget'
    }
    if (slot.live.size >= slot.program.liveMax) return 'token_budget_exhausted: request queue full'
    const needBytes = job.needTokens * slot.model.kvBytesPerToken.value
    if (needBytes > memory.grantableBytes(active)) {
      return 'token_budget_exhausted: insufficient global KV cache headroom'
    }
    return undefined
  }

  admitted(key: number, at: Micros): void {
    const job = this.job(key)
    job.admittedAt = at
    const slot = must(job.slot, 'requests: what is admitted was submitted')
    if (job.images === 0) slot.admit()
  }

  firstToken(key: number): void {
    const job = this.job(key)
    job.firstTokenAt = this.options.scheduler.now
    this.stopTimer(job)
    this.reply(job, { kind: 'first_content', request: job.request, attempt: job.attempt })
  }

  finished(key: number, work: RowWork, delays: RowDelays): void {
    const job = this.job(key)
    const slot = must(job.slot, 'requests: what finishes was submitted')
    const { now } = this.options.scheduler
    if (job.images === 0) slot.pulse.succeeded(now)
    if (job.firstTokenAt !== -1 && job.images === 0) {
      slot.observe(work.decodedTokens, subMicros(now, job.firstTokenAt))
    }
    const stay = subMicros(now, job.receivedAt)
    this.complete(job, work, 'finished', delaysOf(stay, this.options.settings.prepare_time, job.waits, delays))
  }

  ghostEnded(): void {
    this.ports.journal.changed()
  }

  /** Text that was delivered makes it a success with what there is; nothing delivered is a 499. */
  cancel(job: InferenceJob): void {
    const work = this.withdraw(job)
    if (work.decodedTokens > 0) return this.complete(job, work, 'cancelled')
    this.fail(job, 499, 'request cancelled', 'cancelled', work)
  }

  /** The socket is gone: everything ends, nobody is told. */
  cancelAll(): void {
    for (const job of this.jobs.values()) this.end(job, 'cancelled', this.withdraw(job))
  }

  /** The program ends itself, or serves only `but` from now on: who waits is told. */
  cancelRest(but?: BuildId): void {
    for (const job of this.jobs.values()) if (job.build !== but) this.cancel(job)
  }

  /** The engine is torn down under its rows: provider-runtime 3.6. */
  abort(slot: Slot): void {
    for (const key of slot.live) {
      const job = this.job(key)
      const work = this.withdraw(job)
      this.fail(job, 500, 'All requests aborted', 'error', work)
    }
  }

  /** The process is gone: engines die with it, so nothing lives on as a ghost. */
  powerOff(): void {
    for (const job of this.jobs.values()) {
      this.stopTimer(job)
      this.end(job, 'cancelled', job.engine === undefined ? NO_WORK : job.engine.workOf(job.key))
    }
  }

  /** The run is over: what has been done for those who are still here. */
  closeBooks(): void {
    for (const job of this.jobs.values()) {
      this.emitWork(job, 'unfinished', job.engine === undefined ? NO_WORK : job.engine.workOf(job.key))
    }
  }

  fail(
    job: InferenceJob,
    code: number,
    text: ProviderErrorText,
    outcome: WorkRow['outcome'] = 'error',
    work = NO_WORK,
  ): void {
    this.reply(job, { kind: 'inference_error', request: job.request, attempt: job.attempt, code, text })
    this.end(job, outcome, work)
  }

  /** A message that ended before it was accepted, or was never looked at. */
  turnAway(message: InferenceMessage, receivedAt: Micros, outcome: Exclude<WorkRow['outcome'], 'finished'>): void {
    const { request, attempt, build } = message
    this.emitWork({ request, attempt, build, receivedAt, admittedAt: -1, firstTokenAt: -1 }, outcome, NO_WORK)
    this.ports.journal.changed()
  }

  /** 120 s without a first token, a long prefill included; that prefill goes on as a ghost. */
  private overdue(job: InferenceJob): void {
    job.timer = undefined
    this.fail(job, 503, 'request timed out waiting for capacity', 'error', this.withdraw(job))
  }

  private complete(job: InferenceJob, work: RowWork, outcome: WorkRow['outcome'], delays?: RowDelays): void {
    this.reply(job, {
      kind: 'complete',
      request: job.request,
      attempt: job.attempt,
      promptTokens: job.promptTokens,
      completionTokens: work.decodedTokens,
    })
    this.end(job, outcome, work, delays)
  }

  /** Takes it off the engine, if it got there; what was done for it. */
  private withdraw(job: InferenceJob): RowWork {
    this.stopTimer(job)
    if (job.engine === undefined) return NO_WORK
    const work = job.engine.workOf(job.key)
    job.engine.cancel(job.key)
    return work
  }

  private end(job: InferenceJob, outcome: WorkRow['outcome'], work: RowWork, delays?: RowDelays): void {
    this.stopTimer(job)
    this.touch(job)
    if (job.images === 0) job.slot?.leave(job)
    else this.endMedia(job)
    this.jobs.delete(job.key)
    this.accepted.set(job.build, this.acceptedFor(job.build) - 1)
    this.emitWork(job, outcome, work, delays)
    this.ports.connection.snapshot()
    this.ports.journal.changed()
    this.ports.ended()
  }

  private emitWork(
    of: Pick<InferenceJob, 'request' | 'attempt' | 'build' | 'receivedAt' | 'admittedAt' | 'firstTokenAt'>,
    outcome: WorkRow['outcome'],
    work: RowWork,
    delays?: RowDelays,
  ): void {
    const { machine, scheduler, trace } = this.options
    const { request, attempt, build } = of
    const at = scheduler.now
    for (const { culprit, gpu, memory, thermal, load, queue } of delays?.shares ?? []) {
      trace.emit({
        kind: 'delay',
        at,
        machine,
        request,
        attempt,
        build,
        culprit,
        gpu_ns: gpu,
        memory_ns: memory,
        thermal_ns: thermal,
        load_ns: load,
        queue_ns: queue,
      })
    }
    trace.emit({
      kind: 'work',
      at,
      machine,
      request,
      attempt,
      build,
      outcome,
      prefilledTokens: work.prefilledTokens,
      decodedTokens: work.decodedTokens,
      receivedAt: of.receivedAt,
      admittedAt: of.admittedAt,
      firstTokenAt: of.firstTokenAt,
      solo_ns: delays?.soloNanos ?? 0,
    })
  }

  private endMedia(job: InferenceJob): void {
    if (job.engine === undefined) return
    const { slot, engine } = job
    this.ports.closeEngine(engine)
    this.ports.memory.ledger.change(() => slot?.media.delete(engine))
    this.ports.memory.reservedBytes -= job.mediaBytes
  }

  private touch(job: InferenceJob): void {
    const slot = this.ports.loader.resident(job.build)
    if (slot !== undefined) slot.lastActivity = this.options.scheduler.now
  }

  private reply(job: InferenceJob, message: FromProvider): void {
    this.ports.connection.reply(job.connection, message)
  }

  private stopTimer(job: InferenceJob): void {
    if (job.timer !== undefined) this.options.scheduler.cancel(job.timer)
    job.timer = undefined
  }

  private job(key: number): InferenceJob {
    return must(this.jobs.get(key), 'requests: engines and timers know live requests only')
  }
}
