/** The factors that runs draw are the calibration's residuals, and say of the Macs what they are called after. */
import { describe, expect, it } from 'vitest'
import { CALIBRATED_ERRORS, MODEL_ERRORS, constantsUnder } from '../../../sim/catalog/model-error.ts'
import { findChip, findModel } from '../../../sim/catalog/index.ts'
import { stepConstants } from '../../../sim/catalog/step-constants.ts'
import { calibrate } from '../../../sim/evidence/calibrate/calibrate.ts'
import { errorResiduals, leftOut } from '../../../sim/evidence/calibrate/model-error.ts'
import { StepLaw } from '../../../sim/mac/engine/law/step-law.ts'

const further = (law: StepLaw): number => law.decodeNanos(8, 0) - law.decodeNanos(1, 0)

const result = calibrate()
const residuals = errorResiduals(result)

/** As the formatter writes it: numbers fill the lines. */
function fileOf(lists: Readonly<Record<string, readonly number[]>>): string {
  const entries = Object.entries(lists).map(([name, values]) => {
    const lines = ['']
    for (const value of values) {
      const last = lines.at(-1)!
      const longer = last === '' ? String(value) : `${last}, ${value}`
      // With its indentation and the comma behind it.
      if (longer.length + 5 <= 120) lines[lines.length - 1] = longer
      else lines.push(String(value))
    }
    const inOne = `  "${name}": [${values.join(', ')}],`
    return inOne.length <= 120 ? inOne.slice(0, -1) : `  "${name}": [\n    ${lines.join(',\n    ')}\n  ]`
  })
  return `{\n${entries.join(',\n')}\n}\n`
}

describe('the model’s errors', () => {
  it('are shipped as the calibration has them (`vitest -u` writes them anew)', async () => {
    await expect(fileOf(residuals)).toMatchFileSnapshot('../../../sim/catalog/model-error.json')
    expect(CALIBRATED_ERRORS).toEqual(residuals)
  })

  it('are those of every predicted row of their groups but the few that compare one thing with another', () => {
    const predicted = (...groups: readonly string[]) =>
      result.rows.filter((row) => groups.includes(row.group) && row.fitted.length === 0).length
    const matrixUnits = result.rows.filter(({ id }) => /^llama\.cpp\/\w+ pp512\/M5 /.test(id)).length
    expect(residuals.decode.length).toBe(predicted('llama.cpp decode', 'decode'))
    expect(residuals.prefill.length).toBe(predicted('llama.cpp prefill', 'prefill') - matrixUnits)
    expect(residuals.batch.length).toBe(predicted('batch', 'large batch'))
    expect(residuals.load.length).toBe(predicted('cold load') - 2)
    expect(leftOut(result).length).toBe(3)
  })

  it('are positive, ascending, and none turns a Mac into another kind of machine', () => {
    for (const error of MODEL_ERRORS) {
      const values = residuals[error]
      expect([error, values]).toEqual([error, values.toSorted((a, b) => a - b)])
      expect([error, values[0]! > 0.2 && values.at(-1)! < 5]).toEqual([error, true])
    }
  })

  it('bring a predicted row to its measured figure when it is played with its own', () => {
    const chip = findChip('M4 Max 40c')!
    const model = findModel('gpt-oss-20b')!
    const row = result.rows.find(({ id }) => id === 'batch/gpt-oss-20b mlx-lm x32/M4 Max 40c')!
    // 32 rows without context: 293 tok/s measured.
    const { batch } = errorResiduals({ ...result, rows: [row] })
    const error = { decode: 1, prefill: 1, batch: batch[0]!, load: 1 }
    const law = new StepLaw(constantsUnder(error, 1)(chip, model, '2026-07'))
    expect(Math.abs(32e9 / law.decodeNanos(32, 32 * 64) / 293 - 1)).toBeLessThan(0.003)
  })

  it('of decode stretch every decode step by as much, of prefill no decode step, of batch nothing of one row', () => {
    const chip = findChip('M2 Max 38c')!
    const model = findModel('gemma-4-26b-8bit')!
    const plain = new StepLaw(stepConstants(chip, model, '2026-06'))
    const under = (error: Partial<Record<(typeof MODEL_ERRORS)[number], number>>) =>
      new StepLaw(constantsUnder({ decode: 1, prefill: 1, batch: 1, load: 1, ...error }, 1)(chip, model, '2026-06'))
    for (const rows of [1, 2, 8, 24]) {
      const step = plain.decodeNanos(rows, rows * 4_000, rows * 1_024)
      expect(under({ decode: 0.5 }).decodeNanos(rows, rows * 4_000, rows * 1_024) / step).toBeCloseTo(2, 4)
      expect(under({ prefill: 0.5 }).decodeNanos(rows, rows * 4_000, rows * 1_024)).toBe(step)
    }
    expect(under({ prefill: 0.5 }).spanNanos(0, 2_048) / plain.spanNanos(0, 2_048)).toBeCloseTo(2, 4)
    expect(under({ batch: 1.5 }).decodeNanos(1, 4_000)).toBe(plain.decodeNanos(1, 4_000))
    expect(further(under({ batch: 1.5 })) / further(plain)).toBeCloseTo(1.5, 4)
    expect(constantsUnder(undefined, 1)).toBe(stepConstants)
  })
})
