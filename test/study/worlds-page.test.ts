/**
 * docs/worlds.md says what the files of scenarios/worlds say: every published figure with its source, every miss with its
 * reason, every assumed input. The simulated values are those stored beside it; slow/worlds.test.ts simulates them anew.
 */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../sim/base/result.ts'
import { nodeFiles } from '../../sim/cli/files/files.ts'
import type { CheckedExpectation } from '../../sim/lab/check/check-result.ts'
import { type Expectation, expectationsOf } from '../../sim/lab/check/expectation.ts'
import { expectationProblems } from '../../sim/lab/check/expectation-problems.ts'
import { type LoadedScenario, loadScenario } from '../../sim/scenario/index.ts'
import { PRESET_NAMES } from '../../sim/coordinator/config.ts'
import { scenarioPaths } from '../shipped-scenarios.ts'
import { type World, worldsPage } from './worlds-page.ts'

const stored = JSON.parse(readFileSync('docs/worlds.json', 'utf8')) as readonly {
  readonly file: string
  readonly expectations: readonly CheckedExpectation[]
}[]

async function loadedFrom(path: string): Promise<LoadedScenario> {
  const loaded = await loadScenario(path, nodeFiles)
  if (!loaded.ok) throw new Error(loaded.error.map(formatProblem).join('\n'))
  return loaded.value
}

const paths = scenarioPaths.filter(([name]) => name.startsWith('worlds/')).map(([, path]) => path)
const loadedWorlds = await Promise.all(paths.map(loadedFrom))

const expectedOf = ({ scenario }: LoadedScenario): readonly Expectation[] => {
  const arms = scenario.policies.length === 0 ? ['open'] : scenario.policies.map((arm) => arm.as)
  return scenario.expect.flatMap((entry, i) => expectationsOf(entry, i, arms))
}

describe('docs/worlds.md', () => {
  it('is of every world there is, and of what each expects', () => {
    expect(stored.map(({ file }) => file)).toEqual(paths.map((path) => relative('.', path)))
    for (const [i, { expectations }] of stored.entries()) {
      const now = expectedOf(loadedWorlds[i]!).map(({ entry, policy, bound, published }) => ({
        entry,
        policy,
        bound,
        published,
      }))
      expect(expectations.map(({ entry, policy, bound, published }) => ({ entry, policy, bound, published }))).toEqual(
        now,
      )
    }
  })

  it('is what `npm run study:worlds` writes of them', () => {
    const worlds = stored.map(({ file, expectations }, i): World => ({ file, loaded: loadedWorlds[i]!, expectations }))
    expect(readFileSync('docs/worlds.md', 'utf8')).toBe(worldsPage(worlds))
  })
})

describe('the worlds', () => {
  it('are regimes of the coordinator, one file each, named by its date', () => {
    const presets = loadedWorlds.map(({ scenario }) => scenario.coordinator.preset)
    expect(loadedWorlds.map(({ scenario }) => scenario.name)).toEqual(presets.map((preset) => `world-${preset}`))
    // August is what operators ran later, of which no day was reported.
    expect(presets.toSorted()).toEqual(PRESET_NAMES.filter((name) => name !== '2026-08'))
  })

  it('hold nothing but published figures, each with tolerance and source, that a run can have', () => {
    for (const loaded of loadedWorlds) {
      expect(loaded.scenario.expect.filter(({ published }) => published === undefined)).toEqual([])
      expect(expectationProblems(loaded)).toEqual([])
    }
  })

  it('mark what nobody published: the fleet, arrivals, lengths, limits, the upstream router', () => {
    for (const { assumed } of loadedWorlds) {
      const marked = assumed.map(({ path }) => path)
      for (const path of ['fleet', 'demand[0].arrivals', 'demand[0].lengths.prompt', 'demand[0].lengths.output'])
        expect(marked).toContain(path)
      expect(marked).toContain('demand[0].max_tokens')
      expect(marked).toContain('upstream')
    }
  })
})
