/** Habits of the whole page: a fast first visit, links that bring back what was seen, keys, focus, narrow screens. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { VIEWS } from '../../ui/state/dashboard.ts'
import { busySecondsOf } from './driving/busy-seconds.ts'
import { dashboard, HEADLINE_QUESTION } from './driving/dashboard.ts'

const PINNED = 'scenarios/pools/pinned-elsewhere.yaml'
/** Of processor; on a quiet machine with a core to itself that is the time until it is seen, at most. */
const FIRST_VISIT_S = 1
const FIRST_LOAD_BYTES = 450_000
const SUMMARY_BYTES = 1_500_000
const { open } = dashboard()

const built = (path: string): string => join('dist/ui', path)

/** Notes when the headline's answer and its figure are there. */
async function watchFirstPaint(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const look = (): void => {
      const arms = document.querySelectorAll('.answer .arm').length
      const dots = document.querySelectorAll('.evidence-figure circle').length
      if (arms === 5 && dots > 100) performance.mark('first-visit')
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
}

describe('the page', () => {
  it('shows the finished headline run after less than a second of work, with less than 450 kB', async () => {
    let busySeconds: (() => Promise<number>) | undefined
    const { page, errors } = await open('', {}, async (fresh) => {
      busySeconds = await busySecondsOf(fresh)
      await watchFirstPaint(fresh)
    })
    await page.waitForFunction(() => performance.getEntriesByName('first-visit').length > 0)
    expect(await busySeconds?.()).toBeLessThan(FIRST_VISIT_S)
    // What is fetched after it, for whoever asks next, keeps nobody waiting.
    const files = await page.evaluate(() => {
      const [{ startTime: shown }] = performance.getEntriesByName('first-visit') as [PerformanceEntry]
      return performance
        .getEntriesByType('resource')
        .filter(({ startTime }) => startTime < shown)
        .map(({ name }) => new URL(name).pathname)
    })
    const code = ['/index.html', ...files.filter((path) => /\.(?:js|css)$/.test(path))]
    expect(code.filter((path) => /yaml-editor|worker/.test(path))).toEqual([])
    const sent = code.reduce((sum, path) => sum + gzipSync(readFileSync(built(path))).length, 0)
    expect(sent).toBeGreaterThan(50_000)
    expect(sent).toBeLessThan(FIRST_LOAD_BYTES)
    const summary = files.find((path) => /headline-.*\.json$/.test(path))!
    expect(statSync(built(summary)).size).toBeLessThan(SUMMARY_BYTES)
    expect(errors).toEqual([])
  })

  it('makes the runs of a link again, with progress, and keeps what it selects', async () => {
    const { page, errors } = await open(`#/requests?source=${PINNED}&arms=open,pools&policy=pools&request=1&theme=dark`)
    await page.getByRole('heading', { name: 'Request 1' }).waitFor()
    const policy = page.getByRole('combobox', { name: 'Policy' })
    await expect.poll(() => policy.locator('option').allTextContents()).toEqual(['open', 'pools'])
    await expect.poll(() => policy.inputValue()).toBe('pools')
    await page.reload()
    await page.getByRole('heading', { name: 'Request 1' }).waitFor()
    await expect.poll(() => page.url()).toContain('arms=open,pools')
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
    expect(errors).toEqual([])
  })

  it('says so when a link leads nowhere, and shows the first visit under it', async () => {
    const { page } = await open('#/answer?source=scenarios/nowhere.yaml')
    await page.getByRole('alert').getByText('scenarios/nowhere.yaml is not there').waitFor()
    await page.getByRole('heading', { name: HEADLINE_QUESTION }).waitFor()
  })

  it('goes back to the data that was shown before a run', async () => {
    const { page } = await open('#/answer')
    await page.getByText('finished run', { exact: true }).waitFor()
    await page.evaluate((path) => (location.hash = `#/answer?source=${path}`), PINNED)
    await page.getByText('run here', { exact: true }).waitFor()
    await page.getByRole('heading', { name: /^The only Mac that has gemma/ }).waitFor()
    // While it runs, what runs stays.
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
    await page.goBack()
    await page.getByText('finished run', { exact: true }).waitFor()
  })

  it('lists its keys on ?, opens views by Alt and a digit, and skips to the view', async () => {
    const { page } = await open('#/answer')
    await page.getByRole('heading', { name: HEADLINE_QUESTION }).waitFor()
    await page.keyboard.press('Tab')
    const skip = page.getByRole('button', { name: 'Skip to Answer' })
    await expect.poll(() => skip.evaluate((element) => element === document.activeElement)).toBe(true)
    await expect.poll(() => skip.evaluate((element) => getComputedStyle(element).outlineStyle)).toBe('solid')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('MAIN')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' })
    for (const [i, view] of VIEWS.entries()) {
      await page.keyboard.press(`Alt+${i + 1}`)
      await page.locator(`#tab-${view}[aria-selected="true"]`).waitFor()
    }
  })

  it('never scrolls sideways at a phone’s width, in any view', async () => {
    const { page } = await open(`#/requests?source=${PINNED}&request=1`, { viewport: { width: 390, height: 844 } })
    await page.getByRole('heading', { name: 'Request 1' }).waitFor()
    for (const view of VIEWS) {
      await page.locator(`#tab-${view}`).click()
      await page.locator('main section, main .empty').first().waitFor()
      await page.locator(`#tab-${view}[aria-selected="true"]`).waitFor()
      const room = () =>
        page.evaluate(() => {
          const main = document.querySelector('main')!
          return { page: document.documentElement.scrollWidth, view: main.scrollWidth - main.clientWidth }
        })
      await expect.poll(room, { message: view }).toEqual({ page: 390, view: 0 })
    }
  })
})
