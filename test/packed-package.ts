/**
 * The package as a user gets it: packed by npm from the sources of now, unpacked into the `node_modules` of an empty folder, with what it
 * depends on beside it. Nothing is fetched.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { build } from 'vite'

const ROOT = resolve(import.meta.dirname, '..')

interface Manifest {
  readonly files: readonly string[]
  /** What Node looks up at run time; the rest is in the bundle. */
  readonly dependencies: { readonly [name: string]: string }
}

export interface PackedPackage {
  /** An empty folder but for `node_modules`. */
  readonly folder: string
  remove(): void
}

export interface Packing {
  /** With the command line built; without it there are only the sources, the data and the declarations. */
  readonly isRunnable: boolean
  /** With the dashboard built as well. */
  readonly hasDashboard?: boolean
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

/** The tarball that npm makes, in a folder that is there. */
export async function packedTarball(into: string, { isRunnable, hasDashboard = false }: Packing): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), 'fleetlab-stage-'))
  try {
    for (const name of ['package.json', ...manifest.files.filter((each) => !/^!?dist\//.test(each))])
      cpSync(join(ROOT, name), join(stage, name), { recursive: true })
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
    execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'sim', 'plug'), '--outDir', join(stage, 'dist', 'types')])
    const made = (mode: string, root: string): Promise<unknown> => {
      const configFile = join(ROOT, 'vite.config.ts')
      return build({ root, configFile, mode, logLevel: 'error', build: { outDir: join(stage, 'dist', mode) } })
    }
    if (isRunnable) await made('cli', ROOT)
    if (hasDashboard) await made('ui', join(ROOT, 'ui'))
    const options = { cwd: stage, stdio: ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'] }
    execFileSync('npm', ['pack', '--ignore-scripts', '--offline', '--silent', '--pack-destination', into], options)
    return join(into, readdirSync(into).find((name) => name.endsWith('.tgz'))!)
  } finally {
    rmSync(stage, { recursive: true, force: true })
  }
}

export async function packedPackage(packing: Packing): Promise<PackedPackage> {
  // Without links in its own path, or the compiler and Node call the same file by two names.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fleetlab-user-')))
  const modules = join(folder, 'node_modules')
  try {
    mkdirSync(join(modules, 'fleetlab'), { recursive: true })
    const tarball = await packedTarball(modules, packing)
    execFileSync('tar', ['-xzf', tarball, '-C', join(modules, 'fleetlab'), '--strip-components=1'])
    rmSync(tarball)
    for (const name of Object.keys(manifest.dependencies)) {
      mkdirSync(dirname(join(modules, name)), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
    }
    mkdirSync(join(modules, '.bin'))
    symlinkSync('../fleetlab/dist/cli/fleetlab.js', join(modules, '.bin', 'fleetlab'))
    return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}
