/** One request inside an engine, from its submission to the step that frees its place. */
import { assert } from '../../../base/assert.ts'
import type { RowRequest, RowWork } from '../engine.ts'
import type { RowClock } from '../books/gpu-books.ts'

export class Row {
  readonly key: number
  readonly promptTokens: number
  readonly outputTokens: number
  /** Prompt tokens a checkpoint holds; the rest is prefilled. */
  readonly restoredTokens: number
  /** Number of the first step (from 1) whose closing admission may take it. */
  readonly admissibleFrom: number
  phase: 'waiting' | 'prefilling' | 'decoding' | 'done' = 'waiting'
  /** False once cancelled: nobody hears of it any more. */
  owned = true
  /** Cancelled in the cold group: decodes to its end without a concurrency slot. */
  ghost = false
  /** Number of the first step that is blamed on it as a ghost: not the one during which it became one. */
  ghostFrom = Infinity
  /** Decode steps the engine had done when this row joined the decoding ones. */
  joinedAt = -1
  /** Restored inside the step whose closing admission took it, rather than in a step that follows. */
  restoredOnAdmission = false
  /** What the GPU's books said when it came and when it was admitted. */
  clock: RowClock | null = null

  constructor(request: RowRequest, admissibleFrom: number) {
    assert(request.promptTokens >= 1 && request.outputTokens >= 1, 'a row has at least one prompt and one output token')
    this.key = request.key
    this.promptTokens = request.promptTokens
    this.outputTokens = request.outputTokens
    this.restoredTokens = request.restoredTokens ?? 0
    assert(this.restoredTokens < request.promptTokens, 'a restore leaves at least one prompt token to prefill')
    this.admissibleFrom = admissibleFrom
  }

  /** Prompt tokens the GPU reads for it. */
  get prefillTokens(): number {
    return this.promptTokens - this.restoredTokens
  }
}

export const NO_WORK: RowWork = { prefilledTokens: 0, decodedTokens: 0 }
