/** No serious violation of accessibility in any view with data in it, in either theme, as axe sees it. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { VIEWS } from '../../ui/state/dashboard.ts'
import { dashboard } from './driving/dashboard.ts'

const SOURCE = 'scenarios/mac/two-models-one-gpu.yaml'
const { open } = dashboard()
let page: Page

beforeAll(async () => {
  ;({ page } = await open(`#/requests?source=${SOURCE}&arms=open,pools&request=3`))
  await page.getByRole('heading', { name: 'Request 3' }).waitFor()
  await page.getByRole('button', { name: 'Explain request 3' }).click()
  await page.getByRole('region', { name: 'Explanation' }).waitFor()
  // All runs are there, and with them the comparison.
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
  await page.evaluate(axe.source)
})

async function seriousIn(part: string): Promise<readonly string[]> {
  return page.evaluate(async (selector) => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(selector, {
      resultTypes: ['violations'],
    })
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map((node) => node.target.join(' '))
            .slice(0, 3)
            .join(', ')}`,
      )
  }, part)
}

const themes = ['light', 'dark'] as const

it.each(themes.flatMap((theme) => VIEWS.map((view) => [view, theme] as const)))(
  'finds nothing serious in %s in the %s theme',
  async (view, theme) => {
    await page.getByRole('combobox', { name: 'Theme' }).selectOption(theme)
    await page.locator(`#tab-${view}`).click()
    await page.locator('main section').first().waitFor()
    await expect.poll(() => seriousIn('body')).toEqual([])
  },
)

it.each(themes)('finds nothing serious in the list of keys in the %s theme', async (theme) => {
  await page.getByRole('combobox', { name: 'Theme' }).selectOption(theme)
  await page.getByRole('button', { name: 'Keys' }).click()
  await page.getByRole('dialog', { name: 'Keys' }).waitFor()
  await expect.poll(() => seriousIn('dialog')).toEqual([])
  await page.getByRole('dialog', { name: 'Keys' }).getByRole('button', { name: 'Close' }).click()
})
