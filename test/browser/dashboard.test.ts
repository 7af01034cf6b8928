/** The dashboard in a real browser: a run whose digest is the command line's, mistakes, cancelling. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { findPolicy } from '../../sim/policy/index.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'
import { dashboard, HEADLINE_QUESTION, unfold } from './driving/dashboard.ts'

const SMALL = 'scenarios/pools/pinned-elsewhere.yaml'
/** Minutes of work on any machine, so that there is always a middle to stop in. */
const LONG = `
name: long
duration: 60h
models: [gpt-oss-20b]
fleet:
  - {count: 4, machine: {chip: M3 Ultra 80c, memory: 256GB}, advertises: [gpt-oss-20b]}
demand:
  - arrivals: {poisson: 1/s}
    mix: {gpt-oss-20b: 100%}
    lengths: {prompt: 600, output: 200}
policies: [open]
`
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
  it('runs a scenario to the digests that Node computes', async () => {
    const { page, errors } = await open(`#/run?source=${SMALL}`)
    await run(page).click()
    await page.getByText('Runs: 3 finished').waitFor()
    await unfold(page, 'Runs: 3 finished')
    const digests = page.locator('[data-digest]')
    expect(await digests.nth(0).getAttribute('data-digest')).toBe(await digestInNode('open'))
    expect(await digests.nth(1).getAttribute('data-digest')).toBe(await digestInNode('pools-afe8135'))
    await page.getByRole('tab', { name: 'Requests' }).click()
    await page.getByRole('gridcell', { name: 'mac-a' }).first().waitFor()
    expect(errors).toEqual([])
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
    await expect.poll(() => problem.textContent()).toMatch(/durration/)
    await page.locator('.cm-lint-marker-error').first().waitFor()
    await expect.poll(() => run(page).isDisabled()).toBe(true)
  })

  it('cancels a run in its middle, keeps no half of it, and can run again', async () => {
    const { page } = await open('#/run')
    const given = { name: 'long.yaml', mimeType: 'text/yaml', buffer: Buffer.from(LONG) }
    await page.locator('input[type=file]').setInputFiles(given)
    await page.getByText(/4 Macs/).waitFor()
    for (let time = 0; time < 2; time += 1) {
      await page.getByRole('tab', { name: 'Scenario' }).click()
      await run(page).click()
      const tools = page.getByRole('banner')
      await tools.getByText(/^[1-9]\d? % · open, seed 1$/).waitFor()
      await tools.getByRole('button', { name: 'Cancel' }).click()
      await page.getByText('Cancelled. Finished runs are kept.').waitFor()
      await expect.poll(() => page.getByRole('progressbar').count()).toBe(0)
      await page.getByText('No run has anything to show yet.').waitFor()
      expect(await page.locator('[data-digest]').count()).toBe(0)
    }
  })

  it('goes back to the page before, and keeps page and theme over a reload', async () => {
    const { page } = await open('#/answer?theme=dark')
    await page.getByRole('heading', { name: HEADLINE_QUESTION }).waitFor()
    await page.getByRole('tab', { name: 'Interference' }).click()
    await page.getByRole('heading', { name: HEADLINE_QUESTION }).waitFor({ state: 'detached' })
    await page.reload()
    await page.getByRole('tab', { name: 'Interference', selected: true }).waitFor()
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark')
    await page.goBack()
    await page.getByRole('heading', { name: HEADLINE_QUESTION }).waitFor()
  })

  it('opens a result by the file dialog, and refuses what it does not know', async () => {
    const { page } = await open()
    const input = page.locator('input[type=file]')
    await input.setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') })
    await page
      .getByRole('alert')
      .getByText(/x\.json looks like no log we know; its fields are a/)
      .waitFor()
    await input.setInputFiles({ name: 'mine.yaml', mimeType: 'text/yaml', buffer: readFileSync(SMALL) })
    await page.getByText(/1 Macs/).waitFor()
  })
})
