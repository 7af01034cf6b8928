/** Tables, timelines and pages from the command line: all there or nothing, and one message where they cannot be. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { main } from '../../sim/cli/main.ts'
import { plainPaint } from '../../sim/report/form/paint.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import { duckOver } from '../report/tables/written.ts'
import { readTrace } from '../report/timeline/reader.ts'
import { SMALL } from '../simulation/world.ts'

const TINY = {
  ...SMALL,
  duration: '40s',
  warmup: '10s',
  about: 'Does it come out?',
  policies: ['open', { policy: 'open', set: { max_model_slots: 1 }, as: 'one-slot' }],
}

let folder = ''
let scenario = ''
const at = (...path: readonly string[]): string => join(folder, ...path)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-results-'))
  scenario = at('tiny.yaml')
  writeFileSync(scenario, stringify(TINY))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** Words are parted by blanks; SCENARIO is the file. */
async function ran(line: string): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', '']
  const code = await main({
    arguments: line.split(' ').map((word) => (word === 'SCENARIO' ? scenario : word)),
    console: {
      print: (text) => void (out += text),
      note: (text) => void (err += `${text}\n`),
      paint: plainPaint,
      width: 200,
      progress: () => ({ update() {}, end() {} }),
    },
    signal: new AbortController().signal,
    worker: undefined,
  })
  return { code, out, err }
}

describe('run', () => {
  it('writes tables, a timeline, a page and the ledger beside its JSON, all of the same run', async () => {
    const { code, out, err } = await ran(
      `run SCENARIO --json --parquet ${at('tables')} --timeline ${at('run.pftrace')} --html ${at('run.html')} --out ${at('out')} --skip-warmup`,
    )
    expect([code, err]).toEqual([0, ''])
    const result = JSON.parse(out) as RunResult
    const duck = await duckOver(folder)
    const [runs] = await duck(`SELECT digest FROM '${at('tables', 'runs.parquet')}'`)
    expect(runs!['digest']).toBe(result.digest)
    const [requests] = await duck(`SELECT count(*) AS n FROM '${at('tables', 'requests.parquet')}' WHERE after_warmup`)
    expect(requests!['n']).toBe(result.requests.arrived)
    expect(readdirSync(at('tables')).toSorted()).toEqual(
      ['attempts', 'delays', 'macs', 'metrics', 'requests', 'runs', 'series'].map((name) => `${name}.parquet`),
    )
    expect(readTrace(readFileSync(at('run.pftrace'))).flows.size).toBeGreaterThan(result.requests.arrived)
    const page = readFileSync(at('run.html'), 'utf8')
    expect(page).toContain('Does it come out?')
    expect(page).toContain(result.digest)
    expect(page).toContain(`npx fleetlab run ${scenario} --json`)
    const routes = readFileSync(at('out', 'inference_routes.csv'), 'utf8').trimEnd().split('\n').slice(1)
    const first = routes.map((line) => line.split(',').find((cell) => cell.startsWith('2026-'))!).toSorted()[0]!
    expect(first >= '2026-06-21T00:00:10').toBe(true)
  })

  it.each([
    [['--parquet', 'tiny.yaml'], /--parquet .*: is a file; give a folder/],
    [['--timeline', '.'], /--timeline .*: is a folder; give a file name/],
    [['--html', '-'], /--html -: give \/dev\/stdout/],
    [
      ['--html', 'x', '--timeline', 'x'],
      /--timeline writes there too; give each a place of its own|--html writes there too/,
    ],
    [['--out', 'o', '--timeline', 'o/trace.fleet'], /--out writes there too; give each a place of its own/],
    [['--parquet', 't', '--html', 't/runs.parquet'], /--parquet writes there too; give each a place of its own/],
    [['--parquet', 'o', '--out', 'o'], /writes there too; give each a place of its own/],
    [['--timeline', 'tiny.yaml'], /--timeline .*: is the file that is read; give another/],
    [['--skip-warmup'], /--skip-warmup: needs --out/],
    [
      ['--skip-warmup', '--candidates', '--out', 'o', '--set', 'warmup=auto'],
      /--candidates with --skip-warmup: .*--set warmup=10m/,
    ],
  ])('refuses %j with one message, before anything runs, and leaves nothing', async (words, message) => {
    const paths = words.map((word) => (/^(?:tiny\.yaml|\.|[xot](?:\/.*)?)$/.test(word) ? at(word) : word))
    const { code, err } = await ran(['run SCENARIO', ...paths].join(' '))
    expect(code).toBe(2)
    expect(
      err
        .trimEnd()
        .split('\n')
        .filter((line) => line.startsWith('error')),
    ).toHaveLength(1)
    expect(err).toMatch(message)
    expect(readdirSync(folder)).toEqual(['tiny.yaml'])
  })

  it('leaves nothing behind where the run itself is refused', async () => {
    const { code } = await ran(`run SCENARIO --set duration=-1s --parquet ${at('t')} --html ${at('p')}`)
    expect(code).toBe(2)
    expect(readdirSync(folder)).toEqual(['tiny.yaml'])
  })
})

describe('compare', () => {
  it('writes a row for each arm, seed and figure, in the order of arms and seeds, and a page', async () => {
    const { code, out } = await ran(
      `compare SCENARIO --seeds 2,1 --jobs 1 --json --parquet ${at('tables')} --html ${at('compare.html')}`,
    )
    expect(code).toBe(0)
    const { policies } = JSON.parse(out) as { policies: { [arm: string]: { [metric: string]: { mean: number } } } }
    const duck = await duckOver(folder)
    expect(await duck(`SELECT policy, seed FROM '${at('tables', 'runs.parquet')}'`)).toEqual([
      { policy: 'open', seed: 1 },
      { policy: 'open', seed: 2 },
      { policy: 'one-slot', seed: 1 },
      { policy: 'one-slot', seed: 2 },
    ])
    const metric = 'models["gpt-oss-20b"].goodput'
    const means = await duck(
      `SELECT policy, avg(value) AS mean FROM '${at('tables', 'metrics.parquet')}' WHERE metric = '${metric}' GROUP BY policy`,
    )
    for (const { policy, mean } of means) expect(Number(mean)).toBeCloseTo(policies[String(policy)]![metric]!.mean, 9)
    expect(existsSync(at('tables', 'requests.parquet'))).toBe(false)
    expect(readFileSync(at('compare.html'), 'utf8')).toContain('one-slot')
  })
})

it('check writes a page too', async () => {
  writeFileSync(scenario, stringify({ ...TINY, expect: [{ metric: 'requests.arrived', at_least: 1_000_000 }] }))
  const { code } = await ran(`check SCENARIO --jobs 1 --html ${at('check.html')}`)
  expect(code).toBe(1)
  expect(readFileSync(at('check.html'), 'utf8')).toContain('Not all hold.')
})
