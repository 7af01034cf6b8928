/**
 * Looking changes nothing: whichever kinds of rows are written, and whoever asks why, the same things happen at the same
 * times. A row left out is not even put together, so whatever its writer would have looked at goes on unseen.
 */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findPolicy, policyNames } from '../../sim/policy/index.ts'
import type { LoadedScenario } from '../../sim/scenario/index.ts'
import { play } from '../../sim/simulation.ts'
import type { TraceRow, TraceRowKind } from '../../sim/trace/row.ts'
import { KINDS as DECLARED } from '../../sim/trace/schema.ts'
import { loaded, runOf } from '../simulation/world.ts'
import { randomScenario, textOf } from './a-scenario.ts'
import { casesOf, PATIENCE_MS } from '../tier.ts'

const KINDS = Object.keys(DECLARED) as TraceRowKind[]

async function rowsOf(scenario: LoadedScenario, policy: string, seed: number, without: readonly TraceRowKind[] = []) {
  const rows: TraceRow[] = []
  const found = findPolicy(policy)
  if (found === undefined) throw new Error(`no policy ${policy}`)
  await play({
    scenario,
    policy: found,
    seed,
    without: new Set(without),
    subscribers: [(row) => void rows.push({ ...row })],
  })
  return rows
}

/** Most rows are sums of what came before them, so that everything but the rows left out is alike says that all is. */
const without = fc.oneof(fc.constant<TraceRowKind[]>(['machine_state']), fc.subarray(KINDS))

describe('a run', () => {
  it(
    'is the same whichever kinds of rows are written, and whether somebody asks why',
    async () => {
      const check = fc.asyncProperty(
        randomScenario,
        fc.constantFrom(...policyNames),
        fc.nat(),
        without,
        async (random, policy, seed, omitted) => {
          const scenario = await loaded(textOf(random))
          const all = await rowsOf(scenario, policy, seed)
          const some = await rowsOf(scenario, policy, seed, omitted)
          expect(some).toEqual(all.filter(({ kind }) => !omitted.includes(kind)))
          const explained: TraceRow[] = []
          let notes = 0
          await runOf(scenario, policy, {
            seed,
            rows: (row) => void explained.push({ ...row }),
            onNote: () => void notes++,
          })
          expect(explained).toEqual(all)
          if (all.some(({ kind }) => kind === 'arrived')) expect(notes).toBeGreaterThan(0)
        },
      )
      await fc.assert(check, { numRuns: casesOf(20, 600), seed: 20_260_623 })
    },
    PATIENCE_MS,
  )
})
