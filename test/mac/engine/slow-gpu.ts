/**
 * The reference: the same door as `Gpu`, but it takes every step, one event each, and keeps every row's count of
 * tokens. Nothing is derived that can be counted. Shares with the real one only the law of a single step.
 */
import { microsCovering, type Micros, type Nanos } from '../../../sim/base/time.ts'
import type { ChipSpec, EngineVersion, ModelSpec } from '../../../sim/catalog/index.ts'
import { stepConstants } from '../../../sim/catalog/step-constants.ts'
import { Priority, type Scheduler } from '../../../sim/kernel/scheduler.ts'
import type { Engine, EngineListener, RowRequest, RowWork } from '../../../sim/mac/gpu.ts'
import { StepLaw } from '../../../sim/mac/step-law.ts'

interface SlowRow extends RowRequest {
  generated: number
  cancelled: boolean
  ghost: boolean
}

interface Options {
  readonly scheduler: Scheduler
  readonly chip: ChipSpec
  readonly engine: EngineVersion
  onBusy(since: Micros, until: Micros): void
}

export class SlowGpu {
  readonly turns: SlowEngine[] = []
  running: SlowEngine | null = null
  freezes = 0
  #since = 0
  #stepEnds = 0 as Micros
  steps = 0

  constructor(readonly options: Options) {}

  get busy(): boolean {
    return this.running !== null
  }

  addEngine(model: ModelSpec, listener: EngineListener): Engine {
    const { scheduler, chip, engine } = this.options
    return new SlowEngine(this, scheduler, new StepLaw(stepConstants(chip, model, engine)), listener)
  }

  removeEngine(engine: Engine): Micros {
    const slow = engine as SlowEngine
    const stepEnds = this.running === slow ? this.#stepEnds : this.options.scheduler.now
    slow.removed = true
    slow.queued = false
    for (const row of slow.everyRow()) row.cancelled = true
    slow.fifo = []
    slow.inbox = []
    const place = this.turns.indexOf(slow)
    if (place >= 0) this.turns.splice(place, 1)
    return stepEnds
  }

  freeze(): void {
    this.freezes++
  }

  unfreeze(): void {
    this.freezes--
    if (this.running === null) this.startFromIdle()
  }

  startFromIdle(): void {
    if (this.running !== null || this.freezes > 0 || this.turns.length === 0) return
    this.#since = this.options.scheduler.now
    this.startStep(this.options.scheduler.now * 1_000)
  }

  startStep(startNanos: number): void {
    const engine = this.turns.shift()!
    this.running = engine
    this.steps++
    const end = startNanos + engine.beginStep()
    this.#stepEnds = microsCovering(end as Nanos)
    this.options.scheduler.schedule(this.#stepEnds, Priority.work, () => this.#endStep(engine, end))
  }

  #endStep(engine: SlowEngine, end: number): void {
    this.running = null
    const calls = engine.removed ? [] : engine.endStep()
    if (engine.queued) this.turns.push(engine)
    if (this.freezes === 0 && this.turns.length > 0) this.startStep(end)
    else this.options.onBusy(this.#since as Micros, this.options.scheduler.now)
    for (const call of calls) call()
  }
}

class SlowEngine implements Engine {
  cap = 24
  removed = false
  queued = false
  inbox: SlowRow[] = []
  fifo: SlowRow[] = []
  group: { rows: SlowRow[]; offset: number } | null = null
  decoding: SlowRow[] = []
  /** Finished, not yet told. */
  finishing: SlowRow[] = []
  #polling = false
  #idleSince = 0

  constructor(
    readonly gpu: SlowGpu,
    readonly scheduler: Scheduler,
    readonly law: StepLaw,
    readonly listener: EngineListener,
  ) {
    this.#idleSince = scheduler.now
  }

  everyRow(): SlowRow[] {
    return [...this.inbox, ...this.fifo, ...(this.group?.rows ?? []), ...this.decoding, ...this.finishing]
  }

  #stepping(): boolean {
    return this.gpu.running === this
  }

  submit(request: RowRequest): void {
    const row = { ...request, generated: 0, cancelled: false, ghost: false }
    if (this.#stepping()) this.inbox.push(row)
    else this.fifo.push(row)
    this.#pollIfIdle()
  }

  #pollIfIdle(): void {
    if (this.queued || this.#polling || this.fifo.length === 0) return
    this.#polling = true
    let at = this.#idleSince
    while (at <= this.scheduler.now) at += 1_000
    this.scheduler.schedule(at as Micros, Priority.timer, () => {
      this.#polling = false
      if (this.removed || this.fifo.length === 0) return
      const calls: (() => void)[] = []
      this.#admit(calls)
      this.queued = true
      this.gpu.turns.push(this)
      this.gpu.startFromIdle()
      for (const call of calls) call()
    })
  }

  cancel(key: number): 'removed' | 'ghost' | 'unknown' {
    const row = this.everyRow().find((each) => each.key === key && !each.cancelled)
    if (row === undefined) return 'unknown'
    row.cancelled = true
    this.inbox = this.inbox.filter((each) => each !== row)
    this.fifo = this.fifo.filter((each) => each !== row)
    if (this.group?.rows.includes(row)) {
      const longest = Math.max(...this.group.rows.map((each) => each.promptTokens))
      if (!this.#stepping() || this.group.offset + 512 < longest) {
        row.ghost = true
        return 'ghost'
      }
    }
    if (!this.#stepping() && this.queued) {
      this.#dropAborted()
      this.#leaveIfEmpty()
    }
    return 'removed'
  }

  #dropAborted(): void {
    this.decoding = this.decoding.filter((row) => !row.cancelled || row.ghost)
  }

