/**
 * Every scenario of a finding tells the defect from its mending: it passes as it stands, and fails when what it expects of
 * its first arm (the defect) is expected of its last (mended), and the other way round.
 */
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { formatProblem } from '../../sim/base/result.ts'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../sim/cli/policy-files/policy-source.ts'
import type { CheckedFile } from '../../sim/lab/check/check-result.ts'
import { runCheck } from '../../sim/lab/check/check.ts'
import type { Files } from '../../sim/lab/runs/ports.ts'
import { serialRunner } from '../../sim/lab/runs/serial-runner.ts'
import { complaintsAbout } from '../shipped-scenarios.ts'
import { type Finding, findings } from './findings.ts'

interface Text {
  expect: { policy?: string; versus?: string }[]
}

/** The disk, but for the finding's file. */
function swapped({ path, arms }: Finding): Files {
  const wrong = arms[0]!
  const right = arms.at(-1)!
  const other = (arm: string): string => (arm === wrong ? right : arm === right ? wrong : arm)
  return {
    ...nodeFiles,
    async read(asked) {
      const text = await nodeFiles.read(asked)
      if (asked !== path || text === undefined) return text
      const scenario = parse(text) as Text
      for (const entry of scenario.expect) {
        if (entry.policy !== undefined) entry.policy = other(entry.policy)
        if (entry.versus !== undefined) entry.versus = other(entry.versus)
      }
      return stringify(scenario)
    },
  }
}

async function checked(finding: Finding): Promise<CheckedFile> {
  const files = swapped(finding)
  const { files: results } = await runCheck(
    { scenarios: [finding.path], settings: [], verify: false },
    { runner: serialRunner(files, async () => {}), files, resolvePolicy },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
  return results[0]!
}

describe('scenarios of review findings', () => {
  it.each(findings.map((finding) => [finding.file, finding] as const))('%s passes', async (_, { path }) =>
    expect(await complaintsAbout(path)).toEqual([]),
  )

  it.each(findings.map((finding) => [finding.file, finding] as const))(
    '%s fails when its first and its last arm are swapped, and pins down both',
    async (_, finding) => {
      const { passed, problems, bug, expectations } = await checked(finding)
      expect(problems.map(formatProblem)).toEqual([])
      expect(bug).toBeUndefined()
      expect(passed).toBe(false)
      const failing = new Set(expectations.filter((each) => !each.passed).map((each) => each.policy))
      expect(failing).toEqual(new Set([finding.arms[0], finding.arms.at(-1)]))
    },
  )
})
