/** A comparison that stops by itself: it looks as planned, not more often, and every look is as sure as all together must be. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashDraw } from '../../../sim/base/hash.ts'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { type CompareRequest, runCompare } from '../../../sim/lab/compare/experiment.ts'
import type { Runner } from '../../../sim/lab/runs/ports.ts'
import { aDone } from '../a-result.ts'

const GOODPUT = 'models["m"].goodput'

/** Seeds scatter by 20 points, which both arms share; `pools` is better by `by` and a scatter of its own. */
const runnerOf = (by: number, scatter: number, salt = 1): Runner => ({
  async run(jobs, onResult) {
    for (const [index, { policyName, seed }] of jobs.entries()) {
      const own = policyName === 'open' ? 0 : by + scatter * (hashDraw(salt, seed) - 0.5)
      const goodput = 0.6 + 0.2 * hashDraw(salt + 1_000, seed) + own
      onResult(index, aDone({ seed, policy: policyName, models: { m: { goodput } } }))
    }
  },
})

async function compared(runner: Runner, change: Partial<CompareRequest> = {}): Promise<CompareResult> {
  const found = await runCompare(
    {
      scenario: resolve(import.meta.dirname, '../cases/two-entries.yaml'),
      settings: [],
      policies: ['open', 'pools'],
      seeds: undefined,
      verify: false,
      baseline: undefined,
      precision: 0.01,
      ...change,
    },
    { runner, files: nodeFiles, resolvePolicy },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
  if (!found.ok) throw new Error(found.error.map(({ message }) => message).join('\n'))
  return found.value
}

describe('precision', () => {
  it('that ten seeds give takes ten seeds', async () => {
    const { seeds, differences } = await compared(runnerOf(0.03, 0.005))
    expect(seeds).toHaveLength(10)
    expect(differences['pools']![GOODPUT]).toMatchObject({ verdict: 'better' })
  })

  it('takes as many looks as it needs, twice as many seeds each time', async () => {
    const { seeds, differences } = await compared(runnerOf(0.03, 0.12))
    expect([40, 80, 160]).toContain(seeds.length)
    const [low, high] = differences['pools']![GOODPUT]!.verdict_ci!
    expect((high - low) / 2).toBeLessThanOrEqual(0.01)
  })

  it('that all seeds do not give is said', async () => {
    const { seeds, warnings } = await compared(runnerOf(0.03, 0.3), {
      seeds: Array.from({ length: 20 }, (_, i) => i + 1),
    })
    expect(seeds).toHaveLength(20)
    expect(warnings.at(-1)).toBe('20 seeds do not give the precision of 1 pp that was asked; give more with --seeds')
  })

  it('holds what it says although it stops when it likes what it sees', async () => {
    let covered = 0
    for (let salt = 1; salt <= 50; salt += 1) {
      const { differences } = await compared(runnerOf(0.03, 0.08, salt), { precision: 0.015 })
      const [low, high] = differences['pools']![GOODPUT]!.ci95!
      // 0.03 on average over all seeds there are; 95 % of 50 is 47.5.
      if (low <= 0.03 && 0.03 <= high) covered += 1
    }
    expect(covered).toBeGreaterThanOrEqual(46)
  })
})
