/** The overview in a real browser: every chart of a small comparison, zoom by hand and by key, arms left out and back. */
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { dashboard, drag } from './dashboard.ts'

const SMALL = 'scenarios/pools/pinned-elsewhere.yaml'
const { open } = dashboard()

let page: Page
let errors: readonly string[]

// One run serves all: each test leaves the page as it found it.
beforeAll(async () => {
  const opened = await open(`#/run?source=${SMALL}`)
  page = opened.page
  errors = opened.errors
  await page.getByRole('main').getByRole('button', { name: 'Run', exact: true }).click()
  await page.locator('[data-digest]').nth(2).waitFor()
  await page.getByRole('tab', { name: 'Overview' }).click()
  await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor()
})

const windowOf = (of: Page): [string | null, string | null] => {
  const query = new URLSearchParams(new URL(of.url()).hash.split('?')[1] ?? '')
  return [query.get('from'), query.get('to')]
}

describe('the overview', () => {
  it('shows each figure of a comparison over time, refusals by reason and pools', async () => {
    for (const model of ['gpt-oss-20b', 'gemma-4-26b-qat-4bit']) {
      for (const chart of ['TTFT', 'Goodput', 'Decode rate', 'Served tokens'])
        await page.getByRole('group', { name: new RegExp(`^${chart} of ${model} over time`) }).waitFor()
    }
    for (const chart of ['Loads', 'Pool moves', 'Queue'])
      await page.getByRole('group', { name: new RegExp(`^${chart} over time`) }).waitFor()
    await page.getByRole('group', { name: /^Providers of pool gpt-oss-20b over time/ }).waitFor()
    await page.getByRole('group', { name: /^429 of gemma-4-26b-qat-4bit under pools-afe8135 by reason/ }).waitFor()
    await page.getByRole('button', { name: 'pool_exhausted' }).waitFor()
    await page.getByText('No 429 under open, pools-switched-off.').waitFor()
    await page.getByRole('heading', { name: 'goodput · gpt-oss-20b', exact: true }).waitFor()
    expect(errors).toEqual([])
  })

  it('zooms every chart by a drag, counts the window, and shows all again', async () => {
    const chart = page.getByRole('group', { name: /^TTFT of gpt-oss-20b over time/ })
    await drag(page, chart, { from: 0.3, to: 0.6, y: 60 })
    await page.getByRole('heading', { name: /^Window 0:\d\d – 1:\d\d$/ }).waitFor()
    const [from, to] = windowOf(page).map(Number)
    expect(from).toBeGreaterThan(15)
    expect(from).toBeLessThan(40)
    expect(to).toBeGreaterThan(55)
    expect(to).toBeLessThan(85)
    const row = page.getByRole('row', { name: /gemma-4-26b-qat-4bit pools-afe8135/ })
    await expect
      .poll(() => row.getByRole('cell').allTextContents())
      .toEqual(['gemma-4-26b-qat-4bit', 'pools-afe8135', '1', '0', '100.00 %', '0.00 %', '0'])
    await page.getByRole('button', { name: 'Show all' }).click()
    await expect.poll(() => windowOf(page)).toEqual([null, null])
    await page.goBack()
    await expect.poll(() => Number(windowOf(page)[0])).toBeCloseTo(from ?? 0, 2)
    await page.getByRole('button', { name: 'Show all' }).click()
  })

  it('moves its window in the strip, by hand and by key', async () => {
    const strip = page.getByRole('group', { name: /^Window of time/ })
    const shown = () => windowOf(page).map(Number).map(Math.round)
    await drag(page, strip, { from: 0.25, to: 0.5, y: 15 })
    await expect.poll(shown).toEqual([30, 60])
    await drag(page, strip, { from: 0.4, to: 0.65, y: 15 })
    await expect.poll(shown).toEqual([60, 90])
    await drag(page, strip, { from: 0.75, to: 0.875, y: 15 })
    await expect.poll(shown).toEqual([60, 105])
    await strip.focus()
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => Number(windowOf(page)[0])).toBeLessThan(58)
    await page.keyboard.press('Escape')
    await expect.poll(() => windowOf(page)).toEqual([null, null])
  })

  it('leaves an arm out of every chart, and a link remembers it', async () => {
    const chart = page.getByRole('group', { name: /^TTFT of gpt-oss-20b over time/ })
    const values = async (): Promise<string> => {
      const { width } = (await chart.boundingBox())!
      await chart.hover({ position: { x: width * 0.3, y: 80 } })
      const text = await page.locator('.tooltip').textContent()
      await page.mouse.move(0, 0)
      await page.locator('.tooltip').waitFor({ state: 'detached' })
      return text ?? ''
    }
    await expect.poll(values).toMatch(/open p50.*pools-afe8135 p50/)
    await page.getByRole('button', { name: 'open', exact: true }).first().click()
    await expect.poll(() => page.url()).toContain('hide=open')
    await expect.poll(values).not.toMatch(/open p50/)
    await page.getByRole('button', { name: 'open', exact: true }).first().click()
    await expect.poll(values).toMatch(/open p50/)
    await chart.locator('xpath=..').getByRole('button', { name: 'p95' }).click()
    await expect.poll(values).not.toMatch(/p95/)
  })

  it('fits a phone', async () => {
    const { page: phone } = await open('#/overview', { viewport: { width: 390, height: 800 } })
    await phone.getByRole('heading', { name: 'Fleet', exact: true }).waitFor()
    await expect.poll(() => phone.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    const view = phone.locator('main')
    await expect
      .poll(() => view.evaluate((element) => element.scrollWidth - element.clientWidth))
      .toBeLessThanOrEqual(1)
    await phone.close()
  })
})
