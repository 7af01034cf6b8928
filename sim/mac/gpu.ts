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
import type { PrefillOrder } from './config.ts'
import { NANOS_MAX, roundsNanos, roundsWithin } from './cycle.ts'
import type { Engine, EngineListener } from './engine.ts'
import { type EngineOptions, GpuEngine, type Turns } from './gpu-engine.ts'
import { type FreezeCause, GpuLock } from './gpu-lock.ts'
import { JulyBatch } from './july-batch.ts'
import { FULL_PACE, type GpuActivity, type Pace, type Worked } from './pace.ts'
import { PacedLaws } from './paced-law.ts'
import type { Row } from './row.ts'
import { StepBooks } from './step-books.ts'

export { type Engine, ENGINE_ROWS_MAX, type EngineListener, type RowRequest, type RowWork } from './engine.ts'

const IDLE: GpuActivity = { phase: 'idle', power: 0 }

export interface GpuOptions {
  readonly scheduler: Scheduler
  readonly chip: ChipSpec
  readonly engine: EngineVersion
  /** Absent: the catalogue's. */
  readonly constants?: typeof stepConstants
  /** Of engine 2026-07; absent: fcfs. */
  readonly prefillOrder?: PrefillOrder
  /** The GPU was occupied without a gap; called when it falls idle. */
  onBusy(since: Micros, until: Micros): void
  /** What the GPU does has changed; a pace set from within the call holds for the step about to start. */
  onActivity?(activity: GpuActivity): void
}

export class Gpu implements Turns {
  readonly #options: GpuOptions
  readonly #scheduler: Scheduler
  readonly #books = new StepBooks()
  readonly #laws = new Map<ModelSpec, PacedLaws>()
  readonly #engines: GpuEngine[] = []
  /** Engines with a step running (the first, if `#running`) or waiting for their turn. */
  readonly #queue: GpuEngine[] = []
  #running = false
  /** Between the end of one step and the start of the next, in one event. */
  #between = false
  /** When the running step started. */
  #anchor = 0
  /** When the step that is the next change ends. */
  #planEnd = 0
  #event: EventId | null = null
  readonly #lock = new GpuLock()
  #busySince = 0 as Micros
  #pace: Pace = FULL_PACE
  /** Set while a step ran, for the ones after it. */
  #nextPace: Pace | null = null
  #activity: GpuActivity = IDLE
  /** Rows that came in the microsecond in which the running step ends, before its end was told. */
  readonly #unopened: { readonly engine: GpuEngine; readonly row: Row }[] = []
  readonly #onChange = () => this.#change()

  constructor(options: GpuOptions) {
    this.#options = options
    this.#scheduler = options.scheduler
  }

  get busy(): boolean {
    return this.#running
  }

