/**
 * How long the GPU takes: the constants of the catalog (`step-constants.ts`) rounded to whole nanoseconds once per
 * (chip, model, engine) and slowed by a pace. From then on a step's duration is an exact integer function of the batch's
 * state, linear in the number of steps taken, so the jumping engine and one that takes every step agree to the nanosecond.
 *
 *   decode of B rows with C tokens of context, V of them in sliding windows:
 *                                               weights(B)/(beta BW) + d + rows(B) + kv C + w V
 *   prefill chunk of R rows at offset p:        R (T(p+c) - T(p)),  T(P) = P/R0 (1 + P/P_half)
 */
import { assert } from '../../../base/assert.ts'
import type { ChipSpec } from '../../../catalog/chip.ts'
import type { EngineVersion, ModelSpec, WeightReading } from '../../../catalog/model.ts'
import { stepConstants, type StepConstants, TILE_ROWS } from '../../../catalog/step-constants.ts'

/** Prefill tokens per row and step: provider-runtime 5.4. */
export const CHUNK_TOKENS = 512

const NANOS_PER_SECOND = 1e9

/** Bytes of weights one decode step of `rows` rows sweeps: an expert as often as rows choose it. */
export function weightBytes(reading: WeightReading, rows: number): number {
  if (reading.kind === 'dense') return reading.bytesPerStep
  return reading.sharedBytes + reading.bytesPerExpert * reading.expertsPerToken * rows
}

/** Tokens per second of one row that has the Mac to itself, context still short. */
export function soloDecodeTps(chip: ChipSpec, model: ModelSpec, engine: EngineVersion): number {
  return NANOS_PER_SECOND / new StepLaw(stepConstants(chip, model, engine)).decodeNanos(1, 0)
}

/** 0 + 1 + … + (count - 1). */
const sumBelow = (count: number): number => (count * (count - 1)) / 2

/** Every method returns whole nanoseconds. */
export class StepLaw {
  readonly #aloneContextNanos: number
  readonly #batchContextNanos: number
  /** What each of the first `windowTokens` tokens of a row's context adds besides: sliding layers read no further back. */
  readonly windowNanos: number
  readonly windowTokens: number
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
    this.#aloneContextNanos = Math.round(constants.contextNanos * decodeFactor)
    this.#batchContextNanos = Math.round(constants.batchContextNanos * decodeFactor)
    this.windowNanos = Math.round(constants.windowNanos * decodeFactor)
    this.windowTokens = constants.windowTokens
    this.chunkGrowthNanos = Math.round(2 * CHUNK_TOKENS * CHUNK_TOKENS * constants.squareNanos * prefillFactor)
    this.#firstChunkNanos = Math.round(
      (CHUNK_TOKENS * constants.tokenNanos + CHUNK_TOKENS * CHUNK_TOKENS * constants.squareNanos) * prefillFactor,
    )
  }

  /**
   * One token for each of `rows` rows that read `contextTokens` of KV together, and `windowedTokens` in the sliding
   * layers of a model that has some; 0 rows take no time.
   */
  decodeNanos(rows: number, contextTokens: number, windowedTokens = 0): number {
    return this.#decodeBaseNanos(rows) + this.contextNanos(rows) * contextTokens + this.windowNanos * windowedTokens
  }

  /** What one token of context adds to a decode step of so many rows. */
  contextNanos(rows: number): number {
    return rows > 1 ? this.#batchContextNanos : this.#aloneContextNanos
  }

  /** One token of one row. */
  rowNanos(contextTokens: number): number {
    return this.decodeNanos(1, contextTokens, Math.min(contextTokens, this.windowTokens))
  }

  /** `tokens` tokens of one row, the first of which reads `contextTokens`. */
  runNanos(contextTokens: number, tokens: number): number {
    const filling = Math.min(tokens, Math.max(0, this.windowTokens - contextTokens))
    const base = tokens * this.decodeNanos(1, contextTokens) + this.#aloneContextNanos * sumBelow(tokens)
    const windowed = filling * contextTokens + sumBelow(filling) + (tokens - filling) * this.windowTokens
    return base + this.windowNanos * windowed
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
    return rows < this.#decodeNanos.length ? this.#decodeNanos[rows]! : this.#extendTo(rows)
  }

  #extendTo(rows: number): number {
    const table = this.#decodeNanos
    const { reading, weightBytesPerNano, fixedNanos, batchFactor } = this.constants
    const alone = weightBytes(reading, 1) / weightBytesPerNano
    while (table.length <= rows) {
      const count = table.length
      const read = weightBytes(reading, count) / weightBytesPerNano
      const further = read - alone + this.#arithmeticNanos(count)
      table.push(Math.round((alone + fixedNanos + further * batchFactor) * this.decodeFactor))
    }
    return table[rows]!
  }

  /** MLX changes over later than it would pay on some chips; a further row never makes the step shorter in ours. */
  #arithmeticNanos(rows: number): number {
    const { rowNanos, vectorRows, tileNanos } = this.constants
    if (rows < vectorRows) return rowNanos * (rows - 1)
    return Math.max(rowNanos * (vectorRows - 2), tileNanos * Math.ceil(rows / TILE_ROWS))
  }
}
