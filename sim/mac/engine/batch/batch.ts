/**
 * The rows of one engine and what a step does to them, June 2026 (provider-runtime 5.4, 5.5 and 5.8):
 *
 *   aborts -> one token for every decoding row -> one chunk of the single cold group -> admission from the FIFO
 *
 * The step of a group's last chunk also runs the forward that seeds its rows, and the next step returns their first
 * tokens: about two decode steps after the prefill. So a row costs one forward more than it has tokens, as in the real
 * double-buffered loop, which has submitted the next forward when it sees that a row has ended.
 *
 * Admission prefills the whole suffix of each row whose prefix is restored, and seeds it, before the step is over. An
 * engine without other work has a step that is nothing but that.
 *
 * A step is atomic: what is submitted or aborted while it runs takes effect after its closing admission.
 */
import { assert, must } from '../../../base/assert.ts'
import { ColdGroup } from './cold-group.ts'
import { NANOS_MAX } from '../cycle.ts'
import { Decoding } from './decoding.ts'
import type { Delivery, EngineBatch } from './engine-batch.ts'
import { ENGINE_ROWS_MAX, type RowRequest, type RowWork } from '../engine.ts'
import { NO_WORK, Row } from './row.ts'
import { RowQueue } from './row-queue.ts'
import { CHUNK_TOKENS, type StepLaw } from '../law/step-law.ts'

export class Batch implements EngineBatch {
  ghostRows = 0
  #rowsMax = ENGINE_ROWS_MAX
  /** Takes effect after the running step, whose length rests on the old one. */
  #rowsMaxNext = 0
  /** Owned rows by key, those included whose finish is still to be delivered. */
  readonly #owned = new Map<number, Row>()
  readonly #waiting = new RowQueue()
  /** Somebody has been cancelled in there, to leave with the end of the running step. */
  #leavers = false
  #group: ColdGroup | null = null
  /** Admitted by an idle engine: the next step does nothing but restore them. */
  #restoring: Row[] = []
  /** Cancelled, to leave the group with the end of the running step. */
  readonly #groupLeavers = new Set<Row>()
  readonly #decoding: Decoding
  /** Steps completed. */
  #steps = 0
  /** Number of the first step that all ghosts are blamed for. */
  #ghostsFrom = 0

  /**
   * `windowTokens`: how far back the model's sliding layers read; 0 without any. `prefillsOn`: whether a row cancelled in
   * the cold group stays in it as a ghost; asked once for each.
   */
  constructor(
    windowTokens: number,
    private readonly prefillsOn: () => boolean = () => true,
  ) {
    this.#decoding = new Decoding(windowTokens)
  }

  get liveRows(): number {
    return this.#owned.size
  }

