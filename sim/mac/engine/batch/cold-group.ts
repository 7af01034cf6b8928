/** Rows that are prefilled together, each padded to the longest (provider-runtime 5.4). None of them is restored. */
import type { Row } from './row.ts'
import { CHUNK_TOKENS, type StepLaw } from '../law/step-law.ts'

export class ColdGroup {
  rows: readonly Row[] = []
  longest = 0
  /** Chunks done. */
  chunks = 0
  /** The step that seeds the rows has passed. */
  finished = false

  constructor(rows: readonly Row[]) {
    this.#hold(rows)
  }

  #hold(rows: readonly Row[]): void {
    this.rows = rows
    this.longest = rows.reduce((most, row) => Math.max(most, row.promptTokens), 0)
  }

  /** Those who leave take their padding with them. */
  drop(leavers: ReadonlySet<Row>): void {
    this.#hold(this.rows.filter((row) => !leavers.has(row)))
  }

  /** `steps` steps of it pass, the last chunk by itself. */
  pass(steps: number): void {
    this.finished = this.onLastChunk
    this.chunks += steps
  }

  /** Of all rows together, padding left out. */
  get prefilledTokens(): number {
    const reached = this.chunks * CHUNK_TOKENS
    return this.rows.reduce((sum, row) => sum + Math.min(row.promptTokens, reached), 0)
  }

  /** Tokens per row of the next chunk; none when only rows are left that have been prefilled and wait to be seeded. */
  get chunkTokens(): number {
    return Math.max(0, Math.min(CHUNK_TOKENS, this.longest - this.chunks * CHUNK_TOKENS))
  }

  /** Steps to the next change of pace: all chunks but the last are full, and only the last seeds the rows. */
  get uniformChunks(): number {
    return Math.max(1, Math.ceil(this.longest / CHUNK_TOKENS) - this.chunks - 1)
  }

  get onLastChunk(): boolean {
    return (this.chunks + 1) * CHUNK_TOKENS >= this.longest
  }

  /** The next chunk of all rows, and after the last one the forward that seeds them. */
  nanos(law: StepLaw): number {
    const chunk = this.rows.length * this.#chunkNanos(law)
    return this.onLastChunk ? chunk + seedNanos(this.rows, law) : chunk
  }

  #chunkNanos(law: StepLaw): number {
    return this.chunkTokens === 0 ? 0 : law.chunkNanos(this.chunks, this.chunkTokens)
  }

  growthNanos(law: StepLaw): number {
    return this.rows.length * law.chunkGrowthNanos
  }

  /** What rows that are ghosts in step `step` add: their own rows of the chunk, not what their length pads others with. */
  ghostNanos(law: StepLaw, step: number): number {
    const ghosts = this.rows.filter((row) => row.ghostFrom <= step)
    const chunk = ghosts.length * this.#chunkNanos(law)
    if (!this.onLastChunk) return chunk
    const others = this.rows.filter((row) => row.ghostFrom > step)
    return chunk + seedNanos(this.rows, law) - seedNanos(others, law)
  }

  ghostGrowthNanos(law: StepLaw, step: number): number {
    return this.rows.filter((row) => row.ghostFrom <= step).length * law.chunkGrowthNanos
  }
}

/** The forward that yields the first tokens of `rows`. */
function seedNanos(rows: readonly Row[], law: StepLaw): number {
  let context = 0
  let windowed = 0
  for (const { promptTokens } of rows) {
    context += promptTokens
    windowed += Math.min(promptTokens, law.windowTokens)
  }
  return law.decodeNanos(rows.length, context, windowed)
}
