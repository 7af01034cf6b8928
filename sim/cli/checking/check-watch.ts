/**
 * `check --watch`: checks again what uses a file that has changed, and what is new in the folders, until it is stopped. What a
 * scenario uses is what was read for it, or looked for: bases, traces, policies and what they import, its baseline. A file
 * counts as changed when what is in it has: editors save in several steps, and save what nobody touched.
 */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CheckResult } from '../../lab/check/check-result.ts'
import { type CheckedPaths, pathsToCheck } from './check-paths.ts'
import { BadInputError } from '../../base/result.ts'
import { EXIT } from '../exit.ts'
import type { Session } from '../session.ts'

export interface WatchRequest {
  readonly paths: readonly string[]
  readonly filter: string | undefined
  readonly first: CheckedPaths
  check(paths: CheckedPaths, onRead: (scenario: string, file: string) => void): Promise<CheckResult>
}

/** Long enough for an editor's rename to be over, short enough not to be waited for. */
const SETTLES_MS = 100

/** What is in a file; undefined when it cannot be read. */
async function stateOf(path: string): Promise<string | undefined> {
  return readFile(path).then(
    (bytes) => createHash('sha256').update(bytes).digest('hex'),
    () => undefined,
  )
}

/** What each scenario uses, and what was in it when it was checked. */
class Used {
  private readonly files = new Map<string, Set<string>>()
  private readonly states = new Map<string, string | undefined>()

  begin(scenarios: readonly string[]): void {
    for (const scenario of scenarios) this.files.set(scenario, new Set([resolve(scenario)]))
  }

  add(scenario: string, file: string): void {
    this.files.get(scenario)?.add(resolve(file))
  }

  get all(): readonly string[] {
    return [...new Set([...this.files.values()].flatMap((files) => Array.from(files)))]
  }

  has(scenario: string): boolean {
    return this.files.has(scenario)
  }

  /** Before a check, so that what changes during it is a change. */
  async note(paths: readonly string[]): Promise<void> {
    for (const path of paths) if (!this.states.has(path)) this.states.set(path, await stateOf(path))
  }

  /** Scenarios that use a file that is not as it was. */
  async touched(): Promise<ReadonlySet<string>> {
    const changed = new Set<string>()
    for (const path of this.all) {
      const state = await stateOf(path)
      if (state !== this.states.get(path)) changed.add(path)
      this.states.set(path, state)
    }
    return new Set(
      [...this.files].filter(([, files]) => [...files].some((file) => changed.has(file))).map(([name]) => name),
    )
  }

  forgetAllBut(scenarios: readonly string[]): void {
    for (const name of this.files.keys()) if (!scenarios.includes(name)) this.files.delete(name)
  }
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Folders are for what is new in them; hidden files are editors' own. */
const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true

export async function watchChecks(session: Session, request: WatchRequest): Promise<void> {
  const { console, signal } = session
  // Loaded only now, as it is for nobody else.
  const [{ watch }, { formatCheckSummary }] = await Promise.all([
    import('chokidar'),
    import('../../report/text/check/check-text.ts'),
  ])
  const used = new Used()
  const passed = new Map<string, boolean>()
  const roots = (
    await Promise.all(request.paths.map(async (path) => ((await isFolder(path)) ? resolve(path) : [])))
  ).flat()
  const watcher = watch([...roots], {
    ignoreInitial: true,
    ignored: (path) => /[/\\](?:node_modules|\.[^/\\]+)(?:[/\\]|$)/.test(path) && !roots.includes(path),
  })
  let wake: (() => void) | undefined
  watcher.on('all', () => wake?.())
  watcher.on('error', (error) => console.note(`watching: ${error instanceof Error ? error.message : String(error)}`))
  signal.addEventListener('abort', () => wake?.())

  async function check(paths: CheckedPaths): Promise<void> {
    used.begin(paths.found)
    await used.note(used.all)
    const result = await request.check(paths, (scenario, file) => used.add(scenario, file))
    await used.note(used.all)
    watcher.add([...used.all])
    for (const file of result.files) passed.set(file.file, file.passed)
    console.print(formatCheckSummary(result, console.paint))
    const bad = [...passed.values()].filter((each) => !each).length
    const whole = bad === 0 ? 'all pass' : `${bad} of ${passed.size} do not pass`
    console.note(
      `\nwatching ${plural(used.all.length, 'file')} of ${plural(passed.size, 'scenario')}, ${whole}; Ctrl-C ends`,
    )
  }

  /** What is there now; undefined while a folder holds nothing to check. */
  async function present(): Promise<CheckedPaths | undefined> {
    try {
      return await pathsToCheck(request.paths, request.filter, () => {})
    } catch (error) {
      if (!(error instanceof BadInputError)) throw error
      console.note(`error: ${error.message}`)
      return undefined
    }
  }

  try {
    let woken = new Promise<void>((done) => (wake = done))
    await check(request.first)
    for (;;) {
      await woken
      if (signal.aborted) return session.finish(EXIT.interrupted)
      await setTimeout(SETTLES_MS)
      woken = new Promise<void>((done) => (wake = done))
      const now = await present()
      if (now === undefined) continue
      const touched = await used.touched()
      const again = now.found.filter((scenario) => touched.has(scenario) || !used.has(scenario))
      used.forgetAllBut(now.found)
      for (const name of passed.keys()) if (!now.found.includes(name)) passed.delete(name)
      if (again.length > 0) await check({ ...now, found: again, skipped: [], leftOut: [] })
    }
  } finally {
    await watcher.close()
  }
}
