/** The scenarios the project ships, and what `fleetlab check --verify` says of one of them. */
import { readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { formatProblem } from '../sim/base/result.ts'
import { nodeFiles } from '../sim/cli/files/files.ts'
import { resolvePolicy } from '../sim/cli/policy-files/policy-source.ts'
import { runCheck } from '../sim/lab/check/check.ts'
import { serialRunner } from '../sim/lab/runs/serial-runner.ts'

const SCENARIOS = resolve(import.meta.dirname, '../scenarios')

/** By name below scenarios/. */
export const scenarioPaths: readonly (readonly [name: string, path: string])[] = readdirSync(SCENARIOS, {
  recursive: true,
  encoding: 'utf8',
})
  .filter((path) => path.endsWith('.yaml'))
  .toSorted()
  .map((path) => {
    const full = join(SCENARIOS, path)
    return [relative(SCENARIOS, full), full]
  })

/** Every problem, and every expectation that is not met. */
export async function complaintsAbout(path: string, settings: readonly string[] = []): Promise<readonly string[]> {
  const result = await runCheck(
    { scenarios: [path], settings, verify: true },
    { runner: serialRunner(nodeFiles, async () => {}), files: nodeFiles, resolvePolicy },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
  const complaints = result.files.flatMap(({ expectations, problems }) => [
    ...problems.map(formatProblem),
    ...expectations.filter((each) => !each.passed).map((each) => JSON.stringify(each)),
  ])
  return result.files.length === 1 ? complaints : [...complaints, `${result.files.length} files were checked`]
}
