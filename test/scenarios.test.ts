/** Every scenario the project ships is good, and does what it says. The headline's ten seeds take minutes: `npm run study:headline`. */
import { readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../sim/base/result.ts'
import { nodeFiles } from '../sim/cli/files.ts'
import { resolvePolicy } from '../sim/cli/policy-source.ts'
import { runCheck } from '../sim/lab/check.ts'
import { serialRunner } from '../sim/lab/serial-runner.ts'
import { loadScenario } from '../sim/scenario/index.ts'

const SCENARIOS = resolve(import.meta.dirname, '../scenarios')
const paths = readdirSync(SCENARIOS, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .map((path) => join(SCENARIOS, path))
  .toSorted()
const isStudy = (path: string): boolean => path.includes('/headline/')

describe('shipped scenarios', () => {
  it.each(paths.map((path) => [relative(SCENARIOS, path), path]))(
    '%s is a good file that says what it asks',
    async (_, path) => {
      const loaded = await loadScenario(path, nodeFiles)
      expect(loaded.ok ? [] : loaded.error.map(formatProblem)).toEqual([])
      expect(loaded.ok && loaded.value.scenario.about).toMatch(/\w{3}/)
    },
  )

  it('meet their expectations', async () => {
    const result = await runCheck(
      { scenarios: paths.filter((path) => !isStudy(path)), settings: [], verify: true },
      { runner: serialRunner(nodeFiles, async () => {}), files: nodeFiles, resolvePolicy },
      { signal: new AbortController().signal, onProgress: () => {} },
    )
    const failed = result.files.flatMap(({ file, expectations, problems }) => [
      ...problems.map(formatProblem),
      ...expectations.filter((each) => !each.passed).map((each) => `${file}: ${JSON.stringify(each)}`),
    ])
    expect(failed).toEqual([])
    expect(result.files.length).toBeGreaterThan(1)
  })
})
