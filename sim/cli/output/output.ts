/**
 * Where a command's files go, for every option that names one. What stands at the path decides how it is written: a
 * regular file, or nothing yet, is written beside and renamed, so it is there whole or not at all; a pipe, a device, a
 * link or a file with several names belongs to somebody and is written to, never replaced; `/dev/stdout` and `/dev/fd/N`
 * are this process's own descriptors. All are opened before the run, so that what cannot be written costs no simulation,
 * and two options of one command that mean one place are told so.
 */
import { existsSync, fstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { Aside, type Destination, destinationOf, folderBehind, makeFolders } from '../files/atomic.ts'
import { attempt } from '../files/attempt.ts'
import { refuse } from '../exit.ts'
import { heldBy, type Lock, takeLock } from '../files/folder-lock.ts'
import { writeStream } from './stream-file.ts'

/** A single file, open from before the run. */
export interface OutputFile {
  /** Puts the content in place, whole. Once. */
  write(content: string | Uint8Array): Promise<void>
}

/** A folder under construction. */
export interface OutputFolder {
  /** `name` may lie in a sub-folder. */
  write(name: string, content: string | Uint8Array): void
  /** Adds to a file that is too large to be held in memory. */
  append(name: string, content: string | Uint8Array): void
  /** Moves everything into place. Names of what is there now, sorted as written. */
  commit(): Promise<readonly string[]>
}

interface Claim {
  readonly option: string
  readonly path: string
  /** What of the folder at `path` is written; undefined where `path` is a file. */
  readonly holds?: readonly string[]
}

export interface OutputsOptions {
  readonly signal: AbortSignal
  /** On standard error. */
  note(text: string): void
}

const STDOUT = 1

/** The same file under any name; where there is none yet, the path stands for it. */
function identity(path: string): string {
  const about = statSync(path, { throwIfNoEntry: false })
  return about === undefined ? real(path) : `${about.dev}:${about.ino}`
}

/** The file that the shell sent standard output to; undefined where that is a pipe or a terminal. */
function redirected(): string | undefined {
  try {
    const about = fstatSync(STDOUT)
    return about.isFile() ? `${about.dev}:${about.ino}` : undefined
  } catch {
    return undefined
  }
}

export class Outputs {
  private readonly claims: Claim[] = []
  private printsJson = false
  private inputs: readonly string[] = []
  private taken = false

  constructor(private readonly options: OutputsOptions) {}

  /** What else the command line says: whether a document goes to standard output, and which files are read. */
  begin(command: { readonly printsJson: boolean; readonly inputs: readonly string[] }): void {
    this.printsJson = command.printsJson
    this.inputs = command.inputs
  }

  /** Files that the command reads beside those it was given by name. */
  reads(paths: readonly string[]): void {
    this.inputs = [...this.inputs, ...paths]
  }

  /** An option was sent to standard output, which then carries nothing else. */
  get standardOutputTaken(): boolean {
    return this.taken
  }

  /** Of an option that need not be given. */
  fileIfGiven(option: string, path: string | undefined): OutputFile | undefined {
    return path === undefined ? undefined : this.file(option, path)
  }

  file(option: string, path: string): OutputFile {
    if (path === '-') refuse(`${option} -: give /dev/stdout for standard output, ./- for a file of that name`)
    const destination = attempt(option, path, () => destinationOf(path))
    if (destination.kind === 'folder' || (destination.kind === 'beside' && /[/\\]$/.test(path)))
      refuse(`${option} ${path}: is a folder; give a file name`)
    if (destination.kind === 'descriptor') {
      attempt(option, path, () => fstatSync(destination.fd))
      if (destination.fd === STDOUT) this.takeStandardOutput(option, path)
      this.claim(path, { option, path: `/dev/fd/${destination.fd}` })
    } else if (destination.kind !== 'stream' || destination.isPipe) {
      // Devices such as /dev/null take what several options send them.
      this.claim(path, { option, path: destination.path })
      if (identity(destination.path) === redirected())
        refuse(`${option} ${path}: standard output goes there too; give each a place of its own`)
    }
    if (destination.kind !== 'beside') return this.through(option, path, destination)
    const aside = attempt(option, path, () => Aside.file(destination.path))
    if (aside === undefined) return this.through(option, path, { kind: 'in_place', path: destination.path })
    return { write: async (content) => attempt(option, path, () => aside.put(content)) }
  }

  /**
   * `holds` is what the command writes into it, names of its first level. Other files in it stay; those that `ours`
   * knows for results of an earlier command are named, lest they be taken for results of this one.
   */
  folder(option: string, path: string, holds: readonly string[], ours?: RegExp): OutputFolder {
    const target = attempt(option, path, () => folderBehind(path))
    if (target.kind === 'other') refuse(`${option} ${path}: is a ${target.what}; give a folder`)
    this.claim(path, { option, path: target.path, holds })
    const lock = this.lock(option, path, target.path)
    const aside = attempt(option, path, () => Aside.folder(target.path))
    const { signal, note } = this.options
    return {
      write: (name, content) => attempt(option, path, () => aside.write(name, content)),
      append: (name, content) => attempt(option, path, () => aside.append(name, content)),
      async commit() {
        const streams = attempt(option, path, () => aside.commit())
        for (const { name, content } of streams) {
          const label = `${option} ${join(path, name)}`
          const destination = attempt(option, path, () => destinationOf(join(target.path, name)))
          await attempt(option, path, () => writeStream(destination, content, { signal, note, label }))
        }
        aside.remove()
        lock.release()
        const earlier = ours === undefined ? [] : filesIn(target.path).filter((name) => ours.test(name))
        const left = earlier.filter((name) => !aside.names.includes(name)).toSorted()
        if (left.length > 0) note(`${option} ${path}: from an earlier command, and left there: ${listed(left)}`)
        return aside.names
      },
    }
  }

  private through(option: string, path: string, destination: Destination): OutputFile {
    const { signal, note } = this.options
    return {
      write: (content) =>
        attempt(option, path, () =>
          writeStream(destination, Buffer.from(content), { signal, note, label: `${option} ${path}` }),
        ),
    }
  }

  private takeStandardOutput(option: string, path: string): void {
    if (this.printsJson) refuse(`${option} ${path}: --json prints its document there, and nothing else`)
    this.taken = true
  }

  private claim(path: string, own: Claim): void {
    const { option } = own
    if (own.holds === undefined && this.inputs.some((input) => identity(resolve(input)) === identity(own.path)))
      refuse(`${option} ${path}: is the file that is read; give another`)
    const other = this.claims.find((claim) => meet(claim, own) || meet(own, claim))
    if (other !== undefined) refuse(`${option} ${path}: ${other.option} writes there too; give each a place of its own`)
    this.claims.push(own)
  }

  private lock(option: string, path: string, target: string): Lock {
    const lock = attempt(option, path, () => {
      makeFolders(dirname(target))
      return takeLock(target)
    })
    if (lock.kind === 'lock') return lock
    return refuse(`${option} ${path}: ${heldBy(lock)}`)
  }
}

const LEFT_SHOWN = 5

const listed = (names: readonly string[]): string =>
  `${names.slice(0, LEFT_SHOWN).join(', ')}${names.length > LEFT_SHOWN ? ` and ${names.length - LEFT_SHOWN} more` : ''}`

/** What lies in a folder of results: at its first level, and in the folders of its runs. */
function filesIn(folder: string): readonly string[] {
  const runs = join(folder, 'runs')
  const deeper = existsSync(runs) ? readdirSync(runs, { recursive: true, encoding: 'utf8' }) : []
  return [...readdirSync(folder), ...deeper.map((name) => join('runs', name))]
}

/** Whether `own` is `claim` itself, or a file that the folder `claim` writes. */
function meet(claim: Claim, own: Claim): boolean {
  if (claim.holds === undefined || own.holds !== undefined) return identity(claim.path) === identity(own.path)
  const inside = relative(real(claim.path), real(own.path))
  return inside === '' || claim.holds.includes(inside.split(sep)[0]!)
}

/** Links in a path resolved as far as it exists. */
function real(path: string): string {
  const missing: string[] = []
  let at = path
  while (statSync(at, { throwIfNoEntry: false }) === undefined) {
    missing.unshift(basename(at))
    at = dirname(at)
  }
  return join(realpathSync(at), ...missing)
}
