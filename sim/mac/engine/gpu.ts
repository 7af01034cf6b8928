/**
 * The one GPU of a Mac and the engines that share it: a FIFO server of steps, every engine with at most one
 * outstanding, so busy engines take turns (provider-runtime 6). Weight reads hold the lock: no step starts meanwhile.
 *
 * It jumps. Between two changes the turns of all busy engines form rounds whose length grows linearly, so one event is
 * scheduled for the next change and none for the steps before it; whatever comes from outside in between finds the
 * step in progress by arithmetic (`cycle.ts`), and the plan is made anew. The clock in here counts nanoseconds.
 *
 * A new pace and a fault take hold at once, in the middle of the running step (`bent-step.ts`).
 *
 * Ties: steps that ended by the current microsecond count as over. Only the step whose end is the scheduled change
 * counts as running until that event, which matters to nobody but other events of `Priority.work` at that instant.
 */
import { assert } from '../../base/assert.ts'
import { type Micros, microsCovering, NANOS_PER_MICRO, type Nanos } from '../../base/time.ts'
import type { ChipSpec } from '../../catalog/chip.ts'
import type { EngineVersion, ModelSpec } from '../../catalog/model.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'
import { Batch } from './batch/batch.ts'
import { BentStep } from './law/bent-step.ts'
import type { PrefillOrder } from '../config.ts'
import { NANOS_MAX, roundsNanos, roundsWithin } from './cycle.ts'
import type { Engine, EngineListener } from './engine.ts'
import { type EngineOptions, GpuEngine, type GpuTurns } from './gpu-engine.ts'
import { FAULT_BLAMED, type FreezeCause, GpuLock } from './gpu-lock.ts'
import { JulyBatch } from './batch/july-batch.ts'
import { FULL_PACE, type GpuActivity, type Pace, type Worked } from './law/pace.ts'
import type { PacedLaws } from './law/paced-law.ts'
import { StepLaws } from './law/step-laws.ts'
import type { Row } from './batch/row.ts'
import { StepBooks, type Stepping } from './books/step-books.ts'

export { type Engine, ENGINE_ROWS_MAX, type EngineListener, type RowRequest, type RowWork } from './engine.ts'

const IDLE: GpuActivity = { phase: 'idle', power: 0 }
const PREFILL: GpuActivity = { phase: 'prefill', power: 1 }

interface RowsMemory {
  changesOfRows: number
  advance(): void
  settle(): void
}

export interface GpuOptions {
  readonly scheduler: Scheduler
  readonly chip: ChipSpec
  readonly engine: EngineVersion
  /** Absent: the catalogue's, for this GPU alone. */
  lawsOf?(model: ModelSpec): PacedLaws
  /** Of engine 2026-07; absent: fcfs. */
  readonly prefillOrder?: PrefillOrder
  /** Of engine 2026-06: whether a prompt cancelled in a pending group is prefilled on as a ghost. Absent: always. */
  prefillsOn?(): boolean
  /** The GPU was occupied without a gap; called when it falls idle. */
  onBusy(since: Micros, until: Micros): void
  /**
   * Brought to now before something that may free memory or wakes an idle engine, settled after that and whatever takes
   * much at once; `changesOfRows` goes up whenever rows come, leave or change place, and when an engine falls idle or
   * begins to work. Absent: rows take no memory that anybody looks at.
   */
  readonly memory?: RowsMemory
  /** What the GPU does has changed; a pace set from within the call holds for the step about to start. */
  onActivity?(activity: GpuActivity): void
}

export class Gpu implements GpuTurns {
  readonly #options: GpuOptions
  readonly #scheduler: Scheduler
  readonly #memory: RowsMemory | undefined
  readonly #books = new StepBooks()
  readonly #ownLaws: StepLaws
  readonly #engines: GpuEngine[] = []
  /** Engines with a step running (the first, if `#running`) or waiting for their turn. */
  readonly #queue: GpuEngine[] = []
  #running = false
  /** Between the end of one step and the start of the next, in one event. */
  #between = false
  /** When the running step started. */
  #anchor = 0
  /** The running step, where its pace has changed meanwhile or it stands still. */
  #bent: BentStep | null = null
  /** When the step that is the next change ends. */
  #planEnd = 0
  /** Every step that ended by then has passed; -1: somebody has to look. */
  #rolledTo = -1
  #event: EventId | null = null
  readonly #lock = new GpuLock()
  #busySince = 0 as Micros
  #pace: Pace = FULL_PACE
  /** Set in the microsecond in which the running step ends, before its end was told: for the steps after it. */
  #nextPace: Pace | null = null
  #activity: GpuActivity = IDLE
  /** Rows that came in the microsecond in which the running step ends, before its end was told. */
  readonly #unopened: { readonly engine: GpuEngine; readonly row: Row }[] = []
  /** Told when the running step of a removed engine is over. */
  #whenOver: (() => void) | null = null
  readonly #onChange = () => this.#change()

