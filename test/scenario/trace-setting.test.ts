/** A setting may name a trace that the scenario's file does not: the same as if the file had named it. */
import { describe, expect, it } from 'vitest'
import { formatProblem } from '../../sim/base/result.ts'
import { loadWithSettings } from '../../sim/lab/runs/job.ts'
import type { Files } from '../../sim/lab/runs/ports.ts'

const scenario = (trace: string): string => `
name: small
duration: 5m
models: [gpt-oss-20b]
fleet: [{count: 2, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b]}]
demand:
  - {arrivals: {trace: ${trace}, load: 1}, mix: {gpt-oss-20b: 100%}, lengths: {from: trace}}
`
const HEAD = 'arrival_s,prompt_tokens,output_tokens\n'
const TEXTS: { readonly [path: string]: string } = {
  'lab/a.yaml': scenario('days/monday.csv'),
  'lab/b.yaml': scenario('days/tuesday.csv'),
  'lab/days/monday.csv': `${HEAD}0,100,10\n30,100,10\n`,
  'lab/days/tuesday.csv': `${HEAD}0,900,90\n20,900,90\n40,900,90\n`,
  'lab/days/broken.csv': 'when\n1\n',
}

function filesThat(reads: string[]): Files {
  return {
    read: async (path) => {
      reads.push(path)
      return TEXTS[path]
    },
    resolve: (from, relative) => `${from.slice(0, from.lastIndexOf('/'))}/${relative}`,
  }
}

async function complaints(setting: string): Promise<string> {
  const loaded = await loadWithSettings('lab/a.yaml', [setting], filesThat([]))
  return loaded.ok ? '' : loaded.error.map(formatProblem).join('\n')
}

describe('a trace that only a setting names', () => {
  it.each(['demand[0].arrivals.trace=days/tuesday.csv', 'demand[0].arrivals={trace: days/tuesday.csv, load: 1}'])(
    'is read, relative to the scenario: %s',
    async (setting) => {
      const changed = await loadWithSettings('lab/a.yaml', [setting], filesThat([]))
      const direct = await loadWithSettings('lab/b.yaml', [], filesThat([]))
      if (!changed.ok || !direct.ok) throw new Error(await complaints(setting))
      expect(changed.value.digest).toBe(direct.value.digest)
      expect(changed.value.scenario.demand).toEqual(direct.value.scenario.demand)
      const [stream] = changed.value.scenario.demand
      const name =
        stream !== undefined && 'arrivals' in stream && 'trace' in stream.arrivals ? stream.arrivals.trace : ''
      expect(changed.value.traces.get(name)?.arrivals).toHaveLength(3)
    },
  )

  it('costs no reading where the scenario names it itself', async () => {
    const reads: string[] = []
    await loadWithSettings('lab/a.yaml', ['demand[0].arrivals.trace=lab/days/monday.csv'], filesThat(reads))
    expect(reads).toEqual(['lab/a.yaml', 'lab/days/monday.csv'])
  })

  it('says what is wrong with it, and where a path starts', async () => {
    expect(await complaints('demand[0].arrivals.trace=lab/days/tuesday.csv')).toBe(
      '--set demand[0].arrivals.trace=lab/days/tuesday.csv demand[0].arrivals.trace cannot be read: lab/lab/days/tuesday.csv; a path in a setting is relative to lab/a.yaml',
    )
    expect(await complaints('demand[0].arrivals.trace=days/broken.csv')).toContain('lab/days/broken.csv:1:1 must start')
  })
})
