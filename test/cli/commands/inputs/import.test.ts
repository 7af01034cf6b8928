/** `fleetlab import`: files in, a folder out, and how it ends. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EXIT } from '../../../../sim/cli/exit.ts'
import { RunsOnDisk } from '../../../../sim/cli/files/log-files.ts'
import { RequestStore } from '../../../../sim/import/reading/request-store.ts'
import type { ImportReport } from '../../../../sim/import/report.ts'
import { fleetlab as inProcess } from '../../in-process.ts'

let folder = ''
const inFolder = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(inFolder(name), 'utf8')

const fleetlab = (...words: readonly string[]) => inProcess(words)

const LOG =
  'TIMESTAMP,ContextTokens,GeneratedTokens\n2026-06-21 12:00:00.1234567+00:00,100,20\n2026-06-21 12:00:05+00:00,300,40\n'
const MAC =
  '{id: mac-a, machine: {chip: M4 Max 40c, memory: 64GB, os_memory: 6GB}, advertises: [gpt-oss-20b], resident: [gpt-oss-20b]}'

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleetlab-import-test-'))
  mkdirSync(inFolder('empty'))
  const files = {
    'log.csv': LOG,
    'log.csv.gz': gzipSync(LOG),
    'cut.csv.gz': gzipSync(LOG.repeat(1) + '2026-06-21 12:00:09+00:00,1,2\n'.repeat(5_000)).subarray(0, -20),
    'damaged.gz': Buffer.from([0x1f, 0x8b, 1, 2, 3]),
    'windows.csv': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(LOG.replaceAll('\n', '\r\n'), 'utf16le')]),
    'own.csv': 'when,in,out\n0,1,2\n9,3,4\n',
    'day.yaml': `name: day\nduration: 2m\nmodels: [gpt-oss-20b]\nfleet:\n  - ${MAC}\ndemand:\n  - arrivals: {poisson: 1/s}\n    mix: {gpt-oss-20b: 100%}\n    lengths: {prompt: 300, output: 30}\n`,
    'later.yaml': `extends: out/demand.yaml\nfleet:\n  - ${MAC}\n`,
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(inFolder(name), content)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('fleetlab import', () => {
  it('reads a log however it is packed, and says what it found, assumed and left out', async () => {
    const { code, out, err } = await fleetlab('import', inFolder('log.csv'), '--out', inFolder('out'))
    expect([code, err]).toEqual([EXIT.good, ''])
    expect(out).toContain('2 requests in 4.88 s from 2026-06-21T12:00:00.123457Z on')
    expect(out).toMatch(/Found\n {2}times are dates with their zone/)
    expect(out).toContain('Nothing was left out.')
    expect(read('out/trace.csv')).toBe(
      'arrival_s,prompt_tokens,output_tokens,recorded\n1782043200.123457,100,20,unknown\n1782043205.000000,300,40,unknown\n',
    )
    for (const name of ['log.csv.gz', 'windows.csv']) {
      await fleetlab('import', inFolder(name), '--out', inFolder('packed'))
      expect(read('packed/trace.csv')).toBe(read('out/trace.csv'))
    }
  })

  it('makes a demand that a scenario with Macs runs', async () => {
    const { code, out } = await fleetlab('run', inFolder('later.yaml'), '--json')
    expect(code).toBe(EXIT.good)
    expect((JSON.parse(out) as { requests: object }).requests).toMatchObject({ arrived: 2, served: 2 })
  })

  it('prints its report as one document, which it also writes', async () => {
    const { out } = await fleetlab('import', inFolder('log.csv'), '--out', inFolder('json'), '--json')
    const { meta, ...report } = JSON.parse(out) as ImportReport & { meta: object }
    expect(report).toEqual(JSON.parse(read('json/import.json')))
    expect(Object.keys(meta)).toContain('wall_s')
    for (const name of report.written) expect(existsSync(inFolder(`json/${name}`))).toBe(true)
  })

  it('takes what is left of a file that was cut, and with --strict nothing', async () => {
    const { code, out } = await fleetlab('import', inFolder('cut.csv.gz'), '--out', inFolder('cut'))
    expect(code).toBe(EXIT.good)
    expect(out).toMatch(/rows? cannot be read: cut off/)
    const strict = await fleetlab('import', inFolder('cut.csv.gz'), '--out', inFolder('strict'), '--strict')
    expect(strict.code).toBe(EXIT.badInput)
    expect(strict.err).toMatch(/cut\.csv\.gz:\d+ .*--strict leaves nothing out/)
    expect(existsSync(inFolder('strict'))).toBe(false)
  })

  it.each([
    [['own.csv'], /own\.csv looks like no log we know; its columns are when, in, out\..*--map when=arrival/],
    [['own.csv', '--map', 'when=arrival', '--map', 'in=prompt_tokens'], /no column is mapped to output_tokens/],
    [
      ['own.csv', '--map', 'when=arrival', '--map', 'in=prompt_tokens', '--map', 'out=output_tokens'],
      /say it with --unit s, ms, us or ns/,
    ],
    [['own.csv', '--map', 'when=then'], /--map when=then: must map a column to one of arrival/],
    [
      [
        'own.csv',
        '--as',
        'azure',
        '--map',
        'when=arrival_s',
        '--map',
        'in=prompt_tokens',
        '--map',
        'out=output_tokens',
      ],
      /--as and --map/,
    ],
    [['log.csv', '--as', 'excel'], /--as excel: is no format; there are fleetlab, openrouter/],
    [['log.csv', '--zone', 'Mars'], /--zone Mars: is no zone/],
    [['log.csv', '--unit', 's'], /--unit is for times that are numbers/],
    [['log.csv', '--model', 'a=b'], /--model a=b: the log names no such model; it names none/],
    [['nothing.csv'], /nothing\.csv does not exist/],
    [['damaged.gz'], /damaged\.gz is damaged/],
    [['empty'], /empty is a folder without tables of a ledger/],
  ])('refuses %s in one message', async ([file, ...flags], message) => {
    const { code, out, err } = await fleetlab('import', inFolder(file!), '--out', inFolder('refused'), ...flags)
    expect([code, out]).toEqual([EXIT.badInput, ''])
    expect(err).toMatch(message)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(existsSync(inFolder('refused'))).toBe(false)
  })

  it('turns the folder of a run into its day, which `run` holds a replay against', async () => {
    await fleetlab('run', inFolder('day.yaml'), '--out', inFolder('run'))
    const { code, out } = await fleetlab('import', inFolder('run'), '--out', inFolder('replay'))
    expect(code).toBe(EXIT.good)
    expect(out).toMatch(/on 1 Macs?/)
    const replayed = await fleetlab('run', inFolder('replay/scenario.yaml'))
    expect(replayed.out).toMatch(/the simulated day beside the recorded one +distance +chance alone/)
    expect(replayed.out).toMatch(/00:00 +Max +\d+ +\d+ +/)
    const { recorded_day } = JSON.parse((await fleetlab('run', inFolder('replay/scenario.yaml'), '--json')).out) as {
      recorded_day: { score: number; outcomes: { value: number } }
    }
    // One Mac, enough for all: who arrives when decides everything.
    expect(recorded_day.outcomes.value).toBe(0)
    expect(recorded_day.score).toBeLessThan(0.05)
  })
})

describe('rows put aside on the disk', () => {
  it('come back in order and leave nothing there', () => {
    const runs = new RunsOnDisk()
    const store = new RequestStore(runs, 100)
    for (let i = 0; i < 1_050; i++) store.add({ at: (i * 7_919) % 1_050, ending: 'served', promptTokens: i })
    const rows = Array.from(store.inOrder(), ({ at, promptTokens }) => [at, promptTokens])
    expect(rows.map(([at]) => at)).toEqual(Array.from({ length: 1_050 }, (_, i) => i))
    expect(rows.every(([at, prompt]) => (prompt! * 7_919) % 1_050 === at)).toBe(true)
    runs.remove()
  })
})
