/** The gallery: small files, each with a scenario that it stands in, and told apart from policies of the real system. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { gallery } from '../../sim/policy/gallery/index.ts'
import { builtinPolicies } from '../../sim/policy/index.ts'
import { parameterValues, SURFACES } from '../../sim/plug/index.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const SOURCES = join(ROOT, 'sim/policy/gallery')
const SCENARIOS = join(ROOT, 'scenarios/gallery')
const scenarios = readdirSync(SCENARIOS).map((name) => readFileSync(join(SCENARIOS, name), 'utf8'))

describe('the gallery', () => {
  it('is listed with the built-in policies, under names of its own', () => {
    for (const policy of gallery) expect(builtinPolicies).toContain(policy)
    expect(new Set(builtinPolicies.map(({ name }) => name)).size).toBe(builtinPolicies.length)
  })

  it.each(gallery.map((policy) => [policy.name, policy] as const))(
    '%s: at most 60 lines, a surface, defaults within bounds, and a scenario with expectations of it',
    (name, policy) => {
      const source = readFileSync(join(SOURCES, `${name}.ts`), 'utf8')
      expect(source.split('\n').length).toBeLessThanOrEqual(60)
      expect(SURFACES.some((surface) => policy[surface] !== undefined)).toBe(true)
      expect(parameterValues(policy.parameters, {}).ok).toBe(true)
      expect(
        scenarios.some((text) => text.includes('expect:') && new RegExp(`policies:[^]*\\b${name}\\b`).test(text)),
      ).toBe(true)
    },
  )
})
