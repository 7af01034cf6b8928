/**
 * How long the dashboard makes people wait: `npm run ui:times`. A fresh profile, the built page, served by the built
 * `fleetlab view`. Prints what is wanted beside what was measured: the first content, the finished answer, the rows of the
 * headline, the longest task of a whole session, and what is held after twenty runs.
 *
 * By the clock a busy machine is slow. Beside it stands how much of the processor the page had, which a busy machine changes little;
 * a task is judged by that. `npm run ui:frames` measures the frames per second.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { encodeTraceFile } from '../../sim/trace/file.ts'
import { A_DAY, dayHeader, fleetDay } from '../ui/fleet-day.ts'
import { busySecondsOf } from './driving/busy-seconds.ts'
import { launchChromium } from './driving/chromium.ts'
import { heapsOf } from './driving/heaps.ts'
import { runInNode } from './driving/node-run.ts'
import { type RecordedTask, recordTasks, STEP } from './driving/recorded-tasks.ts'
import { viewServer } from './driving/view-server.ts'

const HEADLINE = 'scenarios/headline/gpt-oss-vs-gemma.yaml'
const SMALL = 'scenarios/pools/pinned-elsewhere.yaml'
const VISITS = 5
const RUNS = 20
/** After the first few everything is compiled, and what is remembered of runs before is there. */
const SETTLED_RUNS = 5

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const spaced = (value: number, digits = 0): string => value.toFixed(digits).padStart(6)

let failed = false
function judge(name: string, measured: number, wanted: number, unit: string, more = ''): void {
  const isWell = measured <= wanted
  failed ||= !isWell
  const digits = unit === 'ms' ? 0 : 2
  say(`${isWell ? 'ok  ' : 'OVER'} ${name.padEnd(46)} ${spaced(measured, digits)} ${unit}, wanted ≤ ${wanted}${more}`)
}

async function freshPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } })
  const page = await context.newPage()
  page.setDefaultTimeout(180_000)
  // Edits of a scenario are left.
  page.on('dialog', (dialog) => void dialog.accept())
  page.on('pageerror', (error) => say(`error: ${error.message}`))
  return page
}

const step = (page: Page, name: string): Promise<unknown> =>
  page.evaluate((mark) => performance.mark(mark), `${STEP}${name}`)

/** Milliseconds from the navigation to the first content and to the frame after the list of arms. */
async function visit(browser: Browser, url: string) {
  const page = await freshPage(browser)
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector('[aria-label="Arms"] li') === null) return
      observer.disconnect()
      requestAnimationFrame(() => setTimeout(() => performance.mark('answer')))
    }).observe(document, { childList: true, subtree: true })
  })
  const busySeconds = await busySecondsOf(page)
  const before = await busySeconds()
  await page.goto(url)
  await page.waitForFunction(() => performance.getEntriesByName('answer').length > 0)
  const busy_ms = ((await busySeconds()) - before) * 1000
  const [content_ms, answer_ms] = await page.evaluate(() =>
    ['first-contentful-paint', 'answer'].map((name) => performance.getEntriesByName(name)[0].startTime),
  )
  await page.context().close()
  return { content_ms, answer_ms, busy_ms }
}

const medianOf = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

async function visits(browser: Browser, url: string): Promise<void> {
  const all = []
  for (let i = 0; i < VISITS; i += 1) all.push(await visit(browser, url))
  const busy = `, processor until then ${spaced(medianOf(all.map(({ busy_ms }) => busy_ms)))} ms (medians of ${VISITS} first visits)`
  judge('first content', medianOf(all.map(({ content_ms }) => content_ms)), 300, 'ms', busy)
  judge('finished answer', medianOf(all.map(({ answer_ms }) => answer_ms)), 1_000, 'ms', busy)
}

/** Something of the arrivals is drawn. */
const drawnTracks = (page: Page): Promise<unknown> =>
  page.waitForFunction(
    () => {
      const canvas = document.querySelector<HTMLCanvasElement>('[data-track="arrivals"] canvas')
      if (canvas === null || canvas.width === 0) return false
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return data.some((value) => value > 0)
    },
    undefined,
    { polling: 50 },
  )

async function scrolledToTracks(page: Page): Promise<void> {
  await page.locator('[data-track="arrivals"]').first().scrollIntoViewIfNeeded()
  await drawnTracks(page)
}

const LOOKED_MS = 2_000

const rowsHere = (page: Page, runs: number): Promise<void> =>
  page.getByText(new RegExp(`rows of ${runs} here`)).waitFor()

