/**
 * The scenarios of review findings, and what each says of itself: a header `# Finding ID (severity). Shows in: …. Gone in: …`,
 * its first arm, which has the defect, and its last, which has not.
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { must } from '../../sim/base/assert.ts'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import { loadScenario } from '../../sim/scenario/index.ts'
import { scenarioPaths } from '../shipped-scenarios.ts'

export interface Finding {
  readonly file: string
  readonly path: string
  readonly id: string
  /** P1 and P2 are the reviewers'; `ours` where none named it. */
  readonly severity: string
  readonly showsIn: string
  readonly goneIn: string
  /** By the names that results call them. */
  readonly arms: readonly string[]
  readonly policies: readonly string[]
}

const HEADER = /^# Finding (\w+) \((\w+)[^)]*\)\. Shows in: ([^.]+)\. Gone in: ([^.]+)\./m

async function findingIn(path: string): Promise<Finding> {
  const [, id, severity, showsIn, goneIn] = must(
    HEADER.exec(readFileSync(path, 'utf8')) ?? undefined,
    `${path} has a header "# Finding ID (severity). Shows in: …. Gone in: …."`,
  )
  const loaded = await loadScenario(path, nodeFiles)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  const { policies } = loaded.value.scenario
  return {
    file: basename(path),
    path,
    id: id!,
    severity: severity!,
    showsIn: showsIn!,
    goneIn: goneIn!,
    arms: policies.map((arm) => arm.as),
    policies: policies.map((arm) => arm.policy),
  }
}

export const findings: readonly Finding[] = await Promise.all(
  scenarioPaths.filter(([name]) => name.startsWith('review/')).map(([, path]) => findingIn(path)),
)
