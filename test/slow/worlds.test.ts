/** Every published figure is met, or missed as its file says, and docs/worlds.md shows what comes out today. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../sim/cli/policy-files/policy-source.ts'
import type { CheckedFile } from '../../sim/lab/check/check-result.ts'
import { runCheck } from '../../sim/lab/check/check.ts'
import { serialRunner } from '../../sim/lab/runs/serial-runner.ts'
import { scenarioPaths } from '../shipped-scenarios.ts'

const stored = JSON.parse(readFileSync('docs/worlds.json', 'utf8')) as readonly CheckedFile[]

describe('a world', () => {
  it.each(scenarioPaths.filter(([name]) => name.startsWith('worlds/')))(
    '%s meets what was published or misses it as it says, and the page shows it',
    async (_, path) => {
      const { files } = await runCheck(
        { scenarios: [path], settings: [], verify: false },
        { runner: serialRunner(nodeFiles, async () => {}), files: nodeFiles, resolvePolicy },
        { signal: new AbortController().signal, onProgress: () => {} },
      )
      const [checked] = files
      expect(checked!.problems).toEqual([])
      expect(checked!.expectations.filter(({ passed }) => !passed)).toEqual([])
      const shown = stored.find(({ file }) => file === relative('.', path))
      expect(checked!.expectations.map(({ value }) => value)).toEqual(shown?.expectations.map(({ value }) => value))
    },
  )
})
