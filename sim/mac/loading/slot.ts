/**
 * One resident model: its engine, the requests that live in its scheduler, its token budget and what it has observed
 * of its own speed. "Live" is the program's word for submitted and unfinished, queued ones included.
 */
import { assert, must } from '../../base/assert.ts'
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import type { EventId } from '../../kernel/scheduler.ts'
import type { SlotReport, SlotState } from '../../protocol/index.ts'
import type { MacSettings } from '../config.ts'
import type { Engine } from '../engine/engine.ts'
import type { Holding } from '../memory/ledger.ts'
import { type Memory, residentBytes } from '../memory/memory.ts'
import type { Program } from '../engine/engine-version.ts'
import { Pulse } from './pulse.ts'
import { RowCap } from '../engine/batch/row-cap.ts'

/** Smallest token budget a scheduler works with (provider-runtime §5.2). */
const BUDGET_MIN = 1024
/** Reservation assumed per request when nothing is in flight: min(context, 8,192) (provider-runtime §4, quirk). */
const IDLE_RESERVATION = 8192
/** Weight of a new sample in observed_decode_tps (provider-runtime §7). */
const DECODE_ALPHA = 0.3

/** Activations grow with the rows of a batch up to here: `activationBytes` of the catalog was measured at B = 8 (mac-provider 3). */
const ACTIVATION_ROWS = 8

/** What a slot knows of a request that lives in it. */
export interface SlotRequest {
  readonly key: number
  readonly needTokens: number
  readonly admittedAt: Micros | -1
}

export class Slot implements Holding {
  /** From the start of an unload on; the heartbeat no longer shows it, its memory is still taken. */
  unloading = false
  lastActivity: Micros
  idleTimer: EventId | undefined
  unloadTimer: EventId | undefined
  /** Called once when an unload has ended. */
  readonly afterUnload: (() => void)[] = []
  /** Keys of the requests that live here. */
  readonly live = new Set<number>()
  /** Engines of picture requests, one each: the scheduler does not know of them, the memory does. */
  readonly media = new Set<Engine>()
  /** tok/s per request, 0 until the first success. */
  observedDecodeTps = 0
  /** Of the KV room dealt between resident models, where the program deals it. */
  kvShare = 1
  idleSince: Micros | -1
  readonly weightsBytes: number
  /** What the liveness watchdog knows of it. */
  readonly pulse: Pulse
  private rowCap: RowCap
  /** Rows last given to the engine. */
  private rows: number
  private usedTokens = 0
  private admittedRows = 0
  private loadTime_ms: number | undefined
  private report: SlotReport | undefined

  constructor(
    readonly model: ModelSpec,
    public engine: Engine,
    private readonly memory: Memory,
    private readonly settings: MacSettings,
    readonly program: Program,
    now: Micros,
  ) {
    this.lastActivity = now
    this.idleSince = now
    this.weightsBytes = residentBytes(model)
    this.pulse = new Pulse(now)
    this.loadTime_ms = Math.round(settings.load.fixed / 1_000)
    this.rowCap = new RowCap(program.rowsMax)
    this.rows = program.rowsMax
    engine.setMaxRows(this.rows)
  }

  /** A new engine on the same weights: what the old one had observed is forgotten (provider-runtime 5.7). */
  restart(engine: Engine): void {
    this.engine = engine
    this.observedDecodeTps = 0
    this.loadTime_ms = undefined
    this.rowCap = new RowCap(this.program.rowsMax)
    this.rows = this.program.rowsMax
    engine.setMaxRows(this.rows)
  }

  get build(): BuildId {
    return this.model.build
  }

  /** Sum of prompt + max_tokens over live requests. */
  get used(): number {
    return this.usedTokens
  }

  /** max(1024, min(static, used + headroom / bytes per token)), of this model's share where the program deals room. */
  budgetMax(kvHeadroomBytes: number): number {
    const perToken = this.model.kvBytesPerToken.value
    const weights = this.program.sharesKvRoom ? this.memory.ledger.weightsBytes : this.weightsBytes
    const fixedRoom = this.kvShare * (this.memory.capBytes - weights - this.settings.activation_headroom)
    const fixed = Math.max(BUDGET_MIN, Math.floor(fixedRoom / perToken))
    const live = this.usedTokens + Math.floor((this.kvShare * kvHeadroomBytes) / perToken)
    return Math.max(BUDGET_MIN, Math.min(fixed, live))
  }

  /** KV in memory, that of ghosts included: they hold no reservation, but memory (provider-runtime §5.5). */
  kvWrittenBytes(): number {
    const windows = this.model.windowBytesPerRow?.value ?? 0
    let tokens = this.engine.kvTokens()
    let rows = this.engine.kvRows()
    if (this.media.size > 0) {
      for (const engine of this.media) {
        tokens += engine.kvTokens()
        rows += engine.kvRows()
      }
    }
    return Math.round(tokens * this.model.kvBytesPerToken.value) + Math.round(rows * windows)
  }

