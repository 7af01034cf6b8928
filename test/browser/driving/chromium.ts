/** Debian's Chromium: found, or installed by the package manager when this machine lets us. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function found(): string | undefined {
  for (const name of NAMES) {
    const path = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim()
    if (path !== '' && existsSync(path)) return path
  }
  return undefined
}

const aptGet = (args: string[]): void => void execFileSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] })

function install(): void {
  try {
    aptGet(['update', '-qq'])
    aptGet(['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'])
  } catch (cause) {
    throw new Error('The browser tests need Chromium. Install it, e.g. `apt-get install chromium` as root.', { cause })
  }
}

export async function launchChromium(): Promise<Browser> {
  if (found() === undefined) install()
  const executablePath = found()
  if (executablePath === undefined) throw new Error('Chromium was installed, but there is no command for it')
  // As root, in a container, Chromium's own sandbox cannot start.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}
