/** The long form of the validation against queueing theory: `fleetlab validate`, row by row. */
import { expect, it } from 'vitest'
import { runValidation } from '../../sim/evidence/validate/validate.ts'

it('passes every row of its long form, within intervals as narrow as promised', async () => {
  const result = await runValidation({ form: 'long' })
  expect(result.rows.filter((row) => !row.passed)).toEqual([])
  expect(result.passed).toBe(true)
})
