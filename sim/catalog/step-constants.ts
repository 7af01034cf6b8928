/**
 * The compact speed model of mac-provider section 0 as numbers for one (chip, model, engine): what a step of the GPU costs.
 * The engine rounds them to whole nanoseconds once and never looks at a chip again; `fleetlab calibrate` fits and judges them.
 *
 *   decode of B rows with C tokens of context:  weights(B) / weightBytesPerNano + fixed + row B + context C
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
  /** Prefill: nanoseconds per token, and per squared token (the droop with length). */
  readonly tokenNanos: number
  readonly squareNanos: number
}

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

const NANOS_PER_MILLI = 1e6
const NANOS_PER_SECOND = 1e9

/** R0: prompt tokens per second before the droop with length. */
export function prefillRate(chip: ChipSpec, model: ModelSpec): number {
  return model.prefillPerTflop.value * chip.tflops.value * chip.prefillFactor.value
}

export function stepConstants(chip: ChipSpec, model: ModelSpec, engine: EngineVersion): StepConstants {
  const tokenNanos = NANOS_PER_SECOND / prefillRate(chip, model)
  return {
    reading: model.reading[engine].value,
    // GB/s and bytes per nanosecond are the same number.
    weightBytesPerNano: BANDWIDTH_SHARE * chip.bandwidth_gbs.value,
    fixedNanos: (chip.tier === 'Ultra' ? FIXED_ULTRA_MS : FIXED_MS) * NANOS_PER_MILLI,
    rowNanos: (ROW_MS * NANOS_PER_MILLI * ROW_TFLOPS) / chip.tflops.value,
    contextNanos:
      ((model.kvReadPer1kTokens_ms.value * NANOS_PER_MILLI) / 1_000) * (KV_BANDWIDTH_GBS / chip.bandwidth_gbs.value),
    tokenNanos,
    squareNanos: tokenNanos / model.prefillHalf.value,
  }
}
