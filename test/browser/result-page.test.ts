/**
 * Pages of results, opened in a browser: names that are scripts do nothing, nothing is asked of the network, and they are
 * readable on a telephone, in the dark and on paper.
 */
import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { resolvePolicy } from '../../sim/cli/policy-files/policy-source.ts'
import { runCheck } from '../../sim/lab/check/check.ts'
import { runCompare } from '../../sim/lab/compare/experiment.ts'
import { serialRunner } from '../../sim/lab/runs/serial-runner.ts'
import { checkPage } from '../../sim/report/page/check-page.ts'
import { comparePage } from '../../sim/report/page/compare-page.ts'
import { runPage } from '../../sim/report/page/run-page.ts'
import { loadedFrom, runOf, SMALL } from '../simulation/world.ts'
import { launchChromium } from './driving/chromium.ts'

const IMAGE = '<img src=x onerror=alert(1)>'
const CLOSING = '</title></style></svg><script>alert(2)</script>'
const MAC = '"><svg onload=alert(3)>'
const ARM = '</table><img src=x onerror=alert(4)>\u202E|`[x](javascript:alert(5))'
const MODEL = "m' onmouseover='alert(6)"
const HOSTILE = {
  ...SMALL,
  name: `${IMAGE} ${CLOSING}`,
  about: CLOSING,
  duration: '60s',
  aliases: { [MODEL]: { desired: 'gemma-4-26b-qat-4bit' } },
  fleet: [
    { id: MAC, machine: SMALL.fleet[0]?.machine, advertises: SMALL.models },
    { ...SMALL.fleet[0], count: 1 },
  ],
  demand: [{ ...SMALL.demand[0], mix: { 'gpt-oss-20b': '70%', [MODEL]: '30%' } }],
  policies: ['open', { policy: 'open', set: { max_model_slots: 1 }, as: ARM }],
  expect: [{ metric: 'requests.arrived', at_least: 1_000_000 }],
}
const CONTEXT = { question: CLOSING, command: `npx fleetlab '${IMAGE}'`, version: '0.0.0' }
const KINDS = ['run', 'compare', 'check'] as const

let browser: Browser
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-pages-'))
  const text = stringify(HOSTILE)
  const files = { read: async () => text, resolve: (_: string, relative: string) => relative }
  const ports = { files, runner: serialRunner(files, async () => {}), resolvePolicy }
  const control = { signal: new AbortController().signal, onProgress: () => {} }
  const common = { settings: [], verify: false }
  const { result } = await runOf(await loadedFrom(HOSTILE))
  const compared = await runCompare(
    { ...common, scenario: IMAGE, policies: undefined, baseline: undefined, seeds: [1, 2, 3, 4, 5] },
    ports,
    control,
  )
  if (!compared.ok) throw new Error(compared.error[0].message)
  const checked = await runCheck({ ...common, scenarios: [IMAGE], skipped: [] }, ports, {
    ...control,
    clock: () => 0,
    onFile: () => {},
  })
  const pages = {
    run: runPage(result, CONTEXT),
    compare: comparePage(compared.value, CONTEXT),
    check: checkPage({ ...checked, meta: {} }, CONTEXT),
  }
  for (const kind of KINDS) writeFileSync(join(folder, `${kind}.html`), pages[kind])
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
  rmSync(folder, { recursive: true })
})

interface Opened {
  readonly page: Page
  /** What a script or a request would leave behind. */
  readonly traces: string[]
}

async function opened(kind: string, options: Parameters<Browser['newPage']>[0] = {}): Promise<Opened> {
  const page = await browser.newPage(options)
  const traces: string[] = []
  page.on('dialog', (dialog) => {
    traces.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('request', (request) => void (request.isNavigationRequest() || traces.push(`request ${request.url()}`)))
  page.on('pageerror', (error) => void traces.push(`error ${error.message}`))
  page.on('console', (message) => void traces.push(`console ${message.text()}`))
  await page.goto(pathToFileURL(join(folder, `${kind}.html`)).href)
  return { page, traces }
}

describe.each(KINDS)('the page of a %s', (kind) => {
  it('shows hostile names as text: no script runs, no element comes of them, nothing is requested', async () => {
    const { page, traces } = await opened(kind)
    for (const summary of await page.locator('summary').all()) await summary.click()
    await page.mouse.move(200, 200)
    const found = await page.evaluate(() => ({
      elements: document.querySelectorAll('script, img, iframe, a, link, object, [onload], [onerror], [onmouseover]')
        .length,
      text: document.body.innerText,
      title: document.title,
    }))
    expect(found.elements).toBe(0)
    expect(traces).toEqual([])
    expect(found.text).toContain(kind === 'check' ? IMAGE : CLOSING)
    expect(found.title).toContain(IMAGE)
    if (kind === 'compare') expect(found.text).toContain(ARM.replace('\u202E', String.raw`\u{202E}`))
    if (kind !== 'check') expect(found.text).toContain(MODEL)
    await page.close()
  })

  it.each(['light', 'dark'] as const)(
    'has nothing that keeps anybody from reading it, on a telephone, in the %s',
    async (colorScheme) => {
      const { page } = await opened(kind, { viewport: { width: 390, height: 800 }, colorScheme })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
      await page.evaluate(axe.source)
      const wrong = await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run({
          resultTypes: ['violations'],
        })
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => `${id} ${nodes[0]?.html}`)
      })
      expect(wrong).toEqual([])
      await page.close()
    },
  )

  it('prints on two pages at most', async () => {
    const { page } = await opened(kind)
    const pdf = await page.pdf({ format: 'A4' })
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)!.length).toBeLessThanOrEqual(2)
    await page.close()
  })
})

it('would notice a script: the same name as markup raises a dialog', async () => {
  writeFileSync(join(folder, 'trap.html'), `<title>trap</title>${IMAGE}`)
  const { page, traces } = await opened('trap')
  await expect.poll(() => traces.some((trace) => trace.startsWith('dialog'))).toBe(true)
  await page.close()
})
