/**
 * The runs of a sweep on disk as they end, so that what was stopped, by whoever or whatever, goes on where it was. A line
 * per run, under the run's content: a journal knows nothing of grids, and one that was begun for a smaller grid serves a
 * larger. A line that was being written when the machine stopped is not there; a journal of another scenario, or of another
 * build, is refused.
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { LabPorts } from '../../lab/compare/experiment.ts'
import type { JobOutcome, RunJob, Runner } from '../../lab/runs/ports.ts'
import { folderBehind, keep, makeFolders } from './atomic.ts'
import { attempt } from './attempt.ts'
import { buildId } from './build-id.ts'
import { refuse } from '../exit.ts'
import { heldBy, type Lock, takeLock } from './folder-lock.ts'
import { jobKey, packed, unpackedOutcome } from './job-content.ts'
import { type NamedContent, sha256Of, SnapshotFiles } from './snapshot-files.ts'

export const JOURNAL = 'journal.jsonl'
const FORMAT = 'fleetlab.journal/1'
const OPTION = '--resume'

interface Head {
  readonly format: typeof FORMAT
  readonly version: string
  /** As it was named then. */
  readonly scenario: string
  /** SHA-256 over the scenario's files, without what they are called. */
  readonly content: string
}

/** A run; what one looks for in it by eye, and its outcome as it travels between threads. */
interface Line {
  readonly key: string
  readonly policy: string
  readonly seed: number
  readonly settings: readonly string[]
  readonly outcome: string
}

interface Place {
  readonly at: number
  readonly bytes: number
}

const contentOf = (files: readonly NamedContent[]): string => sha256Of(files.map(([, sha256]) => sha256).join('\n'))

class Journal {
  private readonly places = new Map<string, Place>()
  private end = 0

  private constructor(
    private readonly folder: string,
    private readonly path: string,
    private readonly fd: number,
    private readonly lock: Lock,
  ) {}

  static open(folder: string, head: Head): Journal {
    const target = attempt(OPTION, folder, () => folderBehind(folder))
    if (target.kind === 'other') return refuse(`${OPTION} ${folder}: is a ${target.what}; give a folder`)
    attempt(OPTION, folder, () => makeFolders(target.path))
    const lock = attempt(OPTION, folder, () => takeLock(target.path))
    if (lock.kind === 'held') return refuse(`${OPTION} ${folder}: ${heldBy(lock)}`)
    const path = join(target.path, JOURNAL)
    const isThere = existsSync(path)
    const fd = attempt(OPTION, folder, () => openSync(path, isThere ? 'r+' : 'wx+'))
    const journal = new Journal(folder, path, fd, lock)
    try {
      if (isThere) journal.read(head)
      if (journal.end === 0) journal.write(JSON.stringify(head))
    } catch (error) {
      journal.close()
      throw error
    }
    // From now on it is somebody's work.
    keep(path)
    keep(target.path)
    return journal
  }

  get size(): number {
    return this.places.size
  }

  outcome(key: string): JobOutcome | undefined {
    const place = this.places.get(key)
    if (place === undefined) return undefined
    const bytes = Buffer.alloc(place.bytes)
    readSync(this.fd, bytes, 0, place.bytes, place.at)
    try {
      const { outcome } = JSON.parse(bytes.toString('utf8')) as Line
      return unpackedOutcome(Buffer.from(outcome, 'base64'))
    } catch {
      return this.damaged(this.lineAt(place.at))
    }
  }

  add(key: string, { policyName, seed, settings }: RunJob, outcome: JobOutcome): void {
    if (this.places.has(key)) return
    const line: Line = { key, policy: policyName, seed, settings, outcome: packed(outcome).toString('base64') }
    const text = JSON.stringify(line)
    const at = this.end
    this.write(text)
    this.places.set(key, { at, bytes: Buffer.byteLength(text) })
  }

  close(): void {
    closeSync(this.fd)
    this.lock.release()
  }

