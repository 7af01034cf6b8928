/** A browser with the built dashboard open, for tests: one browser and one host per file, one page per test. */
import { existsSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll } from 'vitest'
import { launchChromium } from './chromium.ts'
import { type Host, staticHost } from './static-host.ts'

/** `npm test` has built it; a single file run by hand may be the first to need it. */
const BUILT = 'dist/ui/index.html'

export interface OpenPage {
  readonly page: Page
  /** What the page's scripts complained about. */
  readonly errors: readonly string[]
}

export interface Dashboard {
  readonly url: () => string
  open(address?: string, options?: BrowserContextOptions): Promise<OpenPage>
}

export function dashboard(): Dashboard {
  let browser: Browser
  let host: Host
  beforeAll(async () => {
    if (!existsSync(BUILT)) await build({ mode: 'ui', logLevel: 'error' })
    host = await staticHost()
    browser = await launchChromium()
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    host?.close()
  })
  return {
    url: () => host.url,
    async open(address = '', options = {}) {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options })
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      await page.goto(host.url + address)
      return { page, errors }
    },
  }
}
