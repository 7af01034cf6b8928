/** Inputs marked as assumed: the mark leads to something that is said, and results list it with the value of the run. */
import { describe, expect, it } from 'vitest'
import { compareArms } from '../../../sim/lab/compare/compare.ts'
import { formatCompare } from '../../../sim/report/text/compare/compare-text.ts'
import { formatRun } from '../../../sim/report/text/run/run-text.ts'
import { withSettings } from '../../../sim/scenario/index.ts'
import { aDone, aResult } from '../../lab/a-result.ts'
import { GOOD, loaded, problems } from '../world.ts'

const marked = (...entries: string[]): string => `${GOOD}assumed:\n${entries.map((entry) => `  - ${entry}\n`).join('')}`

describe('assumed', () => {
  it('lists what it marks with its value, in the order of the file', async () => {
    const { assumed } = await loaded(
      marked(
        '{path: "demand[0].lengths.output", why: nobody published it}',
        '{path: \'demand[0].mix["gpt-oss-20b"]\', why: a guess}',
      ),
    )
    expect(assumed).toEqual([
      { path: 'demand[0].lengths.output', value: 100, why: 'nobody published it' },
      { path: 'demand[0].mix["gpt-oss-20b"]', value: '80%', why: 'a guess' },
    ])
  })

  it('is empty where nothing is marked', async () => {
    expect((await loaded(GOOD)).assumed).toEqual([])
  })

  it('takes a setting that only the preset names', async () => {
    const text = `${GOOD}coordinator: {preset: 2026-06-21}\nassumed: [{path: coordinator.MAX_CAPACITY_ATTEMPTS, why: one tree}]\n`
    expect((await loaded(text)).assumed[0]?.value).toBe(3)
  })

  it('names a trace without the folders of this computer', async () => {
    const text = marked('{path: "demand[0].arrivals", why: another service}').replace(
      '{poisson: 6/s}',
      '{trace: t.csv}',
    )
    const result = await loaded(text.replace('t.csv', 'deep/t.csv'), {
      'deep/t.csv': 'arrival_s,prompt_tokens,output_tokens\n0.000000,100,10\n1.500000,200,20\n',
    })
    expect(result.assumed[0]?.value).toEqual({ trace: 't.csv' })
  })

  it('refuses a mark on what the scenario does not say, a path that is none, and a second mark', async () => {
    expect(
      await problems(marked('{path: "demand[1].mix", why: x}', '{path: name, why: x}', '{path: name, why: y}')),
    ).toEqual([
      's.yaml:16:12 assumed[0].path `demand[1].mix` is not said in this scenario; only what it says can be marked',
      's.yaml:18:12 assumed[2].path marks `name` a second time',
    ])
    expect(await problems(marked('{path: "demand[", why: x}'))).toEqual([
      's.yaml:16:12 assumed[0].path must be a path into the scenario, such as demand[0].max_tokens',
    ])
    expect(await problems(marked('{path: name, reason: x}'))).toEqual([
      's.yaml:16:5 assumed[0].why is missing; it must be text',
      's.yaml:16:18 assumed[0].reason is not a known key; known here: path, why',
    ])
  })

  it('follows a setting, and marks nothing where a setting replaced what it names', async () => {
    const good = await loaded(marked('{path: "demand[0].lengths.output", why: x}'))
    const longer = withSettings(good, ['demand[0].lengths.output=200'])
    expect(longer.ok && longer.value.assumed).toEqual([{ path: 'demand[0].lengths.output', value: 200, why: 'x' }])
    const marks = await loaded(marked('{path: "demand[0].arrivals.poisson", why: x}'))
    const other = withSettings(marks, ['demand[0].arrivals={gamma: {rate: 2/s, cv: 3}}'])
    expect(other.ok && other.value.assumed).toEqual([])
  })
})

describe('a result with assumed inputs', () => {
  const input = { path: 'demand[0].max_tokens', value: { times_output: 2 }, why: 'clients differ' }
  const line = '- demand[0].max_tokens = {times_output: 2}: clients differ'

  it('names them in the text of a run', () => {
    expect(formatRun(aResult({ assumed: [input] }))).toContain(line)
    expect(formatRun(aResult())).not.toContain('Assumed')
  })

  it('names them once in a comparison, with the arms where only some have them', () => {
    const other = { ...input, value: 1024 }
    const armOf = (name: string, assumed: readonly (typeof input | typeof other)[]) => ({
      name,
      runs: [1, 2].map((seed) => aDone({ policy: name, seed, assumed })),
    })
    const shared = compareArms([armOf('open', [input]), armOf('pools', [input])], 'open', [1, 2])
    expect(shared.assumed).toEqual([input])
    expect(formatCompare(shared, 100)).toContain(line)
    const apart = compareArms([armOf('open', [input]), armOf('pools', [other])], 'open', [1, 2])
    expect(formatCompare(apart, 100)).toContain('- demand[0].max_tokens = 1024 (pools): clients differ')
  })
})
