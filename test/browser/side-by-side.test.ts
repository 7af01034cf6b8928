/** A run before a real coordinator and one of the lab, opened together: the files that the command line wrote, of the same scenario. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../sim/cli/main.ts'
import { StandInCoordinator } from '../live/stand-in/coordinator.ts'
import { dashboard } from './driving/dashboard.ts'

/** By the clock on the wall: as short as it can be. */
const SCENARIO = `name: beside
about: Does the lab do what the real one does?
duration: 1.2s
warmup: 0s
engine: 2026-06
models: [gpt-oss-20b]
fleet:
  - id: mac-a
    machine: {chip: M4 Max 40c, memory: 64GB, chassis: Mac Studio, os_memory: 8GB}
    advertises: [gpt-oss-20b]
    resident: [gpt-oss-20b]
demand:
  - arrivals: {poisson: 10/s}
    mix: {gpt-oss-20b: 100%}
    lengths: {prompt: 60, output: 8}
`
const { open } = dashboard()
let folder = ''
const files = (...runs: readonly string[]): string[] =>
  runs.flatMap((run) => ['result.json', 'trace.fleet'].map((name) => join(folder, run, name)))

async function fleetlab(words: readonly string[], signal = new AbortController().signal): Promise<number> {
  const quiet = { print() {}, note() {}, paint: (_: unknown, text: string) => text, width: 120 }
  const console = { ...quiet, progress: () => ({ update() {}, end() {} }) }
  return await main({ arguments: words, worker: undefined, signal, console })
}

/** Makes `macs` (clients and Macs of ours), `clients` (Macs in another process) and `lab`. */
async function makeRuns(): Promise<void> {
  const coordinator = await StandInCoordinator.start()
  const scenario = join(folder, 's.yaml')
  writeFileSync(scenario, SCENARIO)
  const { webSocketUrl, httpUrl } = coordinator
  const keys = ['--key', 'sim-key', '--admin-key', 'sim-admin']
  const serve = ['serve', scenario, '--coordinator', webSocketUrl]
  const play = (run: string): string[] => [...keys, '--out', join(folder, run)]
  expect(await fleetlab([...serve, '--play', httpUrl, ...play('macs')])).toBe(0)
  await coordinator.nextAttested()
  const until = new AbortController()
  const serving = fleetlab([...serve, '--for', '1h'], until.signal)
  await coordinator.nextAttested()
  expect(await fleetlab(['play', scenario, '--to', httpUrl, ...play('clients')])).toBe(0)
  until.abort()
  await serving
  await coordinator.stop()
  expect(await fleetlab(['run', scenario, '--out', join(folder, 'lab')])).toBe(0)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-beside-'))
  await makeRuns()
})
afterAll(() => rmSync(folder, { recursive: true }))

async function opened(
  ...runs: readonly string[]
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const { page, errors } = await open('#/answer')
  await page.locator('input[type=file]').setInputFiles(files(...runs))
  await page.getByText('Does the lab do what the real one does?').waitFor()
  await page.getByText('Runs: 2 finished, rows of 2 here').waitFor()
  return { page, errors }
}

describe('a real run beside one of the lab', () => {
  it('is told apart by name, with its seed, its clock and what was not seen, and its tracks above the other', async () => {
    const { page, errors } = await opened('macs', 'lab')
    await page.getByText('a real coordinator, in real time', { exact: true }).waitFor()
    await page.getByText('one seed, so no intervals').waitFor()
    await page.getByRole('button', { name: /^\W*\d+ warnings?$/ }).click()
    const warnings = page.getByRole('list', { name: 'Warnings' })
    await warnings.getByText(/in real time before a real coordinator/).waitFor()
    // Nobody saw them, so nobody says that there were none.
    expect(await page.getByText(/^0 everywhere:/).textContent()).not.toContain('pool moves')
    const lanes = page.getByRole('region', { name: /^Macs/ })
    for (const run of ['real', 'open']) await lanes.getByText(run, { exact: true }).first().waitFor()
    await page.getByText(/^Of real nobody saw Pools: /).waitFor()
    const plots = (title: string) => page.getByRole('region', { name: title, exact: true }).locator('canvas')
    expect([await plots('Tokens').count(), await plots('Pools').count()]).toEqual([2, 1])
    await page.getByRole('button', { name: 'Where they part' }).click()
    await page.getByText(/The runs part at .* in the order of requests|The two runs never part/).waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('shows what the ledger told of a decision, and no number for what it did not', async () => {
    const { page, errors } = await opened('macs', 'lab')
    await page.getByRole('tab', { name: 'Requests' }).click()
    await page.getByRole('textbox', { name: 'Request' }).fill('0')
    await page.keyboard.press('Enter')
    await page.getByText(/made before a real coordinator. What its ledger told/).waitFor()
    const decided = page.getByRole('region', { name: 'Decision rows' })
    await expect.poll(() => decided.getByRole('row', { name: /^chosen/ }).textContent()).toContain('mac-a')
    await expect.poll(() => decided.getByRole('row', { name: /^near ties/ }).textContent()).toBe('near ties–')
    await expect.poll(() => decided.getByRole('row', { name: /^candidates/ }).textContent()).toBe('candidates1')
    expect(errors).toEqual([])
    await page.close()
  })

  it('knows who delayed whom where the Macs are ours, and says that nobody does where clients alone have seen it', async () => {
    const { page } = await opened('macs', 'lab')
    await page.getByRole('tab', { name: 'Interference' }).click()
    const own = page.getByRole('button', { name: 'gpt-oss-20b delayed by gpt-oss-20b:' })
    await expect.poll(() => own.getAttribute('aria-label')).toMatch(/GPU [\d.]+ m?s/)
    await page.close()
    const { page: other, errors } = await opened('clients', 'lab')
    await other.getByText(/^Of real nobody saw Tokens, Loads, Pools, Builds held and Serving: /).waitFor()
    await other.getByRole('tab', { name: 'Interference' }).click()
    await other.getByText(/Not known: this run was made before a real coordinator/).waitFor()
    expect(await other.getByRole('button', { name: /delayed by/ }).count()).toBe(0)
    expect(errors).toEqual([])
    await other.close()
  })
})