async function headlineRows(page: Page): Promise<void> {
  await page.getByRole('list', { name: 'Arms' }).waitFor()
  // People look at the answer first.
  await page.waitForTimeout(LOOKED_MS)
  const began = performance.now()
  const since = (): number => (performance.now() - began) / 1000
  await step(page, 'rows of two arms')
  await page.getByRole('button', { name: 'Show what happened' }).click()
  await drawnTracks(page)
  const first = since()
  await step(page, 'rows of two arms, growing')
  await rowsHere(page, 1)
  const one = since()
  await rowsHere(page, 2)
  const two = since()
  judge('rows of the headline on screen', first, 3, 's', ', growing')
  say(`     all rows of its first arm ${spaced(one, 2)} s, of two arms ${spaced(two, 2)} s`)
  await page.locator('summary').getByText('Every figure').click()
  await step(page, 'rows of all arms')
  await page.getByRole('button', { name: /^Exact curves/ }).click()
  await page.getByRole('button', { name: /^Exact curves/ }).waitFor({ state: 'detached' })
  say(`     rows of every arm ${spaced(since(), 2)} s after the first click`)
}

/** What somebody does in ten minutes, in one. */
async function session(page: Page, url: string, results: readonly string[]): Promise<void> {
  // Marks of the page before are gone with it; this one is made where the next begins.
  await page.addInitScript((mark) => performance.mark(mark), `${STEP}first visit`)
  await page.goto(url)
  await headlineRows(page)
  await step(page, 'scroll')
  await page.mouse.move(600, 500)
  for (let i = 0; i < 30; i += 1) {
    await page.mouse.wheel(0, i < 20 ? 200 : -400)
    await page.waitForTimeout(30)
  }
  await step(page, 'evidence: more rows, table, baseline')
  await page.getByRole('button', { name: 'More rows' }).click()
  await page.getByRole('region', { name: 'Evidence' }).getByRole('button', { name: 'Table', exact: true }).click()
  await page.getByRole('region', { name: 'Evidence' }).getByRole('button', { name: 'Table', exact: true }).click()
  await page.getByRole('combobox', { name: 'Baseline' }).selectOption({ index: 1 })
  await page.waitForTimeout(500)
  await page.getByRole('combobox', { name: 'Baseline' }).selectOption({ index: 0 })
  await page.waitForTimeout(500)
  await step(page, 'brush of the heat map')
  const heat = page.locator('section[aria-label="TTFT"] [data-track], section[aria-label="TTFT"] .track-plot').last()
  await heat.scrollIntoViewIfNeeded()
  await heat.hover()
  const box = (await heat.boundingBox())!
  await page.mouse.move(box.x + box.width * 0.3, box.y + 6)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height - 6, { steps: 4 })
  await page.mouse.up()
  const details = page.getByRole('complementary', { name: 'Details' })
  await step(page, 'drawer: requests of a region, a request')
  const findings = details.getByRole('region', { name: 'In what they differ', exact: true }).last()
  // One that more of the region have than of the rest.
  await findings
    .locator('tbody tr')
    .filter({ hasText: /\+[\d.]+ … \+/ })
    .first()
    .click()
  await details.getByRole('region', { name: 'Requests of the region' }).locator('tbody tr').first().click()
  await details.getByRole('heading', { name: /^Request \d/ }).waitFor()
  await step(page, 'where they part, changes, difference')
  await page.getByRole('button', { name: 'Where they part' }).click()
  await page.getByText(/The runs part at/).waitFor()
  await page.getByRole('button', { name: 'Changes', exact: true }).click()
  await page.waitForTimeout(500)
  await page.getByRole('radio', { name: 'difference' }).check({ force: true })
  await page.waitForTimeout(500)
  await page.getByRole('radio', { name: 'one above the other' }).check({ force: true })
  await details.getByRole('button', { name: 'Close details' }).click()
  await step(page, 'requests')
  await page.getByRole('tab', { name: 'Requests' }).click()
  await page.getByRole('grid', { name: 'Requests' }).getByRole('row').nth(2).click()
  await page.waitForTimeout(500)
  await step(page, 'interference')
  await page.getByRole('tab', { name: 'Interference' }).click()
  await page.getByRole('main').getByRole('table').first().waitFor()
  await page.waitForTimeout(500)
  await step(page, 'scenario')
  await page.getByRole('tab', { name: 'Scenario' }).click()
  await page.getByRole('textbox', { name: 'Scenario as YAML' }).waitFor()
  await page.getByText(/ Macs · /).waitFor()
  await step(page, 'scenario: typing')
  await page.getByRole('textbox', { name: 'Scenario as YAML' }).click()
  await page.keyboard.press('Control+End')
  await page.keyboard.type('\n# a remark')
  await page.waitForTimeout(500)
  await step(page, 'answer again')
  await page.getByRole('tab', { name: 'Answer' }).click()
  await scrolledToTracks(page)
  await step(page, 'two results opened')
  await page.locator('input[type=file]').setInputFiles([...results])
  await page.getByText('opened', { exact: true }).waitFor()
  await page.getByRole('list', { name: 'Arms' }).waitFor()
  await page.waitForTimeout(1_000)
  await step(page, 'runs of a small scenario')
  await openAndRun(page, url, 2)
}

