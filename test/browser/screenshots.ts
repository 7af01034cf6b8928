/**
 * Pictures of every view for README and docs: `npm run ui:screenshots [FOLDER]`, by default into docs/images. Real runs, made
 * in the page by following links; at the width of a laptop, of a phone and of a large screen, light and dark. Fails when a view complains
 * or a picture is too heavy for a README.
 */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Theme, ViewName } from '../../ui/state/dashboard.ts'
import { launchChromium } from './driving/chromium.ts'
import { settled } from './driving/settled.ts'
import { staticHost } from './driving/static-host.ts'

const BYTES_MAX = 400_000
const HEADLINE = 'source=scenarios/headline/gpt-oss-vs-gemma.yaml&arms=open,pools-afe8135,pools&seeds=1-2'
/** The finished run that a first visit shows. */
const FIRST_VISIT = ''
const ROLLOUT = 'source=scenarios/rollout/pools-in-waves.yaml&arms=pools-afe8135&seeds=1'

interface Scene {
  /** Of the picture. */
  readonly name: string
  readonly view: ViewName
  readonly address: string
  readonly theme?: Theme
  /** In pixels; 1,280 by 860 unless told. */
  readonly size?: { readonly width: number; readonly height: number }
  /** What a reader of the page should see of the view. */
  prepare?(page: Page): Promise<void>
}

const USUAL = { width: 1280, height: 860 }
const PHONE = { width: 390, height: 844 }
const WIDE = { width: 2560, height: 1300 }

async function openSlowest(page: Page): Promise<void> {
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption('served')
  const grid = page.getByRole('grid', { name: 'Requests' })
  await grid.getByRole('row').nth(2).waitFor()
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^Explain request/ }).click()
  await page.getByRole('region', { name: 'Explanation' }).waitFor({ timeout: 120_000 })
  await page.locator('main').evaluate((main) => main.scrollTo(0, 0))
}

async function checked(page: Page): Promise<void> {
  await page.getByText(/ Macs · /).waitFor()
}

async function showTrace(page: Page): Promise<void> {
  const arrivals = page.getByText('Arrivals', { exact: true }).first()
  await arrivals.waitFor({ timeout: 120_000 })
  await arrivals.evaluate((element) => element.scrollIntoView({ block: 'start' }))
}

/** Views of the same link follow one another: their runs are made once. */
const SCENES: readonly Scene[] = [
  { name: 'answer', view: 'answer', address: FIRST_VISIT },
  { name: 'answer-dark', view: 'answer', address: FIRST_VISIT, theme: 'dark' },
  { name: 'answer-phone', view: 'answer', address: FIRST_VISIT, size: PHONE },
  { name: 'answer-wide', view: 'answer', address: FIRST_VISIT, size: WIDE },
  { name: 'interference', view: 'interference', address: `${HEADLINE}&policy=open` },
  { name: 'requests', view: 'requests', address: `${HEADLINE}&policy=pools-afe8135`, prepare: openSlowest },
  { name: 'trace', view: 'answer', address: ROLLOUT, prepare: showTrace },
  { name: 'trace-dark', view: 'answer', address: ROLLOUT, theme: 'dark', prepare: showTrace },
  { name: 'scenario', view: 'run', address: ROLLOUT, prepare: checked },
]

const [folder = 'docs/images'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const host = await staticHost()
const browser = await launchChromium()
const complaints: string[] = []
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, reducedMotion: 'reduce' })
  page.setDefaultTimeout(300_000)
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${host.url}#/${SCENES[0].view}?${SCENES[0].address}&theme=light`)
  for (const { name, view, address, theme = 'light', size: viewport = USUAL, prepare } of SCENES) {
    await page.setViewportSize(viewport)
    await page.evaluate((hash) => (location.hash = hash), `#/${view}?${address}&theme=${theme}`)
    await settled(page, view)
    await prepare?.(page)
    await settled(page, view)
    const path = join(folder, `${name}.png`)
    await page.screenshot({ path })
    const { size } = statSync(path)
    process.stdout.write(`${path} ${Math.round(size / 1000)} kB\n`)
    if (size > BYTES_MAX) complaints.push(`${path} has ${size} bytes; a README's pictures stay below ${BYTES_MAX}`)
  }
} finally {
  await browser.close()
  host.close()
}
for (const complaint of complaints) process.stderr.write(`${complaint}\n`)
process.exitCode = complaints.length > 0 ? 1 : 0
