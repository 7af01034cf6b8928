/**
 * The door of one engine: keeps its batch and the shared GPU in step. Every call first brings the counters to now,
 * then changes the batch, then has the next change planned anew.
 */
import { assert } from '../base/assert.ts'
import type { Micros } from '../base/time.ts'
import { type EventId, Priority, type Scheduler } from '../kernel/scheduler.ts'
import type { Batch, Delivery } from './batch.ts'
import type { Engine, EngineListener, RowRequest, RowWork } from './engine.ts'

/** An engine without work looks for some this often: provider-runtime 5.4. */
const IDLE_POLL_US = 1_000

/** What an engine needs of the GPU. */
export interface Turns {
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
}

export class GpuEngine implements Engine {
  removed = false
  #inQueue = false
  #wake: EventId | null = null
  /** Since when its idle polls count. */
  #idleSince: Micros
  readonly #onWake = () => this.#poll()

  constructor(
    readonly gpu: Turns,
    readonly scheduler: Scheduler,
    readonly batch: Batch,
    readonly listener: EngineListener,
  ) {
    this.#idleSince = scheduler.now
  }

  submit(row: RowRequest): void {
    assert(!this.removed, 'a removed engine takes no rows')
    if (!this.#inQueue) {
      this.batch.submit(row, false)
      if (this.#wake === null) this.#wake = this.scheduler.schedule(this.#nextPoll(), Priority.timer, this.#onWake)
      return
    }
    this.gpu.sync()
    this.batch.submit(row, this.gpu.isRunning(this))
    if (!this.batch.groupPending) this.gpu.plan()
  }

  cancel(key: number): 'removed' | 'ghost' | 'unknown' {
    this.gpu.sync()
    const result = this.batch.cancel(key, this.gpu.isRunning(this))
    if (result !== 'removed' || !this.#inQueue) return result
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
    if (rows === this.batch.rowsMax) return
    this.gpu.sync()
    this.batch.rowsMax = rows
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

  /** For the GPU. */
  remove(): void {
    this.removed = true
    this.batch.disownAll()
    this.#fallIdle()
    if (this.#wake !== null) this.scheduler.cancel(this.#wake)
    this.#wake = null
  }

  /** For the GPU: the step that is a change is over. */
  stepEnded(): readonly Delivery[] {
    if (this.removed) return []
    const deliveries: Delivery[] = []
    this.batch.finishStep(deliveries)
    if (!this.batch.hasWork) this.#fallIdle()
    return deliveries
  }

  /** For the GPU. */
  deliver(deliveries: readonly Delivery[]): void {
    for (const { kind, row } of deliveries) {
      if (kind === 'ghost_ended') {
        this.listener.ghostEnded()
      } else if (!row.owned) {
        continue
      } else if (kind === 'admitted') {
        this.listener.admitted(row.key, this.scheduler.now)
      } else if (kind === 'first_token') {
        this.listener.firstToken(row.key)
      } else {
        this.batch.release(row)
        this.listener.finished(
          row.key,
          { prefilledTokens: row.promptTokens, decodedTokens: row.outputTokens },
          { soloNanos: 0, shares: [] },
        )
      }
    }
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
    const deliveries: Delivery[] = []
    this.batch.admitWhenIdle(deliveries)
    this.#inQueue = true
    this.gpu.enqueue(this)
    this.deliver(deliveries)
  }
}
