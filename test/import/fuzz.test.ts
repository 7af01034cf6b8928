/** What people and programs do to logs on the way: nothing of it may change a number in silence. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type Logged, NOON, REQUESTS, SAMPLES, type SampleLog } from './samples.ts'
import { type Flags, type Imported, imported, refusal, summaryOf } from './world.ts'

const byLine = SAMPLES.filter((log) => log.byLine)
const anyLog = fc.constantFrom(...SAMPLES)
const anyLines = fc.constantFrom(...byLine)
/** Whole seconds of Qwen's could be anything, and are asked for. */
const flagsOf = (log: SampleLog): Flags => (log.name === 'qwen' ? { time: { unit: 's' } } : {})
const table = (log: SampleLog): boolean => log.header

const sumOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
const timesOf = (of: Imported): readonly number[] => summaryOf(of).map(([at]) => at)

/** Requests as a busy minute would bring them: ties, long and short, some that fail. */
const requests: fc.Arbitrary<readonly Logged[]> = fc
  .array(
    fc.record({
      after: fc.integer({ min: 0, max: 3_000_000 }),
      prompt: fc.integer({ min: 1, max: 100_000 }),
      output: fc.integer({ min: 1, max: 9_999 }),
      ending: fc.constantFrom('served' as const, 'served' as const, 'failed' as const),
    }),
    { minLength: 2, maxLength: 30 },
  )
  .map((rows) => {
    let at = NOON
    return rows.map(({ after, prompt, output, ending }, i) => {
      at += i === 0 ? 0 : after
      const ttft_us = 250_000
      return { at, prompt, output, ttft_us, e2e_us: ttft_us + 20_000 * output, ending: i === 0 ? 'served' : ending }
    })
  })

