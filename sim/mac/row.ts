/** One request inside an engine, from its submission to the step that frees its place. */
import { assert } from '../base/assert.ts'
import { type RowRequest, type RowWork } from './engine.ts'
import { CHUNK_TOKENS } from './step-law.ts'

export class Row {
  readonly key: number
  readonly promptTokens: number
  readonly outputTokens: number
  /** Number of the first step (from 1) whose closing admission may take it. */
  readonly admissibleFrom: number
  phase: 'waiting' | 'prefilling' | 'decoding' | 'done' = 'waiting'
  /** False once cancelled: nobody hears of it any more. */
  owned = true
  /** Cancelled in the cold group: decodes to its end without a concurrency slot. */
  ghost = false
  /** Decode steps the engine had done when this row joined the decoding ones. */
  joinedAt = -1

  constructor(request: RowRequest, admissibleFrom: number) {
    assert(request.promptTokens >= 1 && request.outputTokens >= 1, 'a row has at least one prompt and one output token')
    this.key = request.key
    this.promptTokens = request.promptTokens
    this.outputTokens = request.outputTokens
    this.admissibleFrom = admissibleFrom
  }
}

/** Rows that are prefilled together, each padded to the longest. */
export class ColdGroup {
  readonly longest: number
  /** Of all rows together, padding left out. */
  readonly promptTokens: number
  /** Chunks done. */
  chunks = 0

  constructor(readonly rows: readonly Row[]) {
    this.longest = rows.reduce((most, row) => Math.max(most, row.promptTokens), 0)
    this.promptTokens = rows.reduce((sum, row) => sum + row.promptTokens, 0)
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
}

export const NO_WORK: RowWork = { prefilledTokens: 0, decodedTokens: 0 }
