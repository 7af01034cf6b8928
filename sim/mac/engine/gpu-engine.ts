/**
 * The door of one engine: keeps its batch and the shared GPU in step. Every call first brings the counters to now,
 * then changes the batch, then has the next change planned anew.
 */
import { assert, must } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'
import type { Delivery, EngineBatch } from './batch/engine-batch.ts'
import type { Engine, EngineListener, RowDelays, RowRequest, RowWork } from './engine.ts'
import { type EngineAccount, type GpuBooks, type OnceKind, PART, PARTS } from './books/gpu-books.ts'
import { roundsNanos } from './cycle.ts'
import type { PacedLaw, PacedLaws } from './law/paced-law.ts'
import type { Row } from './batch/row.ts'

/** An engine without work looks for some this often: provider-runtime 5.4. */
const IDLE_POLL_US = 1_000

/** What an engine needs of the GPU. */
export interface GpuTurns {
  /** Brings all counters to now. Calls nobody. */
  sync(): void
  /** Finds the next change and schedules it. Call after `sync` and whatever was changed. */
  plan(): void
  /** Whether a step of this engine occupies the GPU. */
  isRunning(engine: GpuEngine): boolean
  /** It has work from now on. */
  enqueue(engine: GpuEngine): void
  /** It lost its last work before its turn came. */
  dequeue(engine: GpuEngine): void
  /** A row came: its clock starts now. */
  open(engine: GpuEngine, row: Row): void
  /** Rows have come, left or changed place. */
  rowsChanged(): void
  /** Before something that may free memory or wakes an idle engine, and after that and whatever takes much at once. */
  beforeRows(): void
  afterRows(): void
}

/** One-off costs of an engine's steps. Neither is stretched by the pace, nor part of a row's time alone. */
export interface EngineOptions {
  /** The first step after the model became resident takes longer: warm-up. */
  readonly firstStepExtraNanos?: number
  /** After so long without work the driver has unwired the weights, and the next step takes longer. */
  readonly idleAfter_us?: number
  readonly wakeExtraNanos?: number
}

export class GpuEngine implements Engine {
  removed = false
  laws: PacedLaw
  /** What the next step takes once. */
  once = 0
  onceKind: OnceKind = 'load'
  #inQueue = false
  #wake: EventId | null = null
  /** Since when its idle polls count. */
  #idleSince: Micros
  readonly #onWake = () => this.#poll()
  readonly #parts: number[] = Array.from({ length: PARTS }, () => 0)
  /** How rows that finished with the last step fared, in their order. */
  readonly #delays: RowDelays[] = []

  constructor(
    readonly gpu: GpuTurns,
    readonly scheduler: Scheduler,
    readonly model: ModelSpec,
    readonly batch: EngineBatch,
    readonly paces: PacedLaws,
    readonly account: EngineAccount,
    readonly listener: EngineListener,
    readonly options: EngineOptions,
    law: PacedLaw,
  ) {
    this.laws = law
    this.once = options.firstStepExtraNanos ?? 0
    this.#idleSince = scheduler.now
  }

  submit(request: RowRequest): void {
    assert(!this.removed, 'a removed engine takes no rows')
    if (!this.#inQueue) {
      this.gpu.beforeRows()
      this.gpu.open(this, this.batch.submit(request, false))
      this.gpu.rowsChanged()
      if (this.#wake === null) this.#wake = this.scheduler.schedule(this.#nextPoll(), Priority.timer, this.#onWake)
      this.gpu.afterRows()
      return
    }
    this.gpu.sync()
    this.gpu.open(this, this.batch.submit(request, this.gpu.isRunning(this)))
    this.gpu.rowsChanged()
    if (!this.batch.submissionsWait) this.gpu.plan()
  }

  cancel(key: number): 'removed' | 'ghost' | 'unknown' {
    this.gpu.beforeRows()
    const result = this.#cancel(key)
    this.gpu.afterRows()
    return result
  }

  #cancel(key: number): 'removed' | 'ghost' | 'unknown' {
    this.gpu.sync()
    const result = this.batch.cancel(key, this.gpu.isRunning(this))
    this.gpu.rowsChanged()
    if (result === 'unknown' || !this.#inQueue) return result
    if (!this.batch.hasWork) {
      this.gpu.dequeue(this)
      this.#fallIdle()
      if (this.batch.hasWaiting) this.#wake = this.scheduler.schedule(this.#nextPoll(), Priority.timer, this.#onWake)
    }
    this.gpu.plan()
    return result
  }

  setMaxRows(rows: number): void {
    assert(Number.isInteger(rows) && rows >= 1, 'an engine takes at least one row')
    this.gpu.sync()
    this.batch.setMaxRows(rows, this.gpu.isRunning(this))
    this.gpu.plan()
  }

  get liveRows(): number {
    return this.batch.liveRows
  }

  get ghostRows(): number {
    this.gpu.sync()
    return this.batch.ghostRows
  }

  generatedTokens(key: number): number {
    this.gpu.sync()
    return this.batch.generatedTokens(key)
  }

  workOf(key: number): RowWork {
    this.gpu.sync()
    return this.batch.workOf(key)
  }

  activeTokens(): number {
    this.gpu.sync()
    return this.batch.activeTokens()
  }

  kvTokens(): number {
    this.gpu.sync()
    return this.batch.kvTokens()
  }

  kvRows(): number {
    this.gpu.sync()
    return this.batch.kvRows()
  }

  get idle(): boolean {
    return !this.#inQueue && !this.batch.hasWaiting
  }

  /** For the GPU: nanoseconds of the current or next step, and by how much each further one is longer. */
  get stepNanos(): number {
    return this.batch.stepNanos(this.laws.heat) + this.once
  }

  get stepGrowthNanos(): number {
    return this.batch.stepGrowthNanos(this.laws.heat)
  }

  get stepsToChange(): number {
    return this.once > 0 ? 1 : this.batch.stepsToChange()
  }

  /** For the GPU: what the next `steps` steps consist of. The array is used again by the next call. */
  partsOf(steps: number): number[] {
    const { batch, laws } = this
    const parts = this.#parts
    const plain = this.#nanosOf(steps, laws.plain)
    const memory = laws.memory === laws.plain ? plain : this.#nanosOf(steps, laws.memory)
    const process = laws.process === laws.memory ? memory : this.#nanosOf(steps, laws.process)
    const heat = laws.heat === laws.process ? process : this.#nanosOf(steps, laws.heat)
    const ghosts = batch.haunted
      ? roundsNanos(batch.ghostNanos(laws.plain), batch.ghostGrowthNanos(laws.plain), steps)
      : 0
    parts[PART.own] = plain - ghosts
    parts[PART.ghosts] = ghosts
    parts[PART.memory] = memory - plain
    parts[PART.process] = process - memory
    parts[PART.heat] = heat - process
    parts[PART.once] = this.once
    return parts
  }

  #nanosOf(steps: number, law: PacedLaw['plain']): number {
    const nanos = this.batch.stepNanos(law)
    return steps === 1 ? nanos : roundsNanos(nanos, this.batch.stepGrowthNanos(law), steps)
  }

