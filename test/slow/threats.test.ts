/** The table of docs/threats.md: the liar's share of all dispatches, and how many of them it fails, as the attacks run now. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../sim/cli/policy-files/policy-source.ts'
import { runCheck } from '../../sim/lab/check/check.ts'
import { serialRunner } from '../../sim/lab/runs/serial-runner.ts'

const ARMS = ['open', 'pools-afe8135', 'pools', 'placement']
const rows = readFileSync('docs/threats.md', 'utf8')
  .split('\n')
  .flatMap((line) => {
    const name = /^\| `([\w-]+)`:/.exec(line)?.[1]
    return name === undefined ? [] : [{ name, cells: line.split('|').slice(2, 2 + ARMS.length) }]
  })

/** `4.5 % · 1 · …`; what is in words is nothing to hold. */
const written = (cell: string): RegExpExecArray | null => /^ ([\d.]+) % · (\d+)\b/.exec(cell)

describe('docs/threats.md', () => {
  it('has every attack', () => expect(rows).toHaveLength(9))

  it.each(rows)('has the shares and failures of $name', async ({ name, cells }) => {
    const { files } = await runCheck(
      { scenarios: [`scenarios/attacks/${name}.yaml`], settings: [], verify: false },
      { runner: serialRunner(nodeFiles, async () => {}), files: nodeFiles, resolvePolicy },
      { signal: new AbortController().signal, onProgress: () => {} },
    )
    const rowsOf = (policy: string, row: string, where: object): number | undefined =>
      files[0]!.expectations.find(
        (each) =>
          each.policy === policy && each.row === row && JSON.stringify(each.where ?? {}) === JSON.stringify(where),
      )?.value ?? undefined
    for (const [i, policy] of ARMS.entries()) {
      const cell = written(cells[i]!)
      if (cell === null) continue
      const all = rowsOf(policy, 'dispatched', {})!
      const suspect = rowsOf(policy, 'dispatched', { provider: 'suspect' })!
      expect(Math.abs((100 * suspect) / all - Number(cell[1])), policy).toBeLessThan(0.06)
      const ended = (outcome: string) => rowsOf(policy, 'attempt_ended', { provider: 'suspect', outcome })
      const served = ended('success')
      const failed = ended('cancelled') ?? ended('error') ?? (served === undefined ? undefined : suspect - served)
      if (failed !== undefined) expect(Math.abs(failed - Number(cell[2])), policy).toBeLessThanOrEqual(0.5)
    }
  })
})
