/**
 * Takes pictures of every view for people to look at: `npm run ui:look [FOLDER] [VIEW…]`. Both themes, and a phone's
 * width for the first two views.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { VIEWS } from '../../ui/state/dashboard.ts'
import { launchChromium } from './driving/chromium.ts'
import { settled } from './driving/settled.ts'
import { staticHost } from './driving/static-host.ts'

const [folder = 'dist/look/pictures', ...named] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const host = await staticHost()
const browser = await launchChromium()
const views = named.length > 0 ? named : VIEWS
for (const theme of ['light', 'dark']) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.on('pageerror', (error) => process.stderr.write(`${error.message}\n`))
  page.on('console', (message) => message.type() === 'error' && process.stderr.write(`${message.text()}\n`))
  for (const view of views) {
    await page.goto(`${host.url}#/${view}?theme=${theme}`)
    await settled(page, view)
    // Views that read rows: bring them once, later views find them there.
    const bring = page.getByRole('button', { name: 'Run it again for its rows' })
    if (await bring.isVisible()) {
      await bring.click()
      await settled(page, view)
    }
    await page.screenshot({ path: join(folder, `${view}-${theme}.png`) })
  }
  await page.close()
}
const phone = await browser.newPage({ viewport: { width: 390, height: 800 } })
for (const view of ['answer', 'run']) {
  await phone.goto(`${host.url}#/${view}`)
  await settled(phone, view)
  await phone.screenshot({ path: join(folder, `${view}-phone.png`) })
}
await browser.close()
host.close()
