/**
 * What `check` was pointed at, as files. A folder means the scenarios below it that expect something, in the order of
 * their names, and those that have a measured baseline; links are followed. What tools keep in folders is nobody's
 * scenario: `node_modules` holds the examples of whatever is installed, and folders that begin with a dot are not looked into.
 */
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { SkippedFile } from '../../lab/check/check-result.ts'
import { appearanceOf, BASELINE_ENDING, baselineBeside } from '../../scenario/index.ts'
import { refuse } from '../exit.ts'
import { nodeFiles } from './files.ts'

const SCENARIO_FILE = /\.(?:ya?ml|json)$/i
const SCENARIO_ENDINGS = ['.yaml', '.yml', '.json'] as const
const OF_TOOLS = /^(?:\.|node_modules$)/

const isBaseline = (path: string): boolean => path.endsWith(BASELINE_ENDING)

export interface ScenarioPaths {
  readonly found: readonly string[]
  /** Scenarios in folders that expect nothing. */
  readonly skipped: readonly SkippedFile[]
  /** Links that lead back to a folder they are in. */
  readonly loops: readonly string[]
  /** Baselines in folders whose scenario is not there. */
  readonly orphans: readonly string[]
}

interface Walk {
  readonly files: string[]
  readonly baselines: string[]
  readonly loops: string[]
}

/** `within`: the real paths of the folders on the way, so that a link back to one of them ends the way. */
async function walk(folder: string, within: readonly string[], into: Walk): Promise<void> {
  const here = await realpath(folder)
  const names = await readdir(folder).catch((error: Error) =>
    refuse([{ file: folder, message: `cannot be read: ${error.message}` }]),
  )
  if (within.includes(here)) {
    into.loops.push(folder)
    return
  }
  for (const name of names.sort()) {
    const path = join(folder, name)
    const what = await stat(path).catch(() => undefined)
    if (what?.isDirectory() === true && OF_TOOLS.test(name)) continue
    if (what?.isDirectory() === true) await walk(path, [...within, here], into)
    else if (isBaseline(name)) into.baselines.push(path)
    // A link that leads nowhere is kept: whoever loads the file says so.
    else if (SCENARIO_FILE.test(name) && (what === undefined || what.isFile())) into.files.push(path)
  }
}

const isThere = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined

async function hasScenario(baseline: string): Promise<boolean> {
  const stem = baseline.slice(0, -BASELINE_ENDING.length)
  for (const ending of SCENARIO_ENDINGS) if (await isThere(`${stem}${ending}`)) return true
  return false
}

/** A file named by itself is always taken, so that a missing `expect:` is said and not passed over. */
export async function scenarioPaths(paths: readonly string[]): Promise<ScenarioPaths> {
  /** By absolute path: a file is checked once however often it is named. */
  const found = new Map<string, string>()
  const skipped = new Map<string, SkippedFile>()
  const orphans = new Map<string, string>()
  const into: Walk = { files: [], baselines: [], loops: [] }
  for (const path of paths) {
    const what = await stat(path).catch(() => undefined)
    // What is not there is one broken file of the report, and hides no other.
    if (what === undefined || !what.isDirectory()) {
      if (isBaseline(path)) refuse(`${path}: is a measured baseline; give the scenario it lies beside`)
      if (!found.has(resolve(path))) found.set(resolve(path), path)
      continue
    }
    into.files.length = 0
    into.baselines.length = 0
    await walk(path, [], into)
    const measured = new Set(into.baselines)
    for (const baseline of into.baselines) if (!(await hasScenario(baseline))) orphans.set(resolve(baseline), baseline)
    for (const file of into.files) {
      const place = resolve(file)
      if (found.has(place) || skipped.has(place)) continue
      if (measured.has(baselineBeside(file))) {
        found.set(place, file)
        continue
      }
      const appearance = await appearanceOf(file, nodeFiles)
      if (appearance.kind === 'checkable') found.set(place, file)
      if (appearance.kind === 'expects_nothing') skipped.set(place, { file, why: appearance.why })
    }
  }
  for (const place of found.keys()) skipped.delete(place)
  return {
    found: [...found.values()],
    skipped: [...skipped.values()],
    loops: into.loops,
    orphans: [...orphans.values()],
  }
}
