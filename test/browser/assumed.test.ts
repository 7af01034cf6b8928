/** What a run rests on and nobody measured, in a real browser: listed where results show, and beside the Mac it is of. */
import { expect, it } from 'vitest'
import { dashboard } from './driving/dashboard.ts'

const { open } = dashboard()

it('names the derived figures of a chip of the scenario above the results and in the panel of its Mac', async () => {
  const { page, errors } = await open('#/answer?source=scenarios/mac/announced-chip.yaml&arms=open')
  const summary = page.getByRole('button', { name: '4 assumed inputs' })
  await summary.click()
  await expect
    .poll(() => page.getByRole('list', { name: 'Assumed inputs' }).getByRole('listitem').allTextContents())
    .toContainEqual(expect.stringMatching(/^chips\["M6 Max 40c"\]\.tflops 38\.49: derived/))
  await page.getByPlaceholder('Mac, chip or pool').fill('m6')
  const board = page.locator('.lanes').first()
  await board.waitFor()
  // One lane is left.
  await expect
    .poll(async () => {
      await board.click({ position: { x: 400, y: 40 } })
      return page.getByText('M6 Max 40c (derived: matrix_units, tflops').count()
    })
    .toBeGreaterThan(0)
  expect(errors).toEqual([])
  await page.close()
})
