/** What `check` was pointed at, as files. A folder means its files with an `expect:`, in the order of their names. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

const SCENARIO_FILE = /\.(?:ya?ml|json)$/i
/** A key of the top level, in YAML or JSON. Looking at the text is enough to tell scenarios from traces and bases. */
const HAS_EXPECT = /^(?:expect|"expect"|'expect')\s*:|^\s*[{,]?\s*"expect"\s*:/m

/** `extends: base.yaml`: what a file does not expect itself it may inherit. */
const EXTENDS = /^(?:extends|"extends"|'extends')\s*:\s*["']?([^"'\s#,}]+)|^\s*[{,]?\s*"extends"\s*:\s*"([^"]+)"/m

export interface ScenarioPaths {
  readonly found: readonly string[]
  /** Scenario files in folders that expect nothing. */
  readonly without: number
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && SCENARIO_FILE.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** A circle or a base that is not there is said by whoever loads the file, so both count as expecting something. */
async function expectsSomething(file: string, seen: ReadonlySet<string> = new Set()): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined || seen.has(resolve(file)) || HAS_EXPECT.test(text)) return true
  const [, plain, quoted] = EXTENDS.exec(text) ?? []
  const base = plain ?? quoted
  return base !== undefined && expectsSomething(join(dirname(file), base), new Set([...seen, resolve(file)]))
}

/** A file named by itself is always taken, so that a missing `expect:` is said and not passed over. */
export async function scenarioPaths(paths: readonly string[]): Promise<ScenarioPaths> {
  const found = new Set<string>()
  let without = 0
  for (const path of paths) {
    const what = await stat(path).catch(() => undefined)
    // What is not there is one broken file of the report, and hides no other.
    if (what === undefined || !what.isDirectory()) {
      found.add(path)
      continue
    }
    for (const file of await filesBelow(path)) {
      if (await expectsSomething(file)) found.add(file)
      else without++
    }
  }
  return { found: [...found], without }
}
