/**
 * What llama.cpp makes of a chip, learnt from other families of chips: a family's own figures never enter its prediction.
 * Ultra parts, whose two dies reach less, form a class of their own.
 *
 *   milliseconds per token = bytes / (share x bandwidth) + fixed (1.4 GHz/clock)^3
 *   prompt tokens per second = rate x TFLOP/s
 *
 * Both by least squares of relative errors, so that slow chips count as much as fast ones.
 */
import { assert, must } from '../../base/assert.ts'
import { findChip } from '../../catalog/index.ts'
import type { ChipSpec } from '../../catalog/chip.ts'
import { type LlamaRow, llamaRows } from '../../catalog/measurements/index.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import { findAnyModel } from '../../catalog/reference-models.ts'
import { clockSlowness, type StepConstants, stepConstants } from '../../catalog/step-constants.ts'

export interface LlamaFit {
  readonly share: number
  /** At 1.4 GHz. */
  readonly fixed_ms: number
  /** Prompt tokens per second and TFLOP/s, by quantisation. */
  readonly rate: { readonly [quantisation in LlamaRow['quantisation']]: number }
  /** Chips whose figures went in. */
  readonly chips: number
}

const chipOf = (row: LlamaRow): ChipSpec => must(findChip(row.chip), `calibrate: ${row.chip} is in the catalogue`)
const isUltra = (chip: ChipSpec): boolean => chip.tier === 'Ultra'
const bytesOf = (row: LlamaRow): number =>
  must(findAnyModel(`llama-2-7b-${row.quantisation}`), 'calibrate: the reference models are complete').diskBytes.value

/** Fitted on every chip of the same class but those of this one's generation. */
export function fitWithout(chip: ChipSpec): LlamaFit {
  const rows = llamaRows.filter((row) => {
    const other = chipOf(row)
    // What matrix units make of a chip belongs to no class.
    return other.generation !== chip.generation && !other.matrixUnits.value && isUltra(other) === isUltra(chip)
  })
  const decode = fitDecode(rows.filter((row) => row.test === 'tg128'))
  const prompts = rows.filter((row) => row.test === 'pp512')
  const rate = { f16: fitRate(prompts, 'f16'), q8_0: fitRate(prompts, 'q8_0'), q4_0: fitRate(prompts, 'q4_0') }
  return { ...decode, rate, chips: new Set(rows.map((row) => row.chip)).size }
}

/** Minimises the sum of (1 - a x - b y)^2 with x = bytes/bandwidth and y the clock's part, both over the measured milliseconds. */
function fitDecode(rows: readonly LlamaRow[]): { readonly share: number; readonly fixed_ms: number } {
  let xx = 0
  let xy = 0
  let yy = 0
  let x1 = 0
  let y1 = 0
  for (const row of rows) {
    const measured_ms = 1_000 / row.tps
    const x = bytesOf(row) / 1e6 / chipOf(row).bandwidth_gbs.value / measured_ms
    const y = clockSlowness(chipOf(row)) / measured_ms
    xx += x * x
    xy += x * y
    yy += y * y
    x1 += x
    y1 += y
  }
  const determinant = xx * yy - xy * xy
  assert(determinant > 0, 'calibrate: sizes and bandwidths differ between rows')
  return { share: determinant / (x1 * yy - y1 * xy), fixed_ms: (xx * y1 - xy * x1) / determinant }
}

function fitRate(rows: readonly LlamaRow[], quantisation: LlamaRow['quantisation']): number {
  let sum = 0
  let squares = 0
  for (const row of rows) {
    if (row.quantisation !== quantisation) continue
    const inverse = chipOf(row).shaderTflops.value / row.tps
    sum += inverse
    squares += inverse * inverse
  }
  return sum / squares
}

/** The catalogue's constants with what a fit says in place of llama.cpp's own. */
export function fittedConstants(
  fit: LlamaFit,
  chip: ChipSpec,
  model: ModelSpec,
  quantisation: LlamaRow['quantisation'],
): StepConstants {
  const tokenNanos = 1e9 / (fit.rate[quantisation] * chip.shaderTflops.value)
  return {
    ...stepConstants(chip, model, '2026-06'),
    weightBytesPerNano: fit.share * chip.bandwidth_gbs.value,
    fixedNanos: fit.fixed_ms * clockSlowness(chip) * 1e6,
    tokenNanos,
    squareNanos: 0,
  }
}
