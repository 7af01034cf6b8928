/** Interference in a real browser: the matrix, its window, what is behind a cell, two policies, a result without rows. */
import type { Page } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { findPolicy } from '../../sim/policy/index.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'
import { dashboard, drag, runAll } from './driving/dashboard.ts'

const SHARED_GPU = 'scenarios/mac/two-models-one-gpu.yaml'
const PINNED = 'scenarios/pools/pinned-elsewhere.yaml'
const { open } = dashboard()

const cell = (page: Page, victim: string, culprit: string) =>
  page.getByRole('button', { name: `${victim} delayed by ${culprit}:` })

describe('interference', () => {
  it('opens the requests behind a cell, and narrows to the window that is dragged', async () => {
    const { page, errors } = await open(`#/run?source=${SHARED_GPU}`)
    await runAll(page, 1, 'Interference')
    const neighbour = cell(page, 'gpt-oss-20b', 'gemma-4-26b-qat-4bit')
    await neighbour.waitFor()
    await expect.poll(() => neighbour.getAttribute('aria-label')).toMatch(/GPU [\d.]+ m?s/)
    await page.getByRole('radio', { name: 'heat' }).check({ force: true })
    await expect.poll(() => page.url()).toContain('cause=thermal')
    await page.getByRole('radio', { name: 'GPU' }).check({ force: true })
    await neighbour.click()
    await expect.poll(() => page.url()).toContain('victim=gpt-oss-20b&culprit=gemma-4-26b-qat-4bit&cause=gpu')
    const requests = page.getByRole('region', { name: /^Requests where gpt-oss-20b delayed by gemma/ })
    await requests.getByRole('cell', { name: 'mac-a' }).first().waitFor()

    const chart = page.getByRole('group', { name: /^Delay per served request under open/ })
    await drag(page, chart, { from: 0.06, to: 0.25, y: 40 })
    // The delayed request arrived at 40 s, after the window.
    await page.getByText('No request was delayed so in this window.').waitFor()
    await page.getByRole('button', { name: 'Show all' }).click()
    await requests.getByRole('cell', { name: 'mac-a' }).first().click()
    await page.waitForURL(/#\/requests.*request=\d+/)
    await page.goBack()
    await requests.waitFor()
    await page
      .getByRole('region', { name: /^Macs where/ })
      .getByRole('cell', { name: 'mac-a' })
      .click()
    await page.waitForURL(/machine=0/)
    await page.getByRole('complementary', { name: 'Details' }).getByRole('region', { name: 'mac-a' }).waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('shows two policies side by side on one scale', async () => {
    const { page } = await open(`#/run?source=${PINNED}`)
    await runAll(page, 3, 'Interference')
    await page.getByLabel('Beside').selectOption('pools-afe8135')
    await expect.poll(() => page.url()).toContain('beside=pools-afe8135')
    await page.getByRole('heading', { name: 'Delay under pools-afe8135' }).waitFor()
    // The pools refuse gemma: nothing was served, so nothing was delayed.
    const gemma = cell(page, 'gemma-4-26b-qat-4bit', 'gemma-4-26b-qat-4bit')
    await expect.poll(() => gemma.count()).toBe(2)
    await expect.poll(() => gemma.nth(0).getAttribute('aria-label')).toMatch(/load [\d.]+ s/)
    await expect.poll(() => gemma.nth(1).getAttribute('aria-label')).toMatch(/: 0$/)
    await page.close()
  })

  it('tells the whole run from a result alone, and says so', async () => {
    const { page } = await open()
    const files = { read: async (path: string) => readFileSync(path, 'utf8'), resolve: (_: string, to: string) => to }
    const loaded = await loadScenario(SHARED_GPU, files)
    if (!loaded.ok) throw new Error('the small scenario loads')
    const scenario = loaded.value
    const { result } = await simulate({ scenario, policy: findPolicy('open')!, policyName: 'open', seed: 1 })
    const buffer = Buffer.from(JSON.stringify({ ...result, meta: {} }))
    await page.locator('input[type=file]').setInputFiles({ name: 'r.json', mimeType: 'application/json', buffer })
    await page.getByText('two-models-one-gpu').first().waitFor()
    await page.getByRole('tab', { name: 'Interference' }).click()
    await page.getByText(/From the result alone: the whole run after warm-up/).waitFor()
    await cell(page, 'gpt-oss-20b', 'gemma-4-26b-qat-4bit').waitFor()
    await page.getByText('nobody’s fault', { exact: false }).waitFor()
    await page.close()
  })
})
