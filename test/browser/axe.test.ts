/** No serious violation of accessibility in any view, in either theme, as axe sees it. */
import axe from 'axe-core'
import { expect, it } from 'vitest'
import { VIEWS } from '../../ui/state/dashboard.ts'
import { dashboard } from './dashboard.ts'

const { open } = dashboard()

it.each(['light', 'dark'])('finds nothing serious in any view in the %s theme', async (theme) => {
  const { page } = await open(`#/overview?theme=${theme}`)
  await page.getByRole('heading', { name: 'goodput · gpt-oss-20b', exact: true }).waitFor()
  await page.evaluate(axe.source)
  for (const view of VIEWS) {
    await page.locator(`#tab-${view}`).click()
    await page.locator(`main section, main .empty`).first().waitFor()
    const found = await page.evaluate(async () => {
      const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(
          ({ id, nodes }) =>
            `${id}: ${nodes
              .map((node) => node.target.join(' '))
              .slice(0, 3)
              .join(', ')}`,
        )
    })
    expect(found, view).toEqual([])
  }
  await page.close()
})
