/** Rows that are prefilled together, each padded to the longest (provider-runtime 5.4). None of them is restored. */
import type { Row } from './row.ts'
import { CHUNK_TOKENS, type StepLaw } from '../law/step-law.ts'

export class ColdGroup {
  readonly longest: number
  /** Chunks done. */
  chunks = 0

  constructor(readonly rows: readonly Row[]) {
    this.longest = rows.reduce((most, row) => Math.max(most, row.promptTokens), 0)
  }

  /** Of all rows together, padding left out. */
  get prefilledTokens(): number {
    const reached = this.chunks * CHUNK_TOKENS
    return this.rows.reduce((sum, row) => sum + Math.min(row.promptTokens, reached), 0)
  }

  /** Tokens per row of the next chunk. */
  get chunkTokens(): number {
    return Math.min(CHUNK_TOKENS, this.longest - this.chunks * CHUNK_TOKENS)
  }

  /** Steps to the next change of pace: all chunks but the last are full, and only the last seeds the rows. */
  get uniformChunks(): number {
    return Math.max(1, Math.ceil(this.longest / CHUNK_TOKENS) - this.chunks - 1)
  }

  get onLastChunk(): boolean {
    return (this.chunks + 1) * CHUNK_TOKENS >= this.longest
  }

  get finished(): boolean {
    return this.chunks * CHUNK_TOKENS >= this.longest
  }

  /** The next chunk of all rows, and after the last one the forward that seeds them. */
  nanos(law: StepLaw): number {
    const chunk = this.rows.length * law.chunkNanos(this.chunks, this.chunkTokens)
    return this.onLastChunk ? chunk + seedNanos(this.rows, law) : chunk
  }

  growthNanos(law: StepLaw): number {
    return this.rows.length * law.chunkGrowthNanos
  }

  /** What rows that are ghosts in step `step` add: their own rows of the chunk, not what their length pads others with. */
  ghostNanos(law: StepLaw, step: number): number {
    const ghosts = this.rows.filter((row) => row.ghostFrom <= step)
    const chunk = ghosts.length * law.chunkNanos(this.chunks, this.chunkTokens)
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
