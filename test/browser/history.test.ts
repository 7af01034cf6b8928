/** Nothing is lost: runs are kept over a reload, compared with before an edit, saved and opened again; a link brings all back. */
import { readFileSync } from 'node:fs'
import type { Locator, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../sim/metrics/result.ts'
import { decodeTraceFile } from '../../sim/trace/file.ts'
import type { Summary } from '../../ui/data/answer/summary.ts'
import { dashboard } from './driving/dashboard.ts'

const SMALL = 'scenarios/pools/pinned-elsewhere.yaml'
const { open, url } = dashboard()

const runButton = (page: Page) => page.getByRole('main').getByRole('button', { name: 'Run', exact: true })
const panel = (page: Page) => page.getByRole('region', { name: 'Runs of this browser' })
const openPanel = (page: Page) => page.getByRole('button', { name: 'Runs', exact: true }).click()

async function saved(page: Page, button: Locator): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()])
  return readFileSync(await download.path())
}

async function savedFromMenu(page: Page, item: string | RegExp): Promise<Buffer> {
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  return saved(page, page.getByRole('region', { name: 'Save' }).getByRole('button', { name: item }))
}

/** At the end of the text. */
async function type(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Scenario as YAML' }).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type(text)
}

describe('the runs of this browser', () => {
  it('are kept over a reload, named, noted, exported, opened from the file, and deleted', async () => {
    const { page, errors } = await open(`#/answer?source=${SMALL}&arms=open,pools`)
    await page.getByText('Runs: 2 finished').waitFor()
    const verdict = await page.getByRole('list', { name: 'Arms' }).textContent()
    const entry = panel(page).getByRole('listitem')
    // It is listed when it is written down.
    await openPanel(page)
    await expect.poll(() => entry.count()).toBe(1)
    await page.goto(`${url()}#/answer`)
    await page.reload()
    await page.getByText('finished run', { exact: true }).waitFor()
    await openPanel(page)
    await expect.poll(() => entry.count()).toBe(1)
    await entry.getByRole('textbox', { name: /^Name of the run/ }).fill('the small one')
    await entry.getByRole('textbox', { name: /^Note on/ }).fill('one Mac <b>only</b>')
    await entry.getByRole('button', { name: 'Pin' }).click()
    await entry.getByRole('button', { name: 'Pinned' }).waitFor()
    await page.reload()
    await openPanel(page)
    await expect.poll(() => entry.getByRole('textbox', { name: /^Name of the run/ }).inputValue()).toBe('the small one')
    await expect.poll(() => entry.getByRole('textbox', { name: /^Note on/ }).inputValue()).toBe('one Mac <b>only</b>')
    await entry.getByRole('button', { name: 'Pinned' }).waitFor()
    const exported = await saved(page, entry.getByRole('button', { name: 'Export' }))
    const summary = JSON.parse(exported.toString()) as Summary
    expect(summary.runs.map(({ policy }) => policy)).toEqual(['open', 'pools'])
    await entry.getByRole('button', { name: 'Open' }).click()
    await page.getByText('pinned-elsewhere', { exact: true }).waitFor()
    expect(await page.getByRole('list', { name: 'Arms' }).textContent()).toBe(verdict)
    await openPanel(page)
    await entry.getByRole('button', { name: 'Delete' }).click()
    await panel(page).getByText('None yet.').waitFor()
    await page.reload()
    await page
      .locator('input[type=file]')
      .setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: exported })
    await page.getByText('pinned-elsewhere', { exact: true }).waitFor()
    await expect.poll(() => page.getByRole('list', { name: 'Arms' }).textContent()).toBe(verdict)
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('are the baseline of an edited scenario, with a warning that says what else differs', async () => {
    const { page, errors } = await open(`#/run?source=${SMALL}&arms=open`)
    await page.getByText(/1 Macs/).waitFor()
    await runButton(page).click()
    await page.getByText('Runs: 1 finished').waitFor()
    await page.getByRole('tab', { name: 'Scenario' }).click()
    await type(page, '\nnetwork: {one_way: 80ms}\n')
    await expect.poll(() => runButton(page).isEnabled()).toBe(true)
    await runButton(page).click()
    await openPanel(page)
    await expect.poll(() => panel(page).getByRole('listitem').count()).toBe(2)
    await panel(page).getByText('· edited').waitFor()
    await panel(page).getByRole('listitem').nth(1).getByRole('button', { name: 'Baseline' }).click()
    const arms = page.getByRole('list', { name: 'Arms' }).getByRole('button')
    await expect.poll(() => arms.allTextContents()).toEqual(['open', expect.stringMatching(/^open of \d{4}-/)])
    await expect.poll(() => page.getByRole('combobox', { name: 'Baseline' }).inputValue()).toMatch(/^open of \d{4}-/)
    await page.getByRole('button', { name: /warning/ }).click()
    await page
      .getByRole('listitem')
      .getByText('the scenarios differ in more than the arm: network.one_way absent → "80ms"')
      .waitFor()
    expect(errors).toEqual([])
    await page.context().close()
  })
})

