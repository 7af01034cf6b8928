/**
 * The built dashboard in a browser, for tests: one page per test, one browser and one host for all files of a thread,
 * because starting Chromium takes longer than most tests.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll } from 'vitest'
import { parse } from 'yaml'
import { launchChromium } from './chromium.ts'
import { type Host, staticHost } from './static-host.ts'

/** What a first visit shows large. */
export const HEADLINE_QUESTION = (
  parse(readFileSync('scenarios/headline/gpt-oss-vs-gemma.yaml', 'utf8')) as { readonly about: string }
).about

/** As long as assertions wait: a busy machine takes its time. */
const PATIENCE_MS = 120_000

/** `npm test` has built it; a single file run by hand may be the first to need it. */
const BUILT = 'dist/ui/index.html'

export interface OpenPage {
  readonly page: Page
  /** What the page's scripts complained about. */
  readonly errors: readonly string[]
}

export interface Dashboard {
  readonly url: () => string
  open(address?: string, options?: BrowserContextOptions, before?: (page: Page) => Promise<void>): Promise<OpenPage>
}

interface Shared {
  readonly browser: Browser
  readonly host: Host
}

let shared: Promise<Shared> | undefined

async function start(): Promise<Shared> {
  if (!existsSync(BUILT)) await build({ mode: 'ui', logLevel: 'error' })
  const [host, browser] = await Promise.all([staticHost(), launchChromium()])
  // The next file may want it, so nobody closes it; it must not keep the thread from ending, though.
  host.unref()
  return { browser, host }
}

/** The browser that all files share; it ends with this process. */
export const sharedBrowser = async (): Promise<Browser> => (await (shared ??= start())).browser

export function dashboard(): Dashboard {
  let own: Shared
  const pages: Page[] = []
  beforeAll(async () => {
    own = await (shared ??= start())
  })
  afterAll(async () => void (await Promise.all(pages.map((page) => page.close()))))
  return {
    url: () => own.host.url,
    async open(address = '', options = {}, before = async () => {}) {
      const page = await own.browser.newPage({ viewport: { width: 1280, height: 800 }, ...options })
      pages.push(page)
      page.setDefaultTimeout(PATIENCE_MS)
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await before(page)
      await page.goto(own.host.url + address)
      return { page, errors }
    },
  }
}

/** Presses Run, waits until so many runs have ended, and goes to a view. */
export async function runAll(page: Page, runs: number, view: string): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText(`Runs: ${runs} finished`).waitFor()
  await page.getByRole('tab', { name: view }).click()
}

/** Unfolds one of the lines below the evidence. */
export async function unfold(page: Page, line: string | RegExp): Promise<void> {
  await page.locator('summary').getByText(line).click()
}

export interface Drag {
  /** Shares of the width. */
  readonly from: number
  readonly to: number
  /** Pixels below the top. */
  readonly y: number
}

/** A drag to the right or left, begun once the thing stands still under the pointer. */
export async function drag(page: Page, thing: Locator, { from, to, y }: Drag): Promise<void> {
  const width = (await thing.boundingBox())!.width
  await thing.hover({ position: { x: width * from, y } })
  const box = (await thing.boundingBox())!
  await page.mouse.down()
  await page.mouse.move(box.x + width * to, box.y + y, { steps: 4 })
  await page.mouse.up()
}
