/**
 * One writer per folder: two commands that write into one at the same time would leave a mixture of both. A small file
 * says who writes; one whose process is gone counts for nothing. Node has no file locks of the system's own.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { keep, removeUnlessKept } from './atomic.ts'

interface Holder {
  readonly host: string
  readonly pid: number
  /** When the process began, in the system's own count; a number is given to another process after a while. */
  readonly began: string
}

export interface Lock {
  readonly kind: 'lock'
  release(): void
}

/** Somebody else's. */
export interface HeldLock extends Holder {
  readonly kind: 'held'
  readonly path: string
}

/** Empty where the system does not say, or there is no such process. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After the name, which may hold anything, in parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

function isRunning({ host, pid, began }: Holder): boolean {
  // Nothing can be asked of another machine that shares the disk.
  if (host !== hostname()) return true
  if (began !== '' && beganAt(pid) !== began) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { readonly code?: string }).code === 'EPERM'
  }
}

function holderIn(path: string): Holder | undefined {
  try {
    const { host, pid, began } = JSON.parse(readFileSync(path, 'utf8')) as Partial<Holder>
    return typeof host === 'string' && Number.isSafeInteger(pid) && typeof began === 'string'
      ? { host, pid: pid!, began }
      : undefined
  } catch {
    return undefined
  }
}

/** Makes the lock with its text in it, or says that there is one. Linking is the one step that does both at once. */
function made(path: string): boolean {
  const own = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  const holder: Holder = { host: hostname(), pid: process.pid, began: beganAt(process.pid) }
  const text = `${JSON.stringify(holder)}\n`
  writeFileSync(own, text, { flag: 'wx' })
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    const { code } = error as { readonly code?: string }
    if (code === 'EEXIST') return false
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error
  } finally {
    rmSync(own, { force: true })
  }
  // A disk without links, such as a memory stick.
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'EEXIST') return false
    throw error
  }
}

/** What the holder of a stale lock had half written when it was killed. */
function removeLeftBy({ host, pid }: Holder, path: string): void {
  if (host !== hostname()) return
  const left = new RegExp(String.raw`^\..+\.${pid}-[0-9a-f]{8}\.tmp$`)
  for (const name of readdirSync(dirname(path))) {
    if (left.test(name)) rmSync(join(dirname(path), name), { recursive: true, force: true })
  }
}

/** Moved away first: of two commands that find one stale lock, one moves it. */
function removeStale(path: string): void {
  const away = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    renameSync(path, away)
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ENOENT') return
    throw error
  }
  const moved = holderIn(away)
  // The other was faster and made a new one since we looked: back with it.
  if (moved !== undefined && isRunning(moved) && !existsSync(path)) renameSync(away, path)
  else {
    rmSync(away, { force: true })
    if (moved !== undefined) removeLeftBy(moved, path)
  }
}

/** Somebody who takes and leaves a lock within the time of one look does so a few times at most. */
const TRIES = 10

function take(path: string): Lock | HeldLock {
  for (let tries = 1; ; tries++) {
    if (made(path)) {
      removeUnlessKept(path)
      return {
        kind: 'lock',
        release() {
          rmSync(path, { force: true })
          keep(path)
        },
      }
    }
    const holder = holderIn(path)
    if (holder !== undefined && isRunning(holder)) return { kind: 'held', path, ...holder }
    if (tries === TRIES) throw new Error(`${path} comes and goes`)
    removeStale(path)
  }
}

/** A folder that is not there yet appears whole, so until then the lock stands beside it. */
export function takeLock(folder: string): Lock | HeldLock {
  const beside = join(dirname(folder), `.${basename(folder)}.fleetlab.lock`)
  if (!existsSync(folder)) return take(beside)
  const holder = holderIn(beside)
  if (holder !== undefined && isRunning(holder)) return { kind: 'held', path: beside, ...holder }
  return take(join(folder, '.fleetlab.lock'))
}

export function heldBy({ host, pid, path }: HeldLock): string {
  const who = `another fleetlab writes there now, process ${pid} on ${host}`
  const gone = host === hostname() ? '' : ` (if it is gone, remove ${path})`
  return `${who}; wait for it or give another folder${gone}`
}
