/** What `fleetlab policy new` writes is in order as it stands: its types, and its scenario. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { scenarioText } from '../../../sim/cli/policy-files/policy-template.ts'
import { policyText } from '../../../sim/lab/policy/policy-text.ts'
import { runCheck } from '../../../sim/lab/check/check.ts'
import { serialRunner } from '../../../sim/lab/runs/serial-runner.ts'

it('a fresh policy passes the type check, and its scenario expects what it does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetlab-new-'))
  try {
    writeFileSync(join(folder, 'fresh.ts'), policyText('fresh'))
    writeFileSync(join(folder, 'fresh.yaml'), scenarioText('fresh'))
    const result = await runCheck(
      { scenarios: [join(folder, 'fresh.yaml')], settings: [], verify: true },
      { runner: serialRunner(nodeFiles, async () => {}), files: nodeFiles, resolvePolicy },
      { signal: new AbortController().signal, onProgress: () => {}, clock: () => 0 },
    )
    expect(result.files.map(({ verdict, problems }) => [verdict, problems])).toEqual([['passed', []]])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
