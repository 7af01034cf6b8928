/**
 * The rows of one engine in the later program, July 2026 (mac-provider 7):
 *
 *   aborts -> one token for every decoding row -> up to 2,048 prompt tokens of prefill -> admission from the FIFO
 *
 * Every prompt is prefilled by itself: no group, no padding, no ghosts. `fcfs` spends the step's tokens on the prompt
 * admitted first until it is done, then on the next, so at most one row is left partly done by a step. `interleaved`
 * deals them in chunks of 512 to all admitted prompts in turn. The forward that ends a prompt yields its first token.
 *
 * Readings of the facts: a prompt alone takes stripes of 2,048, which is what the step's budget gives it anyway; a
 * prompt's cost follows from its own offsets, so how stripes are cut does not change their sum. Whether the first token
 * comes with that forward or a decode step later cannot be told from the published times to the first token (10 ms of 200).
 */
import { assert, must } from '../../../base/assert.ts'
import type { PrefillOrder } from '../../config.ts'
import { NANOS_MAX } from '../cycle.ts'
import { Decoding } from './decoding.ts'
import type { Delivery, EngineBatch } from './engine-batch.ts'
import { ENGINE_ROWS_MAX, type RowRequest, type RowWork } from '../engine.ts'
import { RowQueue } from './row-queue.ts'
import { NO_WORK, Row } from './row.ts'
import { CHUNK_TOKENS, type StepLaw } from '../law/step-law.ts'

/** Prompt tokens of one step, over all rows. */
const STEP_TOKENS = 2_048
const CHUNKS_PER_STEP = STEP_TOKENS / CHUNK_TOKENS

/** A prompt under way, in pieces of one size since `origin`. */
interface Prompt {
  readonly row: Row
  /** Tokens in the cache, restored ones included. */
  done: number
  /** Tokens of the next piece, where pieces of that size began, and how many of them have passed. */
  piece: number
  origin: number
  pieces: number
  /** Cancelled: leaves with the end of the running step. */
  leaves: boolean
}

export class JulyBatch implements EngineBatch {
  /** A cancelled prompt leaves at the next step. */
  readonly ghostRows = 0
  readonly haunted = false
  #rowsMax = ENGINE_ROWS_MAX
  readonly #owned = new Map<number, Row>()
  readonly #waiting = new RowQueue()
  /** In the order of admission. */
  #prompts: Prompt[] = []
  readonly #decoding: Decoding
  #steps = 0
  /** `interleaved`: whose chunk comes first in the next step. */
  #turn = 0
  #someoneLeaves = false

  /** `windowTokens`: how far back the model's sliding layers read; 0 without any. */
  constructor(
    private readonly order: PrefillOrder,
    windowTokens: number,
  ) {
    this.#decoding = new Decoding(windowTokens)
  }

  get liveRows(): number {
    return this.#owned.size
  }

  get hasWork(): boolean {
    return this.#decoding.rows.length > 0 || this.#prompts.length > 0
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0
  }

  get submissionsWait(): boolean {
    return this.#freeSlots() <= 0
  }

  get prefilling(): boolean {
    return this.#prompts.length > 0
  }

  get freesNext(): boolean {
    return this.#someoneLeaves || this.#decoding.freesNext
  }

  activeTokens(): number {
    return this.#decoding.activeTokens()
  }

