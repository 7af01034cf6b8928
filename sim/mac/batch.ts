/**
 * The rows of one engine and what a step does to them, June 2026 (provider-runtime 5.4 and 5.5):
 *
 *   aborts -> one token for every decoding row -> one chunk of the single cold group -> admission from the FIFO
 *
 * The step of a group's last chunk also runs the forward that seeds its rows, and the next step returns their first
 * tokens: about two decode steps after the prefill. So a row costs one forward more than it has tokens, as in the real
 * double-buffered loop, which has submitted the next forward when it sees that a row has ended.
 *
 * A step is atomic: what is submitted or aborted while it runs takes effect after its closing admission. The batch
 * knows no time; `gpu.ts` tells it how many steps have passed. As long as no step is a change (`stepsToChange`), any
 * number of them passes in constant time.
 */
import { assert, must } from '../base/assert.ts'
import { ENGINE_ROWS_MAX, type RowRequest, type RowWork } from './engine.ts'
import { ColdGroup, NO_WORK, Row } from './row.ts'
import { CHUNK_TOKENS, type StepLaw } from './step-law.ts'

/** Something the owner of a row has to hear. */
export interface Delivery {
  readonly kind: 'first_token' | 'finished' | 'ghost_ended' | 'admitted'
  readonly row: Row
}

export class Batch {
  rowsMax = ENGINE_ROWS_MAX
  ghostRows = 0
  /** Owned rows by key, those included whose finish is still to be delivered. */
  readonly #owned = new Map<number, Row>()
  readonly #waiting: Row[] = []
  #group: ColdGroup | null = null
  readonly #decoding: Row[] = []
  /** Cancelled decoding rows, leaving with the end of the running step. */
  readonly #aborts: Row[] = []
  /** Steps completed, and how many of them decoded. */
  #steps = 0
  #decodeSteps = 0
  /** KV tokens the next decode reads: sum of prompt + generated over decoding rows. */
  #context = 0
  /** Sum of prompt and generated tokens over live rows = #promptSum + #ownedDecoding * #decodeSteps - #joinSum. */
  #promptSum = 0
  #ownedDecoding = 0
  #joinSum = 0
  /** Decode step count at which the next row finishes. */
  #nextFinish = Infinity

  constructor(readonly law: StepLaw) {}

  get liveRows(): number {
    return this.#owned.size
  }

