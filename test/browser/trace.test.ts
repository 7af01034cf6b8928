/** The trace in a real browser: tracks, lanes, drawer, populations, on a file of the command line's, on runs made here, and on a day of 500 Macs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeTraceFile } from '../../sim/trace/file.ts'
import { A_DAY, dayHeader, fleetDay } from '../ui/fleet-day.ts'
import { busySecondsOf } from './driving/busy-seconds.ts'
import { dashboard, drag, saved } from './driving/dashboard.ts'
import { runInNode } from './driving/node-run.ts'

const { open } = dashboard()
const PINNED = 'scenarios/pools/pinned-elsewhere.yaml'
const NEW_BUILD = 'scenarios/rollout/new-build.yaml'
/** Fewer than a full day's, so that the suite stays fast; `ui:frames` takes them all. */
const DAY = { ...A_DAY, requests: 25_000 }
let folder = ''

beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'trace-test-'))))
afterAll(() => rmSync(folder, { recursive: true }))

const trace = (page: Page) => page.getByRole('region', { name: 'Trace', exact: true })
const track = (page: Page, title: string) => trace(page).locator(`section[aria-label="${title}"]`)
const plots = (page: Page, title: string) => track(page, title).locator('[data-track], .track-plot')
const lanes = (page: Page) => page.locator('.lanes').last()
const drawer = (page: Page) => page.getByRole('complementary', { name: 'Details' })
const slider = (page: Page) => page.getByRole('slider', { name: 'Playhead' })
const stateNow = (page: Page) => page.getByRole('group', { name: 'Macs by state now' }).last()
const pictureOf = (canvas: Locator) => canvas.evaluate((element: HTMLCanvasElement) => element.toDataURL())
const drawn = (page: Page) => pictureOf(lanes(page).locator('canvas'))

async function openFiles(page: Page, paths: readonly string[]): Promise<void> {
  await page.locator('input[type=file]').setInputFiles([...paths])
  await stateNow(page).waitFor()
}

