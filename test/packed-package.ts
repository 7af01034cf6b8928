/**
 * The package as a user gets it: packed by npm from the sources of now, unpacked into the `node_modules` of an empty folder, with what it
 * depends on beside it. Nothing is fetched.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const ROOT = resolve(import.meta.dirname, '..')
/** What Node looks up at run time; the rest is in the bundle. */
const BESIDE = ['vite', 'tinypool', 'typescript']

export interface PackedPackage {
  /** An empty folder but for `node_modules`. */
  readonly folder: string
  remove(): void
}

/** `isRunnable`: with the command line built; without it there are only the sources, the data and the declarations. */
export async function packedPackage({ isRunnable }: { readonly isRunnable: boolean }): Promise<PackedPackage> {
  const stage = mkdtempSync(join(tmpdir(), 'fleetlab-stage-'))
  // Without links in its own path, or the compiler and Node call the same file by two names.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fleetlab-user-')))
  const modules = join(folder, 'node_modules')
  try {
    const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly files: readonly string[]
    }
    for (const name of ['package.json', ...files.filter((each) => !each.startsWith('dist/'))])
      cpSync(join(ROOT, name), join(stage, name), { recursive: true })
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'sim', 'plug'), '--outDir', join(stage, 'dist', 'types')])
    if (isRunnable)
      await build({ root: ROOT, mode: 'cli', logLevel: 'error', build: { outDir: join(stage, 'dist', 'cli') } })
    const quiet = { cwd: stage, stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'] }
    execFileSync('npm', ['pack', '--ignore-scripts', '--offline', '--silent'], quiet)
    const tarball = readdirSync(stage).find((name) => name.endsWith('.tgz'))!
    mkdirSync(join(modules, 'fleetlab'), { recursive: true })
    execFileSync('tar', ['-xzf', join(stage, tarball), '-C', join(modules, 'fleetlab'), '--strip-components=1'])
    for (const name of BESIDE) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    mkdirSync(join(modules, '.bin'))
    symlinkSync('../fleetlab/dist/cli/fleetlab.js', join(modules, '.bin', 'fleetlab'))
    return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}