const mainRun = (page: Page) => page.getByRole('main').getByRole('button', { name: 'Run', exact: true })

async function openAndRun(page: Page, url: string, runs: number): Promise<void> {
  await page.evaluate((hash) => (location.hash = hash), `#/run?source=${SMALL}`)
  await page.getByText(/1 Macs/).waitFor()
  for (let i = 0; i < runs; i += 1) {
    await page.getByRole('tab', { name: 'Scenario' }).click()
    await mainRun(page).click()
    await page.getByText(/Runs: (\d+) finished, rows of \1 here/).waitFor()
    await page.getByRole('progressbar').waitFor({ state: 'detached' })
    await scrolledToTracks(page)
  }
}

const TASK_MS = 200

function judgeTasks(tasks: readonly RecordedTask[]): void {
  const byProcessor = tasks.toSorted((a, b) => b.processor_ms - a.processor_ms)
  const page = byProcessor.filter(({ thread }) => thread === 'page')
  const worker = byProcessor.filter(({ thread }) => thread === 'worker')
  const clock = Math.max(...page.map(({ wall_ms }) => wall_ms))
  judge(
    'longest task of the page, processor',
    page[0]!.processor_ms,
    TASK_MS,
    'ms',
    `; by the clock ${clock.toFixed(0)}`,
  )
  for (const { step: name, wall_ms, processor_ms, what } of page.slice(0, 12))
    say(`     page   ${spaced(processor_ms)} ms (clock ${spaced(wall_ms)})  ${name}: ${what}`)
  for (const { step: name, wall_ms, processor_ms, what } of worker.slice(0, 6))
    say(`     worker ${spaced(processor_ms)} ms (clock ${spaced(wall_ms)})  ${name}: ${what}`)
}

const MEGABYTE = 1e6
/** What the browser itself writes down of each run, its timings and compiled code, is half of it; the rows of one would be more. */
const FLAT_MB = 0.1

/** Bytes per run of a straight line through what was held. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  let [above, below] = [0, 0]
  for (const [i, value] of values.entries()) {
    above += (i - middle) * (value - mean)
    below += (i - middle) ** 2
  }
  return above / below
}

async function memory(browser: Browser, url: string): Promise<void> {
  const page = await freshPage(browser)
  await page.goto(url)
  const heaps = await heapsOf(page)
  const held: { readonly page: number; readonly worker: number }[] = []
  for (let run = 0; run < RUNS; run += 1) {
    await openAndRun(page, url, 1)
    held.push(await heaps())
  }
  for (const thread of ['page', 'worker'] as const) {
    const values = held.slice(SETTLED_RUNS).map((each) => each[thread])
    const all = `; ${held.map((each) => (each[thread] / MEGABYTE).toFixed(1)).join(' ')} MB`
    judge(`${thread} holds more with each run`, slopeOf(values) / MEGABYTE, FLAT_MB, 'MB', all)
  }
  await page.context().close()
}

async function aDay(browser: Browser, url: string, file: string): Promise<void> {
  const page = await freshPage(browser)
  await page.goto(url)
  await page.getByRole('list', { name: 'Arms' }).waitFor()
  const recording = await recordTasks(browser)
  await step(page, 'a day is opened')
  const began = performance.now()
  await page.locator('input[type=file]').setInputFiles(file)
  await page.getByRole('group', { name: 'Macs by state now' }).first().waitFor()
  const seconds = (performance.now() - began) / 1000
  await page.waitForTimeout(1_000)
  say(`     a day of ${A_DAY.machines} Macs and ${A_DAY.requests} requests opened after ${spaced(seconds, 1)} s`)
  judgeTasks(await recording.end())
  await page.context().close()
}

const only = process.argv.slice(2)
const wants = (part: string): boolean => only.length === 0 || only.includes(part)
const folder = mkdtempSync(join(tmpdir(), 'ui-times-'))
const server = await viewServer()
const browser = await launchChromium()
say(`${cpus().length} processors (${cpus()[0].model}), load ${loadavg()[0].toFixed(1)}, ${browser.version()}`)
try {
  if (wants('visits')) await visits(browser, server.url)
  if (wants('session')) {
    for (const policy of ['open', 'pools']) await runInNode(HEADLINE, policy, join(folder, policy))
    const page = await freshPage(browser)
    const recording = await recordTasks(browser)
    await session(
      page,
      server.url,
      ['open', 'pools'].map((policy) => join(folder, policy, 'result.json')),
    )
    judgeTasks(await recording.end())
    await page.context().close()
  }
  if (wants('memory')) await memory(browser, server.url)
  if (wants('day')) {
    const file = join(folder, 'day.fleet')
    writeFileSync(file, await encodeTraceFile(fleetDay(), dayHeader(A_DAY, 'made-up')))
    await aDay(browser, server.url, file)
  }
} finally {
  await browser.close()
  server.close()
  rmSync(folder, { recursive: true })
}
process.exitCode = failed ? 1 : 0
