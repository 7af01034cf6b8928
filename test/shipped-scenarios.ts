/** The scenarios the project ships, and what `fleetlab check --verify` says of one of them. */
import { readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { formatProblem } from '../sim/base/result.ts'
import { nodeFiles } from '../sim/cli/files/files.ts'
import { resolvePolicy } from '../sim/cli/policy-files/policy-source.ts'
import type { CheckedExpectation } from '../sim/lab/check/check-result.ts'
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

/** Where seed 1 does not show what the mean of a file's seeds does, or where the file speaks of another one. */
const TELLING_SEEDS: { readonly [name: string]: number } = {
  'rollout/alias-there-and-back.yaml': 2,
  'rollout/placement-in-stages.yaml': 8,
  'rollout/pools-in-waves.yaml': 3,
}

/** The seed in which a scenario shows what it shows in all of its own. */
export const tellingSeed = (name: string): number => TELLING_SEEDS[name] ?? 1

/** One seed has no interval: there an improvement must be as large as it is said to be, and no more can be asked. */
const isMet = ({ passed, ci95, value, bound }: CheckedExpectation, isOneSeed: boolean): boolean =>
  passed || (isOneSeed && ci95 === null && value !== null && value >= (bound.improves_by ?? Infinity))

/** Every problem, and every expectation that is not met: over the seeds of the file, or in one. */
export async function complaintsAbout(path: string, seed?: number): Promise<readonly string[]> {
  const settings = seed === undefined ? [] : [`seeds=${seed}-${seed}`]
  const result = await runCheck(
    { scenarios: [path], settings, verify: true },
    { runner: serialRunner(nodeFiles, async () => {}), files: nodeFiles, resolvePolicy },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
  const complaints = result.files.flatMap(({ expectations, problems }) => [
    ...problems.map(formatProblem),
    ...expectations.filter((each) => !isMet(each, seed !== undefined)).map((each) => JSON.stringify(each)),
  ])
  return result.files.length === 1 ? complaints : [...complaints, `${result.files.length} files were checked`]
}