describe('the rows of runs', () => {
  it('stay with what is shown after many runs, and are made again for what is not kept', async () => {
    const { page, errors } = await open(`#/run?source=${SMALL}&arms=open`)
    await page.getByText(/1 Macs/).waitFor()
    for (let time = 0; time < 5; time += 1) {
      await page.getByRole('tab', { name: 'Scenario' }).click()
      await runButton(page).click()
      await page.getByText('Runs: 1 finished').waitFor()
    }
    await page.getByRole('tab', { name: 'Requests' }).click()
    await page.getByRole('gridcell', { name: 'mac-a' }).first().waitFor()
    expect(await page.locator('.notice').count()).toBe(0)
    expect(errors).toEqual([])
    await page.context().close()
  })
})

describe('nothing is lost', () => {
  it('by a bad seed list: it is refused while finished results stay', async () => {
    const { page } = await open(`#/answer?source=${SMALL}&arms=open,pools`)
    await page.getByText('Runs: 2 finished').waitFor()
    await page.getByRole('tab', { name: 'Scenario' }).click()
    await page.getByRole('textbox', { name: 'Seeds' }).fill('1-x')
    await runButton(page).click()
    await page.getByRole('alert').getByText('seeds 1-x: must be such as 1-10 or 1,2,5, each once').first().waitFor()
    await page.getByRole('tab', { name: 'Answer' }).click()
    await page.getByText('Runs: 2 finished').waitFor()
    await page.context().close()
  })

  it('of an edited scenario without being asked', async () => {
    const { page } = await open(`#/run?source=${SMALL}`)
    await page.getByText(/1 Macs/).waitFor()
    await type(page, '\n# mine\n')
    const asked: string[] = []
    let accept = false
    page.on('dialog', (dialog) => {
      asked.push(dialog.message())
      void (accept ? dialog.accept() : dialog.dismiss())
    })
    const choice = page.getByRole('combobox', { name: 'Scenario' })
    await choice.selectOption('scenarios/mac/two-models-one-gpu.yaml')
    await expect.poll(() => asked.length).toBe(1)
    expect(asked[0]).toBe(`${SMALL} was edited and neither run nor saved. Leave it?`)
    await expect.poll(() => choice.inputValue()).toBe(SMALL)
    await page.reload({ timeout: 3_000 }).catch(() => {})
    expect(asked.length).toBe(2)
    accept = true
    await choice.selectOption('scenarios/mac/two-models-one-gpu.yaml')
    await expect.poll(() => choice.inputValue()).toBe('scenarios/mac/two-models-one-gpu.yaml')
    await page.context().close()
  })

  it('of what is on screen: saved as files that are the command line’s', async () => {
    const { page, errors } = await open(`#/answer?source=${SMALL}&arms=open,pools&policy=pools`)
    await page.getByText('Runs: 2 finished').waitFor()
    expect((await savedFromMenu(page, 'Scenario as YAML')).toString()).toBe(readFileSync(SMALL, 'utf8'))
    const result = JSON.parse((await savedFromMenu(page, /^result\.json of pools/)).toString()) as RunResult
    expect(result.policy.name).toBe('pools')
    const trace = await decodeTraceFile(new Uint8Array(await savedFromMenu(page, /^trace\.fleet of pools/)))
    if (!trace.ok) throw new Error(trace.error)
    expect(trace.value.header).toMatchObject({ scenario: 'pinned-elsewhere', policy: 'pools', digest: result.digest })
    expect(trace.value.store.rows).toBe(result.events)
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('by a link: it brings back edit, arm, seed, playhead, window and hidden arms', async () => {
    const { page } = await open(`#/run?source=${SMALL}&arms=open,pools`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    await page.getByText(/1 Macs/).waitFor()
    await type(page, '\nnetwork: {one_way: 80ms}\n')
    await expect.poll(() => runButton(page).isEnabled()).toBe(true)
    await runButton(page).click()
    await page.getByText('Runs: 2 finished').waitFor()
    await page.evaluate(() => (location.hash += '&at=40&from=10&to=90&policy=pools&hide=pools'))
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByRole('button', { name: 'Link to what is on screen' }).click()
    await page.getByText('The link is copied').waitFor()
    const link = await page.evaluate(() => navigator.clipboard.readText())
    for (const part of ['edit=', 'at=40', 'from=10&to=90', 'policy=pools', 'hide=pools', 'arms=open,pools'])
      expect(link).toContain(part)
    const { page: other } = await open(link.slice(link.indexOf('#')))
    await other.getByText('Runs: 2 finished').waitFor()
    await expect.poll(() => other.url()).toBe(link)
    await other.getByRole('tab', { name: 'Scenario' }).click()
    await other.getByText('network: {one_way: 80ms}').waitFor()
    await Promise.all([page.context().close(), other.context().close()])
  })
})
