/**
 * The compact speed model of mac-provider section 0 as numbers for one (chip, model, engine): what a step of the GPU costs.
 * The engine rounds them to whole nanoseconds once and never looks at a chip again; `fleetlab calibrate` fits and judges them.
 *
 *   decode of B rows with C tokens of context, V of them in sliding windows:
 *                                           weights(B) / weightBytesPerNano + fixed + rows(B) + context C + window V
 *   rows(B), the arithmetic:                row (B - 1) below vectorRows; from there on tile for each 32 rows begun
 *   prefill of P tokens:                        token P + square P^2
 */
import type { ChipSpec } from './chip.ts'
import type { EngineVersion, ModelSpec, WeightReading } from './model.ts'

export interface StepConstants {
  readonly reading: WeightReading
  /** Weight bytes read per nanosecond. */
  readonly weightBytesPerNano: number
  /** Of every decode step, nanoseconds. */
  readonly fixedNanos: number
  /** Of every row but the first of a decode step of fewer than `vectorRows` rows, nanoseconds. */
  readonly rowNanos: number
  /** From so many rows on they are multiplied in tiles. */
  readonly vectorRows: number
  /** Of every tile of TILE_ROWS rows, however many of them are taken, nanoseconds. */
  readonly tileNanos: number
  /** What the further rows' experts and arithmetic take, as a multiple of the above. */
  readonly batchFactor: number
  /** Of every token of context read by a decode step of one row, nanoseconds. */
  readonly contextNanos: number
  /** The same in a step of several rows. */
  readonly batchContextNanos: number
  /** What each of the first `windowTokens` tokens of a row's context takes besides, nanoseconds; both 0 without sliding layers. */
  readonly windowNanos: number
  readonly windowTokens: number
  /** Prefill: nanoseconds per token, and per squared token (the droop with length). */
  readonly tokenNanos: number
  readonly squareNanos: number
}

/** Share of nominal bandwidth that weight reads reach: quantised MoE, mac-provider 0; also provider-runtime 9 for the dense reading of gemma. */
const BANDWIDTH_SHARE = 0.8
/**
 * Fixed milliseconds per step on a 1.4 GHz chip, fitted to gemma and gpt-oss alone on an M4 Max and gemma on an M3 Ultra;
 * they fall with the cube of the clock, as those of llama.cpp do on 30 chips.
 */
const FIXED_MS = 5.3
/**
 * Share of the chip's arithmetic that MLX's vector kernels reach, which multiply quantised weights with each row by
 * itself. One to eight rows of 4-bit gemma on an M4 Max give 0.25 to 0.31, hardly told apart; a published sweep of one
 * kernel on an M3 Max (MLX #3863, 4 to 8 rows of 5120 x 17408) has 0.31, and shows that the first row hides behind the
 * reading of the weights.
 */
const VECTOR_SHARE = 0.29
/** Share that its matrix kernels reach: the middle of what llama.cpp's prompts do on 30 chips, mac-provider 2.1; MLX #3863 has 0.78. */
const TILE_SHARE = 0.75
/** Rows of a tile. It takes as long for one as for all of them: 10 to 32 rows within 1 % of each other in MLX #3863. */
export const TILE_ROWS = 32
/** Rows from which on MLX multiplies them in tiles, by the widest side of a matrix: up to 2,048, up to 4,096, beyond. */
const LIMITS = { narrow: 18, middle: 12, wide: 10 }
/** M1 and M2. */
const EARLY_LIMITS = { narrow: 14, middle: 10, wide: 6 }
const ULTRA_LIMITS = { narrow: 32, middle: 18, wide: 12 }
/** Two dies reach less of the bandwidth of dense weights: 0.75-0.87 against 0.90, mac-provider 0. */
const ULTRA_DENSE_FACTOR = 0.91
/**
 * llama.cpp, fitted on the 30 chips of mac-provider 2.1: milliseconds per token on a 1.4 GHz chip. They fall with the cube
 * of the clock, which stands for the generation: 5-8 ms on M1, 3-5 on M4. Rows have not been measured.
 */
const LLAMA_FIXED_MS = 5.1
/** The chip of the fixed costs. */
const FIXED_CLOCK_GHZ = 1.4
const LLAMA_ULTRA_FACTOR = 0.9
/** GB/s of the chip on which the KV read cost was measured: mac-provider 3. */
const KV_BANDWIDTH_GBS = 546

const NANOS_PER_MILLI = 1e6
const GIGA = 1e9
const NANOS_PER_SECOND = 1e9

/** R0: prompt tokens per second before the droop with length. */
export function prefillRate(chip: ChipSpec, model: ModelSpec): number {
  // llama.cpp computes in fp16, which every generation has.
  if (model.runtime === 'llama.cpp') return model.prefillPerTflop.value * chip.shaderTflops.value
  return model.prefillPerTflop.value * chip.tflops.value * chip.prefillFactor.value
}

