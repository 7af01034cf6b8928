/**
 * How long the GPU takes: the compact model of mac-provider section 0 with its constants rounded to whole nanoseconds
 * once per (chip, model, engine). From then on a step's duration is an exact integer function of the batch's state,
 * linear in the number of steps taken, so the jumping engine and one that takes every step agree to the nanosecond.
 *
 *   decode of B rows with C tokens of context:  weights(B)/(beta BW) + d + r B  +  kv C 546/BW
 *   prefill chunk of R rows at offset p:        R (T(p+c) - T(p)),  T(P) = P/R0 (1 + P/P_half)
 */
import { assert } from '../base/assert.ts'
import type { ChipSpec } from '../catalog/chip.ts'
import type { EngineVersion, ModelSpec, WeightReading } from '../catalog/model.ts'

/** Share of nominal bandwidth that weight reads reach: quantised MoE, mac-provider 0; also provider-runtime 9 for the dense reading of gemma. */
const BANDWIDTH_SHARE = 0.8
/** Fixed milliseconds per step: fitted in mac-provider 0, Ultra parts pay for their two dies. */
const FIXED_MS = 2
const FIXED_ULTRA_MS = 4.4
/** Milliseconds per row on the chip of the fit (M4 Max 40c, 16.2 TFLOP/s): mac-provider 0. */
const ROW_MS = 1.7
const ROW_TFLOPS = 16.2
/** GB/s of the chip on which the KV read cost was measured: mac-provider 3. */
const KV_BANDWIDTH_GBS = 546
/** Prefill tokens per row and step: provider-runtime 5.4. */
export const CHUNK_TOKENS = 512

const NANOS_PER_MILLI = 1e6
const NANOS_PER_SECOND = 1e9

/** Bytes of weights one decode step of `rows` rows reads. */
export function weightBytes(reading: WeightReading, rows: number): number {
  if (reading.kind === 'dense') return reading.bytesPerStep
  let missed = 1
  for (let row = 0; row < rows; row++) missed *= 1 - reading.expertsPerToken / reading.experts
  return reading.sharedBytes + reading.bytesPerExpert * reading.experts * (1 - missed)
}

/** R0: prompt tokens per second before the droop with length. */
export function prefillRate(chip: ChipSpec, model: ModelSpec): number {
  return model.prefillPerTflop.value * chip.tflops.value * chip.prefillFactor.value
}

/** Tokens per second of one row that has the Mac to itself, context still short. */
export function soloDecodeTps(chip: ChipSpec, model: ModelSpec, engine: EngineVersion): number {
  return NANOS_PER_SECOND / new StepLaw(chip, model, engine).decodeNanos(1, 0)
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
  readonly #reading: WeightReading
  readonly #bytesPerNano: number
  readonly #fixedNanos: number
  readonly #rowNanos: number
  readonly #tokenNanos: number
  readonly #squareNanos: number

  constructor(chip: ChipSpec, model: ModelSpec, engine: EngineVersion) {
    this.#reading = model.reading[engine].value
    // GB/s and bytes per nanosecond are the same number.
    this.#bytesPerNano = BANDWIDTH_SHARE * chip.bandwidth_gbs.value
    this.#fixedNanos = (chip.tier === 'Ultra' ? FIXED_ULTRA_MS : FIXED_MS) * NANOS_PER_MILLI
    this.#rowNanos = (ROW_MS * NANOS_PER_MILLI * ROW_TFLOPS) / chip.tflops.value
    this.contextNanos = Math.round(
      ((model.kvReadPer1kTokens_ms.value * NANOS_PER_MILLI) / 1_000) * (KV_BANDWIDTH_GBS / chip.bandwidth_gbs.value),
    )
    this.#tokenNanos = NANOS_PER_SECOND / prefillRate(chip, model)
    this.#squareNanos = this.#tokenNanos / model.prefillHalf.value
    this.chunkGrowthNanos = Math.round(2 * CHUNK_TOKENS * CHUNK_TOKENS * this.#squareNanos)
    this.#firstChunkNanos = Math.round(
      CHUNK_TOKENS * this.#tokenNanos + CHUNK_TOKENS * CHUNK_TOKENS * this.#squareNanos,
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
    const offset = index * CHUNK_TOKENS
    return Math.round(tokens * this.#tokenNanos + (2 * offset + tokens) * tokens * this.#squareNanos)
  }

  #decodeBaseNanos(rows: number): number {
    const table = this.#decodeNanos
    while (table.length <= rows) {
      const count = table.length
      const read = weightBytes(this.#reading, count) / this.#bytesPerNano
      table.push(Math.round(read + this.#fixedNanos + this.#rowNanos * count))
    }
    return table[rows]!
  }
}