  /** Something to do for the GPU. */
  get hasWork(): boolean {
    return this.#decoding.length > 0 || this.#group !== null
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Whether a new row waits for the group anyway, so that its coming cannot shorten any plan. */
  get groupPending(): boolean {
    return this.#group !== null
  }

  activeTokens(): number {
    return this.#promptSum + this.#ownedDecoding * this.#decodeSteps - this.#joinSum
  }

  /** KV tokens in memory, whoever owns them: ghosts hold theirs like any other row. Padding is left out. */
  kvTokens(): number {
    return this.#context + (this.#group?.prefilledTokens ?? 0)
  }

  /** Rows that hold KV. */
  kvRows(): number {
    return this.#decoding.length + (this.#group?.rows.length ?? 0)
  }

  generatedTokens(key: number): number {
    return this.#generated(must(this.#owned.get(key), 'only live rows have generated tokens'))
  }

  workOf(key: number): RowWork {
    const row = must(this.#owned.get(key), 'only live rows have work')
    if (row.phase === 'waiting') return NO_WORK
    const offset = row.phase === 'prefilling' ? must(this.#group, 'a prefilling row has a group').chunks : Infinity
    const prefilledTokens = Math.min(row.promptTokens, offset * CHUNK_TOKENS)
    return { prefilledTokens, decodedTokens: this.#generated(row) }
  }

  submit(request: RowRequest, running: boolean): void {
    assert(!this.#owned.has(request.key), 'a row key is unique')
    const row = new Row(request, this.#steps + (running ? 2 : 1))
    this.#owned.set(row.key, row)
    this.#waiting.push(row)
    this.#promptSum += row.promptTokens
  }

  cancel(key: number, running: boolean): 'removed' | 'ghost' | 'unknown' {
    const row = this.#owned.get(key)
    if (row === undefined) return 'unknown'
    this.#disown(row)
    if (row.phase === 'waiting') {
      this.#waiting.splice(this.#waiting.indexOf(row), 1)
    } else if (row.phase === 'prefilling') {
      const group = must(this.#group, 'a prefilling row has a group')
      // Its last chunk is running: by the time aborts are applied it decodes like any other.
      if (!(running && group.onLastChunk)) {
        row.ghost = true
        this.ghostRows++
        return 'ghost'
      }
      this.#aborts.push(row)
    } else if (row.phase === 'decoding') {
      this.#aborts.push(row)
      if (!running) this.#applyAborts()
    }
    return 'removed'
  }

  /** Nobody hears of any row any more; the running step keeps its shape. */
  disownAll(): void {
    for (const row of this.#owned.values()) row.owned = false
    this.#owned.clear()
    this.#waiting.length = 0
    this.#promptSum = this.#ownedDecoding = this.#joinSum = 0
    this.ghostRows = 0
  }

  /** Nanoseconds of the current or next step. */
  stepNanos(): number {
    const group = this.#group
    const decode = this.law.decodeNanos(this.#decoding.length, this.#context)
    if (group === null) return decode
    const seed = group.onLastChunk ? this.law.decodeNanos(group.rows.length, group.promptTokens) : 0
    return decode + group.rows.length * this.law.chunkNanos(group.chunks, group.chunkTokens) + seed
  }

  /** By how much each step before the next change is longer than the one before it. */
  stepGrowthNanos(): number {
    const chunk = this.#group === null ? 0 : this.#group.rows.length * this.law.chunkGrowthNanos
    return chunk + this.#decoding.length * this.law.contextNanos
  }

  /** The current or next step is number 1: the number of the first step after which anything but counters differs. */
  stepsToChange(): number {
    if (this.#aborts.length > 0) return 1
    let steps = this.#nextFinish - this.#decodeSteps
    const newest = this.#decoding.at(-1)
    if (newest !== undefined && newest.joinedAt === this.#decodeSteps) return 1
    if (this.#group !== null) return Math.min(steps, this.#group.uniformChunks)
    const next = this.#waiting[0]
    if (next !== undefined && this.#freeSlots() > 0)
      steps = Math.min(steps, Math.max(1, next.admissibleFrom - this.#steps))
    return steps
  }

  /** `steps` whole steps pass, none of them a change. */
  pass(steps: number): void {
    this.#steps += steps
    if (this.#group !== null) this.#group.chunks += steps
    if (this.#decoding.length === 0) return
    this.#decodeSteps += steps
    this.#context += steps * this.#decoding.length
  }

  /** The step that is a change ends. */
  finishStep(out: Delivery[]): void {
    this.pass(1)
    for (const row of this.#decoding) if (row.joinedAt === this.#decodeSteps - 1) out.push({ kind: 'first_token', row })
    const admitted: Delivery[] = []
    this.#closeGroup()
    // Before anybody leaves: a slot is free once its consumer has read the terminal output, a step later.
    this.#admit(admitted)
    this.#finishRows(out)
    this.#applyAborts()
    if (!this.hasWork) this.admitWhenIdle(admitted)
    for (const delivery of admitted) out.push(delivery)
  }

  /** An engine without GPU work admits at once: its step is nothing but the admission. */
  admitWhenIdle(out: Delivery[]): void {
    assert(!this.hasWork, 'an idle engine has no rows on the GPU')
    this.#admit(out, true)
  }

  /** The row's finish is about to be delivered; false when its owner has let go of it. */
  release(row: Row): boolean {
    if (!row.owned) return false
    this.#owned.delete(row.key)
    row.owned = false
    return true
  }

  #generated(row: Row): number {
    if (row.phase === 'done') return row.outputTokens
    return row.phase === 'decoding' ? this.#decodeSteps - row.joinedAt : 0
  }

  /** Ghosts hold none; aborted rows hold theirs until they leave. */
  #freeSlots(): number {
    let held = 0
    for (const row of this.#decoding) if (!row.ghost) held++
    return this.rowsMax - held
  }

  #admit(out: Delivery[], always = false): void {
    if (this.#group !== null || this.#waiting.length === 0) return
    const slots = this.#freeSlots()
    let count = 0
    while (count < slots && count < this.#waiting.length) {
      if (!always && this.#waiting[count]!.admissibleFrom > this.#steps) break
      count++
    }
    if (count === 0) return
    const rows = this.#waiting.splice(0, count)
    for (const row of rows) {
      row.phase = 'prefilling'
      out.push({ kind: 'admitted', row })
    }
    this.#group = new ColdGroup(rows)
  }

  #closeGroup(): void {
    const group = this.#group
    if (group === null || !group.finished) return
    this.#group = null
    for (const row of group.rows) {
      row.phase = 'decoding'
      row.joinedAt = this.#decodeSteps
      this.#decoding.push(row)
      this.#context += row.promptTokens
      this.#nextFinish = Math.min(this.#nextFinish, row.joinedAt + row.outputTokens)
      if (row.owned) {
        this.#ownedDecoding++
        this.#joinSum += row.joinedAt
      }
    }
  }

  #finishRows(out: Delivery[]): void {
    if (this.#nextFinish !== this.#decodeSteps) return
    for (const row of this.#decoding) {
      if (row.joinedAt + row.outputTokens !== this.#decodeSteps) continue
      if (row.owned) {
        this.#forgetTokens(row)
        out.push({ kind: 'finished', row })
      } else if (row.ghost) {
        out.push({ kind: 'ghost_ended', row })
      }
      row.phase = 'done'
    }
    this.#dropRows((row) => row.phase === 'done')
  }

  #applyAborts(): void {
    if (this.#aborts.length === 0) return
    const leaving = new Set(this.#aborts.splice(0))
    this.#dropRows((row) => leaving.has(row))
  }

  #dropRows(leaves: (row: Row) => boolean): void {
    this.#nextFinish = Infinity
    let kept = 0
    for (const row of this.#decoding) {
      if (leaves(row)) {
        this.#context -= row.promptTokens + this.#decodeSteps - row.joinedAt
        if (row.ghost) this.ghostRows--
      } else {
        this.#decoding[kept++] = row
        this.#nextFinish = Math.min(this.#nextFinish, row.joinedAt + row.outputTokens)
      }
    }
    this.#decoding.length = kept
  }

  #disown(row: Row): void {
    this.#owned.delete(row.key)
    row.owned = false
    if (row.phase !== 'done') this.#forgetTokens(row)
  }

  #forgetTokens(row: Row): void {
    this.#promptSum -= row.promptTokens
    if (row.phase !== 'decoding') return
    this.#ownedDecoding--
    this.#joinSum -= row.joinedAt
  }
}
