/**
 * The reference: the same door as `Gpu`, but it takes every step, one event each, and keeps every row's count of
 * tokens and of delays. Nothing is derived that can be counted. Shares with the real one only the law of a single step,
 * and of one that is bent.
 */
import { microsCovering, type Micros, type Nanos } from '../../../sim/base/time.ts'
import type { ChipSpec, EngineVersion, ModelSpec } from '../../../sim/catalog/index.ts'
import { stepConstants } from '../../../sim/catalog/step-constants.ts'
import { type EventId, Priority, type Scheduler } from '../../../sim/kernel/scheduler.ts'
import { BentStep } from '../../../sim/mac/engine/law/bent-step.ts'
import type { DelayCause, RowDelays } from '../../../sim/mac/engine/engine.ts'
import type { EngineOptions } from '../../../sim/mac/engine/gpu-engine.ts'
import type { FreezeCause } from '../../../sim/mac/engine/gpu-lock.ts'
import type { Engine, EngineListener, RowRequest, RowWork } from '../../../sim/mac/engine/gpu.ts'
import { apportion } from '../../../sim/mac/engine/books/gpu-books.ts'
import type { PrefillOrder } from '../../../sim/mac/config.ts'
import { FULL_PACE, type GpuActivity, type Pace, type Worked } from '../../../sim/mac/engine/law/pace.ts'
import { StepLaw } from '../../../sim/mac/engine/law/step-law.ts'

export interface SlowRow extends RowRequest {
  generated: number
  cancelled: boolean
  ghost: boolean
  /** The engine's GPU time before and after admission, and all time by `culprit cause`. Null until the clock starts. */
  seen: Map<string, number> | null
  ownBefore: number
  ownAfter: number
  admitted: boolean
}

/** A piece of the running step: what it is and how long it takes. */
interface Piece {
  readonly what: (typeof KINDS)[number]
  readonly nanos: number
}

const KINDS = ['own', 'ghosts', 'memory', 'process', 'heat', 'once'] as const

const nanosOf = (pieces: readonly Piece[]): number[] => pieces.map(({ nanos }) => nanos)

interface Options {
  readonly scheduler: Scheduler
  readonly chip: ChipSpec
  readonly engine: EngineVersion
  onBusy(since: Micros, until: Micros): void
  onActivity?(activity: GpuActivity): void
  readonly prefillOrder?: PrefillOrder
  prefillsOn?(): boolean
}

export class SlowGpu {
  readonly turns: SlowEngine[] = []
  readonly engines: SlowEngine[] = []
  running: SlowEngine | null = null
  readonly freezes: FreezeCause[] = []
  pace: Pace = FULL_PACE
  #nextPace: Pace | null = null
  #between = false
  #activity: GpuActivity = { phase: 'idle', power: 0 }
  #since = 0
  #stepStarts = 0
  /** Nanoseconds. */
  #stepEnds = 0
  #event: EventId | null = null
  #bent: BentStep | null = null
  #stands = false
  #over: (() => void) | null = null
  #memoryBlame: Pace['memoryBlame'] = []
  #heatBlame: Pace['heatBlame'] = []
  steps = 0
  /** Everything before is told to whom it concerns, nanoseconds. */
  #told = 0
  /** What is left of the running step, in the order in which it passes. */
  #pieces: Piece[] = []
  #memory = 0
  #heat = 0
  /** Rows whose clock starts with the end of the step that ends in this microsecond. */
  #late: { engine: SlowEngine; row: SlowRow }[] = []
  readonly used = new Map<string, number>()

  constructor(readonly options: Options) {}

  get busy(): boolean {
    return this.running !== null && !this.#stands
  }

  addEngine(model: ModelSpec, listener: EngineListener, options: EngineOptions = {}): Engine {
    const { scheduler, chip, engine } = this.options
    const constants = stepConstants(chip, model, engine)
    const law = (decode: number, prefill: number) => new StepLaw(constants, decode, prefill)
    const Program = engine === '2026-06' ? SlowEngine : SlowJuly
    const slow = new Program(this, scheduler, model, law, listener, options)
    if (slow instanceof SlowJuly) slow.order = this.options.prefillOrder ?? 'fcfs'
    this.engines.push(slow)
    return slow
  }

