/** Fleet in a real browser: a file of the command line's, a comparison in step, and a day of 500 Macs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Console } from '../../sim/cli/console.ts'
import { main } from '../../sim/cli/main.ts'
import { encodeTraceFile } from '../../sim/trace/file.ts'
import { A_DAY, dayHeader, fleetDay } from '../ui/fleet-day.ts'
import { busySecondsOf, dashboard, runAll } from './dashboard.ts'

const { open } = dashboard()
const SCENARIO = 'scenarios/pools/pinned-elsewhere.yaml'
/** Fewer than a full day's, so that the suite stays fast; `ui:frames` takes them all. */
const DAY = { ...A_DAY, requests: 25_000 }
let folder = ''

beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fleet-test-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const board = (page: Page) => page.locator('.lanes').first()
const slider = (page: Page) => page.getByRole('slider', { name: 'Playhead' })
const stateNow = (page: Page) => page.getByRole('group', { name: 'Macs by state now' }).first()
const drawn = (page: Page) =>
  board(page)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())

async function openFiles(page: Page, paths: readonly string[]): Promise<void> {
  await page.locator('input[type=file]').setInputFiles([...paths])
  await page.getByText('opened', { exact: true }).waitFor()
  await page.getByRole('tab', { name: 'Fleet' }).click()
  await stateNow(page).waitFor()
}

async function compared(page: Page): Promise<void> {
  await runAll(page, 3, 'Fleet')
  await stateNow(page).waitFor()
}

describe('the fleet', () => {
  it('opens the trace.fleet that `run --out` writes, and one of its Macs', async () => {
    const out = join(folder, 'run')
    const console: Console = {
      print() {},
      note() {},
      paint: (_, text) => text,
      width: 80,
      progress: () => ({ update() {}, end() {} }),
    }
    const run = ['run', SCENARIO, '--policy', 'open', '--out', out]
    expect(await main({ arguments: run, console, signal: new AbortController().signal, worker: undefined })).toBe(0)
    const { page, errors } = await open()
    await openFiles(page, [join(out, 'trace.fleet')])
    await slider(page).fill('38')
    await stateNow(page).getByText('1 decode').waitFor()
    await board(page).click({ position: { x: 400, y: 40 } })
    const panel = page.getByRole('region', { name: 'mac-a' })
    await panel.getByRole('heading', { name: 'Requests sent here' }).waitFor()
    await panel.getByText('1 – 2 of 2').waitFor()
    await expect.poll(() => page.url()).toContain('machine=0')
    await panel.getByRole('cell', { name: 'gemma-4-26b-qat-4bit' }).click()
    await page.getByRole('tab', { name: 'Requests', selected: true }).waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('plays two policies in step, zooms both by wheel and keys, and keeps it all in the address', async () => {
    const { page, errors } = await open(`#/run?source=${SCENARIO}`)
    await page.getByText(/1 Macs/).waitFor()
    await compared(page)
    await page.getByRole('combobox', { name: /^beside/ }).selectOption('pools-afe8135')
    await stateNow(page).waitFor()
    await expect.poll(() => page.locator('.lanes').count()).toBe(2)
    const before = await drawn(page)
    const { width } = (await board(page).boundingBox())!
    await board(page).hover({ position: { x: width / 2, y: 60 } })
    await page.mouse.wheel(0, -400)
    await page.getByRole('button', { name: 'Show all' }).waitFor()
    await expect.poll(() => drawn(page)).not.toBe(before)
    await expect.poll(() => page.url()).toMatch(/beside=pools-afe8135/)
    await expect.poll(() => page.url()).toMatch(/from=[\d.]+&to=[\d.]+/)
    await page.locator('.lane-tooltip').getByText('mac-a').waitFor()
    await board(page).press('Escape')
    await page.getByRole('button', { name: 'Show all' }).waitFor({ state: 'detached' })
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('300')
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[type=range]')!.value === '120')
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('finds Macs by name, and by key', async () => {
    const { page } = await open(`#/run?source=${SCENARIO}`)
    await page.getByText(/1 Macs/).waitFor()
    await compared(page)
    await page.getByRole('searchbox', { name: 'Filter Macs' }).fill('nobody')
    await page.getByText('No Mac has that name.').waitFor()
    await page.getByRole('searchbox', { name: 'Filter Macs' }).fill('m4')
    await page.getByText('1 of 1 Macs').waitFor()
    await board(page).focus()
    await page.keyboard.press('ArrowDown')
    await page.locator('.lane-tooltip').getByText('mac-a').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'mac-a' }).waitFor()
    await page.close()
  })

  it('stays smooth over a day of 500 Macs', async () => {
    const file = join(folder, 'day.fleet')
    writeFileSync(file, await encodeTraceFile(fleetDay(DAY), dayHeader(DAY, 'made-up')))
    const { page, errors } = await open()
    await openFiles(page, [file])
    await page.getByText('500 of 500 Macs').waitFor()
    const busySeconds = await busySecondsOf(page)
    await board(page).hover({ position: { x: 60, y: 8 } })
    const before = await busySeconds()
    const box = (await board(page).boundingBox())!
    let picture = await drawn(page)
    const changes = async (): Promise<void> => {
      await expect.poll(() => drawn(page)).not.toBe(picture)
      picture = await drawn(page)
    }
    await page.mouse.down()
    for (let i = 1; i <= 60; i += 1) {
      await page.mouse.move(box.x + 60 + i * 15, box.y + 8)
      if (i % 20 === 0) await changes()
    }
    await page.mouse.up()
    for (let i = 0; i < 12; i += 1) await page.mouse.wheel(0, -90)
    await changes()
    await page.getByRole('button', { name: 'Show all' }).waitFor()
    // Of 72 movements: at 30 ms each the eye would see them lag.
    expect((await busySeconds()) - before).toBeLessThan(72 * 0.03)
    expect(errors).toEqual([])
    await page.close()
  })
})
