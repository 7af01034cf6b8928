/**
 * The one GPU of a Mac and the engines that share it: a FIFO server of steps, every engine with at most one
 * outstanding, so busy engines take turns (provider-runtime 6). Weight reads hold the lock: no step starts meanwhile.
 *
 * It jumps. Between two changes the turns of all busy engines form rounds whose length grows linearly, so one event is
 * scheduled for the next change and none for the steps before it; whatever comes from outside in between finds the
 * step in progress by arithmetic (`cycle.ts`), and the plan is made anew. The clock in here counts nanoseconds.
 *
 * Ties: steps that ended by the current microsecond count as over. Only the step whose end is the scheduled change
 * counts as running until that event, which matters to nobody but other events of `Priority.work` at that instant.
 */
import { assert } from '../base/assert.ts'
import { type Micros, microsCovering, NANOS_PER_MICRO, type Nanos } from '../base/time.ts'
import type { ChipSpec } from '../catalog/chip.ts'
import type { EngineVersion, ModelSpec } from '../catalog/model.ts'
import { stepConstants } from '../catalog/step-constants.ts'
import { type EventId, Priority, type Scheduler } from '../kernel/scheduler.ts'
import { Batch } from './batch.ts'
import { roundsNanos, roundsWithin } from './cycle.ts'
import type { Engine, EngineListener } from './engine.ts'
import { GpuEngine, type Turns } from './gpu-engine.ts'
import { StepLaw } from './step-law.ts'

export { type Engine, ENGINE_ROWS_MAX, type EngineListener, type RowRequest, type RowWork } from './engine.ts'

/** Times up to here keep every product in `cycle.ts` exact. 52 days. */
const NANOS_MAX = 2 ** 52

export interface GpuOptions {
  readonly scheduler: Scheduler
  readonly chip: ChipSpec
  readonly engine: EngineVersion
  /** The GPU was occupied without a gap; called when it falls idle. */
  onBusy(since: Micros, until: Micros): void
}

export class Gpu implements Turns {
  readonly #options: GpuOptions
  readonly #scheduler: Scheduler
  /** Engines with a step running (the first, if `#running`) or waiting for their turn. */
  readonly #queue: GpuEngine[] = []
  #running = false
  /** When the running step started. */
  #anchor = 0
  /** When the step that is the next change ends. */
  #planEnd = 0
  #event: EventId | null = null
  #freezes = 0
  #busySince = 0 as Micros
  readonly #onChange = () => this.#change()

  constructor(options: GpuOptions) {
    this.#options = options
    this.#scheduler = options.scheduler
  }

  get busy(): boolean {
    return this.#running
  }