  /** In one piece: what is half there has no end of line. */
  private write(text: string): void {
    const bytes = Buffer.from(`${text}\n`)
    attempt(OPTION, this.folder, () => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.fd, bytes, done, bytes.length - done, this.end + done)
    })
    this.end += bytes.length
  }

  private read(head: Head): void {
    const bytes = attempt(OPTION, this.folder, () => readFileSync(this.path))
    const whole = bytes.lastIndexOf(0x0a) + 1
    for (let at = 0, line = 1; at < whole; line++) {
      const end = bytes.indexOf(0x0a, at)
      const text = bytes.toString('utf8', at, end)
      // The disk may have made room for a last line and not filled it.
      const isLast = end + 1 === whole
      const data = parsed(text)
      if (data === undefined && isLast && line > 1) break
      if (line === 1) this.checkHead(data, head)
      else if (isLine(data)) this.places.set(data.key, { at, bytes: end - at })
      else this.damaged(line)
      at = end + 1
      this.end = at
    }
    if (this.end < fstatSync(this.fd).size) attempt(OPTION, this.folder, () => ftruncateSync(this.fd, this.end))
  }

  private checkHead(found: unknown, wanted: Head): void {
    const where = `${OPTION} ${this.folder}`
    const { format, version, scenario, content } = (found ?? {}) as Partial<Head>
    if (format !== FORMAT)
      refuse(`${where}: ${JOURNAL} in it is no journal of this version; give another folder, or remove the file`)
    if (version !== wanted.version) {
      refuse(
        `${where}: was begun by version ${version}, and this is ${wanted.version}; runs of two versions do not go together: go on with that version, or give another folder`,
      )
    }
    if (content !== wanted.content) {
      const which =
        scenario === wanted.scenario
          ? `of ${scenario} as it was before it, or a file it uses, was changed`
          : `of another scenario, ${scenario}`
      refuse(`${where}: holds runs ${which}; give another folder`)
    }
  }

  private lineAt(at: number): number {
    return readFileSync(this.path).subarray(0, at).toString('latin1').split('\n').length
  }

  private damaged(line: number): never {
    return refuse(`${OPTION} ${this.folder}: ${JOURNAL}:${line} is damaged; remove the line, and its run is done again`)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isLine = (data: unknown): data is Line => {
  const { key, outcome } = (data ?? {}) as Partial<Line>
  return typeof key === 'string' && typeof outcome === 'string'
}

/** The ports with a runner that asks the journal in `folder` first. */
export function withJournal(ports: LabPorts, folder: string): LabPorts {
  const isSnapshot = ports.files instanceof SnapshotFiles
  const files = ports.files instanceof SnapshotFiles ? ports.files : new SnapshotFiles(ports.files)
  const build = buildId()
  let journal: Journal | undefined
  const runner: Runner = {
    async run(jobs, onResult, onProgress, signal, onStart) {
      const [first] = jobs
      if (first === undefined) return
      const content = contentOf(await files.needed(first.scenario, []))
      journal ??= Journal.open(folder, { format: FORMAT, version: build, scenario: first.scenario, content })
      try {
        await runJournaled(journal)
      } finally {
        journal.close()
        journal = undefined
      }

      async function runJournaled(open: Journal): Promise<void> {
        const keys: string[] = []
        const rest: number[] = []
        const used = new Map<string, number>()
        for (const [index, job] of jobs.entries()) {
          const needed = await files.needed(job.scenario, job.settings)
          for (const [name] of needed) used.set(name, used.get(name) ?? timeOf(name))
          keys.push(jobKey(build, job, needed))
          const known = open.outcome(keys[index]!)
          if (known === undefined) rest.push(index)
          else onResult(index, known)
        }
        const before = jobs.length - rest.length
        onProgress(before / jobs.length)
        await ports.runner.run(
          rest.map((index) => jobs[index]!),
          (place, outcome) => {
            const index = rest[place]!
            // Threads of this process read the files themselves: what they read must be what the key says.
            if (!isSnapshot) refuseChanged(used)
            if (outcome.kind === 'done') open.add(keys[index]!, jobs[index]!, outcome)
            onResult(index, outcome)
          },
          (share) => onProgress((before + share * rest.length) / jobs.length),
          signal,
          onStart === undefined ? undefined : (place) => onStart(rest[place]!),
        )
      }
    },
  }
  return { ...ports, files, runner }
}

/** When a file was last written; of one that is gone, never. */
const timeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1

function refuseChanged(used: ReadonlyMap<string, number>): void {
  for (const [name, time] of used) {
    if (timeOf(name) === time) continue
    refuse([{ file: name, message: 'was changed while runs of it were done; those that end from now on do not count' }])
  }
}

/** How many runs the journal holds; for what is said when a sweep is stopped. */
export function runsIn(folder: string): number {
  const path = join(folder, JOURNAL)
  if (!existsSync(path)) return 0
  const ends = readFileSync(path).reduce((count, byte) => count + (byte === 0x0a ? 1 : 0), 0)
  return Math.max(0, ends - 1)
}