describe('any requests', () => {
  test.prop([anyLog, requests], { numRuns: 20 })('come out of a log as they went in', async (log, rows) => {
    const made = await imported(log.write(rows), flagsOf(log))
    const zero = log.calendar ? 0 : rows[0]!.at
    const out = summaryOf(made)
    const times = rows.map(({ at }) => Math.round((at - zero) / log.resolution_us) * log.resolution_us)
    expect(out.map(([at]) => at)).toEqual(times.toSorted((a, b) => a - b))
    if (log.says === 'unknown')
      expect(sumOf(out.map(([, prompt]) => prompt))).toBe(sumOf(rows.map(({ prompt }) => prompt)))
    const failed = log.endings.includes('failed') ? rows.filter(({ ending }) => ending === 'failed').length : 0
    expect(made.report.endings.failed).toBe(failed)
  })

  test.prop([anyLines, requests, fc.infiniteStream(fc.nat())], { numRuns: 20 })(
    'may be in any order',
    async (log, rows, draws) => {
      const ordered = await imported(log.write(rows), flagsOf(log))
      const shuffled = rows
        .map((row) => ({ row, key: draws.next().value as number }))
        .toSorted((a, b) => a.key - b.key)
        .map(({ row }) => row)
      // Clocks of their own start where the first row says.
      const moved = log.name === 'burstgpt' || log.calendar || log.name === 'mooncake' || log.name === 'qwen'
      const made = await imported(log.write(shuffled), flagsOf(log))
      if (moved) expect(timesOf(made)).toEqual(timesOf(ordered))
      expect(made.report.arrivals.requests).toBe(rows.length)
      expect(made.report.left_out).toEqual([])
    },
  )

  test.prop([anyLines, requests, fc.double({ min: 0.05, max: 0.999, noNaN: true })], { numRuns: 20 })(
    'lose no more than the row that was cut, and say so',
    async (log, rows, part) => {
      const text = log.write(rows)
      const cut = text.slice(0, Math.max(1, Math.floor(text.length * part)))
      const whole = cut.split('\n').slice(table(log) ? 1 : 0, -1).length
      const torn = cut.split('\n').at(-1)!
      if (whole === 0) return
      const { report } = await imported(cut, flagsOf(log))
      const lost = report.left_out.reduce((sum, { rows: count }) => sum + count, 0)
      expect(lost).toBeLessThanOrEqual(1)
      // A table's last row may be cut inside its last number, and nobody can see it.
      const kept = report.arrivals.requests
      expect(kept).toBeGreaterThanOrEqual(whole)
      expect(kept).toBeLessThanOrEqual(whole + (torn === '' ? 0 : 1))
      if (lost > 0) expect(await refusal(cut, { ...flagsOf(log), strict: true })).toMatch(/--strict leaves nothing out/)
    },
  )

  test.prop([fc.constantFrom(...byLine.filter(table)), requests, fc.constantFrom(';', '\t', '|'), fc.boolean()], {
    numRuns: 20,
  })('may be written for another country', async (log, rows, separator, isWindows) => {
    const text = log.write(rows)
    const foreign = text
      .split('\n')
      .map((line) =>
        line
          .split(',')
          // A decimal comma in numbers; dates keep their point or not, and both are read.
          .map((cell) => (separator !== '|' ? cell.replace(/^(\d+)\.(\d+)$/, '$1,$2') : cell))
          .map((cell) => (separator === '|' ? ` "${cell}" ` : cell))
          .join(separator),
      )
      .filter((line) => line.replaceAll(/[ "]/g, '') !== '')
      .join(isWindows ? '\r\n' : '\n')
    const made = await imported(`${isWindows ? '\uFEFF' : ''}${foreign}\n\n  \n`)
    expect(made.files['trace.csv']).toBe((await imported(text)).files['trace.csv'])
  })

  test.prop([fc.constantFrom(...byLine.filter(table)), requests, fc.nat(5)], { numRuns: 15 })(
    'may stand among other columns in any order',
    async (log, rows, turn) => {
      const text = log.write(rows)
      const wider = text
        .trimEnd()
        .split('\n')
        .map((line, i) => {
          const cells = [...line.split(','), i === 0 ? 'note' : '"a ""b"", c"', i === 0 ? 'id' : String(i)]
          const at = turn % cells.length
          return [...cells.slice(at), ...cells.slice(0, at)].join(',')
        })
        .join('\n')
      expect((await imported(wider)).files['trace.csv']).toBe((await imported(text)).files['trace.csv'])
    },
  )
})

describe('a wrong unit', () => {
  const epochs = SAMPLES.filter(({ name }) => ['otel', 'aiperf', 'guidellm'].includes(name))

  it.each(epochs)('of $name is refused, with the one that fits', async (log) => {
    for (const unit of ['s', 'ms', 'us', 'ns'] as const) {
      const right = log.name === 'guidellm' ? 's' : 'ns'
      if (unit === right) expect((await imported(log.write(REQUESTS), { time: { unit } })).report.clock).toBe('epoch')
      else expect(await refusal(log.write(REQUESTS), { time: { unit } })).toMatch(`--unit ${right}`)
    }
  })

  it('in a few rows leaves those out, counted', async () => {
    const log = SAMPLES.find(({ name }) => name === 'otel')!
    const text = log.write(REQUESTS).replace(`"${NOON + 7_250_000}000"`, `"${NOON + 7_250_000}"`)
    const { report } = await imported(text)
    expect(report.left_out).toEqual([{ reason: 'other_clock', rows: 1, first: { file: 'log', line: 5 } }])
    expect(report.arrivals.requests).toBe(REQUESTS.length - 1)
  })
})

describe('any text at all', () => {
  test.prop([fc.string({ unit: 'binary', maxLength: 300 })], { numRuns: 100 })(
    'is imported or refused',
    async (text) => {
      await imported(text).catch((error: Error) => expect(error.message).toMatch(/^log/))
    },
  )

  test.prop([fc.json()], { numRuns: 60 })('of JSON too', async (text) => {
    await imported(text).catch((error: Error) => expect(error.message).toMatch(/^log/))
  })
})