describe('the trace', () => {
  it('opens the trace.fleet that `run --out` writes, one of its Macs, and a request from there', async () => {
    const out = join(folder, 'run')
    await runInNode(PINNED, 'open', out)
    const { page, errors } = await open('#/answer')
    await openFiles(page, [join(out, 'trace.fleet')])
    await slider(page).fill('38')
    await stateNow(page).getByText('1 decode').waitFor()
    await lanes(page).click({ position: { x: 400, y: 20 } })
    const panel = drawer(page).getByRole('region', { name: 'mac-a' })
    await panel.getByRole('heading', { name: 'Requests sent here' }).waitFor()
    await panel.getByText('1 – 2 of 2').waitFor()
    await expect.poll(() => page.url()).toContain('machine=0')
    await panel.getByRole('cell', { name: 'gemma-4-26b-qat-4bit' }).click()
    await drawer(page)
      .getByRole('heading', { name: /^Request \d/ })
      .waitFor()
    await expect.poll(() => page.url()).toContain('request=')
    // Stations: the coordinator, then the attempt on its Mac, and from there to the Mac itself.
    const stations = drawer(page).getByRole('group', { name: 'Stations of the request' })
    await stations.getByText('Coordinator').waitFor()
    await stations.getByRole('button', { name: 'Next station' }).click()
    await stations.getByText('Attempt 0 on mac-a').waitFor()
    await stations.getByRole('button', { name: 'Open the Mac' }).click()
    await panel.waitFor()
    await drawer(page).getByRole('button', { name: '← Back' }).click()
    await stations.waitFor()
    await drawer(page).getByRole('button', { name: 'Close details' }).click()
    await expect.poll(() => drawer(page).count()).toBe(0)
    await expect.poll(() => page.url()).not.toContain('request=')
    expect(errors).toEqual([])
    await page.close()
  })

  it('shows two arms on one axis, zooms both by wheel and keys, plays, and keeps it all in the address', async () => {
    const { page, errors } = await open(`#/answer?source=${PINNED}&policy=pools-afe8135`)
    await stateNow(page).waitFor()
    await expect.poll(() => page.locator('.lanes').count()).toBe(2)
    await expect.poll(() => plots(page, 'Arrivals').count()).toBe(2)
    const before = await drawn(page)
    const { width } = (await lanes(page).boundingBox())!
    await lanes(page).hover({ position: { x: width / 2, y: 20 } })
    await page.locator('.lane-tooltip').getByText('mac-a').waitFor()
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, -400)
    await page.keyboard.up('Control')
    await page.getByRole('button', { name: 'Show all' }).waitFor()
    await expect.poll(() => drawn(page)).not.toBe(before)
    await expect.poll(() => page.url()).toMatch(/from=[\d.]+&to=[\d.]+/)
    await lanes(page).press('Escape')
    await page.getByRole('button', { name: 'Show all' }).waitFor({ state: 'detached' })
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('300')
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[type=range]')!.value === '120')
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor()
    // As a difference there is one plot per track; alone, one of the chosen arm.
    await page.getByRole('radio', { name: 'difference' }).check({ force: true })
    await expect.poll(() => plots(page, 'Arrivals').count()).toBe(1)
    await page.getByRole('radio', { name: 'alone' }).check({ force: true })
    await expect.poll(() => page.locator('.lanes').count()).toBe(1)
    expect(errors).toEqual([])
    await page.close()
  })

  it('goes to the first decision in which two runs part, and opens its request', async () => {
    const { page } = await open(`#/answer?source=${PINNED}&policy=pools-afe8135`)
    await stateNow(page).waitFor()
    const part = page.getByRole('button', { name: 'Where they part' })
    await expect.poll(() => part.isEnabled()).toBe(true)
    await part.click()
    await page.getByText(/The runs part at .* after \d+ decisions alike/).waitFor()
    await drawer(page).getByRole('heading', { name: 'Request 0' }).waitFor()
    // The same request of the other run stays that one's over a reload.
    await page
      .locator('.lanes')
      .first()
      .click({ position: { x: 400, y: 20 } })
    await drawer(page).getByRole('region', { name: 'mac-a' }).getByRole('cell', { name: 'gpt-oss-20b' }).first().click()
    await expect.poll(() => page.url()).toMatch(/request=\d&of=open\/1/)
    const words = await drawer(page).textContent()
    await page.reload()
    await expect.poll(() => drawer(page).textContent()).toBe(words)
    await page.close()
  })

  it('saves a track and the lanes as SVG that stands alone, as PNG twice as sharp, as CSV, and shows them as tables', async () => {
    const { page, errors } = await open(`#/answer?source=${PINNED}&policy=pools-afe8135`)
    await expect.poll(() => plots(page, 'Arrivals').count()).toBe(2)
    await expect.poll(() => lanes(page).count()).toBe(1)
    for (const title of ['Arrivals', 'Macs']) {
      const file = (kind: string) => saved(page, page.getByRole('button', { name: `${kind} of ${title}`, exact: true }))
      const svg = await file('SVG')
      expect(svg.name).toBe(`pinned-elsewhere-${title}-open-pools-afe8135-seed-1.svg`)
      const { texts, size, images } = await page.evaluate((source) => {
        const root = new DOMParser().parseFromString(source, 'image/svg+xml').documentElement
        return {
          texts: [...root.querySelectorAll('text')].map((each) => each.textContent),
          size: ['width', 'height'].map((name) => Number(root.getAttribute(name))),
          images: [...root.querySelectorAll('image')].map((each) => each.getAttribute('href')?.slice(0, 22)),
        }
      }, svg.bytes.toString())
      // Title, scenario, both runs, the axis and the legend.
      expect(texts).toEqual(
        expect.arrayContaining([
          `${title} · open, pools-afe8135, seed 1`,
          expect.stringContaining('pinned-elsewhere; '),
          'open',
          'pools-afe8135',
          '0:00',
          'gemma-4-26b-qat-4bit',
        ]),
      )
      expect(images.every((href) => href === 'data:image/png;base64,')).toBe(true)
      expect(images.length > 0).toBe(title === 'Macs')
      expect(svg.bytes.toString()).not.toContain('var(')
      const png = (await file('PNG')).bytes
      expect([...png.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47])
      expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(size.map((pixels) => 2 * pixels))
      const csv = (await file('CSV')).bytes.toString().trim().split('\n')
      expect(csv[0]).toBe(
        title === 'Macs'
          ? 'run,mac,from_s,to_s,state,build,pool,heat_pct,memory_pct,waiting'
          : 'run,from_s,interval_s,gemma-4-26b-qat-4bit,gpt-oss-20b',
      )
      const runs = new Set(csv.slice(1).map((line) => line.split(',')[0]))
      expect([...runs]).toEqual(['open seed 1', 'pools-afe8135 seed 1'])
    }
    await page.getByRole('region', { name: 'Macs' }).getByRole('button', { name: 'Table' }).click()
    await drawer(page).getByRole('cell', { name: 'mac-a' }).first().waitFor()
    await page.getByRole('button', { name: 'Table of Arrivals' }).click()
    await drawer(page).getByRole('heading', { name: 'Arrivals · open' }).waitFor()
    await page.getByRole('button', { name: 'Close details' }).click()
    // Chosen in the open page, a theme draws what it draws from the start.
    const arrivals = plots(page, 'Arrivals').first().locator('canvas')
    const light = await pictureOf(arrivals)
    await page.getByRole('combobox', { name: 'Theme' }).selectOption('dark')
    await expect.poll(() => pictureOf(arrivals)).not.toBe(light)
    const dark = await pictureOf(arrivals)
    await page.reload()
    // Out of sight nothing is painted, and a page that is still growing may come back at its top.
    await arrivals.scrollIntoViewIfNeeded()
    await expect.poll(() => pictureOf(arrivals)).toBe(dark)
    expect(errors).toEqual([])
    await page.close()
  })

  it('finds Macs by name, and by key', async () => {
    const { page } = await open(`#/answer?source=${PINNED}`)
    await stateNow(page).waitFor()
    await page.getByRole('searchbox', { name: 'Filter Macs' }).fill('nobody')
    await page.getByText('No Mac has that name.').first().waitFor()
    await page.getByRole('searchbox', { name: 'Filter Macs' }).fill('m4')
    await page.getByText('1 of 1 Macs').waitFor()
    await lanes(page).focus()
    await page.keyboard.press('ArrowDown')
    await page.locator('.lane-tooltip').getByText('mac-a').waitFor()
    await page.keyboard.press('Enter')
    await drawer(page).getByRole('region', { name: 'mac-a' }).waitFor()
    await page.close()
  })

  it('tells in what the requests of a brushed region differ, and leads to them', async () => {
    const { page, errors } = await open(`#/answer?source=${NEW_BUILD}`)
    await stateNow(page).waitFor()
    await page.waitForFunction(() => document.querySelector('[role="progressbar"]') === null)
    await drag(page, plots(page, 'TTFT').last(), { from: 0.3, to: 0.52, y: 4 })
    // A stroke along the top holds nobody; one through the middle does.
    await drawer(page).getByText('No request lies in this region.').waitFor()
    const plot = plots(page, 'TTFT').last()
    const box = (await plot.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.3, box.y + 8)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.52, box.y + box.height - 8, { steps: 4 })
    await page.mouse.up()
    const findings = drawer(page).getByRole('region', { name: 'In what they differ', exact: true }).last()
    const first = findings.locator('tbody tr').first()
    await first.waitFor()
    const words = await first.textContent()
    expect(words).toMatch(/slot found|Mac|ended/)
    expect(words).toMatch(/[+-][\d.]+ … [+-]?[\d.]+ points/)
    await drawer(page)
      .getByText(/In this region lie .* under pools-afe8135 and .* under open/)
      .waitFor()
    // The address holds the region and whose it is.
    await expect.poll(() => page.url()).toMatch(/of=[\w-]+\/1&region=\d+,\d+,\d+,\d+/)
    await page.reload()
    await expect.poll(() => first.textContent()).toBe(words)
    await first.click()
    await drawer(page).getByRole('region', { name: 'Requests of the region' }).locator('tbody tr').first().click()
    await drawer(page)
      .getByRole('heading', { name: /^Request \d/ })
      .waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('marks what the operator changed through every track, goes from moment to moment, and lists who drained and who loaded', async () => {
    const { page, errors } = await open(`#/answer?source=${NEW_BUILD}&policy=open`)
    await stateNow(page).waitFor()
    await page.waitForFunction(() => document.querySelector('[role="progressbar"]') === null)
    await page.getByRole('button', { name: 'Next moment' }).click()
    await expect.poll(() => slider(page).inputValue()).toBe('600')
    await page.getByRole('button', { name: /10:00 set_alias gemma-4-26b/ }).click()
    await expect.poll(() => page.url()).toMatch(/from=528&to=888/)
    await page.getByRole('button', { name: 'Changes', exact: true }).click()
    const changes = drawer(page).getByRole('region', { name: 'Changes under open', exact: true })
    await changes.getByRole('cell', { name: 'offered no longer: superseded' }).first().waitFor()
    await drawer(page)
      .getByText(/\d of 3 Macs changed what they hold/)
      .waitFor()
    await drawer(page).getByText('No label changed').waitFor()
    await page.getByRole('radio', { name: 'unloads 1' }).first().check({ force: true })
    await expect.poll(() => changes.getByRole('row').count()).toBe(2)
    await changes.getByRole('cell', { name: 'evicted for another build' }).click()
    await drawer(page).getByRole('heading', { name: 'Label changes' }).waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('is of use without a timeline: says there is none, and shows labels and pools', async () => {
    const { page, errors } = await open(`#/answer?source=${PINNED}&policy=pools-afe8135`)
    await stateNow(page).waitFor()
    await page.getByText('no timeline and no fault').waitFor()
    await track(page, 'Labels moved').waitFor()
    await track(page, 'Pools').waitFor()
    await page.getByRole('button', { name: 'Changes', exact: true }).click()
    const labels = drawer(page).getByRole('region', { name: 'Labels by surface under pools-afe8135' })
    await labels.getByRole('cell', { name: 'heartbeat' }).waitFor()
    await drawer(page).getByText('No Mac loaded, unloaded or fetched a build in this window.').waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('has a table for every track whose shares are at most 100 %, for both arms', async () => {
    const { page } = await open(`#/answer?source=${NEW_BUILD}&policy=pools-afe8135`)
    await stateNow(page).waitFor()
    await page.waitForFunction(() => document.querySelector('[role="progressbar"]') === null)
    await page.getByRole('button', { name: 'Table of 429' }).click()
    for (const policy of ['open', 'pools-afe8135']) {
      const table = drawer(page)
        .getByRole('region', { name: `429 under ${policy}`, exact: true })
        .last()
      await table.locator('tbody tr').first().waitFor()
      const cells = await table.locator('tbody td:nth-child(n+2)').allTextContents()
      const shares = cells.filter((cell) => cell !== '–').map((cell) => Number.parseFloat(cell))
      expect(shares.length).toBeGreaterThan(10)
      expect(Math.max(...shares)).toBeLessThanOrEqual(100)
    }
    await page.close()
  })

  it('draws a run under way as it will draw the finished one, growing', async () => {
    const { page, errors } = await open('#/answer?source=scenarios/headline/gpt-oss-vs-gemma.yaml&arms=open&seeds=1')
    /** Of the arrivals, while progress is reported; undefined: not both are there. */
    const growing = () =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('[data-track="arrivals"] canvas')
        return document.querySelector('[role="progressbar"]') === null ? undefined : canvas?.toDataURL()
      })
    await expect.poll(growing).toBeDefined()
    const early = await growing()
    await expect.poll(growing).not.toBe(early)
    expect(await growing(), 'drawn again before the run has ended').toBeDefined()
    await track(page, 'TTFT').waitFor()
    expect(errors).toEqual([])
    await page.close()
  })

  it('stays smooth over a day of 500 Macs', async () => {
    const file = join(folder, 'day.fleet')
    writeFileSync(file, await encodeTraceFile(fleetDay(DAY), dayHeader(DAY, 'made-up')))
    const { page, errors } = await open('#/answer')
    await openFiles(page, [file])
    await page.getByText('500 of 500 Macs').waitFor()
    await trace(page).evaluate((element) => element.scrollIntoView())
    const axis = (await page.locator('[data-axis]').boundingBox())!
    const arrivals = plots(page, 'Arrivals').last()
    const plot = (await arrivals.boundingBox())!
    const busySeconds = await busySecondsOf(page)
    let picture = await pictureOf(arrivals.locator('canvas'))
    const changes = async (): Promise<void> => {
      await expect.poll(() => pictureOf(arrivals.locator('canvas'))).not.toBe(picture)
      picture = await pictureOf(arrivals.locator('canvas'))
    }
    const before = await busySeconds()
    await page.mouse.move(plot.x + 20, axis.y + 20)
    await page.mouse.down()
    for (let i = 1; i <= 60; i += 1) await page.mouse.move(plot.x + 20 + i * 10, axis.y + 20)
    await page.mouse.up()
    await page.mouse.move(plot.x + plot.width / 2, plot.y + 20)
    await page.keyboard.down('Control')
    for (let i = 0; i < 12; i += 1) await page.mouse.wheel(0, -90)
    await page.keyboard.up('Control')
    await changes()
    await page.getByRole('button', { name: 'Show all' }).waitFor()
    // Of 72 movements: at 30 ms each the eye would see them lag.
    expect((await busySeconds()) - before).toBeLessThan(72 * 0.03)
    expect(errors).toEqual([])
    await page.close()
  })
})
