/**
 * Imports at length: the public traces in the shape their publishers gave them, ten million rows in bounded memory, and
 * replays of hidden days over many seeds.
 */
import { execFile } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { writeTimestamp } from '../../sim/base/calendar.ts'
import { SimulatedDay } from '../../sim/lab/story/recorded-day.ts'
import { DAY, distanceOf, HIDDEN, replayOf, settingsOf, write } from '../import/hidden-day.ts'
import { imported, rowsOf } from '../import/world.ts'
import { loadedFrom, runOf } from '../simulation/world.ts'

const shipped = (name: string) => rowsOf(readFileSync(`scenarios/traces/${name}.csv`, 'utf8'))
const columns = (rows: ReturnType<typeof rowsOf>, ...names: readonly string[]) =>
  rows.map((row) => names.map((name) => row[name]))
const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const LENGTHS = ['prompt_tokens', 'output_tokens'] as const

describe('the public traces, as they were published', () => {
  it('Azure 2023: 100 ns and no zone', async () => {
    const rows = shipped('azure_conv_2023')
    const start = 1_700_158_546_680_590
    const text = [
      'TIMESTAMP,ContextTokens,GeneratedTokens',
      ...rows.map((row) => {
        const at = writeTimestamp(start + Math.round(Number(row['arrival_s']) * 1e6))
        return `${at.replace('T', ' ').replace('Z', '0')},${row['prompt_tokens']},${row['output_tokens']}`
      }),
    ].join('\r\n')
    const made = await imported(text)
    expect(columns(made.rows, ...LENGTHS)).toEqual(columns(rows, ...LENGTHS))
    for (const [i, row] of made.rows.entries())
      expect(Math.round(Number(row['arrival_s']) * 1e6) - start).toBe(Math.round(Number(rows[i]!['arrival_s']) * 1e6))
  })

  it('Mooncake: milliseconds in lines of JSON', async () => {
    const rows = shipped('mooncake_conversation')
    const text = rows
      .map((row) =>
        JSON.stringify({
          timestamp: Math.round(Number(row['arrival_s']) * 1e3),
          input_length: Number(row['prompt_tokens']),
          output_length: Number(row['output_tokens']),
          hash_ids: Array.from({ length: Math.ceil(Number(row['prompt_tokens']) / 512) }, (_, i) => i),
        }),
      )
      .join('\n')
    const made = await imported(text)
    expect(columns(made.rows, 'arrival_s', ...LENGTHS)).toEqual(columns(rows, 'arrival_s', ...LENGTHS))
  })

  it('the Arena’s 27 models: names and all', async () => {
    const rows = shipped('arena_27models')
    const text = [
      'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type',
      ...rows.map(
        (row) => `${row['arrival_s']},,1,${row['model']},${row['prompt_tokens']},${row['output_tokens']},0,API log`,
      ),
    ].join('\n')
    const made = await imported(text)
    const wanted = ['arrival_s', ...LENGTHS, 'model'] as const
    expect(columns(made.rows, ...wanted)).toEqual(columns(rows, ...wanted))
    expect(made.report.models).toHaveLength(27)
  })
})

describe('ten million rows', () => {
  it('stream through in bounded memory, in any order', { timeout: 3_600_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleetlab-import-'))
    try {
      const path = join(folder, 'log.csv')
      const file = openSync(path, 'w')
      writeSync(file, 'arrival_s,prompt_tokens,output_tokens\n')
      const count = 10_000_000
      for (let from = 0; from < count; from += 100_000) {
        let piece = ''
        // Each block backwards: nothing is in order, and everything is at most so far from its place.
        for (let i = from + 99_999; i >= from; i--) piece += `${i / 100},${1 + (i % 4_000)},${1 + (i % 700)}\n`
        writeSync(file, piece)
      }
      closeSync(file)
      const run = promisify(execFile)
      const words = ['dist/cli/fleetlab.js', 'import', path, '--out', join(folder, 'out'), '--json']
      // The rows are 400 MB of text; what holds them all could not live on this.
      const { stdout } = await run(process.execPath, ['--max-old-space-size=400', ...words], { maxBuffer: 2 ** 28 })
      const report = JSON.parse(stdout) as { arrivals: { requests: number; rate_per_s: number; ties: number } }
      expect(report.arrivals).toMatchObject({ requests: count, ties: 0 })
      expect(report.arrivals.rate_per_s).toBeCloseTo(100, 6)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a hidden day of an hour', () => {
  const day = { ...DAY, duration: '1h' }
  const seeds = [2, 3, 4, 5, 6]

  it('is met by its replays as by its own other seeds, and every wrong setting stands out', {
    timeout: 3_600_000,
  }, async () => {
    const made = await imported((await write(await loadedFrom(day))).tables)
    const scores = async (
      settings: { readonly [name: string]: unknown },
      policy = 'open',
    ): Promise<readonly number[]> => {
      const replay = await replayOf(made, settingsOf(settings))
      const found: number[] = []
      for (const seed of seeds) found.push((await distanceOf(replay, seed, policy)).score)
      return found
    }
    const right = await scores(HIDDEN)
    const { recordedDay } = await replayOf(made, [])
    const others: number[] = []
    for (const seed of seeds) {
      const other = new SimulatedDay(recordedDay!)
      await runOf(await loadedFrom(day), 'open', { seed, rows: other.row })
      others.push(other.distance().score)
    }
    expect(meanOf(right)).toBeLessThan(Math.max(...others))
    for (const wrong of [
      await scores({ ...HIDDEN, TTFT_HARD_REJECT: false }),
      await scores({ ...HIDDEN, MIN_DECODE_TPS: 40 }),
      await scores(HIDDEN, 'pools-afe8135'),
      await scores(HIDDEN, 'dedicated-family'),
    ])
      expect(Math.min(...wrong)).toBeGreaterThan(Math.max(...right))
  })
})
