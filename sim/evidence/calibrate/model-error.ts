/**
 * How far off the Mac model is where it was not fitted: from the calibration's predicted rows, the factors that runs draw
 * (`physics: {error: calibrated}`). Fitted rows say nothing of that, their errors were made small; they are left out.
 */
import { assert, must } from '../../base/assert.ts'
import type { ErrorResiduals } from '../../catalog/model-error.ts'
import { findChip } from '../../catalog/index.ts'
import { type Experiment, type GroupName, measurements } from '../../catalog/measurements/index.ts'
import { findAnyModel } from '../../catalog/reference-models.ts'
import { stepConstants } from '../../catalog/step-constants.ts'
import { StepLaw } from '../../mac/engine/law/step-law.ts'
import type { CalibrateResult, CalibrationRow } from './calibrate.ts'

const GROUPS: { readonly [error in keyof ErrorResiduals]: readonly GroupName[] } = {
  decode: ['llama.cpp decode', 'decode'],
  prefill: ['llama.cpp prefill', 'prefill'],
  batch: ['batch', 'large batch'],
  load: ['cold load'],
}

/** Predicted rows that compare one thing with another, so that what parts them is no error of the model. */
const OTHER_THINGS: readonly { readonly about: RegExp; readonly why: string }[] = [
  { about: /^llama\.cpp\/\w+ pp512\/M5 /, why: 'predicted as if M5 had no matrix units; the catalog knows of them' },
  {
    about: /27 GB mixture on a 64 GB M3 Max/,
    why: 'one load of the slow tail, which runs draw anyway, against the median',
  },
  { about: /engine preparation/, why: 'a part of a load, of a later program' },
]

/** Measured over simulated, ascending, four digits. */
export function errorResiduals(result: CalibrateResult): ErrorResiduals {
  const of = (error: keyof ErrorResiduals, factor: (row: CalibrationRow, how: Experiment) => number) =>
    result.rows
      .filter((row) => GROUPS[error].includes(row.group) && row.fitted.length === 0)
      .filter((row) => error !== 'load' || experimentOf(row).kind === 'load')
      .filter(({ id }) => !OTHER_THINGS.some(({ about }) => about.test(id)))
      .map((row) => Number(factor(row, experimentOf(row)).toPrecision(4)))
      .toSorted((a, b) => a - b)
  return {
    decode: of('decode', rateFactor),
    prefill: of('prefill', rateFactor),
    batch: of('batch', batchFactor),
    load: of('load', (row) => 1 / rateFactor(row)),
  }
}

/** Left out, and why; for a test that each of them still exists. */
export const leftOut = (result: CalibrateResult): readonly string[] =>
  OTHER_THINGS.map(({ about }) => must(result.rows.find(({ id }) => about.test(id))?.id, `a row like ${about.source}`))

const experimentOf = ({ id }: CalibrationRow): Experiment =>
  must(
    measurements.find((each) => each.id === id),
    `calibrate: ${id} is measured`,
  ).how

/** Of a speed; of a time the speed is the other way round. */
function rateFactor({ measured, simulated, unit }: CalibrationRow): number {
  return unit === 's' || unit === 'ms' ? simulated / measured : measured / simulated
}

/**
 * What the experts and the arithmetic of further rows would have to take, as a multiple of what they take in the model,
 * for the batch to be as fast as it was measured, were all else as the model has it.
 */
function batchFactor({ measured, simulated }: CalibrationRow, how: Experiment): number {
  assert(how.kind === 'decode' || how.kind === 'scaling', 'calibrate: a batch decodes')
  const rows = must(how.rows, 'calibrate: a batch has rows')
  const chip = must(findChip(how.chip), `calibrate: ${how.chip} is in the catalogue`)
  const model = must(findAnyModel(how.model), `calibrate: ${how.model} is in the catalogue`)
  const law = new StepLaw(stepConstants(chip, model, how.engine ?? '2026-07'))
  const further = law.decodeNanos(rows, 0) - law.decodeNanos(1, 0)
  // A gain is over one row of the model, so that it counts as a rate in units of that one's.
  const unit = how.kind === 'decode' ? 1e9 : law.decodeNanos(1, 0)
  return 1 + (unit * rows * (1 / measured - 1 / simulated)) / further
}