  removeEngine(engine: Engine, over: () => void = () => {}): void {
    const slow = engine as SlowEngine
    slow.removed = true
    slow.queued = false
    for (const row of slow.everyRow()) row.cancelled = true
    slow.fifo = []
    slow.inbox = []
    const place = this.turns.indexOf(slow)
    if (place >= 0) this.turns.splice(place, 1)
    this.noteActivity()
    if (this.running === slow) this.#over = over
    else over()
  }

  get now(): number {
    return this.options.scheduler.now * 1_000
  }

  setPace(pace: Pace): void {
    if (this.running === null || this.#between) return this.#apply(pace)
    if (this.#isOver()) {
      this.#nextPace = pace
      return
    }
    this.tell(this.now)
    const bent = this.#bend()
    this.#apply(pace)
    bent.setWhole(nanosOf(this.running.pieces()), this.now)
    this.#goOn()
  }

  #isOver(): boolean {
    return !this.#stands && this.#stepEnds <= this.now
  }

  #bend(): BentStep {
    const engine = this.running!
    const law = { account: { culprit: 0, own: 0 }, onceKind: engine.onceKind, partsOf: () => [] }
    this.#bent ??= new BentStep(law, nanosOf(engine.pieces()), this.#stepStarts)
    return this.#bent
  }

  /** What is left of a bent step passes from now on. */
  #goOn(): void {
    const left = this.#bent!.partsOf(1)
    this.#pieces = KINDS.map((what, i) => ({ what, nanos: left[i]! }))
    if (this.#stands) return
    this.options.scheduler.cancel(this.#event!)
    this.#await(this.now + left.reduce((sum, nanos) => sum + nanos, 0))
  }

  #await(end: number): void {
    const engine = this.running!
    this.#stepEnds = end
    const at = microsCovering(end as Nanos)
    this.#event = this.options.scheduler.schedule(at, Priority.work, () => this.#endStep(engine, end))
  }

  #apply(pace: Pace): void {
    this.#settle()
    this.#nextPace = null
    this.pace = pace
    if (pace.memoryBlame.length > 0) this.#memoryBlame = pace.memoryBlame
    if (pace.heatBlame.length > 0) this.#heatBlame = pace.heatBlame
  }

  freeze(cause: FreezeCause): void {
    this.tell(this.now)
    this.freezes.push(cause)
    if (cause.kind === 'load' || this.running === null || this.#stands || this.#isOver()) return
    this.#bend().stop(this.now)
    this.#stands = true
    this.options.scheduler.cancel(this.#event!)
    this.options.onBusy(this.#since as Micros, this.options.scheduler.now)
    this.noteActivity()
  }

  unfreeze(cause: FreezeCause): void {
    const name = JSON.stringify(cause)
    const place = this.freezes.findIndex((each) => JSON.stringify(each) === name)
    if (place < 0) throw new Error('unfreeze follows freeze')
    this.tell(this.now)
    this.freezes.splice(place, 1)
    if (this.#stands && this.freezes.every(({ kind }) => kind === 'load')) {
      this.#stands = false
      this.#since = this.options.scheduler.now
      this.#bent!.resume(this.now)
      this.#goOn()
    }
    this.noteActivity()
    if (this.running === null) this.startFromIdle()
  }

  worked(): Worked {
    this.tell(this.now)
    return { culprits: [...this.used.keys()], nanos: [...this.used.values()] }
  }

  noteActivity(): void {
    const busy = this.running !== null && !this.#between ? [this.running, ...this.turns] : this.turns
    const stopped = this.#stands || (this.freezes.length > 0 && (this.running === null || this.#between))
    let activity: GpuActivity = { phase: 'idle', power: 0 }
    if (!stopped && busy.length > 0) {
      activity = busy.some((engine) => engine.prefilling)
        ? { phase: 'prefill', power: 1 }
        : { phase: 'decode', power: Math.max(...busy.map((engine) => engine.model.decodePower.value)) }
    }
    if (JSON.stringify(activity) === JSON.stringify(this.#activity)) return
    this.#activity = activity
    this.options.onActivity?.(activity)
  }

  /** Tells every row alive what it has been waiting for since the last time. */
  tell(until: number): void {
    if (this.#between) return
    while (this.#told < until) {
      if (this.#stands) {
        this.#each('none', 'queue', until - this.#told)
        this.#told = until
        return
      }
      const piece = this.#pieces.shift()
      if (this.running === null) {
        const first = this.freezes[0]
        if (first?.kind === 'load') this.#each(first.build, 'load', until - this.#told)
        else this.#each('none', 'queue', until - this.#told)
        this.#told = until
        return
      }
      // The running step is over, only its event is still to come.
      if (piece === undefined) return
      const nanos = Math.min(piece.nanos, until - this.#told)
      if (nanos < piece.nanos) this.#pieces.unshift({ what: piece.what, nanos: piece.nanos - nanos })
      this.#piece(this.running, piece.what, nanos)
      this.#told += nanos
    }
  }

  #piece(engine: SlowEngine, what: Piece['what'], nanos: number): void {
    const worker = what === 'ghosts' ? 'ghosts' : engine.model.build
    this.used.set(worker, (this.used.get(worker) ?? 0) + nanos)
    if (what === 'own') {
      this.#each(engine.model.build, 'gpu', nanos)
      for (const row of engine.everyRow()) {
        if (row.admitted) row.ownAfter += nanos
        else row.ownBefore += nanos
      }
    } else if (what === 'ghosts') this.#each('ghosts', 'gpu', nanos)
    else if (what === 'memory') this.#memory += nanos
    else if (what === 'process') this.#each('process', 'gpu', nanos)
    else if (what === 'heat') this.#heat += nanos
    else if (engine.onceKind === 'load') this.#each(engine.model.build, 'load', nanos)
    else this.#each('none', 'memory', nanos)
  }

  #each(culprit: string, cause: DelayCause, nanos: number): void {
    for (const engine of this.engines)
      for (const row of engine.everyRow())
        if (row.seen !== null) row.seen.set(`${culprit} ${cause}`, (row.seen.get(`${culprit} ${cause}`) ?? 0) + nanos)
  }

  #settle(): void {
    if (this.#memory > 0)
      for (const [i, part] of apportion(this.#memory, this.#memoryBlame).entries())
        this.#each(this.#memoryBlame[i]!.culprit, 'memory', part)
    if (this.#heat > 0)
      for (const [i, part] of apportion(this.#heat, this.#heatBlame).entries())
        this.#each(this.#heatBlame[i]!.culprit, 'thermal', part)
    this.#memory = this.#heat = 0
  }

  open(engine: SlowEngine, row: SlowRow): void {
    this.tell(this.now)
    if (this.#told < this.now) this.#late.push({ engine, row })
    else this.#open(row)
  }

  #open(row: SlowRow): void {
    this.#settle()
    row.seen = new Map()
    row.ownBefore = row.ownAfter = 0
  }

  close(engine: SlowEngine, row: SlowRow): RowDelays {
    this.#settle()
    const { alone, saved } = engine.solo(row)
    const solo = Math.min(alone, row.ownAfter)
    const seen = new Map(row.seen)
    const build = engine.model.build
    seen.set(`${build} gpu`, (seen.get(`${build} gpu`) ?? 0) - row.ownBefore - solo)
    seen.set(`${build} queue`, (seen.get(`${build} queue`) ?? 0) + row.ownBefore)
    const culprits = [...new Set([...seen.keys()].map((key) => key.split(' ')[0]!))]
    const of = (culprit: string, cause: DelayCause) => seen.get(`${culprit} ${cause}`) ?? 0
    const shares = culprits.map((culprit) => ({
      culprit,
      gpu: of(culprit, 'gpu'),
      memory: of(culprit, 'memory'),
      thermal: of(culprit, 'thermal'),
      load: of(culprit, 'load'),
      queue: of(culprit, 'queue'),
    }))
    if (saved !== 0) shares.push({ culprit: 'prefix_hit', gpu: -saved, memory: 0, thermal: 0, load: 0, queue: 0 })
    return {
      soloNanos: solo + saved,
      shares: shares.filter((s) => s.gpu || s.memory || s.thermal || s.load || s.queue),
    }
  }

  startFromIdle(): void {
    if (this.running !== null || this.freezes.length > 0 || this.turns.length === 0) return
    this.#since = this.options.scheduler.now
    this.tell(this.now)
    this.startStep(this.now)
  }

  startStep(startNanos: number): void {
    const engine = this.turns.shift()!
    this.running = engine
    this.steps++
    this.#pieces = engine.beginStep()
    this.#stepStarts = startNanos
    this.#await(startNanos + this.#pieces.reduce((sum, piece) => sum + piece.nanos, 0))
  }

  #endStep(engine: SlowEngine, end: number): void {
    this.tell(end)
    this.#between = true
    this.#bent = null
    engine.once = 0
    const calls = engine.removed ? [] : engine.endStep()
    if (engine.queued) this.turns.push(engine)
    if (this.#nextPace !== null) this.#apply(this.#nextPace)
    this.noteActivity()
    this.#between = false
    this.running = null
    if (this.freezes.length === 0 && this.turns.length > 0) this.startStep(end)
    else this.options.onBusy(this.#since as Micros, this.options.scheduler.now)
    const late = this.#late.splice(0)
    if (late.length > 0) this.tell(this.now)
    for (const { row } of late) this.#open(row)
    const over = this.#over
    this.#over = null
    over?.()
    for (const call of calls) call()
  }
}

export class SlowEngine implements Engine {
  cap = 24
  nextCap = 0
  removed = false
  queued = false
  once: number
  onceKind: 'load' | 'memory' = 'load'
  /** Rows the closing admission of the running step restores. */
  planned: SlowRow[] = []
  /** Ghosts when the running step began: who becomes one meanwhile keeps its place to the step's end. */
  placeless = new Set<SlowRow>()
  /** Rows an idle engine has admitted, restored by its next step. */
  restoring: SlowRow[] = []
  inbox: SlowRow[] = []
  fifo: SlowRow[] = []
  group: { rows: SlowRow[]; offset: number } | null = null
  decoding: SlowRow[] = []
  /** Finished, not yet told. */
  finishing: SlowRow[] = []
  polling = false
  idleSince = 0

  constructor(
    readonly gpu: SlowGpu,
    readonly scheduler: Scheduler,
    readonly model: ModelSpec,
    readonly makeLaw: (decode: number, prefill: number) => StepLaw,
    readonly listener: EngineListener,
    readonly options: EngineOptions,
  ) {
    this.idleSince = scheduler.now
    this.once = options.firstStepExtraNanos ?? 0
  }

  get prefilling(): boolean {
    return this.group !== null || this.restoring.length > 0
  }

  /** Rows that prefill by themselves, in the later program. */
  prompts(): SlowRow[] {
    return []
  }

  everyRow(): SlowRow[] {
    const prefilling = [...(this.group?.rows ?? []), ...this.restoring]
    // A row that finishes is for a moment still among the decoding ones.
    return [
      ...new Set([...this.prompts(), ...this.inbox, ...this.fifo, ...prefilling, ...this.decoding, ...this.finishing]),
    ]
  }

  stepping(): boolean {
    return this.gpu.running === this
  }

  submit(request: RowRequest): void {
    const row: SlowRow = {
      ...request,
      generated: 0,
      cancelled: false,
      ghost: false,
      seen: null,
      ownBefore: 0,
      ownAfter: 0,
      admitted: false,
    }
    if (this.stepping()) this.inbox.push(row)
    else this.fifo.push(row)
    this.gpu.open(this, row)
    this.pollIfIdle()
  }

  pollIfIdle(): void {
    if (this.queued || this.polling || this.fifo.length === 0) return
    this.polling = true
    let at = this.idleSince
    while (at <= this.scheduler.now) at += 1_000
    this.scheduler.schedule(at as Micros, Priority.timer, () => {
      this.polling = false
      if (this.removed || this.fifo.length === 0) return
      const calls: (() => void)[] = []
      const { idleAfter_us, wakeExtraNanos } = this.options
      if (this.once === 0 && idleAfter_us !== undefined && this.scheduler.now - this.idleSince >= idleAfter_us) {
        this.once = wakeExtraNanos ?? 0
        this.onceKind = 'memory'
      }
      this.gpu.tell(this.gpu.now)
      this.admit(calls, true)
      this.queued = true
      this.gpu.turns.push(this)
      this.gpu.noteActivity()
      this.gpu.startFromIdle()
      for (const call of calls) call()
    })
  }

  cancel(key: number): 'removed' | 'ghost' | 'unknown' {
    const row = this.everyRow().find((each) => each.key === key && !each.cancelled)
    if (row === undefined) return 'unknown'
    row.cancelled = true
    if (!this.mayRestore()) this.dropWaiting()
    if (!this.stepping()) this.restoring = this.restoring.filter((each) => each !== row)
    if (this.group?.rows.includes(row)) {
      const longest = Math.max(...this.group.rows.map((each) => each.promptTokens))
      if (!this.stepping() || this.restoring.length > 0 || this.group.offset + 512 < longest) {
        if (this.gpu.options.prefillsOn?.() === false) {
          if (!this.stepping()) {
            this.dropFromGroup()
            this.leaveIfEmpty()
          }
          return 'removed'
        }
        row.ghost = true
        return 'ghost'
      }
    }
    if (!this.stepping() && this.queued) {
      this.dropAborted()
      this.leaveIfEmpty()
    }
    return 'removed'
  }

  /** What the running step restores was settled when it began; until its end nobody moves up and no place is added. */
  mayRestore(): boolean {
    return this.stepping() && [...this.fifo, ...this.inbox].some((each) => each.restoredTokens)
  }

  dropWaiting(): void {
    this.inbox = this.inbox.filter((each) => !each.cancelled)
    this.fifo = this.fifo.filter((each) => !each.cancelled)
  }

  dropAborted(): void {
    this.decoding = this.decoding.filter((row) => !row.cancelled || row.ghost)
  }

  dropFromGroup(): void {
    const rows = this.group?.rows.filter((row) => !row.cancelled || row.ghost) ?? []
    this.group = rows.length === 0 ? null : { rows, offset: this.group!.offset }
  }

  leaveIfEmpty(): void {
    if (this.decoding.length > 0 || this.group !== null || this.restoring.length > 0) return
    this.gpu.turns.splice(this.gpu.turns.indexOf(this), 1)
    this.queued = false
    this.gpu.noteActivity()
    this.idleSince = this.scheduler.now
    this.pollIfIdle()
  }

  laws(): readonly StepLaw[] {
    if (this.lawsOf !== this.gpu.pace) this.known = this.makeLaws(this.gpu.pace)
    this.lawsOf = this.gpu.pace
    return this.known
  }

  private lawsOf: Pace | undefined
  private known: readonly StepLaw[] = []

  /** Plain, and with memory, other processes and heat laid over it one after another. */
  private makeLaws(pace: Pace): readonly StepLaw[] {
    const { memory_pct, processDecode_pct, processPrefill_pct, speed_pct } = pace
    const memory = memory_pct / 100
    const decode = (memory * processDecode_pct) / 100
    const prefill = (memory * processPrefill_pct) / 100
    return [
      this.makeLaw(1, 1),
      this.makeLaw(memory, memory),
      this.makeLaw(decode, prefill),
      this.makeLaw((decode * 100) / speed_pct, (prefill * 100) / speed_pct),
    ]
  }

  /** What the closing admission of a step would restore, were it over. */
  plan(): SlowRow[] {
    if (this.restoring.length > 0) return []
    const group = this.group?.rows ?? []
    const closes = this.group !== null && this.group.offset + 512 >= Math.max(...group.map((row) => row.promptTokens))
    let slots = this.cap - [...this.decoding, ...group].filter((row) => !row.ghost).length
    const planned: SlowRow[] = []
    for (const row of this.fifo) {
      if (slots-- <= 0) break
      if (row.restoredTokens) planned.push(row)
      else if (this.group !== null && !closes) break
    }
    return planned
  }

  /** One token for each of these contexts; sliding layers read no more of one than a window. */
  decodeOf(law: StepLaw, contexts: readonly number[]): number {
    const window = this.model.window?.tokens ?? 0
    let context = 0
    let windowed = 0
    for (const tokens of contexts) {
      context += tokens
      windowed += tokens < window ? tokens : window
    }
    return law.decodeNanos(contexts.length, context, windowed)
  }

  /** Nanoseconds of the step to come with and without its ghosts. */
  lengthOf(law: StepLaw, without: (row: SlowRow) => boolean): number {
    const restore = (row: SlowRow) =>
      law.spanNanos(row.restoredTokens!, row.promptTokens - row.restoredTokens!) +
      this.decodeOf(law, [row.promptTokens])
    if (this.restoring.length > 0) return this.restoring.reduce((sum, row) => sum + restore(row), 0)
    const decoding = this.decoding.filter((row) => !without(row))
    let nanos = this.decodeOf(
      law,
      decoding.map((row) => row.promptTokens + row.generated),
    )
    if (this.group !== null) {
      const longest = Math.max(...this.group.rows.map((row) => row.promptTokens))
      const tokens = Math.min(512, longest - this.group.offset)
      const rows = this.group.rows.filter((row) => !without(row))
      // Who is left may have been prefilled before the longest one left.
      const prefilling = tokens > 0 ? rows.length : 0
      for (let row = 0; row < prefilling; row++) nanos += law.chunkNanos(this.group.offset / 512, tokens)
      if (this.group.offset + 512 >= longest) {
        nanos += this.decodeOf(
          law,
          rows.map((row) => row.promptTokens),
        )
      }
    }
    for (const row of this.planned) nanos += restore(row)
    return nanos
  }

  beginStep(): Piece[] {
    this.placeless = new Set(this.everyRow().filter((row) => row.ghost))
    this.planned = this.plan()
    return this.pieces()
  }

  /** Of the whole running step at the present pace. */
  pieces(): Piece[] {
    const everybody = this.laws().map((law) => this.lengthOf(law, () => false))
    const own = this.lengthOf(this.laws()[0]!, (row) => this.placeless.has(row))
    return [
      { what: 'own', nanos: own },
      { what: 'ghosts', nanos: everybody[0]! - own },
      { what: 'memory', nanos: everybody[1]! - everybody[0]! },
      { what: 'process', nanos: everybody[2]! - everybody[1]! },
      { what: 'heat', nanos: everybody[3]! - everybody[2]! },
      { what: 'once', nanos: this.once },
    ]
  }

  endStep(): (() => void)[] {
    if (this.restoring.length > 0) {
      this.decoding.push(...this.restoring.splice(0))
      return this.closeStep([], [])
    }
    const calls: (() => void)[] = []
    for (const row of this.decoding) {
      row.generated++
      if (row.generated === 1) calls.push(this.tell(row, () => this.listener.firstToken(row.key)))
    }
    if (this.group !== null) {
      this.group.offset += 512
      if (this.group.rows.every((row) => row.promptTokens <= this.group!.offset)) {
        this.decoding.push(...this.group.rows)
        this.group = null
      }
    }
    const admissions: (() => void)[] = []
    this.admit(admissions, false)
    return this.closeStep(calls, admissions)
  }

  closeStep(calls: (() => void)[], admissions: (() => void)[]): (() => void)[] {
    this.fifo.push(...this.inbox.splice(0))
    this.dropWaiting()
    for (const row of this.decoding.filter((each) => each.generated === each.outputTokens)) {
      if (row.ghost) calls.push(() => this.listener.ghostEnded())
      this.finishing.push(row)
      const delays = row.cancelled ? null : this.gpu.close(this, row)
      calls.push(
        this.tell(row, () => {
          this.finishing = this.finishing.filter((each) => each !== row)
          const prefilledTokens = row.promptTokens - (row.restoredTokens ?? 0)
          this.listener.finished(row.key, { prefilledTokens, decodedTokens: row.generated }, delays!)
        }),
      )
    }
    this.decoding = this.decoding.filter((row) => row.generated < row.outputTokens)
    this.dropAborted()
    this.dropFromGroup()
    this.planned = []
    if (this.nextCap > 0) this.cap = this.nextCap
    this.nextCap = 0
    if (this.decoding.length === 0 && !this.prefilling) this.admit(admissions, true)
    this.queued = this.decoding.length > 0 || this.prefilling
    if (!this.queued) this.idleSince = this.scheduler.now
    return [...calls, ...admissions]
  }

  /** Alone on the idle Mac from admission to the last token, chunk by chunk and token by token. */
  solo(row: SlowRow): { readonly alone: number; readonly saved: number } {
    const law = this.laws()[0]!
    let cold = 0
    for (let offset = 0; offset < row.promptTokens; offset += 512)
      cold += law.chunkNanos(offset / 512, Math.min(512, row.promptTokens - offset))
    const restored = row.restoredTokens ?? 0
    const prefill = restored === 0 ? cold : law.spanNanos(restored, row.promptTokens - restored)
    let alone = prefill + this.decodeOf(law, [row.promptTokens])
    for (let token = 0; token < row.outputTokens; token++) alone += this.decodeOf(law, [row.promptTokens + token])
    return { alone, saved: cold - prefill }
  }

  tell(row: SlowRow, call: () => void): () => void {
    return () => {
      if (!row.cancelled) call()
    }
  }

  admit(calls: (() => void)[], idle: boolean): void {
    const holders = [...this.decoding, ...(this.group?.rows ?? [])].filter((row) => !this.placeless.has(row))
    let slots = this.cap - holders.length
    const pending = this.group !== null
    const cold: SlowRow[] = []
    while (this.fifo.length > 0 && slots > 0) {
      const row = this.fifo[0]!
      if (!row.restoredTokens && pending) break
      this.fifo.shift()
      slots--
      row.admitted = true
      if (!row.restoredTokens) cold.push(...(row.cancelled ? [] : [row]))
      else if (idle) this.restoring.push(row)
      else {
        this.decoding.push(row)
        // The step that ends held its restore.
        const law = this.laws()[0]!
        const restore = law.spanNanos(row.restoredTokens, row.promptTokens - row.restoredTokens)
        const seed = this.decodeOf(law, [row.promptTokens])
        row.ownAfter += restore + seed
        row.ownBefore -= restore + seed
      }
      calls.push(this.tell(row, () => this.listener.admitted(row.key, this.scheduler.now)))
    }
    if (cold.length > 0) this.group = { rows: cold, offset: 0 }
  }

  setMaxRows(rows: number): void {
    if (this.mayRestore()) this.nextCap = rows
    else this.cap = rows
  }

  get liveRows(): number {
    return this.everyRow().filter((row) => !row.cancelled).length
  }

  get ghostRows(): number {
    return [...(this.group?.rows ?? []), ...this.decoding].filter((row) => row.ghost).length
  }

  find(key: number): SlowRow {
    const row = this.everyRow().find((each) => each.key === key && !each.cancelled)
    if (row === undefined) throw new Error(`no row ${key}`)
    return row
  }

  generatedTokens(key: number): number {
    return this.find(key).generated
  }

  workOf(key: number): RowWork {
    const row = this.find(key)
    const waiting = this.fifo.includes(row) || this.inbox.includes(row) || this.restoring.includes(row)
    const inGroup = this.group?.rows.includes(row) ?? false
    const whole = row.promptTokens - (row.restoredTokens ?? 0)
    const reached = waiting ? 0 : inGroup ? this.group!.offset : whole
    return { prefilledTokens: Math.min(whole, reached), decodedTokens: row.generated }
  }

  activeTokens(): number {
    let tokens = 0
    for (const row of this.everyRow()) {
      const done = this.finishing.includes(row)
      if (!row.cancelled && !done) tokens += row.promptTokens + row.generated
    }
    return tokens
  }

  /** Every row that is being or has been prefilled holds what it has read and written. */
  kvTokens(): number {
    let tokens = 0
    for (const row of this.decoding) tokens += row.promptTokens + row.generated
    for (const row of this.group?.rows ?? []) tokens += Math.min(row.promptTokens, this.group!.offset)
    for (const row of this.restoring) tokens += row.restoredTokens!
    return tokens
  }

  kvRows(): number {
    return this.decoding.length + (this.group?.rows.length ?? 0) + this.restoring.length
  }

  get idle(): boolean {
    return !this.queued && this.fifo.length === 0
  }
}

/** A prompt of the later program: its place, and the run of equal pieces it is in, from which the law counts. */
interface SlowPrompt {
  readonly row: SlowRow
  done: number
  run: { readonly size: number; readonly from: number; count: number } | null
}

/** The later program: 2,048 prompt tokens a step, dealt one by one. */
class SlowJuly extends SlowEngine {
  order: PrefillOrder = 'fcfs'
  #prompts: SlowPrompt[] = []
  #dealt: number[] = []
  #turn = 0

  override prompts(): SlowRow[] {
    return this.#prompts.map(({ row }) => row)
  }

  override get prefilling(): boolean {
    return this.#prompts.length > 0
  }

  override mayRestore(): boolean {
    return false
  }

  override plan(): SlowRow[] {
    return []
  }

  override cancel(key: number): 'removed' | 'ghost' | 'unknown' {
    const result = super.cancel(key)
    if (result === 'removed' && !this.stepping()) {
      this.#prompts = this.#prompts.filter(({ row }) => !row.cancelled)
      if (this.queued) this.leaveIfEmpty()
    }
    return result
  }

  override leaveIfEmpty(): void {
    if (this.#prompts.every(({ row }) => row.cancelled)) super.leaveIfEmpty()
  }

  /** Tokens per prompt in the next step. */
  #deal(): number[] {
    const left = this.#prompts.map(({ row, done }) => row.promptTokens - done)
    const dealt = left.map(() => 0)
    if (this.order === 'fcfs') {
      for (let token = 0; token < 2_048; token++) {
        const i = left.findIndex((tokens, place) => tokens > dealt[place]!)
        if (i >= 0) dealt[i]!++
      }
      return dealt
    }
    let budget = 2_048
    for (let turn = this.#turn; budget > 0 && left.some((tokens, i) => tokens > dealt[i]!); turn++) {
      const i = turn % left.length
      for (let token = 0; token < 512 && budget > 0 && left[i]! > dealt[i]!; token++, budget--) dealt[i]!++
    }
    return dealt
  }

  override beginStep(): ReturnType<SlowEngine['beginStep']> {
    this.#dealt = this.#deal()
    for (const [i, prompt] of this.#prompts.entries()) {
      const size = this.#dealt[i]!
      const { run } = prompt
      if (run === null || run.size !== size || run.from + run.count * size !== prompt.done)
        prompt.run = { size, from: prompt.done, count: 0 }
    }
    return super.beginStep()
  }

  override lengthOf(law: StepLaw): number {
    let nanos = this.decodeOf(
      law,
      this.decoding.map((row) => row.promptTokens + row.generated),
    )
    for (const { run } of this.#prompts)
      if (run !== null && run.size > 0)
        nanos += law.spanNanos(run.from, run.size) + run.count * law.spanGrowthNanos(run.size)
    return nanos
  }

  override endStep(): (() => void)[] {
    const calls: (() => void)[] = []
    for (const row of this.decoding) row.generated++
    const shares = this.#dealt.filter((size) => size > 0)
    const even = shares.length === this.#prompts.length && shares.every((size) => size === 2_048 / shares.length)
    if (this.order === 'interleaved' && !even && this.#prompts.length > 0) this.#turn += 4
    for (const [i, prompt] of this.#prompts.entries()) {
      prompt.done += this.#dealt[i]!
      if (prompt.run !== null) prompt.run.count++
      if (prompt.done < prompt.row.promptTokens) continue
      prompt.row.generated = 1
      this.decoding.push(prompt.row)
      calls.push(this.tell(prompt.row, () => this.listener.firstToken(prompt.row.key)))
    }
    this.#prompts = this.#prompts.filter(({ row, done }) => done < row.promptTokens)
    const admissions: (() => void)[] = []
    this.admit(admissions)
    this.#prompts = this.#prompts.filter(({ row }) => !row.cancelled)
    return this.closeStep(calls, admissions)
  }

  override admit(calls: (() => void)[]): void {
    let slots = this.cap - this.decoding.length - this.#prompts.length
    while (this.fifo.length > 0 && slots-- > 0) {
      const row = this.fifo.shift()!
      row.admitted = true
      this.#prompts.push({ row, done: row.restoredTokens ?? 0, run: null })
      calls.push(this.tell(row, () => this.listener.admitted(row.key, this.scheduler.now)))
    }
  }

  override solo(row: SlowRow): { readonly alone: number; readonly saved: number } {
    const law = this.laws()[0]!
    const stripes = (from: number) => {
      let nanos = 0
      for (let offset = from, count = 0; offset < row.promptTokens; offset += 2_048, count++) {
        const size = Math.min(2_048, row.promptTokens - offset)
        nanos +=
          size < 2_048 ? law.spanNanos(offset, size) : law.spanNanos(from, size) + count * law.spanGrowthNanos(size)
      }
      return nanos
    }
    const cold = stripes(0)
    const prefill = stripes(row.restoredTokens ?? 0)
    let decode = 0
    for (let token = 1; token < row.outputTokens; token++) decode += this.decodeOf(law, [row.promptTokens + token])
    return { alone: prefill + decode, saved: cold - prefill }
  }

  override workOf(key: number): RowWork {
    const row = this.find(key)
    const prompt = this.#prompts.find((each) => each.row === row)
    if (prompt === undefined) return super.workOf(key)
    return { prefilledTokens: prompt.done - (row.restoredTokens ?? 0), decodedTokens: 0 }
  }

  override kvTokens(): number {
    return this.#prompts.reduce((sum, { done }) => sum + done, super.kvTokens())
  }

  override kvRows(): number {
    return super.kvRows() + this.#prompts.length
  }
}
