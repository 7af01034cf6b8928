/** Warnings in a real browser: where results show, in words, reachable as a region; and nowhere when there is none. */
import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { dashboard } from './dashboard.ts'

const REFUSED = 'scenarios/review/F06-unrelated-models.yaml'
const WELL = 'scenarios/mac/two-models-one-gpu.yaml'
const { open } = dashboard()

describe('the list of warnings', () => {
  it('stands where results show, and axe finds nothing serious in it', async () => {
    const { page, errors } = await open(`#/overview?source=${REFUSED}&arms=pools-c636354,open`)
    const list = page.getByRole('region', { name: /^\W*\d+ warnings$/ })
    for (const view of ['overview', 'compare', 'run']) {
      await page.locator(`#tab-${view}`).click()
      await list.waitFor()
      await expect
        .poll(() => list.getByRole('listitem').allTextContents())
        .toContainEqual(
          expect.stringMatching(
            /never got a request \(mac-a\): .* kept them for another pool; look at policies, .* \(arm pools-c636354\)$/,
          ),
        )
    }
    await page.evaluate(axe.source)
    for (const theme of ['light', 'dark']) {
      await page.getByRole('combobox', { name: 'Theme' }).selectOption(theme)
      const serious = (): Promise<readonly string[]> =>
        page.evaluate(async () => {
          const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run('.warnings')
          return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id)
        })
      await expect.poll(serious).toEqual([])
    }
    expect(errors).toEqual([])
    await page.close()
  })

  it('is absent from runs in which all is well', async () => {
    const { page } = await open(`#/overview?source=${WELL}&arms=open`)
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor()
    await expect.poll(() => page.locator('.warnings').count()).toBe(0)
    await page.close()
  })
})
