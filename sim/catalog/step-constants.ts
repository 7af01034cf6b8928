/**
 * The compact speed model of mac-provider section 0 as numbers for one (chip, model, engine): what a step of the GPU costs.
 * The engine rounds them to whole nanoseconds once and never looks at a chip again; `fleetlab calibrate` fits and judges them.
 *
 *   decode of B rows with C tokens of context, V of them in sliding windows:
 *                                               weights(B) / weightBytesPerNano + fixed + row B + context C + window V
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
  /** Of every row of a decode step, nanoseconds. */
  readonly rowNanos: number
  /** Of every token of context read by a decode step, nanoseconds. */
  readonly contextNanos: number
  /** What each of the first `windowTokens` tokens of a row's context takes besides, nanoseconds; both 0 without sliding layers. */
  readonly windowNanos: number
  readonly windowTokens: number
  /** Prefill: nanoseconds per token, and per squared token (the droop with length). */
  readonly tokenNanos: number
  readonly squareNanos: number
}

/** Share of nominal bandwidth that weight reads reach: quantised MoE, mac-provider 0; also provider-runtime 9 for the dense reading of gemma. */
const BANDWIDTH_SHARE = 0.8
/** Fixed milliseconds per step: fitted in mac-provider 0, Ultra parts pay for their two dies. */
const FIXED_MS = 2
const FIXED_ULTRA_MS = 4.4
/** Milliseconds per row of a mixture with some 4 billion active parameters on the chip of the fit (M4 Max 40c, 16.2 TFLOP/s): mac-provider 0. */
const ROW_MS = 1.7
const ROW_TFLOPS = 16.2
/** Two dies reach less of the bandwidth of dense weights: 0.75-0.87 against 0.90, mac-provider 0. */
const ULTRA_DENSE_FACTOR = 0.91
/**
 * llama.cpp, fitted on the 30 chips of mac-provider 2.1: milliseconds per token on a 1.4 GHz chip. They fall with the cube
 * of the clock, which stands for the generation: 5-8 ms on M1, 3-5 on M4. Rows have not been measured.
 */
const LLAMA_FIXED_MS = 5.1
const LLAMA_CLOCK_GHZ = 1.4
const LLAMA_ULTRA_FACTOR = 0.9
/** GB/s of the chip on which the KV read cost was measured: mac-provider 3. */
const KV_BANDWIDTH_GBS = 546

const NANOS_PER_MILLI = 1e6
const NANOS_PER_SECOND = 1e9

/** R0: prompt tokens per second before the droop with length. */
export function prefillRate(chip: ChipSpec, model: ModelSpec): number {
  // llama.cpp computes in fp16, which every generation has.
  if (model.runtime === 'llama.cpp') return model.prefillPerTflop.value * chip.shaderTflops.value
  return model.prefillPerTflop.value * chip.tflops.value * chip.prefillFactor.value
}

/** What llama.cpp's fixed cost per token is on a chip, as a multiple of that on a 1.4 GHz one. */
export function llamaSlowness(chip: ChipSpec): number {
  const slower = LLAMA_CLOCK_GHZ / chip.clock_ghz.value
  return slower * slower * slower
}

function fixedMillis(chip: ChipSpec, model: ModelSpec): number {
  if (model.runtime === 'llama.cpp') return LLAMA_FIXED_MS * llamaSlowness(chip)
  return chip.tier === 'Ultra' ? FIXED_ULTRA_MS : FIXED_MS
}

/**
 * A row's arithmetic follows the TFLOP/s of the chip. M5's matrix units help half-filled tiles only in part: the geometric
 * mean of shader and matrix rate gives the 126 and 181-186 tok/s of two and four rows of 8-bit gemma (provider-runtime 9)
 * and the batches of Qwen3.6 (mac-provider 2.4); the prefill rate alone would halve the cost. Below M5 both rates are one.
 */
function rowMillis(chip: ChipSpec, model: ModelSpec): number {
  if (model.runtime === 'llama.cpp') return 0
  const reached = Math.sqrt(chip.shaderTflops.value * chip.tflops.value)
  return ((model.row_ms?.value ?? ROW_MS) * ROW_TFLOPS) / reached
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
  return {
    reading: model.reading[engine].value,
    // GB/s and bytes per nanosecond are the same number.
    weightBytesPerNano: bandwidthShare(chip, model) * chip.bandwidth_gbs.value,
    fixedNanos: fixedMillis(chip, model) * NANOS_PER_MILLI,
    rowNanos: rowMillis(chip, model) * NANOS_PER_MILLI,
    contextNanos: readNanos(chip, model.kvReadPer1kTokens_ms.value),
    windowNanos: readNanos(chip, model.window?.readPer1kTokens_ms.value ?? 0),
    windowTokens: model.window?.tokens ?? 0,
    tokenNanos,
    squareNanos: tokenNanos / model.prefillHalf.value,
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