  get hasWork(): boolean {
    return this.#decoding.rows.length > 0 || this.#group !== null || this.#restoring.length > 0
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** A cold row waits for the group anyway; a restorable one may lengthen the closing admission of any later step. */
  get submissionsWait(): boolean {
    return this.#group !== null && this.#waiting.restorable === 0
  }

  get prefilling(): boolean {
    return this.#group !== null || this.#restoring.length > 0
  }

  get freesNext(): boolean {
    return this.#restoring.length > 0 || this.#groupLeavers.size > 0 || this.#decoding.freesNext
  }

  get haunted(): boolean {
    return this.#ghostsFrom > 0
  }

  activeTokens(): number {
    return this.#decoding.activeTokens()
  }

  /** Ghosts hold theirs like any other row. Padding is left out. */
  kvTokens(): number {
    let restored = 0
    for (const row of this.#restoring) restored += row.restoredTokens
    return this.#decoding.context + (this.#group?.prefilledTokens ?? 0) + restored
  }

  kvRows(): number {
    return this.#decoding.rows.length + (this.#group?.rows.length ?? 0) + this.#restoring.length
  }

  generatedTokens(key: number): number {
    return this.#decoding.generated(must(this.#owned.get(key), 'only live rows have generated tokens'))
  }

  workOf(key: number): RowWork {
    const row = must(this.#owned.get(key), 'only live rows have work')
    if (row.phase === 'waiting') return NO_WORK
    const decodedTokens = this.#decoding.generated(row)
    if (row.phase !== 'prefilling') return { prefilledTokens: row.prefillTokens, decodedTokens }
    const chunks = row.restoredTokens > 0 ? 0 : must(this.#group, 'a cold row that prefills has a group').chunks
    return { prefilledTokens: Math.min(row.promptTokens, chunks * CHUNK_TOKENS), decodedTokens }
  }

  setMaxRows(rows: number, running: boolean): void {
    if (running && this.#waiting.restorable > 0) this.#rowsMaxNext = rows
    else this.#rowsMax = rows
  }

  submit(request: RowRequest, running: boolean): Row {
    assert(!this.#owned.has(request.key), 'a row key is unique')
    const row = new Row(request, this.#steps + (running ? 2 : 1))
    this.#owned.set(row.key, row)
    this.#waiting.push(row)
    this.#decoding.expect(row)
    return row
  }

  cancel(key: number, running: boolean): 'removed' | 'ghost' | 'unknown' {
    const row = this.#owned.get(key)
    if (row === undefined) return 'unknown'
    this.#disown(row)
    if (row.phase === 'waiting') {
      // What the running step restores was settled when it began: nobody moves up before it is over.
      if (running && this.#waiting.restorable > 0) this.#leavers = true
      else this.#waiting.drop(row)
      return 'removed'
    }
    if (row.phase === 'prefilling') return this.#cancelPrefilling(row, running)
    if (row.phase === 'decoding') {
      this.#decoding.abort(row)
      if (!running) this.#decoding.applyAborts()
    }
    return 'removed'
  }

  disownAll(): void {
    for (const row of this.#owned.values()) row.owned = false
    this.#owned.clear()
    // Rows the running step is restoring keep it as long as it is.
    this.#decoding.forgetAll()
    this.ghostRows = 0
  }

  stepNanos(law: StepLaw): number {
    if (this.#restoring.length > 0) return restoreNanos(this.#restoring, law)
    const nanos = this.#decoding.nanos(law) + (this.#group?.nanos(law) ?? 0)
    return this.#waiting.restorable === 0 ? nanos : nanos + restoreNanos(this.#restores(), law)
  }

  stepGrowthNanos(law: StepLaw): number {
    return this.#decoding.growthNanos(law) + (this.#group?.growthNanos(law) ?? 0)
  }

  ghostNanos(law: StepLaw): number {
    if (this.#restoring.length > 0) return 0
    const step = this.#steps + 1
    return this.#decoding.ghostNanos(law, step) + (this.#group?.ghostNanos(law, step) ?? 0)
  }

  ghostGrowthNanos(law: StepLaw): number {
    const step = this.#steps + 1
    return this.#decoding.ghostGrowthNanos(law, step) + (this.#group?.ghostGrowthNanos(law, step) ?? 0)
  }

  stepsToChange(): number {
    if (this.#restoring.length > 0 || this.#leavers || this.#rowsMaxNext > 0) return 1
    if (this.#groupLeavers.size > 0 || this.#ghostsFrom > this.#steps + 1) return 1
    if (this.#restores().length > 0) return 1
    const steps = this.#decoding.stepsToChange
    const newest = this.#decoding.rows.at(-1)
    if (newest !== undefined && newest.joinedAt === this.#decoding.steps) return 1
    const next = this.#waiting.front
    const group = this.#group
    // Behind a group only a restored row at the front is admitted, as soon as its submission counts.
    const waitsForGroup = group !== null && (next === undefined || next.restoredTokens === 0)
    const toGroup = group === null ? steps : Math.min(steps, group.uniformChunks)
    if (next === undefined || waitsForGroup || this.#freeSlots(this.#steps + 1) <= 0) return toGroup
    // The step that restores somebody is longer than the law of those before it, so a plan ends ahead of it.
    const ahead = this.#waiting.restorable > 0 ? 1 : 0
    return Math.min(toGroup, Math.max(1, next.admissibleFrom - this.#steps - ahead))
  }

  pass(steps: number): void {
    this.#steps += steps
    this.#group?.pass(steps)
    this.#decoding.pass(steps)
  }

  finishStep(out: Delivery[]): void {
    if (this.#restoring.length > 0) return this.#finishRestores(out)
    this.pass(1)
    const decoding = this.#decoding
    for (const row of decoding.rows) if (row.joinedAt === decoding.steps - 1) out.push({ kind: 'first_token', row })
    const admitted: Delivery[] = []
    this.#closeGroup()
    // Before anybody leaves: a slot is free once its consumer has read the terminal output, a step later.
    this.#admit(admitted, false)
    this.#leave(out, admitted)
  }

  admitWhenIdle(out: Delivery[]): void {
    assert(!this.hasWork, 'an idle engine has no rows on the GPU')
    this.#admit(out, true)
  }

  release(row: Row): boolean {
    if (!row.owned) return false
    this.#owned.delete(row.key)
    row.owned = false
    return true
  }

  soloNanos(row: Row, law: StepLaw): { readonly alone: number; readonly saved: number } {
    const { promptTokens, outputTokens } = row
    const full = Math.floor((promptTokens - 1) / CHUNK_TOKENS)
    const last = law.chunkNanos(full, promptTokens - full * CHUNK_TOKENS)
    const cold = full * law.chunkNanos(0, CHUNK_TOKENS) + (law.chunkGrowthNanos * full * (full - 1)) / 2 + last
    const prefill = row.restoredTokens === 0 ? cold : law.spanNanos(row.restoredTokens, row.prefillTokens)
    const decode = law.rowNanos(promptTokens) + law.runNanos(promptTokens, outputTokens)
    return { alone: prefill + decode, saved: Math.min(cold, NANOS_MAX) - prefill }
  }

  #finishRestores(out: Delivery[]): void {
    this.#steps++
    for (const row of this.#restoring.splice(0)) this.#joinRestored(row)
    this.#leave(out, [])
  }

  /** Who is done or aborted leaves; an engine that has nothing left admits at once. */
  #leave(out: Delivery[], admitted: Delivery[]): void {
    this.ghostRows -= this.#decoding.finish(out)
    this.#decoding.applyAborts()
    if (this.#groupLeavers.size > 0) this.#dropFromGroup()
    if (this.#leavers) this.#waiting.purge()
    this.#leavers = false
    if (this.#rowsMaxNext > 0) this.#rowsMax = this.#rowsMaxNext
    this.#rowsMaxNext = 0
    if (!this.hasWork) this.admitWhenIdle(admitted)
    for (const delivery of admitted) out.push(delivery)
  }

  /** At the admission that closes step `step`. A row that became a ghost while a step ran keeps its place to its end. */
  #freeSlots(step: number): number {
    let held = this.#decoding.held()
    for (const row of this.#group?.rows ?? []) if (row.ghostFrom > step) held++
    return this.#rowsMax - held
  }

  /** The rows that the closing admission of the current or next step restores. Nothing that comes while it runs alters it. */
  #restores(): readonly Row[] {
    if (this.#waiting.restorable === 0 || this.#restoring.length > 0) return []
    const step = this.#steps + 1
    const pending = this.#group !== null && !this.#group.onLastChunk
    return this.#waiting.admissible(this.#freeSlots(step), step, pending).filter((row) => row.restoredTokens > 0)
  }

  #admit(out: Delivery[], idle: boolean): void {
    if (this.#waiting.length === 0) return
    const step = idle ? Infinity : this.#steps
    const rows = this.#waiting.admissible(this.#freeSlots(step), step, this.#group !== null)
    if (rows.length === 0) return
    this.#waiting.take(rows.length)
    const cold: Row[] = []
    for (const row of rows) {
      row.phase = 'prefilling'
      if (row.restoredTokens === 0) {
        if (row.owned) cold.push(row)
      } else if (idle) {
        this.#restoring.push(row)
      } else {
        row.restoredOnAdmission = true
        this.#joinRestored(row)
      }
      out.push({ kind: 'admitted', row })
    }
    if (cold.length > 0) this.#group = new ColdGroup(cold)
  }

  #joinRestored(row: Row): void {
    this.#decoding.join(row, 0)
    if (!row.owned) this.#decoding.abort(row)
  }

  #closeGroup(): void {
    const group = this.#group
    if (group === null || !group.finished) return
    this.#group = null
    for (const row of group.rows) this.#decoding.join(row, 0)
  }

  #cancelPrefilling(row: Row, running: boolean): 'removed' | 'ghost' {
    if (row.restoredTokens > 0) {
      if (!running) this.#restoring.splice(this.#restoring.indexOf(row), 1)
      return 'removed'
    }
    const group = must(this.#group, 'a cold row that prefills has a group')
    if (running && group.onLastChunk && this.#restoring.length === 0) {
      // By the time aborts are applied it decodes like any other.
      this.#decoding.abort(row)
      return 'removed'
    }
    if (!this.prefillsOn()) {
      this.#groupLeavers.add(row)
      if (!running) this.#dropFromGroup()
      return 'removed'
    }
    row.ghost = true
    row.ghostFrom = this.#steps + (running ? 2 : 1)
    this.#ghostsFrom = row.ghostFrom
    this.ghostRows++
    return 'ghost'
  }

  #dropFromGroup(): void {
    const group = must(this.#group, 'who leaves a group was in it')
    group.drop(this.#groupLeavers)
    this.#groupLeavers.clear()
    if (group.rows.length === 0) this.#group = null
  }

  #disown(row: Row): void {
    this.#owned.delete(row.key)
    row.owned = false
    if (row.phase !== 'done') this.#decoding.forget(row)
  }
}

/** Suffix prefill and seed, one row after another. */
function restoreNanos(rows: readonly Row[], law: StepLaw): number {
  let nanos = 0
  for (const row of rows) {
    nanos += law.spanNanos(row.restoredTokens, row.prefillTokens) + law.rowNanos(row.promptTokens)
  }
  return nanos
}
