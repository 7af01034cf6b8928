/** `fleetlab demand`: columns side by side, one document, and what it refuses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../../../sim/cli/exit.ts'
import type { DemandFigures } from '../../../../sim/metrics/figures/demand-figures.ts'
import { fleetlab as inProcess } from '../../in-process.ts'

const AZURE = join(import.meta.dirname, '../../../../scenarios/traces/azure_conv_2023.csv')

let folder = ''
const inFolder = (name: string): string => join(folder, name)

const SCENARIO = `
name: asking
duration: 1h
models: [gpt-oss-20b, gemma-4-26b-qat-4bit]
fleet:
  - {count: 1, machine: {chip: M4 Max 40c, memory: 64GB}, advertises: [gpt-oss-20b, gemma-4-26b-qat-4bit]}
demand:
  - name: day
    arrivals: {poisson: 4/s}
    mix: {gpt-oss-20b: 75%, gemma-4-26b-qat-4bit: 25%}
    lengths: {prompt: 500, output: 100}
    max_tokens: {none: 40%, sent: 900}
    traits: {tools: 20%}
  - name: people
    arrivals: {users: {count: 10, think: 15s}}
    mix: {gpt-oss-20b: 100%}
    lengths: {prompt: 300, output: 100}
`

const fleetlab = (...words: readonly string[]) => inProcess(words)

const columnsOf = async (...words: readonly string[]): Promise<ReadonlyMap<string, DemandFigures>> => {
  const { code, out } = await fleetlab('demand', ...words, '--json')
  expect(code).toBe(EXIT.good)
  const document = JSON.parse(out) as { format: string; columns: readonly DemandFigures[] }
  expect(document.format).toBe('fleetlab.demand/1')
  return new Map(document.columns.map((column) => [column.name, column]))
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-demand-'))
  writeFileSync(inFolder('s.yaml'), SCENARIO)
  writeFileSync(inFolder('bad.csv'), 'a,b\n1,2\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('demand', () => {
  it('gives each stream, all together, and a recording, with the published figures of that recording', async () => {
    const columns = await columnsOf(inFolder('s.yaml'), '--against', AZURE)
    expect([...columns.keys()]).toEqual(['day', 'people', 'all', 'azure_conv_2023.csv'])
    const azure = columns.get('azure_conv_2023.csv')!
    // docs/facts/workload.md §2 and §3.
    expect(azure.rate_per_s).toBeCloseTo(5.53, 2)
    expect(azure.gap_cv).toBeCloseTo(1.09, 2)
    expect(azure.fano['1']).toBeCloseTo(1.39, 2)
    expect(azure.fano['10']).toBeCloseTo(3.87, 2)
    expect(azure.fano['60']).toBeCloseTo(16.4, 1)
    expect([azure.per_minute!.min, azure.per_minute!.max]).toEqual([191, 507])
    expect([azure.prompt_tokens!.p50, azure.prompt_tokens!.p99, azure.prompt_tokens!.max]).toEqual([
      1_020, 4_142, 14_050,
    ])
    expect([azure.output_tokens!.p50, azure.output_tokens!.p99, azure.output_tokens!.max]).toEqual([129, 601, 1_000])
    expect(azure.max_tokens).toBeNull()
  })

  it('counts what a stream asks for', async () => {
    const columns = await columnsOf(inFolder('s.yaml'))
    const [day, people, all] = ['day', 'people', 'all'].map((name) => columns.get(name)!)
    expect(day!.fano['10']!).toBeGreaterThan(0.8)
    expect(day!.fano['10']!).toBeLessThan(1.25)
    expect(day!.max_tokens!.none).toBeCloseTo(0.4, 1)
    expect(day!.max_tokens!.sent!.p50).toBe(900)
    expect(day!.mix['gpt-oss-20b']).toBeCloseTo(0.75, 1)
    expect(day!.tools).toBeCloseTo(0.2, 1)
    // Ten users, each once in 15 s and the 5 s that an answer takes here.
    expect(people!.rate_per_s).toBeCloseTo(0.5, 2)
    expect(all!.requests).toBe(day!.requests + people!.requests)
    expect(day!.series.rate_per_s.length).toBe(60)
  })

  it('lets users wait as long as it is told', async () => {
    const columns = await columnsOf(inFolder('s.yaml'), '--answer', '35s')
    expect(columns.get('people')!.rate_per_s).toBeCloseTo(0.2, 2)
  })

  it('counts what a run sends, by model', async () => {
    const { out } = await fleetlab('run', inFolder('s.yaml'), '--set', 'duration=2m', '--json')
    const { models } = JSON.parse(out) as { models: { [model: string]: { requests: { arrived: number } } } }
    const day = (await columnsOf(inFolder('s.yaml'), '--set', 'duration=2m')).get('day')!
    // Only this stream asks for it, and waits for nobody.
    const asked = day.mix['gemma-4-26b-qat-4bit']! * day.requests
    expect(models['gemma-4-26b-qat-4bit']!.requests.arrived).toBe(Math.round(asked))
  })

  it('shows all that as a table, with the rate over time and what its columns do not tell', async () => {
    const { code, out } = await fleetlab('demand', inFolder('s.yaml'), '--against', AZURE)
    expect(code).toBe(EXIT.good)
    expect(out).toMatch(/Fano at 60 s .* 16\.4/)
    expect(out).toMatch(/\n {2}day {2,}[▁▂▃▄▅▆▇█]{60} {2}to [45]\.\d\d\/s, each 1 min\n/)
    expect(out).toContain('note: users and sessions wait for answers; here every request ends 5 s after it came')
    const mooncake = await fleetlab(
      'demand',
      inFolder('s.yaml'),
      '--against',
      AZURE.replace('azure_conv_2023', 'mooncake_conversation'),
    )
    expect(mooncake.out).toContain('note: mooncake_conversation.csv is exact to 3 s')
  })

  it('refuses what is no scenario, no trace, no time', async () => {
    const missing = await fleetlab('demand', inFolder('s.yaml'), '--against', inFolder('gone.csv'))
    expect([missing.code, missing.err]).toEqual([EXIT.badInput, expect.stringContaining('gone.csv does not exist')])
    const bad = await fleetlab('demand', inFolder('s.yaml'), '--against', inFolder('bad.csv'))
    expect([bad.code, bad.err]).toEqual([EXIT.badInput, expect.stringContaining('bad.csv:1:1 must start with')])
    const time = await fleetlab('demand', inFolder('s.yaml'), '--answer', 'soon')
    expect([time.code, time.err]).toEqual([EXIT.badInput, expect.stringContaining('It must be a time such as 5s')])
    expect((await fleetlab('demand', inFolder('s.yaml'), '--answer', '1us')).code).toBe(EXIT.badInput)
    expect((await fleetlab('demand', inFolder('none.yaml'))).code).toBe(EXIT.badInput)
  })
})