/** What the fixed cost per step is on a chip, as a multiple of that on a 1.4 GHz one. */
export function clockSlowness(chip: ChipSpec): number {
  const slower = FIXED_CLOCK_GHZ / chip.clock_ghz.value
  return slower * slower * slower
}

function fixedMillis(chip: ChipSpec, model: ModelSpec): number {
  return (model.runtime === 'llama.cpp' ? LLAMA_FIXED_MS : FIXED_MS) * clockSlowness(chip)
}

/**
 * TFLOP/s that a decode step's arithmetic is a share of. M5's matrix units help half-filled tiles only in part: the
 * geometric mean of shader and matrix rate gives the 126 and 181-186 tok/s of two and four rows of 8-bit gemma
 * (provider-runtime 9), and the 295 ms that a dense 70B takes for twelve rows (MLX #3791). Below M5 both rates are one.
 */
const rowTflops = (chip: ChipSpec): number => Math.sqrt(chip.shaderTflops.value * chip.tflops.value)

/** MLX's own table (`get_qmv_batch_limit`); it tells M1 and M2 from later chips, and Ultra parts from all others. */
function vectorRows(chip: ChipSpec, model: ModelSpec): number {
  const early = chip.generation === 'M1' || chip.generation === 'M2'
  const limits = chip.tier === 'Ultra' ? ULTRA_LIMITS : early ? EARLY_LIMITS : LIMITS
  const width = model.width.value
  return width <= 2_048 ? limits.narrow : width <= 4_096 ? limits.middle : limits.wide
}

/** Milliseconds that so many rows' arithmetic with the dense parameters takes at a share of the chip's rate. */
function arithmeticMillis(chip: ChipSpec, model: ModelSpec, rows: number, share: number): number {
  const gigaflop = (2 * rows * model.denseParameters.value) / GIGA
  return gigaflop / (share * rowTflops(chip))
}

function bandwidthShare(chip: ChipSpec, model: ModelSpec): number {
  if (model.bandwidthShare === undefined) return BANDWIDTH_SHARE
  if (chip.tier !== 'Ultra') return model.bandwidthShare.value
  return model.bandwidthShare.value * (model.runtime === 'llama.cpp' ? LLAMA_ULTRA_FACTOR : ULTRA_DENSE_FACTOR)
}

/** Nanoseconds per token of context that milliseconds per 1,000 tokens on the chip of the measurement are on another. */
const readNanos = (chip: ChipSpec, per1kTokens_ms: number): number =>
  ((per1kTokens_ms * NANOS_PER_MILLI) / 1_000) * (KV_BANDWIDTH_GBS / chip.bandwidth_gbs.value)

export function stepConstants(chip: ChipSpec, model: ModelSpec, engine: EngineVersion): StepConstants {
  const tokenNanos = NANOS_PER_SECOND / prefillRate(chip, model)
  const contextNanos = readNanos(chip, model.kvReadPer1kTokens_ms.value)
  return {
    reading: model.reading[engine].value,
    // GB/s and bytes per nanosecond are the same number.
    weightBytesPerNano: bandwidthShare(chip, model) * chip.bandwidth_gbs.value,
    fixedNanos: fixedMillis(chip, model) * NANOS_PER_MILLI,
    ...rowsOf(chip, model),
    batchFactor: 1,
    contextNanos,
    batchContextNanos: contextNanos * (model.kvReadInBatch?.value ?? 1),
    windowNanos: readNanos(chip, model.window?.readPer1kTokens_ms.value ?? 0),
    windowTokens: model.window?.tokens ?? 0,
    tokenNanos,
    squareNanos: tokenNanos / model.prefillHalf.value,
  }
}

/** Rows of llama.cpp have not been measured. */
function rowsOf(chip: ChipSpec, model: ModelSpec): Pick<StepConstants, 'rowNanos' | 'vectorRows' | 'tileNanos'> {
  if (model.runtime === 'llama.cpp') return { rowNanos: 0, vectorRows: Infinity, tileNanos: 0 }
  return {
    rowNanos: arithmeticMillis(chip, model, 1, VECTOR_SHARE) * NANOS_PER_MILLI,
    vectorRows: vectorRows(chip, model),
    tileNanos: arithmeticMillis(chip, model, TILE_ROWS, TILE_SHARE) * NANOS_PER_MILLI,
  }
}

/** The same with prompts `speed` times as fast; for asking how much hangs on the prefill rate. */
export function atPrefillSpeed(speed: number): typeof stepConstants {
  if (speed === 1) return stepConstants
  return (chip, model, engine) => {
    const constants = stepConstants(chip, model, engine)
    const { tokenNanos, squareNanos } = constants
    return { ...constants, tokenNanos: tokenNanos / speed, squareNanos: squareNanos / speed }
  }
}
