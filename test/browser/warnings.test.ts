/** Warnings in a real browser: one line under the answer, in words when it is opened; and none where there is none. */
import axe from 'axe-core'
import { describe, expect, it } from 'vitest'
import { dashboard } from './driving/dashboard.ts'

const REFUSED = 'scenarios/review/F06-unrelated-models.yaml'
const WELL = 'scenarios/mac/two-models-one-gpu.yaml'
const { open } = dashboard()

describe('warnings', () => {
  it('are one line with a count, opened on demand, and axe finds nothing serious in them', async () => {
    const { page, errors } = await open(`#/answer?source=${REFUSED}&arms=pools-c636354,open`)
    const line = page.getByRole('button', { name: /^\W*\d+ warnings$/ })
    await line.waitFor()
    const list = page.getByRole('list', { name: 'Warnings' })
    expect(await list.count()).toBe(0)
    const counted = Number(/\d+/.exec((await line.textContent())!)?.[0])
    await line.click()
    await expect
      .poll(() => list.getByRole('listitem').allTextContents())
      .toContainEqual(
        expect.stringMatching(
          /never got a request \(mac-a\): .* kept them for another pool; look at policies, .* \(arm pools-c636354\)$/,
        ),
      )
    expect(await list.getByRole('listitem').count()).toBe(counted)
    await page.evaluate(axe.source)
    for (const theme of ['light', 'dark']) {
      await page.getByRole('combobox', { name: 'Theme' }).selectOption(theme)
      const serious = (): Promise<readonly string[]> =>
        page.evaluate(async () => {
          const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run('.answer')
          return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id)
        })
      await expect.poll(serious).toEqual([])
    }
    expect(errors).toEqual([])
    await page.close()
  })

  it('are absent from runs in which all is well', async () => {
    const { page } = await open(`#/answer?source=${WELL}&arms=open`)
    await page.getByText('Runs: 1 finished').waitFor()
    expect(await page.getByRole('button', { name: /warning/ }).count()).toBe(0)
    await page.close()
  })
})
