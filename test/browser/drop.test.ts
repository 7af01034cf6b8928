/** Files dropped onto the page as a hand drops them: real drag events that carry the files. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dashboard } from './driving/dashboard.ts'
import { compareInNode, runInNode } from './driving/node-run.ts'

const SCENARIO = 'scenarios/mac/two-models-one-gpu.yaml'
const { open } = dashboard()
let folder = ''

interface Dropped {
  readonly name: string
  readonly base64: string
}

async function drop(page: Page, files: readonly Dropped[]): Promise<void> {
  const carried = await page.evaluateHandle((given) => {
    const transfer = new DataTransfer()
    for (const { name, base64 } of given)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name))
    return transfer
  }, files)
  await page.dispatchEvent('main', 'dragover', { dataTransfer: carried })
  await page.getByText('Drop result.json, compare.json, trace.fleet or a scenario').waitFor()
  await page.dispatchEvent('main', 'drop', { dataTransfer: carried })
}

const file = (...path: string[]): Dropped => ({
  name: basename(path.at(-1)!),
  base64: readFileSync(join(folder, ...path)).toString('base64'),
})
const text = (name: string, content: string): Dropped => ({ name, base64: Buffer.from(content).toString('base64') })

describe('a dropped file', () => {
  let page: Page
  let errors: readonly string[]
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fleetlab-drop-'))
    await runInNode(SCENARIO, 'open', join(folder, 'run'))
    await compareInNode('scenarios/pools/pinned-elsewhere.yaml', join(folder, 'compared'))
    ;({ page, errors } = await open('#/answer'))
    await page.getByText('gpt-oss-vs-gemma', { exact: true }).waitFor()
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('that is a result shows its figures, and says that its rows are not in it', async () => {
    await drop(page, [file('run', 'result.json')])
    await page.getByText('two-models-one-gpu', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'Requests' }).click()
    await page.getByText(/Only this run’s result was opened/).waitFor()
  })

  it('that is a trace shows its requests, and says why it cannot explain', async () => {
    await drop(page, [file('run', 'trace.fleet')])
    await page.getByRole('grid', { name: 'Requests' }).waitFor()
    await page.getByRole('textbox', { name: 'Request' }).fill('3')
    await page.keyboard.press('Enter')
    await page.getByText(/This run was opened from a file/).waitFor()
    await page.getByText('fleetlab run SCENARIO --policy open --seed 1 --explain 3').waitFor()
    const decided = page.getByRole('region', { name: 'Decision rows' })
    await expect.poll(() => decided.getByRole('row', { name: /^chosen/ }).textContent()).toContain('mac-a')
  })

  it('that is a comparison shows its table, and the back button leads to what was open before', async () => {
    await drop(page, [file('compared', 'compare.json')])
    await page.getByText('pinned-elsewhere', { exact: true }).waitFor()
    await page.getByRole('group', { name: /^Evidence figure/ }).waitFor()
    await page.goBack()
    await page.getByText('two-models-one-gpu', { exact: true }).waitFor()
    await page.getByRole('heading', { name: 'Request 3' }).waitFor()
  })

  it.each([
    ['notes.txt', 'hello', /notes\.txt is not something the dashboard knows; it opens result\.json/],
    ['broken.json', '{"format":', /broken\.json is not valid JSON/],
    ['other.json', '{"format":"x/9"}', /other\.json is of format "x\/9"/],
    ['cut.fleet', 'FLEETTR1\u0005', /cut\.fleet: not a trace\.fleet file/],
    ['empty.json', '', /empty\.json is empty/],
  ])('that is none of these is refused by name: %s', async (name, content, message) => {
    await drop(page, [text(name, content)])
    await page.getByRole('alert').getByText(message).waitFor()
    await page.getByText('two-models-one-gpu', { exact: true }).waitFor()
    expect(errors).toEqual([])
  })

  it('that is a log is imported, and replayed at a press on the Macs of a shipped scenario', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `2026-06-21 12:00:${String(10 + i)}.5+00:00,${100 + i},${20 + i}`)
    await drop(page, [text('log.csv', ['TIMESTAMP,ContextTokens,GeneratedTokens', ...rows, 'cut'].join('\n'))])
    const report = page.getByRole('region', { name: 'Imported log' })
    await report.getByText(/40 requests in 39 s from 2026-06-21T12:00:10.500000Z on/).waitFor()
    await report.getByText(/1 row cannot be read: cut off/).waitFor()
    const replay = report.getByRole('button', { name: 'Replay it' })
    await expect.poll(() => replay.isEnabled()).toBe(true)
    await page.getByRole('textbox', { name: 'Seeds' }).fill('1')
    await replay.click()
    await page.getByText('log', { exact: true }).waitFor()
    // Its runs are all there.
    await page.getByText(/^Runs: \d+ finished, rows of/).waitFor()
    await page.getByRole('button', { name: 'Run', exact: true }).first().waitFor()
    expect(errors).toEqual([])
  })

  it('that is a log of which nobody can tell the zone is refused with the question', async () => {
    const rows = ['1,2026-06-21 12:00:00,m,1,2', '2,2026-06-21 12:00:01,m,1,2']
    await drop(page, [
      text('spend.csv', ['request_id,startTime,model,prompt_tokens,completion_tokens', ...rows].join('\n')),
    ])
    await page
      .getByRole('alert')
      .getByText(/spend\.csv times have no zone; say which one with --zone/)
      .waitFor()
  })
})