  /** The model is resident: its engine starts, idle. */
  addEngine(model: ModelSpec, listener: EngineListener): Engine {
    const law = new StepLaw(stepConstants(this.#options.chip, model, this.#options.engine))
    return new GpuEngine(this, this.#scheduler, new Batch(law), listener)
  }

  /**
   * Drops all rows without a word to their owners. A step of it that runs goes on to its end, which is returned: until
   * then its arrays are in use. With a large cold group that is many seconds.
   */
  removeEngine(engine: Engine): Micros {
    assert(engine instanceof GpuEngine && !engine.removed, 'an engine is removed once, from the GPU it was added to')
    this.sync()
    engine.remove()
    const place = this.#queue.indexOf(engine)
    const runs = this.isRunning(engine)
    if (place >= 0 && !runs) this.#queue.splice(place, 1)
    this.plan()
    return runs ? microsCovering(this.#planEnd as Nanos) : this.#scheduler.now
  }

  /** From the end of the running step on, no step starts. Counts: as many `unfreeze` as `freeze` set it free. */
  freeze(): void {
    this.#freezes++
    if (this.#freezes > 1) return
    this.sync()
    this.plan()
  }

  unfreeze(): void {
    assert(this.#freezes > 0, 'unfreeze follows freeze')
    this.#freezes--
    this.sync()
    this.#start()
    this.plan()
  }

  isRunning(engine: GpuEngine): boolean {
    return this.#running && this.#queue[0] === engine
  }

  enqueue(engine: GpuEngine): void {
    this.sync()
    this.#queue.push(engine)
    this.#start()
    this.plan()
  }

  /** The run is over: reports the busy stretch under way. */
  closeBooks(): void {
    if (this.#running) this.#options.onBusy(this.#busySince, this.#scheduler.now)
  }

  dequeue(engine: GpuEngine): void {
    this.#queue.splice(this.#queue.indexOf(engine), 1)
  }

  sync(): void {
    if (this.#running) this.#rollTo(Math.min(this.#scheduler.now * NANOS_PER_MICRO, this.#planEnd - 1))
  }

  plan(): void {
    if (!this.#running) return
    const end = this.#nextChange()
    if (this.#event !== null) {
      if (end === this.#planEnd) return
      this.#scheduler.cancel(this.#event)
    }
    this.#planEnd = end
    this.#event = this.#scheduler.schedule(microsCovering(end as Nanos), Priority.work, this.#onChange)
  }

  #start(): void {
    if (this.#running || this.#freezes > 0 || this.#queue.length === 0) return
    this.#running = true
    this.#busySince = this.#scheduler.now
    this.#anchor = this.#scheduler.now * NANOS_PER_MICRO
  }

  #nextChange(): number {
    const queue = this.#queue
    const head = queue[0]!
    if (this.#freezes > 0 || head.removed || queue.length === 1) {
      const steps = this.#freezes > 0 || head.removed ? 1 : head.batch.stepsToChange()
      return this.#bounded(roundsNanos(head.batch.stepNanos(), head.batch.stepGrowthNanos(), steps))
    }
    let rounds = Infinity
    let last = 0
    let first = 0
    let growth = 0
    for (let turn = 0; turn < queue.length; turn++) {
      const { batch } = queue[turn]!
      first += batch.stepNanos()
      growth += batch.stepGrowthNanos()
      const steps = batch.stepsToChange()
      if (steps < rounds) {
        rounds = steps
        last = turn
      }
    }
    let nanos = roundsNanos(first, growth, rounds - 1)
    for (let turn = 0; turn <= last; turn++) {
      const { batch } = queue[turn]!
      nanos += batch.stepNanos() + (rounds - 1) * batch.stepGrowthNanos()
    }
    return this.#bounded(nanos)
  }

  #bounded(nanos: number): number {
    const end = this.#anchor + nanos
    assert(end <= NANOS_MAX, 'GPU times stay exact in a double')
    return end
  }

  /** Passes every step that ends by `nanos`, none of which is a change; the anchor becomes the start of the next one. */
  #rollTo(nanos: number): void {
    const queue = this.#queue
    const elapsed = nanos - this.#anchor
    if (elapsed < queue[0]!.batch.stepNanos()) return
    let first = 0
    let growth = 0
    for (const { batch } of queue) {
      first += batch.stepNanos()
      growth += batch.stepGrowthNanos()
    }
    const rounds = roundsWithin(first, growth, elapsed)
    this.#anchor += roundsNanos(first, growth, rounds)
    if (rounds > 0) for (const { batch } of queue) batch.pass(rounds)
    for (;;) {
      const head = queue[0]!
      const end = this.#anchor + head.batch.stepNanos()
      if (end > nanos) return
      head.batch.pass(1)
      this.#anchor = end
      queue.push(queue.shift()!)
    }
  }

  /** The step that is the next change ends: the next one starts, then the owners hear of it. */
  #change(): void {
    this.#event = null
    this.#rollTo(this.#planEnd - 1)
    const engine = this.#queue.shift()!
    assert(this.#anchor + engine.batch.stepNanos() === this.#planEnd, 'a step ends when its plan said')
    const deliveries = engine.stepEnded()
    if (engine.batch.hasWork && !engine.removed) this.#queue.push(engine)
    this.#anchor = this.#planEnd
    if (this.#freezes > 0 || this.#queue.length === 0) {
      this.#running = false
      this.#options.onBusy(this.#busySince, this.#scheduler.now)
    }
    this.plan()
    engine.deliver(deliveries)
  }
}
