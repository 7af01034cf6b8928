/**
 * Files that are there whole or not at all. Everything is written beside its destination under a temporary name and
 * renamed at the end; whatever interrupts the command before that leaves no trace.
 */
import { randomBytes } from 'node:crypto'
import {
  accessSync,
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { assert } from '../../base/assert.ts'

/** Temporary paths of this process. Whoever may have to end the thread that works on them is told of every change. */
class PendingPaths extends Set<string> {
  watcher: ((paths: readonly string[]) => void) | undefined
  override add(path: string): this {
    super.add(path)
    this.watcher?.([...this])
    return this
  }
  override delete(path: string): boolean {
    const was = super.delete(path)
    this.watcher?.([...this])
    return was
  }
}
const pending = new PendingPaths()

export function onPendingChange(watcher: (paths: readonly string[]) => void): void {
  pending.watcher = watcher
}

export function removePaths(paths: Iterable<string>): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true })
}

export function removePending(): void {
  removePaths(pending)
  pending.clear()
}

/** Goes again when nothing comes of the command. */
export const removeUnlessKept = (path: string): void => void pending.add(path)

/** Something is in place for good: it stays, and so do the folders made for it. */
export function keep(path: string): void {
  for (const each of pending) if (path === each || path.startsWith(`${each}${sep}`)) pending.delete(each)
}

/** What stands at a path, links followed, and so how it is written. */
export type Destination =
  | { readonly kind: 'descriptor'; readonly fd: number }
  /** A pipe, a socket or a device. */
  | { readonly kind: 'stream'; readonly path: string; readonly isPipe: boolean }
  /** A file with several names: a new one would take one of them from it. */
  | { readonly kind: 'in_place'; readonly path: string }
  /** A file of one name, or nothing yet. */
  | { readonly kind: 'beside'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string }

/** As Linux allows in one path. */
const LINKS_MAX = 40

const STANDARD: { readonly [path: string]: number } = { '/dev/stdin': 0, '/dev/stdout': 1, '/dev/stderr': 2 }
const OWN_DESCRIPTOR = /^(?:\/dev\/fd|\/proc\/(?:self|thread-self|(\d+))(?:\/task\/\d+)?\/fd)\/(\d+)$/

function descriptorAt(path: string): number | undefined {
  if (STANDARD[path] !== undefined) return STANDARD[path]
  const [, pid, fd] = OWN_DESCRIPTOR.exec(path) ?? []
  return fd === undefined || (pid !== undefined && Number(pid) !== process.pid) ? undefined : Number(fd)
}

interface Followed {
  readonly path: string
  readonly about: Stats | undefined
  readonly fd: number | undefined
}

/** Step by step, because a link that leads nowhere yet has a destination too, and a descriptor is known by its name. */
function follow(path: string): Followed {
  let at = resolve(path)
  for (let step = 0; step < LINKS_MAX; step++) {
    const fd = descriptorAt(at)
    if (fd !== undefined) return { path: at, about: undefined, fd }
    const about = lstatSync(at, { throwIfNoEntry: false })
    if (about === undefined || !about.isSymbolicLink()) return { path: at, about, fd }
    // Another process's descriptor: its text is a name for people, not a path.
    if (/^\/proc\/\d+\/fd\/\d+$/.test(at)) return { path: at, about: statSync(at), fd }
    at = resolve(realpathSync(dirname(at)), readlinkSync(at))
  }
  throw Object.assign(new Error('links lead in a circle'), { code: 'ELOOP' })
}

export function destinationOf(path: string): Destination {
  const { path: at, about, fd } = follow(path)
  if (fd !== undefined) return { kind: 'descriptor', fd }
  if (about === undefined) return { kind: 'beside', path: at }
  if (about.isDirectory()) return { kind: 'folder', path: at }
  if (!about.isFile()) {
    accessSync(at, constants.W_OK)
    return { kind: 'stream', path: at, isPipe: about.isFIFO() }
  }
  return about.nlink > 1 ? { kind: 'in_place', path: at } : { kind: 'beside', path: at }
}

/** A folder that is there or can be made, links followed; or what is in its way. */
export function folderBehind(
  path: string,
): { readonly kind: 'folder'; readonly path: string } | { readonly kind: 'other'; readonly what: string } {
  const { path: at, about, fd } = follow(path)
  if (fd !== undefined) return { kind: 'other', what: 'stream' }
  if (about === undefined || about.isDirectory()) return { kind: 'folder', path: at }
  return { kind: 'other', what: about.isFile() ? 'file' : about.isFIFO() ? 'pipe' : 'device' }
}