  constructor(options: GpuOptions) {
    this.#options = options
    this.#scheduler = options.scheduler
    this.#memory = options.memory
    if (this.#memory !== undefined) this.#memory.changesOfRows = 0
    this.#ownLaws = new StepLaws(options.engine, 1)
  }

  get busy(): boolean {
    return this.#running && !this.#stands
  }

  /** The model is resident: its engine starts, idle. */
  addEngine(model: ModelSpec, listener: EngineListener, options: EngineOptions = {}): Engine {
    const { engine: version, prefillOrder = 'fcfs', prefillsOn } = this.#options
    const laws = this.#options.lawsOf?.(model) ?? this.#ownLaws.of(model, this.#options.chip, undefined)
    const { windowTokens } = laws.at(FULL_PACE).plain
    const batch =
      version === '2026-06' ? new Batch(windowTokens, prefillsOn) : new JulyBatch(prefillOrder, windowTokens)
    const account = this.#books.account(model.build)
    const law = laws.at(this.#pace)
    const engine = new GpuEngine(this, this.#scheduler, model, batch, laws, account, listener, options, law)
    this.#engines.push(engine)
    return engine
  }

  /**
   * Drops all rows without a word to their owners. A step of it that runs goes on to its end: until then its arrays are in
   * use. With a large cold group that is many seconds. `over` is called when that is over, now if no step of it runs.
   */
  removeEngine(engine: Engine, over: () => void = () => {}): void {
    assert(engine instanceof GpuEngine && !engine.removed, 'an engine is removed once, from the GPU it was added to')
    this.beforeRows()
    this.sync()
    engine.remove()
    this.#engines.splice(this.#engines.indexOf(engine), 1)
    const place = this.#queue.indexOf(engine)
    const runs = this.isRunning(engine)
    if (place >= 0 && !runs) this.#queue.splice(place, 1)
    if (runs) this.#whenOver = over
    this.#noteActivity()
    this.plan()
    this.afterRows()
    if (!runs) over()
  }

  /** From now on: the share of the running step that is done stays done, the rest goes at the new pace. */
  setPace(pace: Pace): void {
    this.sync()
    if (!this.#running || this.#between) {
      this.#applyPace(pace)
    } else if (this.#stepIsOver) {
      this.#nextPace = pace
    } else {
      this.#book()
      const head = this.#queue[0]!
      const before = head.laws
      const step = this.#bent ?? new BentStep(head, head.partsOf(1), this.#anchor)
      this.#applyPace(pace)
      if (head.laws !== before) {
        step.setWhole(head.partsOf(1), this.#nowNanos)
        this.#bent = step
      }
    }
    this.plan()
  }

  /**
   * No step starts from now on. A fault stops the running one as well; a load waits for its end, as for the lock that a
   * step holds. Counts: as many `unfreeze` as `freeze` set it free.
   */
  freeze(cause: FreezeCause): void {
    this.sync()
    this.#book()
    this.#lock.take(cause)
    if (cause.kind === 'fault' && this.#running && !this.#stands && !this.#stepIsOver) this.#stop()
    this.plan()
  }

  unfreeze(cause: FreezeCause): void {
    this.sync()
    this.#book()
    this.#lock.release(cause)
    if (this.#stands && !this.#lock.heldByFault) this.#resume()
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

  /** When the next step of an engine ends, as things stand; undefined: it has none, or nothing moves. For who watches an answer grow. */
  nextStepAt(engine: Engine): Micros | undefined {
    this.sync()
    const place = this.#queue.findIndex((each) => each === engine)
    if (place < 0 || !this.#running || this.#stands) return undefined
    let end = this.#stepSince + this.#stepNanos
    for (let turn = 1; turn <= place; turn++) end += this.#queue[turn]!.stepNanos
    return microsCovering(Math.min(NANOS_MAX, end) as Nanos)
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

  rowsChanged(): void {
    if (this.#memory !== undefined) this.#memory.changesOfRows += 1
  }

  beforeRows(): void {
    this.#memory?.advance()
  }

  afterRows(): void {
    this.#memory?.settle()
  }

  /** The run is over: reports the busy stretch under way. */
  closeBooks(): void {
    if (this.busy) this.#options.onBusy(this.#busySince, this.#scheduler.now)
  }

  dequeue(engine: GpuEngine): void {
    this.#queue.splice(this.#queue.indexOf(engine), 1)
    this.#noteActivity()
  }

  sync(): void {
    if (!this.#running || this.#between || this.#stands) return
    const nanos = Math.min(this.#nowNanos, this.#planEnd - 1)
    // A running step stays as long as it is, so who looks again within the instant finds nothing to pass.
    if (nanos === this.#rolledTo) return
    this.#rollTo(nanos)
    this.#rolledTo = nanos
  }

  plan(): void {
    if (!this.#running || this.#between || this.#stands) return
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

  /** The running step stands still. */
  get #stands(): boolean {
    return this.#bent !== null && this.#bent.stopped
  }

  /** The running step ended before this microsecond, and only its event is still to come. */
  get #stepIsOver(): boolean {
    return !this.#stands && this.#stepSince + this.#stepNanos <= this.#nowNanos
  }

  get #step(): Stepping {
    return this.#bent ?? this.#queue[0]!
  }

  get #stepSince(): number {
    return this.#bent?.since ?? this.#anchor
  }

  /** From `#stepSince` on. */
  get #stepNanos(): number {
    return this.#bent?.restNanos ?? this.#queue[0]!.stepNanos
  }

  /** Call when everything up to now is booked. */
  #stop(): void {
    const head = this.#queue[0]!
    this.#bent ??= new BentStep(head, head.partsOf(1), this.#anchor)
    this.#bent.stop(this.#nowNanos)
    if (this.#event !== null) this.#scheduler.cancel(this.#event)
    this.#event = null
    this.#options.onBusy(this.#busySince, this.#scheduler.now)
    this.#noteActivity()
  }

  #resume(): void {
    this.#bent!.resume(this.#nowNanos)
    this.#busySince = this.#scheduler.now
  }

  #start(): void {
    if (this.#running || this.#lock.held || this.#queue.length === 0) return
    this.#book()
    this.#running = true
    this.#busySince = this.#scheduler.now
    this.#anchor = this.#nowNanos
    this.#rolledTo = -1
  }

  #nextChange(): number {
    if (this.#bent !== null) return this.#bounded(this.#bent.since - this.#anchor + this.#bent.restNanos)
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
    if (this.#bent !== null) return
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
    assert(this.#stepSince + this.#stepNanos === this.#planEnd, 'a step ends when its plan said')
    const frees = engine.batch.freesNext
    if (frees) this.beforeRows()
    this.#books.steps(this.#step, 1, this.#stepSince)
    this.#bent = null
    this.#queue.shift()
    const deliveries = engine.stepEnded(this.#books)
    if (engine.batch.hasWork && !engine.removed) this.#queue.push(engine)
    this.#anchor = this.#planEnd
    this.#rolledTo = -1
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
    if (frees || deliveries.length > 0) this.afterRows()
    if (engine.removed) this.#removedIsOver()
    engine.deliver(deliveries)
  }

  #removedIsOver(): void {
    const over = this.#whenOver
    this.#whenOver = null
    over?.()
  }

  #openRows(): void {
    if (this.#unopened.length === 0) return
    this.#book()
    for (const { engine, row } of this.#unopened.splice(0)) row.clock = this.#books.open(engine.account)
  }

  #applyPace(pace: Pace): void {
    this.#nextPace = null
    this.#rolledTo = -1
    this.#pace = pace
    this.#books.setPace(pace)
    for (const engine of this.#engines) engine.laws = engine.paces.at(pace)
    // A removed engine may still have a step to end.
    const head = this.#queue[0]
    if (head?.removed) head.laws = head.paces.at(pace)
  }

  #noteActivity(): void {
    const pauses = this.#lock.held && (!this.#running || this.#between)
    const activity = pauses || this.#stands ? IDLE : activityOf(this.#queue, this.#activity)
    if (activity === this.#activity) return
    this.#activity = activity
    this.#options.onActivity?.(activity)
  }

  /** Books everything up to now: of the running step what has passed, or the pause. */
  #book(): void {
    if (this.#between) return
    if (this.#stands) this.#books.pause(this.#nowNanos, FAULT_BLAMED)
    else if (this.#running) this.#books.running(this.#step, this.#stepSince, this.#nowNanos)
    else this.#books.pause(this.#nowNanos, this.#lock.blamed)
  }
}

/**
 * Chunks are longer than decode steps by far, so one prompt under way makes the GPU a prefilling one. The same object as
 * before where nothing has changed.
 */
function activityOf(queue: readonly GpuEngine[], before: GpuActivity): GpuActivity {
  if (queue.length === 0) return IDLE
  let power = 0
  for (const engine of queue) {
    if (engine.batch.prefilling) return PREFILL
    power = Math.max(power, engine.model.decodePower.value)
  }
  return before.phase === 'decode' && before.power === power ? before : { phase: 'decode', power }
}
