/** The command as it is built: that of `npm run build` where it is of the sources as they are now, else one built for the test. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const ROOT = resolve(import.meta.dirname, '..', '..')
const BUILT = join(ROOT, 'dist', 'cli', 'fleetlab.js')

export interface BuiltCommand {
  readonly script: string
  remove(): void
}

/** Whatever a build reads. */
function changedAt(): number {
  const sources = readdirSync(join(ROOT, 'sim'), { recursive: true, encoding: 'utf8' }).map((file) => join('sim', file))
  const all = [...sources, 'ui/build/put-in-place.ts', 'vite.config.ts', 'package.json', 'package-lock.json']
  return all.reduce((latest, file) => Math.max(latest, statSync(join(ROOT, file)).mtimeMs), 0)
}

/** `name`: of the test, for a folder of its own. */
export async function builtCommand(name: string): Promise<BuiltCommand> {
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > changedAt()) return { script: BUILT, remove: () => {} }
  // Inside the package, so that the bundle finds its dependencies.
  const folder = join(ROOT, 'dist', `test-${name}-${process.pid}`)
  await build({ root: ROOT, mode: 'cli', logLevel: 'error', build: { outDir: folder } })
  return { script: join(folder, 'fleetlab.js'), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
