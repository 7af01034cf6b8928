/**
 * Any scenario at all must keep the invariants: random fleets, models, demand, settings, faults and policies run under
 * the judges. A failure shrinks to a small scenario file and the command that shows it.
 */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, it } from 'vitest'
import { policyNames } from '../../sim/policy/index.ts'
import { accountedFor, loaded, runOf } from '../simulation/world.ts'
import { NAMES, randomScenario, textOf } from './a-scenario.ts'
import { casesOf, PATIENCE_MS } from '../tier.ts'

describe('any scenario', () => {
  it(
    `keeps the invariants under ${NAMES.join(' and ')}, whatever the fleet, the demand, the faults and the policy`,
    async () => {
      const check = fc.asyncProperty(
        randomScenario,
        fc.constantFrom(...policyNames),
        fc.integer({ min: 0, max: 2 ** 53 - 1 }),
        async (random, policy, seed) => {
          const text = textOf(random)
          const file = await loaded(text)
          try {
            const { result } = await runOf(file, policy, { seed, verify: true })
            for (const counts of [result.requests, ...Object.values(result.models).map((model) => model.requests)]) {
              if (accountedFor(counts) !== counts.arrived) throw new Error(`INV counts: ${JSON.stringify(counts)}`)
            }
          } catch (error) {
            const path = join(mkdtempSync(join(tmpdir(), 'fleetlab-')), 'broken.yaml')
            writeFileSync(path, text)
            const message = error instanceof Error ? error.message : String(error)
            throw new Error(
              `${message}\nrun: npx fleetlab run ${path} --policy ${policy} --seed ${seed} --verify\n${text}`,
              { cause: error },
            )
          }
        },
      )
      await fc.assert(check, { numRuns: casesOf(60), seed: 20_260_620 })
    },
    PATIENCE_MS,
  )
})