  /** For the GPU. */
  remove(): void {
    this.removed = true
    this.batch.disownAll()
    this.gpu.rowsChanged()
    this.#fallIdle()
    if (this.#wake !== null) this.scheduler.cancel(this.#wake)
    this.#wake = null
  }

  /** For the GPU: the step that is a change is over, and booked. */
  stepEnded(books: GpuBooks): readonly Delivery[] {
    this.once = 0
    this.gpu.rowsChanged()
    if (this.removed) return []
    const deliveries: Delivery[] = []
    this.batch.finishStep(deliveries)
    this.#delays.length = 0
    for (const { kind, row } of deliveries) {
      if (kind === 'admitted') this.#noteAdmission(row)
      else if (kind === 'finished') this.#delays.push(this.#close(books, row))
    }
    if (!this.batch.hasWork) this.#fallIdle()
    return deliveries
  }

  /** For the GPU. */
  deliver(deliveries: readonly Delivery[]): void {
    // A callback may end another step's worth of rows only in an event of its own, so the list is still this step's.
    let finished = 0
    for (const { kind, row } of deliveries) {
      if (kind === 'ghost_ended') {
        this.listener.ghostEnded()
        continue
      }
      const delays = kind === 'finished' ? this.#delays[finished++] : undefined
      if (!row.owned) continue
      if (kind === 'admitted') {
        this.listener.admitted(row.key, this.scheduler.now)
      } else if (kind === 'first_token') {
        this.listener.firstToken(row.key)
      } else {
        this.batch.release(row)
        const work = { prefilledTokens: row.prefillTokens, decodedTokens: row.outputTokens }
        this.listener.finished(row.key, work, must(delays, 'a finished row has its delays'))
      }
    }
  }

  #noteAdmission(row: Row): void {
    const clock = row.clock
    if (clock === null) return
    clock.admitted = this.account.own
    // Its restore was part of the step that ended: work on it, not waiting.
    if (row.restoredOnAdmission) {
      const law = this.laws.plain
      clock.admitted -= law.spanNanos(row.restoredTokens, row.prefillTokens) + law.rowNanos(row.promptTokens)
    }
  }

  #close(books: GpuBooks, row: Row): RowDelays {
    const { alone, saved } = this.batch.soloNanos(row, this.laws.plain)
    return books.close(this.account, must(row.clock, 'a row that ran has a clock'), alone, saved)
  }

  #fallIdle(): void {
    this.#inQueue = false
    this.#idleSince = this.scheduler.now
  }

  /** Strictly later than now, so that rows submitted in one instant are admitted together. */
  #nextPoll(): Micros {
    const polls = Math.floor((this.scheduler.now - this.#idleSince) / IDLE_POLL_US) + 1
    return (this.#idleSince + polls * IDLE_POLL_US) as Micros
  }

  #poll(): void {
    this.#wake = null
    if (!this.batch.hasWaiting) return
    const { idleAfter_us, wakeExtraNanos } = this.options
    if (this.once === 0 && idleAfter_us !== undefined && this.scheduler.now - this.#idleSince >= idleAfter_us) {
      this.once = wakeExtraNanos ?? 0
      this.onceKind = 'memory'
    }
    const deliveries: Delivery[] = []
    this.batch.admitWhenIdle(deliveries)
    this.#inQueue = true
    this.gpu.rowsChanged()
    this.gpu.enqueue(this)
    // Booked to now by `enqueue`; a step of its own that has started has no length yet.
    for (const { row } of deliveries) this.#noteAdmission(row)
    this.gpu.afterRows()
    this.deliver(deliveries)
  }
}