/**
 * Makes a folder and those above it that are missing; they go again when nothing comes of the command. Step by step, because the recursive
 * form of mkdir never returns where the system refuses a name it has just found missing, as /proc does.
 */
export function makeFolders(folder: string): void {
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.push(at)
  for (const at of missing.toReversed()) mkdirSync(at)
  const topmost = missing.at(-1)
  if (topmost !== undefined) removeUnlessKept(topmost)
}

/** No two of them are equal, whichever machines share the disk. */
const temporaryName = (base: string): string => `.${base}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`

const codeOf = (error: unknown): string | undefined => (error as { readonly code?: string }).code

/** The folder of a file may be closed to us while the file itself is open: mounted by itself, or given to our group. */
const CLOSED: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS'])
/** A file that is a mount of its own cannot be renamed over. */
const IMMOVABLE: ReadonlySet<string | undefined> = new Set(['EBUSY', 'EXDEV'])

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Renames a file into place. The one before hands on who may read it. */
function place(temporary: string, target: string): void {
  const before = statSync(target, { throwIfNoEntry: false })
  if (before !== undefined) {
    const made = statSync(temporary)
    chmodSync(temporary, before.mode & 0o7777)
    if (made.uid !== before.uid || made.gid !== before.gid) {
      try {
        chownSync(temporary, before.uid, before.gid)
      } catch (error) {
        // Only root gives files away; others own what they write, as with any editor.
        if (codeOf(error) !== 'EPERM') throw error
      }
    }
  }
  try {
    renameSync(temporary, target)
  } catch (error) {
    if (!IMMOVABLE.has(codeOf(error))) throw error
    writeFileSync(target, readFileSync(temporary))
    rmSync(temporary)
  }
}

/** A file in the folder that cannot be renamed into place, and what goes into it. */
export interface StreamPart {
  readonly name: string
  readonly content: Buffer
}

/** Something that is being written beside its destination. */
export class Aside {
  readonly names: string[] = []

  private constructor(
    private readonly temporary: string,
    private readonly target: string,
  ) {
    removeUnlessKept(temporary)
  }

  /** Undefined where the folder allows no new file but the one that is there may be written. */
  static file(target: string): Aside | undefined {
    makeFolders(dirname(target))
    const aside = new Aside(join(dirname(target), temporaryName(basename(target))), target)
    try {
      closeSync(openSync(aside.temporary, 'wx'))
      return aside
    } catch (error) {
      keep(aside.temporary)
      if (CLOSED.has(codeOf(error)) && existsSync(target) && mayWrite(target)) return undefined
      throw error
    }
  }

  /** Inside the folder when it is there: it may be a mount of its own, or the one above it closed to us. */
  static folder(target: string): Aside {
    const isThere = existsSync(target)
    const name = temporaryName(isThere ? 'fleetlab' : basename(target))
    const aside = new Aside(join(isThere ? target : dirname(target), name), target)
    mkdirSync(aside.temporary)
    return aside
  }

  put(content: string | Uint8Array): void {
    writeFileSync(this.temporary, content)
    place(this.temporary, this.target)
    keep(this.temporary)
    keep(this.target)
  }

  write(name: string, content: string | Uint8Array): void {
    assert(!this.names.includes(name), `every file of a folder has a name of its own: ${name}`)
    const file = join(this.temporary, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    this.names.push(name)
  }

  append(name: string, content: string | Uint8Array): void {
    appendFileSync(join(this.temporary, name), content)
    if (!this.names.includes(name)) this.names.push(name)
  }

  /** Moves everything into place but what goes to a pipe, a device, or a file of several names. */
  commit(): readonly StreamPart[] {
    const streams: StreamPart[] = []
    if (existsSync(this.target)) {
      for (const name of this.names) {
        const from = join(this.temporary, name)
        const to = join(this.target, name)
        mkdirSync(dirname(to), { recursive: true })
        const destination = destinationOf(to)
        if (destination.kind === 'folder') throw Object.assign(new Error('is a folder'), { code: 'EISDIR', path: to })
        if (destination.kind === 'beside') place(from, destination.path)
        else streams.push({ name, content: readFileSync(from) })
      }
    } else renameSync(this.temporary, this.target)
    keep(this.target)
    return streams
  }

  remove(): void {
    rmSync(this.temporary, { recursive: true, force: true })
    keep(this.temporary)
  }
}