  kvTokens(): number {
    let tokens = this.#decoding.context
    for (const prompt of this.#prompts) tokens += prompt.done
    return tokens
  }

  kvRows(): number {
    return this.#decoding.rows.length + this.#prompts.length
  }

  generatedTokens(key: number): number {
    return this.#decoding.generated(must(this.#owned.get(key), 'only live rows have generated tokens'))
  }

  workOf(key: number): RowWork {
    const row = must(this.#owned.get(key), 'only live rows have work')
    if (row.phase === 'waiting') return NO_WORK
    const prompt = row.phase === 'prefilling' ? this.#prompts.find((each) => each.row === row) : undefined
    const prefilledTokens = prompt === undefined ? row.prefillTokens : prompt.done - row.restoredTokens
    return { prefilledTokens, decodedTokens: this.#decoding.generated(row) }
  }

  setMaxRows(rows: number): void {
    this.#rowsMax = rows
  }

  submit(request: RowRequest, running: boolean): Row {
    assert(!this.#owned.has(request.key), 'a row key is unique')
    const row = new Row(request, this.#steps + (running ? 2 : 1))
    this.#owned.set(row.key, row)
    this.#waiting.push(row)
    this.#decoding.expect(row)
    return row
  }

  cancel(key: number, running: boolean): 'removed' | 'unknown' {
    const row = this.#owned.get(key)
    if (row === undefined) return 'unknown'
    this.#owned.delete(key)
    row.owned = false
    if (row.phase !== 'done') this.#decoding.forget(row)
    if (row.phase === 'waiting') {
      this.#waiting.drop(row)
    } else if (row.phase === 'prefilling') {
      must(
        this.#prompts.find((each) => each.row === row),
        'a prefilling row has a prompt',
      ).leaves = true
      this.#someoneLeaves = true
      if (!running) this.#dropLeavers()
    } else if (row.phase === 'decoding') {
      this.#decoding.abort(row)
      if (!running) this.#decoding.applyAborts()
    }
    return 'removed'
  }

  disownAll(): void {
    for (const row of this.#owned.values()) row.owned = false
    this.#owned.clear()
    this.#decoding.forgetAll()
  }

  stepNanos(law: StepLaw): number {
    let nanos = this.#decoding.nanos(law)
    for (const { piece, origin, pieces } of this.#prompts)
      if (piece > 0) nanos += law.spanNanos(origin, piece) + pieces * law.spanGrowthNanos(piece)
    return nanos
  }

  stepGrowthNanos(law: StepLaw): number {
    let nanos = this.#decoding.growthNanos(law)
    for (const { piece } of this.#prompts) if (piece > 0) nanos += law.spanGrowthNanos(piece)
    return nanos
  }

  ghostNanos(): number {
    return 0
  }

  ghostGrowthNanos(): number {
    return 0
  }

  stepsToChange(): number {
    if (this.#someoneLeaves) return 1
    let steps = this.#decoding.stepsToChange
    for (const { row, done, piece } of this.#prompts)
      if (piece > 0) steps = Math.min(steps, Math.max(1, Math.ceil((row.promptTokens - done) / piece) - 1))
    if (!this.#steady) return 1
    const next = this.#waiting.front
    if (next !== undefined && this.#freeSlots() > 0)
      steps = Math.min(steps, Math.max(1, next.admissibleFrom - this.#steps))
    return steps
  }

  pass(steps: number): void {
    this.#steps += steps
    for (const prompt of this.#prompts) {
      prompt.done += steps * prompt.piece
      prompt.pieces += steps
    }
    this.#decoding.pass(steps)
  }

  finishStep(out: Delivery[]): void {
    if (!this.#steady) this.#turn += CHUNKS_PER_STEP
    this.pass(1)
    const admitted: Delivery[] = []
    for (const { row, done } of this.#prompts) {
      if (done < row.promptTokens) continue
      this.#decoding.join(row, 1)
      // It left while its last piece ran.
      if (row.owned) out.push({ kind: 'first_token', row })
      else this.#decoding.abort(row)
    }
    this.#prompts = this.#prompts.filter(({ row }) => row.phase === 'prefilling')
    // Before anybody leaves: a slot is free once its consumer has read the terminal output, a step later.
    this.#admit(admitted, this.#steps)
    this.#decoding.finish(out)
    this.#decoding.applyAborts()
    if (this.#someoneLeaves) this.#dropLeavers()
    if (!this.hasWork) this.admitWhenIdle(admitted)
    this.#deal()
    for (const delivery of admitted) out.push(delivery)
  }

  admitWhenIdle(out: Delivery[]): void {
    assert(!this.hasWork, 'an idle engine has no rows on the GPU')
    this.#admit(out, Infinity)
    this.#deal()
  }

  release(row: Row): boolean {
    if (!row.owned) return false
    this.#owned.delete(row.key)
    row.owned = false
    return true
  }

  soloNanos(row: Row, law: StepLaw): { readonly alone: number; readonly saved: number } {
    const cold = stripesNanos(law, 0, row.promptTokens)
    const prefill = row.restoredTokens === 0 ? cold : stripesNanos(law, row.restoredTokens, row.promptTokens)
    const decode = law.runNanos(row.promptTokens + 1, row.outputTokens - 1)
    return { alone: prefill + decode, saved: Math.min(cold, NANOS_MAX) - prefill }
  }

  #freeSlots(): number {
    return this.#rowsMax - this.#decoding.held() - this.#prompts.length
  }

  #admit(out: Delivery[], step: number): void {
    const rows = this.#waiting.admissible(this.#freeSlots(), step)
    this.#waiting.take(rows.length)
    for (const row of rows) {
      row.phase = 'prefilling'
      const done = row.restoredTokens
      this.#prompts.push({ row, done, piece: 0, origin: done, pieces: 0, leaves: false })
      out.push({ kind: 'admitted', row })
    }
  }

  #dropLeavers(): void {
    this.#prompts = this.#prompts.filter(({ leaves }) => !leaves)
    this.#someoneLeaves = false
    this.#deal()
  }

  /** Every step until the next end of a prompt deals the same: the front takes all, or all take as much. */
  get #steady(): boolean {
    const count = this.#prompts.length
    if (count === 0) return true
    if (this.order === 'fcfs') return this.#prompts[0]!.piece === STEP_TOKENS
    return CHUNKS_PER_STEP % count === 0 && this.#prompts.every(({ piece }) => piece === STEP_TOKENS / count)
  }

  /** Decides the pieces of the next step. Only changes call for it: between them every piece is followed by its like. */
  #deal(): void {
    const prompts = this.#prompts
    const pieces = this.order === 'fcfs' ? inOrder(prompts) : this.#inTurn(prompts)
    for (const [i, prompt] of prompts.entries()) {
      const piece = pieces[i]!
      if (piece === prompt.piece && prompt.origin + prompt.pieces * piece === prompt.done) continue
      prompt.piece = piece
      prompt.origin = prompt.done
      prompt.pieces = 0
    }
  }

  #inTurn(prompts: readonly Prompt[]): readonly number[] {
    const left = prompts.map(({ row, done }) => row.promptTokens - done)
    const pieces = prompts.map(() => 0)
    let budget = STEP_TOKENS
    let unfinished = left.filter((tokens) => tokens > 0).length
    for (let turn = this.#turn; budget > 0 && unfinished > 0; turn++) {
      const i = turn % prompts.length
      if (left[i] === 0) continue
      const tokens = Math.min(CHUNK_TOKENS, left[i]!, budget)
      pieces[i]! += tokens
      left[i]! -= tokens
      budget -= tokens
      if (left[i] === 0) unfinished--
    }
    return pieces
  }
}

function inOrder(prompts: readonly Prompt[]): readonly number[] {
  let budget = STEP_TOKENS
  return prompts.map(({ row, done }) => {
    const tokens = Math.min(budget, row.promptTokens - done)
    budget -= tokens
    return tokens
  })
}

/** A prompt alone from `from` to `to`, in full stripes and a last one. */
function stripesNanos(law: StepLaw, from: number, to: number): number {
  const stripes = Math.floor((to - from) / STEP_TOKENS)
  const first = law.spanNanos(from, STEP_TOKENS)
  const full = stripes * first + (law.spanGrowthNanos(STEP_TOKENS) * stripes * (stripes - 1)) / 2
  const rest = to - from - stripes * STEP_TOKENS
  return rest === 0 ? full : full + law.spanNanos(to - rest, rest)
}
