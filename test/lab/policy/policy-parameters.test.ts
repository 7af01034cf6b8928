/** Parameters reach a policy from a scenario, a setting, an arm or an axis; what no policy has is told before anything runs. */
import { describe, expect, it } from 'vitest'
import { formatProblem, ok, type Result } from '../../../sim/base/result.ts'
import { armsOf } from '../../../sim/lab/runs/arms.ts'
import { runCompare, runSweep } from '../../../sim/lab/compare/experiment.ts'
import { POLICY_EXPORTS } from '../../../sim/lab/policy/policy-code.ts'
import { parameterProblems } from '../../../sim/lab/policy/policy-parameters.ts'
import type { PolicyResolver } from '../../../sim/lab/runs/ports.ts'
import { serialRunner } from '../../../sim/lab/runs/serial-runner.ts'
import { withSettings } from '../../../sim/scenario/index.ts'
import { loadedFrom, SMALL } from '../../simulation/world.ts'

/** A policy file that keeps so many of four Macs free, as the bundler leaves it. */
const KEEPER = `var ${POLICY_EXPORTS} = { default: {
  name: 'keeper', about: '',
  parameters: { keep: { kind: 'whole', default: 1, about: 'Macs kept free', min: 0, max: 3 } },
  counters: ['kept'],
  filter(request, machine, view) {
    if (machine.id >= view.parameters.keep) return true
    view.count('kept')
    return false
  },
} }`

const resolvePolicy: PolicyResolver = async (reference) =>
  ok(
    reference.endsWith('keeper.ts')
      ? { kind: 'code', file: './keeper.ts', code: KEEPER }
      : { kind: 'builtin', name: reference },
  )

const said = (result: Result<unknown>): readonly string[] => (result.ok ? [] : result.error.map(formatProblem))

async function saidOf(document: object, settings: readonly string[] = [], references?: readonly string[]) {
  const loaded = await loadedFrom({ ...SMALL, duration: '20s', ...document })
  const changed = withSettings(loaded, settings)
  if (!changed.ok) return said(changed)
  return said(await armsOf(changed.value, references, resolvePolicy))
}

const arm = (policy: string, keep: number) => ({ policy, as: 'arm', set: { 'policy.keep': keep } })

describe('a parameter', () => {
  it('may be given for all arms when one of them has it', async () => {
    expect(await saidOf({ policies: ['open', './keeper.ts'] }, ['policy.keep=2'])).toEqual([])
  })

  it('that no arm has is an error at its setting, with a suggestion', async () => {
    expect(await saidOf({ policies: ['open', './keeper.ts'] }, ['policy.kep=2'])).toEqual([
      '--set policy.kep=2 policy.kep no policy of this run has a parameter `kep`; did you mean `keep`?',
    ])
    expect(await saidOf({ policies: ['open'] }, ['policy.keep=2'])).toEqual([
      '--set policy.keep=2 policy.keep no policy of this run has a parameter `keep`; there are none',
    ])
  })

  it('that a scenario gives is found at its line', async () => {
    expect(await saidOf({ policies: ['./keeper.ts'], policy: { keep: 9 } })).toEqual([
      expect.stringMatching(
        /^\S+test\.yaml:\d+:\d+ policy\.keep is 9; `keep` of \.\/keeper\.ts must be a whole number from 0 to 3$/,
      ),
    ])
  })

  it('that an arm gives must be one of its own policy', async () => {
    expect(await saidOf({ policies: [arm('./keeper.ts', 2), './keeper.ts'] })).toEqual([])
    expect(await saidOf({ policies: [arm('open', 2), './keeper.ts'] })).toEqual([
      expect.stringMatching(/policies\[0\]\.set.* arm has no parameter `keep`; there are none$/),
    ])
    expect(await saidOf({ policies: [arm('./keeper.ts', 7)] })).toEqual([
      expect.stringMatching(/policies\[0\]\.set.* is 7; `keep` of arm must be a whole number from 0 to 3$/),
    ])
  })

  it('is found by the name that a file of the scenario declares', async () => {
    expect(await saidOf({ policies: ['open', './keeper.ts'] }, ['policy.keep=2'], ['keeper'])).toEqual([])
    const loaded = await loadedFrom({ ...SMALL, duration: '20s', policies: ['open', './keeper.ts'] })
    const arms = await armsOf(loaded, ['keeper'], resolvePolicy)
    expect(arms.ok && arms.value).toMatchObject([{ name: 'keeper', policy: { kind: 'code', file: './keeper.ts' } }])
  })

  it('is refused for a value out of bounds by whoever asks for it alone', async () => {
    const loaded = await loadedFrom({ ...SMALL, duration: '20s', policy: { keep: -1 } })
    const asked = { name: 'a', policy: { kind: 'code', file: './keeper.ts', code: KEEPER }, settings: [] } as const
    expect(parameterProblems(loaded, [asked])).toHaveLength(1)
  })
})

describe('an experiment', () => {
  const text = JSON.stringify({ ...SMALL, duration: '20s', policies: ['open', './keeper.ts'] })
  const files = {
    read: async (path: string) => (path === 'small.yaml' ? text : undefined),
    resolve: (_from: string, path: string) => path,
  }
  const ports = { files, runner: serialRunner(files, async () => {}), resolvePolicy }
  const control = { signal: new AbortController().signal, onProgress: () => {} }
  const request = { scenario: 'small.yaml', settings: [], policies: undefined, seeds: undefined, verify: false }

  it('varies a parameter along an axis, for the policies that have it', async () => {
    const axes = [{ path: 'policy.keep', values: ['0', '3'] }]
    const done = await runSweep({ ...request, axes, metrics: [], policies: ['./keeper.ts'] }, ports, control)
    const kept = done.ok ? done.value.cells.map((cell) => cell.metrics['policy_metrics.kept.value']?.mean ?? null) : []
    expect(kept[0]).toBeNull()
    expect(kept[1]).toBeGreaterThan(10)
    const wrong = [{ path: 'policy.keep', values: ['0', '4'] }]
    expect(said(await runSweep({ ...request, axes: wrong, metrics: [] }, ports, control))).toEqual([
      '--set policy.keep=4 policy.keep is 4; `keep` of ./keeper.ts must be a whole number from 0 to 3',
    ])
  })

  it('shows the values of each arm that has any', async () => {
    const settings = ['policy.keep=2']
    const done = await runCompare({ ...request, settings, baseline: undefined }, ports, control)
    expect(done.ok && done.value.parameters).toEqual({ './keeper.ts': { keep: 2 } })
  })
})