  /** The model is resident: its engine starts, idle. */
  addEngine(model: ModelSpec, listener: EngineListener, options: EngineOptions = {}): Engine {
    const { chip, engine: version, prefillOrder = 'fcfs', constants = stepConstants } = this.#options
    const laws = this.#laws.get(model) ?? new PacedLaws(constants(chip, model, version))
    this.#laws.set(model, laws)
    const { windowTokens } = laws.at(FULL_PACE).plain
    const batch = version === '2026-06' ? new Batch(windowTokens) : new JulyBatch(prefillOrder, windowTokens)
    const account = this.#books.account(model.build)
    const law = laws.at(this.#pace)
    const engine = new GpuEngine(this, this.#scheduler, model, batch, laws, account, listener, options, law)
    this.#engines.push(engine)
    return engine
  }

  /**
   * Drops all rows without a word to their owners. A step of it that runs goes on to its end, which is returned: until
   * then its arrays are in use. With a large cold group that is many seconds.
   */
  removeEngine(engine: Engine): Micros {
    assert(engine instanceof GpuEngine && !engine.removed, 'an engine is removed once, from the GPU it was added to')
    this.sync()
    engine.remove()
    this.#engines.splice(this.#engines.indexOf(engine), 1)
    const place = this.#queue.indexOf(engine)
    const runs = this.isRunning(engine)
    if (place >= 0 && !runs) this.#queue.splice(place, 1)
    this.#noteActivity()
    this.plan()
    return runs ? microsCovering(this.#planEnd as Nanos) : this.#scheduler.now
  }

  /** From the next step on. */
  setPace(pace: Pace): void {
    this.sync()
    if (this.#running && !this.#between) {
      this.#nextPace = pace
      this.plan()
    } else {
      this.#applyPace(pace)
    }
  }

  /** From the end of the running step on, no step starts. Counts: as many `unfreeze` as `freeze` set it free. */
  freeze(cause: FreezeCause): void {
    this.sync()
    this.#book()
    this.#lock.take(cause)
    this.plan()
  }

  unfreeze(cause: FreezeCause): void {
    this.sync()
    this.#book()
    this.#lock.release(cause)
    this.#noteActivity()
    this.#start()
    this.plan()
  }

  /** Nanoseconds of GPU time used so far, by place of the culprit. The arrays go on growing. */
  worked(): Worked {
    this.sync()
    this.#book()
    return this.#books.worked
  }

  isRunning(engine: GpuEngine): boolean {
    return this.#running && this.#queue[0] === engine
  }

  enqueue(engine: GpuEngine): void {
    this.sync()
    this.#queue.push(engine)
    this.#noteActivity()
    this.#start()
    this.plan()
  }

  open(engine: GpuEngine, row: Row): void {
    this.sync()
    this.#book()
    if (this.#books.booked < this.#nowNanos) this.#unopened.push({ engine, row })
    else row.clock = this.#books.open(engine.account)
  }

  /** The run is over: reports the busy stretch under way. */
  closeBooks(): void {
    if (this.#running) this.#options.onBusy(this.#busySince, this.#scheduler.now)
  }

  dequeue(engine: GpuEngine): void {
    this.#queue.splice(this.#queue.indexOf(engine), 1)
    this.#noteActivity()
  }

  sync(): void {
    if (this.#running && !this.#between) this.#rollTo(Math.min(this.#nowNanos, this.#planEnd - 1))
  }

  plan(): void {
    if (!this.#running || this.#between) return
    const end = this.#nextChange()
    if (this.#event !== null) {
      if (end === this.#planEnd) return
      this.#scheduler.cancel(this.#event)
    }
    this.#planEnd = end
    this.#event = this.#scheduler.schedule(microsCovering(end as Nanos), Priority.work, this.#onChange)
  }

  get #nowNanos(): number {
    return this.#scheduler.now * NANOS_PER_MICRO
  }

  #start(): void {
    if (this.#running || this.#lock.held || this.#queue.length === 0) return
    this.#book()
    this.#running = true
    this.#busySince = this.#scheduler.now
    this.#anchor = this.#nowNanos
  }

  #nextChange(): number {
    const queue = this.#queue
    const head = queue[0]!
    const stops = this.#lock.held || head.removed || this.#nextPace !== null
    if (stops || queue.length === 1) {
      const steps = stops ? 1 : head.stepsToChange
      return this.#bounded(roundsNanos(head.stepNanos, head.stepGrowthNanos, steps))
    }
    let rounds = Infinity
    let last = 0
    let first = 0
    let growth = 0
    for (let turn = 0; turn < queue.length; turn++) {
      const engine = queue[turn]!
      first += engine.stepNanos
      growth += engine.stepGrowthNanos
      const steps = engine.stepsToChange
      if (steps < rounds) {
        rounds = steps
        last = turn
      }
    }
    let nanos = roundsNanos(first, growth, rounds - 1)
    for (let turn = 0; turn <= last; turn++) {
      const engine = queue[turn]!
      nanos += engine.stepNanos + (rounds - 1) * engine.stepGrowthNanos
    }
    return this.#bounded(nanos)
  }

  #bounded(nanos: number): number {
    return Math.min(NANOS_MAX, this.#anchor + nanos)
  }

  /** Passes every step that ends by `nanos`, none of which is a change; the anchor becomes the start of the next one. */
  #rollTo(nanos: number): void {
    const queue = this.#queue
    const elapsed = nanos - this.#anchor
    if (elapsed < queue[0]!.stepNanos) return
    let first = 0
    let growth = 0
    for (const engine of queue) {
      first += engine.stepNanos
      growth += engine.stepGrowthNanos
    }
    const rounds = roundsWithin(first, growth, elapsed)
    const end = this.#anchor + roundsNanos(first, growth, rounds)
    if (rounds > 0) {
      for (const engine of queue) {
        this.#books.steps(engine, rounds, engine === queue[0] ? this.#anchor : Infinity)
        engine.batch.pass(rounds)
      }
    }
    this.#anchor = end
    for (;;) {
      const head = queue[0]!
      const stepEnd = this.#anchor + head.stepNanos
      if (stepEnd > nanos) return
      this.#books.steps(head, 1, this.#anchor)
      head.batch.pass(1)
      this.#anchor = stepEnd
      queue.push(queue.shift()!)
    }
  }

  /** The step that is the next change ends: the next one starts, then the owners hear of it. */
  #change(): void {
    this.#event = null
    this.#rollTo(this.#planEnd - 1)
    const engine = this.#queue[0]!
    assert(this.#anchor + engine.stepNanos === this.#planEnd, 'a step ends when its plan said')
    this.#books.steps(engine, 1, this.#anchor)
    this.#queue.shift()
    const deliveries = engine.stepEnded(this.#books)
    if (engine.batch.hasWork && !engine.removed) this.#queue.push(engine)
    this.#anchor = this.#planEnd
    this.#between = true
    if (this.#nextPace !== null) this.#applyPace(this.#nextPace)
    this.#noteActivity()
    this.#between = false
    if (this.#lock.held || this.#queue.length === 0) {
      this.#running = false
      this.#options.onBusy(this.#busySince, this.#scheduler.now)
    }
    this.plan()
    this.#openRows()
    engine.deliver(deliveries)
  }

  #openRows(): void {
    if (this.#unopened.length === 0) return
    this.#book()
    for (const { engine, row } of this.#unopened.splice(0)) row.clock = this.#books.open(engine.account)
  }

  #applyPace(pace: Pace): void {
    this.#nextPace = null
    this.#pace = pace
    this.#books.setPace(pace)
    for (const engine of this.#engines) engine.laws = engine.paces.at(pace)
  }

  #noteActivity(): void {
    const activity = this.#lock.held && (!this.#running || this.#between) ? IDLE : activityOf(this.#queue)
    if (activity.phase === this.#activity.phase && activity.power === this.#activity.power) return
    this.#activity = activity
    this.#options.onActivity?.(activity)
  }

  /** Books everything up to now: of the running step what has passed, or the pause. */
  #book(): void {
    if (this.#between) return
    if (this.#running) this.#books.running(this.#queue[0]!, this.#anchor, this.#nowNanos)
    else this.#books.pause(this.#nowNanos, this.#lock.blamed)
  }
}

/** Chunks are longer than decode steps by far, so one prompt under way makes the GPU a prefilling one. */
function activityOf(queue: readonly GpuEngine[]): GpuActivity {
  if (queue.length === 0) return IDLE
  let power = 0
  for (const { batch, model } of queue) {
    if (batch.prefilling) return { phase: 'prefill', power: 1 }
    power = Math.max(power, model.decodePower.value)
  }
  return { phase: 'decode', power }
}