  get engineIdle(): boolean {
    if (!this.engine.idle) return false
    if (this.media.size === 0) return true
    for (const engine of this.media) if (!engine.idle) return false
    return true
  }

  activationBytes(): number {
    if (this.engineIdle) return 0
    let running = this.engine.kvRows()
    if (this.media.size > 0) for (const engine of this.media) running += engine.kvRows()
    const rows = Math.min(ACTIVATION_ROWS, running)
    return Math.round((this.model.activationBytes.value * rows) / ACTIVATION_ROWS)
  }

  /** The request counts in `used` from here on. */
  enter(job: SlotRequest): void {
    assert(!this.unloading, 'slot: nothing enters a slot that is being unloaded')
    this.live.add(job.key)
    this.usedTokens += job.needTokens
    this.memory.reservedBytes += job.needTokens * this.model.kvBytesPerToken.value
  }

  admit(): void {
    this.admittedRows += 1
  }

  leave(job: SlotRequest): void {
    if (!this.live.delete(job.key)) return
    this.usedTokens -= job.needTokens
    this.memory.reservedBytes -= job.needTokens * this.model.kvBytesPerToken.value
    if (job.admittedAt !== -1) this.admittedRows -= 1
  }

  /**
   * A success; called before the row leaves. An answer of one token counts like any other (provider-runtime §4): no token
   * came after its first, so it enters as a rate of 0.
   */
  observe(completionTokens: number, decodeTime: Micros): void {
    const tps = decodeTime === 0 ? 0 : ((completionTokens - 1) * 1e6) / decodeTime
    const before = this.observedDecodeTps
    this.observedDecodeTps = before === 0 ? tps : DECODE_ALPHA * tps + (1 - DECODE_ALPHA) * before
    this.rowCap.observe(this.admittedRows, tps)
  }

  /** Effective row cap, max(1, min(24, dynamic, memory)); the engine is told when it changes. */
  private updateRows(budgetMax: number): number {
    const average =
      this.live.size === 0
        ? Math.min(this.model.contextLimit.value, IDLE_RESERVATION)
        : this.usedTokens / this.live.size
    const rows = Math.max(1, Math.min(this.rowCap.rows, Math.floor(budgetMax / average)))
    if (rows !== this.rows) this.engine.setMaxRows(rows)
    this.rows = rows
    return rows
  }

  /** Takes the figures of this instant into the snapshot that heartbeats send: the same object as long as they are the same. */
  refresh(kvHeadroomBytes: number, now: Micros): void {
    const budgetMax = this.budgetMax(kvHeadroomBytes)
    this.pulse.budget(budgetMax, now)
    const maxConcurrency = this.updateRows(budgetMax)
    const state = this.state(now)
    const running = this.live.size
    const activeTokens = running > 0 ? this.engine.activeTokens() : 0
    const observedDecodeTps = this.observedDecodeTps > 0 ? this.observedDecodeTps : undefined
    const { report } = this
    if (
      report !== undefined &&
      report.state === state &&
      report.running === running &&
      report.maxConcurrency === maxConcurrency &&
      report.activeTokens === activeTokens &&
      report.activeTokenBudgetUsed === this.usedTokens &&
      report.activeTokenBudgetMax === budgetMax &&
      report.observedDecodeTps === observedDecodeTps &&
      report.modelLoadTime_ms === this.loadTime_ms
    )
      return
    this.report = {
      model: this.build,
      state,
      running,
      waiting: 0,
      maxConcurrency,
      activeTokens,
      maxTokensPotential: this.usedTokens,
      activeTokenBudgetUsed: this.usedTokens,
      activeTokenBudgetMax: budgetMax,
      queuedTokenBudget: 0,
      observedDecodeTps,
      // Both stamps of the real figure are taken on the same output, so its samples are rejected (provider-runtime §7).
      observedPrefillTps: undefined,
      kvBytesPerToken: this.model.kvBytesPerToken.value,
      modelLoadTime_ms: this.loadTime_ms,
    }
  }

  /** Nobody lives here and no watchdog is after it: by itself nothing of its report changes. */
  get rests(): boolean {
    return this.live.size === 0 && this.media.size === 0 && !this.pulse.tiny && !this.pulse.reloading
  }

  private state(now: Micros): SlotState {
    if (this.pulse.reloading) return 'reloading'
    if (this.pulse.pinned(this.live.size, now)) return 'crashed'
    return this.live.size > 0 ? 'running' : 'idle'
  }

  /** As of the last refresh. */
  snapshot(): SlotReport {
    return must(this.report, 'slot: the capacity snapshot is taken when a model is published')
  }
}
