/**
 * Pictures of every view for the README: `npm run ui:screenshots [FOLDER]`, by default into docs/images. Real runs, made
 * in the page by following links; 1280 pixels wide, light, and the fleet in dark as well. Fails when a view complains
 * or a picture is too heavy for a README.
 */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Theme, ViewName } from '../../ui/state/dashboard.ts'
import { launchChromium } from './chromium.ts'
import { settled } from './settled.ts'
import { staticHost } from './static-host.ts'

const BYTES_MAX = 250_000
const HEADLINE = 'source=scenarios/headline/gpt-oss-vs-gemma.yaml&arms=open,pools-afe8135,pools&seeds=1-2'
const ROLLOUT = 'source=scenarios/rollout/new-build.yaml'

interface Scene {
  readonly view: ViewName
  readonly address: string
  readonly theme: Theme
  /** What a reader of the README should see of the view. */
  prepare?(page: Page): Promise<void>
}

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

/** Views of the same link follow one another: their runs are made once. */
const SCENES: readonly Scene[] = [
  { view: 'answer', address: HEADLINE, theme: 'light' },
  { view: 'interference', address: `${HEADLINE}&policy=open`, theme: 'light' },
  { view: 'fleet', address: `${HEADLINE}&policy=open`, theme: 'light' },
  { view: 'fleet', address: `${HEADLINE}&policy=open`, theme: 'dark' },
  { view: 'requests', address: `${HEADLINE}&policy=pools-afe8135`, theme: 'light', prepare: openSlowest },
  { view: 'rollout', address: ROLLOUT, theme: 'light' },
  { view: 'run', address: `${ROLLOUT}&seeds=1`, theme: 'light', prepare: checked },
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
  for (const { view, address, theme, prepare } of SCENES) {
    await page.evaluate((hash) => (location.hash = hash), `#/${view}?${address}&theme=${theme}`)
    await settled(page, view)
    await prepare?.(page)
    await settled(page, view)
    const path = join(folder, theme === 'light' ? `${view}.png` : `${view}-${theme}.png`)
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
