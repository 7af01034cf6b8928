/** A policy written in the page, in a real browser: judged while it is typed, run to the command line's digest, under `view`'s own rules. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { resolvePolicy } from '../../sim/cli/policy-files/policy-source.ts'
import { main } from '../../sim/cli/main.ts'
import { policyText } from '../../sim/lab/policy/policy-text.ts'
import { policyOf } from '../../sim/lab/policy/policy-parameters.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { simulate } from '../../sim/simulation.ts'
import { dashboard, sharedBrowser, unfold } from './driving/dashboard.ts'

const SMALL = 'scenarios/pools/pinned-elsewhere.yaml'
const { open } = dashboard()
let folder = ''
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fleetlab-policy-'))))
afterAll(() => rmSync(folder, { recursive: true }))

async function digestInNode(text: string): Promise<string> {
  const path = join(folder, 'mine.ts')
  writeFileSync(path, text)
  const source = await resolvePolicy(path)
  const policy = source.ok ? policyOf(source.value) : source
  if (!policy.ok) throw new Error(JSON.stringify(policy.error))
  const loaded = await loadScenario(SMALL, { read: async (each) => readFileSync(each, 'utf8'), resolve: (_, to) => to })
  if (!loaded.ok) throw new Error('the small scenario loads')
  const options = { scenario: loaded.value, policy: policy.value, policyName: './mine.ts', seed: 1 }
  return (await simulate(options)).result.digest
}

async function visit(url: string): Promise<void> {
  const page = await (await sharedBrowser()).newPage()
  const complaints: string[] = []
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${url}#/run?source=${SMALL}&arms=open`)
  await page.getByText(/1 Macs/).waitFor()
  const hostile = policyText('mine').replace('one line for reports', '<img src=x onerror=alert(1)>')
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'mine.ts', mimeType: 'text/plain', buffer: Buffer.from(hostile) })
  await page.getByText('it bundles, and its surfaces are in order').waitFor()
  await page.getByRole('main').getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText('Runs: 2 finished').waitFor()
  await page.getByRole('button', { name: /^PNG of Evidence/ }).waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
}

describe('a policy in the page', () => {
  it('is written beside the scenario, judged while it is typed, and runs to the digest of Node', async () => {
    const { page, errors } = await open(`#/run?source=${SMALL}`)
    await page.getByText(/1 Macs/).waitFor()
    await page.getByRole('button', { name: 'Write a policy' }).click()
    await page.getByText('it bundles, and its surfaces are in order').waitFor()
    const editor = page.getByRole('textbox', { name: 'Policy mine.ts' })
    await editor.click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('\nconst luck = Math.random()\n')
    await page
      .getByRole('alert')
      .getByText(
        /^\.\/mine\.ts:\d+ failed while it was loaded: ForbiddenInPolicyError: a policy may not use Math\.random/,
      )
      .waitFor()
    await page.keyboard.press('Control+a')
    await page.keyboard.press('Delete')
    await page.keyboard.insertText(policyText('mine'))
    await page.getByText('it bundles, and its surfaces are in order').waitFor()
    await page.getByRole('main').getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByText('Runs: 4 finished').waitFor()
    await unfold(page, 'Runs: 4 finished')
    const row = page.getByRole('row', { name: /^\.\/mine\.ts/ })
    expect(await row.locator('[data-digest]').getAttribute('data-digest')).toBe(await digestInNode(policyText('mine')))
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('is opened from a file, and runs under the content security policy of `view` without a complaint', async () => {
    const stop = new AbortController()
    let served: Promise<void> = Promise.resolve()
    const code = await main({
      arguments: ['view', '--port', '0'],
      worker: undefined,
      signal: stop.signal,
      console: {
        print: (text) => void (served = visit(text.trim()).finally(() => stop.abort())),
        note() {},
        paint: (_, text) => text,
        width: 80,
        progress: () => ({ update() {}, end() {} }),
      },
    })
    await served
    expect(code).toBe(0)
  })
})
