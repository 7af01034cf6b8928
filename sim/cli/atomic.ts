/**
 * Files that are there whole or not at all. Everything is written beside its destination under a temporary name and
 * renamed at the end; whatever interrupts the command before that leaves no trace.
 */
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { BadInputError } from '../base/result.ts'
import { refuse } from './exit.ts'

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

const temporaryFor = (path: string): string => join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)

const reasonOf = (error: unknown): string => {
  const code = (error as { readonly code?: string }).code
  if (code === 'ENOENT') return 'no such folder'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'not allowed to write there'
  if (code === 'ENOSPC') return 'the disk is full'
  if (code === 'ENOTDIR' || code === 'EEXIST') return 'a file of that name is in the way'
  return error instanceof Error ? error.message : String(error)
}

/** Runs file work; failures become bad input that names the option. */
function attempt<T>(option: string, path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof BadInputError) throw error
    return refuse(`${option} ${path}: cannot be written: ${reasonOf(error)}`)
  }
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory()

/**
 * Makes a folder and those above it that are missing; gives the topmost one made. Step by step, because the recursive
 * form of mkdir never returns where the system refuses a name it has just found missing, as /proc does.
 */
function makeFolders(folder: string): string | undefined {
  const missing: string[] = []
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.push(at)
  for (const at of missing.toReversed()) mkdirSync(at)
  return missing.at(-1)
}

/** Asked before the run, so that a report that cannot be written costs no simulation. Changes nothing on the disk. */
export function mustBeWritable(option: string, path: string | undefined): void {
  if (path === undefined) return
  const target = resolve(path)
  if (isFolder(target)) refuse(`${option} ${path}: is a folder; give a file name`)
  attempt(option, path, () => {
    let nearest = dirname(target)
    while (!existsSync(nearest)) nearest = dirname(nearest)
    if (!isFolder(nearest)) throw Object.assign(new Error('not a folder'), { code: 'ENOTDIR' })
    accessSync(nearest, constants.W_OK)
  })
}

/** A single file, given by `option`. Its folder is made when it is missing. */
export function writeFileAtomically(option: string, path: string, content: string): void {
  const target = resolve(path)
  attempt(option, path, () => {
    if (isFolder(target)) refuse(`${option} ${path}: is a folder; give a file name`)
    makeFolders(dirname(target))
    const temporary = temporaryFor(target)
    pending.add(temporary)
    writeFileSync(temporary, content)
    renameSync(temporary, target)
    pending.delete(temporary)
  })
}

/** A folder under construction. */
export interface OutputFolder {
  /** `name` may lie in a sub-folder. */
  write(name: string, content: string | Uint8Array): void
  /** Adds to a file that is too large to be held in memory. */
  append(name: string, content: string): void
  /** Moves everything into place. Names of what is there now, sorted as written. */
  commit(): readonly string[]
}

/** Opened before the run, so that a folder that cannot be written costs no simulation. Other files in it stay. */
export function openOutputFolder(option: string, path: string): OutputFolder {
  const target = resolve(path)
  if (existsSync(target) && !statSync(target).isDirectory()) refuse(`${option} ${path}: is a file; give a folder`)
  const temporary = temporaryFor(target)
  /** The topmost folder that was missing above it; goes again when nothing comes of the run. */
  let made: string | undefined
  attempt(option, path, () => {
    made = makeFolders(dirname(target))
    if (made !== undefined) pending.add(made)
    pending.add(temporary)
    mkdirSync(temporary)
  })
  const names: string[] = []
  return {
    write(name, content) {
      attempt(option, path, () => {
        const file = join(temporary, name)
        mkdirSync(dirname(file), { recursive: true })
        writeFileSync(file, content)
        names.push(name)
      })
    },
    append(name, content) {
      attempt(option, path, () => {
        appendFileSync(join(temporary, name), content)
        if (!names.includes(name)) names.push(name)
      })
    },
    commit() {
      attempt(option, path, () => {
        if (existsSync(target)) {
          for (const name of names) {
            mkdirSync(dirname(join(target, name)), { recursive: true })
            renameSync(join(temporary, name), join(target, name))
          }
          rmSync(temporary, { recursive: true })
        } else renameSync(temporary, target)
      })
      pending.delete(temporary)
      if (made !== undefined) pending.delete(made)
      return names
    },
  }
}
