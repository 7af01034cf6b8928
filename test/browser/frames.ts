/**
 * Frames of the trace under hands, on a day of 500 Macs and 500,000 requests: `npm run ui:frames [REQUESTS]`. Real mouse
 * and wheel; the times are those between the browser's animation frames, so 60 per second is the most. Long tasks are
 * those that browsers report, of more than 50 ms. Beside other work all of these say how busy the machine is; the
 * processor's time per frame says what a frame costs: 18 ms of it make 55 frames per second.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { encodeTraceFile } from '../../sim/trace/file.ts'
import { A_DAY, dayHeader, fleetDay } from '../ui/fleet-day.ts'
import { busySecondsOf } from './driving/busy-seconds.ts'
import { launchChromium } from './driving/chromium.ts'
import { staticHost } from './driving/static-host.ts'

const requests = Number(process.argv[2] ?? A_DAY.requests)
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const options = { ...A_DAY, requests }
const began = performance.now()
const store = fleetDay(options)
const folder = mkdtempSync(join(tmpdir(), 'fleet-day-'))
const files = ['one', 'two'].map((policy) => join(folder, `${policy}.fleet`))
for (const [i, path] of files.entries())
  writeFileSync(path, await encodeTraceFile(store, dayHeader(options, i === 0 ? 'one' : 'two')))
say(`${store.rows} rows made in ${((performance.now() - began) / 1000).toFixed(1)} s`)

const host = await staticHost()
const browser = await launchChromium()
const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } })
page.on('pageerror', (error) => say(`error: ${error.message}`))
const busySeconds = await busySecondsOf(page)

async function measured(name: string, action: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    const times: number[] = []
    const tasks: number[] = []
    const observer = new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration)))
    observer.observe({ entryTypes: ['longtask'] })
    const state = { times, tasks, on: true }
    Object.assign(globalThis, { frames: state })
    requestAnimationFrame(function tick(now) {
      times.push(now)
      if (state.on) requestAnimationFrame(tick)
    })
  })
  const before = await busySeconds()
  await action()
  const busy_ms = ((await busySeconds()) - before) * 1000
  const { times, tasks } = await page.evaluate(() => {
    const { frames } = globalThis as unknown as { frames: { times: number[]; tasks: number[]; on: boolean } }
    frames.on = false
    return frames
  })
  const gaps = times.slice(1).map((at, i) => at - times[i])
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const sorted = gaps.toSorted((a, b) => a - b)
  const p95 = sorted[Math.floor(sorted.length * 0.95)]!
  say(
    `${name.padEnd(34)} ${(1000 / mean).toFixed(1).padStart(5)} frames/s, mean ${mean.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, worst ${sorted.at(-1)!.toFixed(1)} ms, ${gaps.length} frames, longest task ${Math.max(0, ...tasks).toFixed(0)} ms, processor ${(busy_ms / gaps.length).toFixed(1)} ms/frame`,
  )
}

async function open(paths: readonly string[]): Promise<void> {
  await page.goto(`${host.url}#/answer`)
  await page.reload()
  const start = performance.now()
  await page.locator('input[type=file]').setInputFiles([...paths])
  await page.getByRole('group', { name: 'Macs by state now' }).first().waitFor({ timeout: 180_000 })
  say(`opened, first lanes after ${((performance.now() - start) / 1000).toFixed(1)} s`)
  await page.waitForTimeout(1_000)
}

async function zoomed(view: Page, deltas: readonly number[], pause_ms: number): Promise<void> {
  await view.keyboard.down('Control')
  for (const delta of deltas) {
    await view.mouse.wheel(0, delta)
    await view.waitForTimeout(pause_ms)
  }
  await view.keyboard.up('Control')
}

const many = (count: number, delta: number): readonly number[] => Array.from({ length: count }, () => delta)

async function panned(view: Page, middle: number, level: number): Promise<void> {
  for (let each = 0; each < 4; each += 1) {
    await view.mouse.move(middle + 200, level)
    await view.mouse.down()
    for (let i = 0; i < 40; i += 1) await view.mouse.move(middle + 200 - i * 10, level + (i % 9))
    await view.mouse.up()
  }
}

async function hands(view: Page): Promise<void> {
  await view.getByRole('region', { name: 'Trace' }).evaluate((element) => element.scrollIntoView())
  await view.waitForTimeout(500)
  const axis = (await view.locator('[data-axis]').boundingBox())!
  const tokens = (await view.locator('[data-track="arrivals"]').first().boundingBox())!
  const [left, right] = [tokens.x + 20, tokens.x + tokens.width - 20]
  const [middle, level] = [tokens.x + tokens.width / 2, tokens.y + 20]
  await measured('scrub on the axis', async () => {
    await view.mouse.move(left, axis.y + 20)
    await view.mouse.down()
    for (let i = 0; i <= 200; i += 1) await view.mouse.move(left + (i * (right - left)) / 200, axis.y + 20)
    await view.mouse.up()
  })
  await view.mouse.move(middle, level)
  await measured('wheel over tracks, day to a minute', async () => {
    await zoomed(view, [...many(40, -90), ...many(40, 90)], 25)
    await view.waitForTimeout(800)
  })
  await zoomed(view, many(12, -90), 0)
  await view.waitForTimeout(800)
  await measured('pan tracks by drags', () => panned(view, middle, level))
  await measured('hover over tracks', async () => {
    for (let i = 0; i < 120; i += 1) await view.mouse.move(middle - 200 + i * 3, level + i * 2)
  })
  await view.locator('.lanes').last().scrollIntoViewIfNeeded()
  await view.waitForTimeout(500)
  const lanes = (await view.locator('.lanes').last().boundingBox())!
  const lane = lanes.y + Math.min(lanes.height, 900 - lanes.y) / 2
  await measured('pan lanes by drags', () => panned(view, middle, lane))
  await view.mouse.move(middle, lane)
  await measured('wheel over lanes', async () => {
    await zoomed(view, [...many(20, -90), ...many(32, 90)], 25)
    await view.waitForTimeout(800)
  })
  await measured('hover over lanes', async () => {
    for (let i = 0; i < 120; i += 1) await view.mouse.move(middle - 200 + i * 3, lanes.y + 10 + i)
  })
  await view.locator('.lanes').first().press('Escape')
  await view.getByRole('button', { name: 'To start' }).click()
  await view.getByLabel('Speed').selectOption('3600')
  await measured('playback at 3600 times', async () => {
    await view.getByRole('button', { name: 'Play', exact: true }).click()
    await view.waitForTimeout(4_000)
    await view.getByRole('button', { name: 'Pause' }).click()
  })
}

try {
  say(`\none arm, ${options.machines} Macs, ${options.requests} requests`)
  await open(files.slice(0, 1))
  await hands(page)
  say('\ntwo arms')
  await open(files)
  await page.waitForTimeout(2_000)
  await hands(page)
} finally {
  await browser.close()
  host.close()
  rmSync(folder, { recursive: true })
}
