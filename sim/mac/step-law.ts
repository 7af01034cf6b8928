/**
 * How long the GPU takes: the constants of the catalog (`step-constants.ts`) rounded to whole nanoseconds once per
 * (chip, model, engine) and slowed by a pace. From then on a step's duration is an exact integer function of the batch's
 * state, linear in the number of steps taken, so the jumping engine and one that takes every step agree to the nanosecond.
 *
 *   decode of B rows with C tokens of context:  weights(B)/(beta BW) + d + r B  +  kv C
 *   prefill chunk of R rows at offset p:        R (T(p+c) - T(p)),  T(P) = P/R0 (1 + P/P_half)
 */
import { assert } from '../base/assert.ts'
import type { ChipSpec } from '../catalog/chip.ts'
import type { EngineVersion, ModelSpec, WeightReading } from '../catalog/model.ts'
import { stepConstants, type StepConstants } from '../catalog/step-constants.ts'

/** Prefill tokens per row and step: provider-runtime 5.4. */
export const CHUNK_TOKENS = 512

const NANOS_PER_SECOND = 1e9

/** Bytes of weights one decode step of `rows` rows reads. */
export function weightBytes(reading: WeightReading, rows: number): number {
  if (reading.kind === 'dense') return reading.bytesPerStep
  let missed = 1
  for (let row = 0; row < rows; row++) missed *= 1 - reading.expertsPerToken / reading.experts
  return reading.sharedBytes + reading.bytesPerExpert * reading.experts * (1 - missed)
}

/** Tokens per second of one row that has the Mac to itself, context still short. */
export function soloDecodeTps(chip: ChipSpec, model: ModelSpec, engine: EngineVersion): number {
  return NANOS_PER_SECOND / new StepLaw(stepConstants(chip, model, engine)).decodeNanos(1, 0)
}

/** Every method returns whole nanoseconds. */
export class StepLaw {
  /** What one token of context adds to a decode step. */
  readonly contextNanos: number
  /** What each further full chunk of a row takes longer than the one before. */
  readonly chunkGrowthNanos: number
  readonly #firstChunkNanos: number
  /** By number of rows, filled as needed: ghosts can push it past ENGINE_ROWS_MAX. */
  readonly #decodeNanos: number[] = [0]

  /** `decodeFactor` and `prefillFactor` stretch both parts: 2 is half the speed. */
  constructor(
    private readonly constants: StepConstants,
    private readonly decodeFactor = 1,
    private readonly prefillFactor = 1,
  ) {
    this.contextNanos = Math.round(constants.contextNanos * decodeFactor)
    this.chunkGrowthNanos = Math.round(2 * CHUNK_TOKENS * CHUNK_TOKENS * constants.squareNanos * prefillFactor)
    this.#firstChunkNanos = Math.round(
      (CHUNK_TOKENS * constants.tokenNanos + CHUNK_TOKENS * CHUNK_TOKENS * constants.squareNanos) * prefillFactor,
    )
  }

  /** One token for each of `rows` rows that read `contextTokens` of KV together; 0 rows take no time. */
  decodeNanos(rows: number, contextTokens: number): number {
    return this.#decodeBaseNanos(rows) + this.contextNanos * contextTokens
  }

  /** One row's share of chunk number `index` (from 0) when it holds `tokens` tokens, 1 … CHUNK_TOKENS. */
  chunkNanos(index: number, tokens: number): number {
    assert(tokens >= 1 && tokens <= CHUNK_TOKENS, 'a chunk holds 1 … CHUNK_TOKENS tokens')
    if (tokens === CHUNK_TOKENS) return this.#firstChunkNanos + index * this.chunkGrowthNanos
    return this.spanNanos(index * CHUNK_TOKENS, tokens)
  }

  /** One row's prefill of `tokens` tokens from `offset` on, in one piece. */
  spanNanos(offset: number, tokens: number): number {
    const { tokenNanos, squareNanos } = this.constants
    return Math.round((tokens * tokenNanos + (2 * offset + tokens) * tokens * squareNanos) * this.prefillFactor)
  }

  /** What each further piece of `tokens` tokens takes longer than the one before it. */
  spanGrowthNanos(tokens: number): number {
    return Math.round(2 * tokens * tokens * this.constants.squareNanos * this.prefillFactor)
  }

  #decodeBaseNanos(rows: number): number {
    const table = this.#decodeNanos
    const { reading, weightBytesPerNano, fixedNanos, rowNanos } = this.constants
    while (table.length <= rows) {
      const count = table.length
      const read = weightBytes(reading, count) / weightBytesPerNano
      table.push(Math.round((read + fixedNanos + rowNanos * count) * this.decodeFactor))
    }
    return table[rows]!
  }
}
