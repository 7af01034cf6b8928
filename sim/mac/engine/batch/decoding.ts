/**
 * The decoding rows of an engine: one token each per step, whatever else the step does. Counts, contexts and the next
 * finish are kept up as steps pass, so that nothing has to be walked between two changes.
 */
import type { Delivery } from './engine-batch.ts'
import type { Row } from './row.ts'
import type { StepLaw } from '../law/step-law.ts'

/** What a step of so many rows takes longer than the one before, by a token of context of each. */
const contextGrowth = (law: StepLaw, rows: number): number => rows * law.contextNanos(rows)

export class Decoding {
  readonly rows: Row[] = []
  /** Steps of this engine that decoded. */
  steps = 0
  /** KV tokens the next decode reads: sum of prompt + generated. */
  context = 0
  /** Those of them that sliding layers read: of each row as many as a window holds. */
  windowed = 0
  /** Rows whose windows are not full yet, and the decode step count at which the next one's are. */
  #filling = 0
  #nextFull = Infinity
  /** Decode step count at which the next row finishes. */
  nextFinish = Infinity
  /** Rows leaving with the end of the running step. */
  readonly #aborts: Row[] = []
  /** Sum of prompt and generated tokens over live rows = #promptSum + #ownedRows * steps - #joinSum. */
  #promptSum = 0
  #ownedRows = 0
  #joinSum = 0

  /** `windowTokens`: how far back sliding layers read; 0 without any. */
  constructor(private readonly windowTokens: number) {}

  /** Until a row leaves or a window is full. */
  get stepsToChange(): number {
    return this.#aborts.length > 0 ? 1 : Math.min(this.nextFinish, this.#nextFull) - this.steps
  }

  /** Rows leave with the end of the current step. */
  get freesNext(): boolean {
    return this.#aborts.length > 0 || this.nextFinish === this.steps + 1
  }

  activeTokens(): number {
    return this.#promptSum + this.#ownedRows * this.steps - this.#joinSum
  }

  /** Places held: ghosts hold none, aborted rows hold theirs until they leave. */
  held(): number {
    let held = 0
    for (const row of this.rows) if (!row.ghost) held++
    return held
  }

  generated(row: Row): number {
    if (row.phase === 'done') return row.outputTokens
    return row.phase === 'decoding' ? this.steps - row.joinedAt : 0
  }

  /** A row that waits or prefills is known from now on. */
  expect(row: Row): void {
    this.#promptSum += row.promptTokens
  }

  /** `generated`: tokens the forward that ended its prompt has given it. */
  join(row: Row, generated: number): void {
    row.phase = 'decoding'
    row.joinedAt = this.steps - generated
    this.rows.push(row)
    this.context += row.promptTokens + generated
    this.nextFinish = Math.min(this.nextFinish, row.joinedAt + row.outputTokens)
    this.#addWindow(row)
    if (!row.owned) return
    this.#ownedRows++
    this.#joinSum += row.joinedAt
  }

  pass(steps: number): void {
    if (this.rows.length === 0) return
    this.steps += steps
    this.context += steps * this.rows.length
    this.windowed += steps * this.#filling
    if (this.steps >= this.#nextFull) this.#countWindows()
  }

  nanos(law: StepLaw): number {
    return law.decodeNanos(this.rows.length, this.context, this.windowed)
  }

  growthNanos(law: StepLaw): number {
    return contextGrowth(law, this.rows.length) + this.#filling * law.windowNanos
  }

  /** What rows that are ghosts in step `step` add to it, and by how much that grows with each step. */
  ghostNanos(law: StepLaw, step: number): number {
    let ghosts = 0
    let context = 0
    let windowed = 0
    for (const row of this.rows) {
      if (row.ghostFrom > step) continue
      ghosts++
      context += this.#contextOf(row)
      windowed += Math.min(this.#contextOf(row), this.windowTokens)
    }
    return (
      this.nanos(law) - law.decodeNanos(this.rows.length - ghosts, this.context - context, this.windowed - windowed)
    )
  }

  ghostGrowthNanos(law: StepLaw, step: number): number {
    let ghosts = 0
    let filling = 0
    for (const row of this.rows) {
      if (row.ghostFrom > step) continue
      ghosts++
      if (this.#contextOf(row) < this.windowTokens) filling++
    }
    const rows = this.rows.length
    return contextGrowth(law, rows) - contextGrowth(law, rows - ghosts) + filling * law.windowNanos
  }

  /** Rows that have all their tokens leave; their owners are to hear of it. Gives how many ghosts were among them. */
  finish(out: Delivery[]): number {
    if (this.nextFinish !== this.steps) return 0
    for (const row of this.rows) {
      if (row.joinedAt + row.outputTokens !== this.steps) continue
      if (row.owned) {
        this.forget(row)
        out.push({ kind: 'finished', row })
      } else if (row.ghost) {
        out.push({ kind: 'ghost_ended', row })
      }
      row.phase = 'done'
    }
    return this.#drop((row) => row.phase === 'done')
  }

  abort(row: Row): void {
    this.#aborts.push(row)
  }

  applyAborts(): void {
    if (this.#aborts.length === 0) return
    const leaving = new Set(this.#aborts.splice(0))
    this.#drop((row) => leaving.has(row))
  }

  /** Its tokens no longer count as active. */
  forget(row: Row): void {
    this.#promptSum -= row.promptTokens
    if (row.phase !== 'decoding') return
    this.#ownedRows--
    this.#joinSum -= row.joinedAt
  }

  forgetAll(): void {
    this.#promptSum = this.#ownedRows = this.#joinSum = 0
  }

  #drop(leaves: (row: Row) => boolean): number {
    this.nextFinish = Infinity
    let kept = 0
    let ghosts = 0
    for (const row of this.rows) {
      if (leaves(row)) {
        this.context -= this.#contextOf(row)
        if (row.ghost) ghosts++
      } else {
        this.rows[kept++] = row
        this.nextFinish = Math.min(this.nextFinish, row.joinedAt + row.outputTokens)
      }
    }
    this.rows.length = kept
    this.#countWindows()
    return ghosts
  }

  #contextOf(row: Row): number {
    return row.promptTokens + this.steps - row.joinedAt
  }

  #addWindow(row: Row): void {
    const context = this.#contextOf(row)
    this.windowed += Math.min(context, this.windowTokens)
    if (context >= this.windowTokens) return
    this.#filling++
    this.#nextFull = Math.min(this.#nextFull, this.steps + this.windowTokens - context)
  }

  #countWindows(): void {
    this.windowed = this.#filling = 0
    this.#nextFull = Infinity
    for (const row of this.rows) this.#addWindow(row)
  }
}
