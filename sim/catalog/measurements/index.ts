/** Every published measurement the Mac model is held against. */
import { findChip } from '../chips.ts'
import { batchRows } from './batch.ts'
import { conditionRows } from './conditions.ts'
import { decodeRows } from './decode.ts'
import { type LlamaRow, llamaRows } from './llama-cpp.ts'
import type { PublishedMeasurement } from './measurement.ts'
import { prefillRows } from './prefill.ts'
import { serviceRows } from './service.ts'

export type { Experiment, PublishedFigure, GroupName, PublishedMeasurement } from './measurement.ts'
export { type LlamaRow, llamaRows } from './llama-cpp.ts'

const SOURCE = 'ggml-org/llama.cpp discussion 4167, mac-provider 2.1'
const MATRIX_DECODE = 'reaches all of its nominal bandwidth and pays less per token; no earlier family does'
const BASE_M1 = 'the M1 reaches 0.60 of its arithmetic, every later chip 0.69 to 0.79'
const FEW_CORES = '48 cores draw 0.74 of the bandwidth that 64 draw 0.80 of; the law has one share for both'
const MATRIX_UNITS = 'matrix units that no family before had; predicted from shader cores'

/** What is known about the rows that a prediction from other families misses. */
function reasonOf(chip: string, quantisation: LlamaRow['quantisation'], prefill: boolean): string | undefined {
  if (findChip(chip)?.matrixUnits.value) return prefill ? MATRIX_UNITS : MATRIX_DECODE
  if (prefill && (chip === 'M1 7c' || chip === 'M1 8c')) return BASE_M1
  if (!prefill && chip === 'M1 Ultra 48c' && quantisation === 'f16') return FEW_CORES
  return undefined
}

const llama: readonly PublishedMeasurement[] = llamaRows.map(({ chip, quantisation, test, tps }) => {
  const prefill = test === 'pp512'
  const model = `llama-2-7b-${quantisation}`
  return {
    id: `llama.cpp/${quantisation} ${test}/${chip}`,
    group: prefill ? 'llama.cpp prefill' : 'llama.cpp decode',
    measured: tps,
    unit: 'tok/s',
    how: prefill ? { kind: 'prefill', model, chip, tokens: 512 } : { kind: 'decode', model, chip },
    source: SOURCE,
    fitted: [],
    note: reasonOf(chip, quantisation, prefill),
  }
})

export const measurements: readonly PublishedMeasurement[] = [
  ...llama,
  ...decodeRows,
  ...batchRows,
  ...prefillRows,
  ...serviceRows,
  ...conditionRows,
]
