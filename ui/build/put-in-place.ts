/**
 * Builds beside what is there and then puts it in place, so that a build changes nothing under processes that run: they
 * load chunks and workers late, by name. What a build supersedes stays usable for days and is removed by a later one.
 * The command line has a folder per build, named by its content, and small files of fixed names that lead into it; the
 * dashboard is a static site, whose chunks are named by their content and whose page is replaced last.
 */
import { createHash, randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import type { Plugin } from 'vite'

/** Longer than the longest study runs. */
const KEEP_MS = 3 * 24 * 3_600 * 1_000
/** Names what is superseded, for later builds and so that it is in no package. */
const SUPERSEDED = '.npmignore'
const HASH_DIGITS = 12
const BUILDING = '.building-'

/** A file of a fixed name that leads to a build's own. */
export interface Launcher {
  readonly entry: string
  /** Run by itself, and so executable. */
  readonly isCommand: boolean
}

const posix = (path: string): string => path.replaceAll(sep, '/')

function filesUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

function contentHash(folder: string): string {
  const hash = createHash('sha256')
  for (const path of filesUnder(folder)) hash.update(`${posix(relative(folder, path))}\0`).update(readFileSync(path))
  return hash.digest('hex').slice(0, HASH_DIGITS)
}

const isSame = (one: string, other: string): boolean =>
  existsSync(other) && readFileSync(one).equals(readFileSync(other))

/** Never a moment without the file. */
function moveFile(from: string, to: string): void {
  if (isSame(from, to)) return
  mkdirSync(dirname(to), { recursive: true })
  renameSync(from, to)
}

/** The same content may be there, whole or damaged, or come there from another build at this moment. */
function moveFolder(from: string, to: string): void {
  if (!existsSync(to)) {
    try {
      return renameSync(from, to)
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(String((error as { readonly code?: string }).code))) throw error
    }
  }
  for (const path of filesUnder(from)) moveFile(path, join(to, relative(from, path)))
}

function writeFile(path: string, text: string, mode: number): void {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  writeFileSync(aside, text)
  // Whatever the umask of whoever builds.
  chmodSync(aside, mode)
  renameSync(aside, path)
}

/** Removes of `all` what has been superseded for long, and notes what is superseded now. Names as in `current`. */
function retire(folder: string, all: readonly string[], current: ReadonlySet<string>): void {
  const list = join(folder, SUPERSEDED)
  const known = new Set(existsSync(list) ? readFileSync(list, 'utf8').split('\n') : [])
  const now = Date.now()
  const superseded: string[] = []
  for (const name of all) {
    if (current.has(name) || name === SUPERSEDED) continue
    const path = join(folder, name)
    const line = `/${name}`
    // Another build at the same time takes its own away.
    const about = statSync(path, { throwIfNoEntry: false })
    if (about === undefined) continue
    // Its time says since when.
    const isNew = !known.has(line) && !name.startsWith(BUILDING)
    if (isNew) utimesSync(path, now / 1_000, now / 1_000)
    if (!isNew && now - about.mtimeMs > KEEP_MS) rmSync(path, { recursive: true, force: true })
    else superseded.push(line)
  }
  writeFile(list, [...superseded, ''].join('\n'), 0o644)
}

/** A plugin that has `build.outDir` built beside itself, and `put` what came of it there. */
function besides(put: (built: string, destination: string) => void, asideOf: (destination: string) => string): Plugin {
  let destination = ''
  let aside = ''
  return {
    name: 'fleetlab-put-in-place',
    apply: 'build',
    config({ root = '.', build = {} }) {
      destination = resolve(root, build.outDir ?? 'dist')
      aside = asideOf(destination)
      return { build: { outDir: aside, emptyOutDir: true } }
    },
    writeBundle: { order: 'post', sequential: true, handler: () => put(aside, destination) },
    closeBundle: () => rmSync(aside, { recursive: true, force: true }),
  }
}

const unique = (): string => `${BUILDING}${process.pid}-${randomBytes(4).toString('hex')}`

/** A folder per build, and launchers. Built at the depth it ends at, for the paths in source maps. */
export const versionedFolder = (launchers: readonly Launcher[]): Plugin =>
  besides(
    (built, destination) => {
      const version = contentHash(built)
      const folder = join(destination, version)
      moveFolder(built, folder)
      for (const { entry, isCommand } of launchers) {
        const target = `'./${version}/${entry}.js'`
        const text = isCommand ? `#!/usr/bin/env node\nimport ${target}\n` : `export * from ${target}\n`
        writeFile(join(destination, `${entry}.js`), text, isCommand ? 0o755 : 0o644)
      }
      const current = new Set([version, basename(built), ...launchers.map(({ entry }) => `${entry}.js`)])
      retire(destination, readdirSync(destination), current)
    },
    (destination) => join(destination, unique()),
  )

/** A static site; the page last, because it names the others. */
export const siteInPlace = (page: string): Plugin =>
  besides(
    (built, destination) => {
      const names = filesUnder(built).map((path) => relative(built, path))
      for (const name of [...names.filter((each) => each !== page), page])
        moveFile(join(built, name), join(destination, name))
      const all = filesUnder(destination).map((path) => posix(relative(destination, path)))
      retire(destination, all, new Set(names.map(posix)))
    },
    (destination) => `${join(dirname(destination), unique())}-${basename(destination)}`,
  )