  #leaveIfEmpty(): void {
    if (this.decoding.length > 0 || this.group !== null) return
    this.gpu.turns.splice(this.gpu.turns.indexOf(this), 1)
    this.queued = false
    this.#idleSince = this.scheduler.now
    this.#pollIfIdle()
  }

  beginStep(): number {
    let context = 0
    for (const row of this.decoding) context += row.promptTokens + row.generated
    let nanos = this.law.decodeNanos(this.decoding.length, context)
    if (this.group !== null) {
      const longest = Math.max(...this.group.rows.map((row) => row.promptTokens))
      const tokens = Math.min(512, longest - this.group.offset)
      for (let row = 0; row < this.group.rows.length; row++)
        nanos += this.law.chunkNanos(this.group.offset / 512, tokens)
      if (this.group.offset + 512 >= longest) {
        let prompts = 0
        for (const row of this.group.rows) prompts += row.promptTokens
        nanos += this.law.decodeNanos(this.group.rows.length, prompts)
      }
    }
    return nanos
  }

  endStep(): (() => void)[] {
    const calls: (() => void)[] = []
    for (const row of this.decoding) {
      row.generated++
      if (row.generated === 1) calls.push(this.#tell(row, () => this.listener.firstToken(row.key)))
    }
    if (this.group !== null) {
      this.group.offset += 512
      if (this.group.rows.every((row) => row.promptTokens <= this.group!.offset)) {
        this.decoding.push(...this.group.rows)
        this.group = null
      }
    }
    const admissions: (() => void)[] = []
    this.#admit(admissions)
    this.fifo.push(...this.inbox.splice(0))
    for (const row of this.decoding.filter((each) => each.generated === each.outputTokens)) {
      if (row.ghost) calls.push(() => this.listener.ghostEnded())
      this.finishing.push(row)
      calls.push(
        this.#tell(row, () => {
          this.finishing = this.finishing.filter((each) => each !== row)
          this.listener.finished(
            row.key,
            { prefilledTokens: row.promptTokens, decodedTokens: row.generated },
            { soloNanos: 0, shares: [] },
          )
        }),
      )
    }
    this.decoding = this.decoding.filter((row) => row.generated < row.outputTokens)
    this.#dropAborted()
    if (this.decoding.length === 0 && this.group === null) this.#admit(admissions)
    this.queued = this.decoding.length > 0 || this.group !== null
    if (!this.queued) this.#idleSince = this.scheduler.now
    return [...calls, ...admissions]
  }

  #tell(row: SlowRow, call: () => void): () => void {
    return () => {
      if (!row.cancelled) call()
    }
  }

  #admit(calls: (() => void)[]): void {
    if (this.group !== null) return
    const slots = this.cap - this.decoding.filter((row) => !row.ghost).length
    const rows = this.fifo.splice(0, Math.max(0, slots))
    if (rows.length === 0) return
    this.group = { rows, offset: 0 }
    for (const row of rows) calls.push(this.#tell(row, () => this.listener.admitted(row.key, this.scheduler.now)))
  }

  setMaxRows(rows: number): void {
    this.cap = rows
  }

  get liveRows(): number {
    return this.everyRow().filter((row) => !row.cancelled).length
  }

  get ghostRows(): number {
    return [...(this.group?.rows ?? []), ...this.decoding].filter((row) => row.ghost).length
  }

  #find(key: number): SlowRow {
    const row = this.everyRow().find((each) => each.key === key && !each.cancelled)
    if (row === undefined) throw new Error(`no row ${key}`)
    return row
  }

  generatedTokens(key: number): number {
    return this.#find(key).generated
  }

  workOf(key: number): RowWork {
    const row = this.#find(key)
    const waiting = this.fifo.includes(row) || this.inbox.includes(row)
    const inGroup = this.group?.rows.includes(row) ?? false
    const reached = waiting ? 0 : inGroup ? this.group!.offset : row.promptTokens
    return { prefilledTokens: Math.min(row.promptTokens, reached), decodedTokens: row.generated }
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
    return tokens
  }

  kvRows(): number {
    return this.decoding.length + (this.group?.rows.length ?? 0)
  }

  get idle(): boolean {
    return !this.queued && this.fifo.length === 0
  }
}
