/** The dashboard in a real browser: the first visit, a run whose digest is the command line's, mistakes, cancelling. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findPolicy } from '../../sim/policy/index.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'
import { dashboard } from './dashboard.ts'

const SMALL = 'scenarios/pools/pinned-elsewhere.yaml'
const HEADLINE = 'scenarios/headline/gpt-oss-vs-gemma.yaml'
const { open } = dashboard()

const run = (page: Page) => page.getByRole('main').getByRole('button', { name: 'Run', exact: true })

async function digestInNode(policy: string): Promise<string> {
  const loaded = await loadScenario(SMALL, { read: async (path) => readFileSync(path, 'utf8'), resolve: (_, to) => to })
  if (!loaded.ok) throw new Error('the small scenario loads')
  const seed = loaded.value.scenario.seed
  const { result } = await simulate({ scenario: loaded.value, policy: findPolicy(policy)!, policyName: policy, seed })
  return result.digest
}

describe('the dashboard', () => {
  it('shows the finished headline run within two seconds of a first visit', async () => {
    const { page, errors } = await open()
    await page.getByRole('heading', { name: 'goodput · gpt-oss-20b', exact: true }).waitFor({ timeout: 2_000 })
    await page.getByRole('group', { name: /^TTFT of gpt-oss-20b/ }).waitFor({ timeout: 2_000 })
    expect(errors).toEqual([])
    await page.close()
  })

  it('runs a scenario to the digests that Node computes', async () => {
    const { page, errors } = await open(`#/run?source=${SMALL}`)
    await run(page).click()
    const digests = page.locator('[data-digest]')
    await digests.nth(2).waitFor({ timeout: 20_000 })
    expect(await digests.nth(0).getAttribute('data-digest')).toBe(await digestInNode('open'))
    expect(await digests.nth(1).getAttribute('data-digest')).toBe(await digestInNode('pools-afe8135'))
    await page.getByRole('tab', { name: 'Requests' }).click()
    await page.getByRole('cell', { name: 'mac-a' }).first().waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('says what is wrong with a scenario, and where, while it is edited', async () => {
    const { page } = await open(`#/run?source=${SMALL}`)
    await page.getByText(/1 Macs/).waitFor()
    const editor = page.getByRole('textbox', { name: 'Scenario as YAML' })
    await editor.click()
    await page.keyboard.press('Control+Home')
    await page.keyboard.type('durration: 5m\n')
    const problem = page.getByRole('alert').getByText(`${SMALL}:1:1`)
    await problem.waitFor()
    expect(await problem.textContent()).toMatch(/durration/)
    await page.locator('.cm-lint-marker-error').first().waitFor()
    expect(await run(page).isDisabled()).toBe(true)
    await page.close()
  })

  it('cancels a run, says so, and can run again', async () => {
    const { page } = await open(`#/run?source=${HEADLINE}`)
    await run(page).click()
    await page
      .getByRole('main')
      .getByText(/[1-9]\d* % · open, seed 1/)
      .waitFor({ timeout: 20_000 })
      .catch(() => {})
    await page.getByRole('main').getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled. Finished runs are kept.').waitFor({ timeout: 3_000 })
    expect(await run(page).isEnabled()).toBe(true)
    await page.close()
  })

  it('goes back to the view before, and keeps view and theme over a reload', async () => {
    const { page } = await open('#/overview?theme=dark')
    await page.getByRole('tab', { name: 'Compare' }).click()
    await page.getByRole('heading', { name: 'Figures' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Figures' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
    await page.goBack()
    await page.getByRole('heading', { name: 'goodput · gpt-oss-20b', exact: true }).waitFor()
    await page.close()
  })

  it('opens a result by the file dialog, and refuses what it does not know', async () => {
    const { page } = await open()
    const input = page.locator('input[type=file]')
    await input.setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') })
    await page
      .getByRole('alert')
      .getByText(/x.json has no `format`/)
      .waitFor()
    await input.setInputFiles({ name: 'mine.yaml', mimeType: 'text/yaml', buffer: readFileSync(SMALL) })
    await page.getByText(/1 Macs/).waitFor()
    await page.close()
  })
})
