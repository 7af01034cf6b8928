/** The command as it is built: that of `npm run build` where it is of the sources as they are now, else one built for the test. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { build } from 'vite'
import { must } from '../../sim/base/assert.ts'

const ROOT = resolve(import.meta.dirname, '..', '..')
const BUILT = join(ROOT, 'dist', 'cli', 'fleetlab.js')

export interface BuiltCommand {
  readonly script: string
  /** All that this build is made of; beside it may lie earlier ones. */
  readonly folder: string
  remove(): void
}

/** Whatever a build reads. */
function changedAt(): number {
  const sources = readdirSync(join(ROOT, 'sim'), { recursive: true, encoding: 'utf8' }).map((file) => join('sim', file))
  const all = [...sources, 'ui/build/put-in-place.ts', 'vite.config.ts', 'package.json', 'package-lock.json']
  return all.reduce((latest, file) => Math.max(latest, statSync(join(ROOT, file)).mtimeMs), 0)
}

/** The script leads into a folder named by its content. */
function folderOf(script: string): string {
  const [, hash] = must(/'\.\/([0-9a-f]{12})\//.exec(readFileSync(script, 'utf8')), 'the command leads into its build')
  return join(dirname(script), hash!)
}

/** `name`: of the test, for a folder of its own. */
export async function builtCommand(name: string): Promise<BuiltCommand> {
  if (existsSync(BUILT) && statSync(BUILT).mtimeMs > changedAt()) {
    return { script: BUILT, folder: folderOf(BUILT), remove: () => {} }
  }
  // Inside the package, so that the bundle finds its dependencies.
  const folder = join(ROOT, 'dist', `test-${name}-${process.pid}`)
  await build({ root: ROOT, mode: 'cli', logLevel: 'error', build: { outDir: folder } })
  const script = join(folder, 'fleetlab.js')
  return { script, folder: folderOf(script), remove: () => rmSync(folder, { recursive: true, force: true }) }
}
