/** What the report claims: predictions do not know their own family, ranges are ranges, targets are judged as said. */
import { describe, expect, it } from 'vitest'
import { findChip, findModel } from '../../../sim/catalog/index.ts'
import { measurements } from '../../../sim/catalog/measurements/index.ts'
import { llamaRows } from '../../../sim/catalog/measurements/llama-cpp.ts'
import { stepConstants } from '../../../sim/catalog/step-constants.ts'
import { calibrate, movedRows } from '../../../sim/evidence/calibrate/calibrate.ts'
import { decodeRate } from '../../../sim/evidence/calibrate/calibrate-bench.ts'
import { calibrationMarkdown, formatCalibration } from '../../../sim/report/text/evidence/calibrate-text.ts'
import { fitWithout } from '../../../sim/evidence/calibrate/calibrate-fit.ts'
import { StepLaw } from '../../../sim/mac/engine/law/step-law.ts'

const generationOf = (chip: string) => findChip(chip)!.generation
const result = calibrate()
const groupOf = (name: string) => result.groups.find(({ group }) => group === name)!
const rowOf = (id: string) => result.rows.find((row) => row.id === id)!

const times = (text: string, part: string | RegExp): number => text.split(part).length - 1

describe('calibration', () => {
  it('has a row for every measurement, each with a figure that is a number', () => {
    expect(result.rows.map(({ id }) => id)).toEqual(measurements.map(({ id }) => id))
    expect(new Set(result.rows.map(({ id }) => id)).size).toBe(result.rows.length)
    for (const { id, simulated } of result.rows)
      expect([id, simulated > 0 && Number.isFinite(simulated)]).toEqual([id, true])
  })

  it('holds the whole llama.cpp table: at least 28 chips', () => {
    expect(new Set(llamaRows.map(({ chip }) => chip)).size).toBeGreaterThanOrEqual(28)
    expect(llamaRows.filter(({ test }) => test === 'tg128').length).toBe(groupOf('llama.cpp decode').rows)
  })

  it('predicts a chip of llama.cpp without its own family', () => {
    for (const chip of ['M1 Pro 16c', 'M2 Max 38c', 'M3 Ultra 80c', 'M4 10c']) {
      const own = new Set(
        llamaRows.map((row) => row.chip).filter((other) => generationOf(other) === generationOf(chip)),
      )
      const sameClass = llamaRows
        .map((row) => row.chip)
        .filter((other) => !findChip(other)!.matrixUnits.value)
        .filter((other) => (findChip(other)!.tier === 'Ultra') === (findChip(chip)!.tier === 'Ultra'))
      const others = new Set(sameClass.filter((other) => !own.has(other)))
      expect([chip, fitWithout(findChip(chip)!).chips]).toEqual([chip, others.size])
    }
  })

  it('meets its targets for predicted decode and prefill of llama.cpp, and for prefill and bursts', () => {
    for (const group of ['llama.cpp decode', 'llama.cpp prefill', 'prefill', 'prefill in a batch'])
      expect([group, groupOf(group).met]).toEqual([group, true])
  })

  it('stays within 5 % in the median where it misses the share of rows', () => {
    for (const group of ['decode', 'batch']) expect([group, groupOf(group).median < 0.05]).toEqual([group, true])
  })

  it('predicts long contexts and large batches, none of which anything was fitted to', () => {
    const golden = [
      ['gpt-oss-20b at 8k x2/M4 Max 40c', 107.9, 0.07],
      ['gpt-oss-20b at 8k x4/M4 Max 40c', 129.2, 0.01],
      ['gpt-oss-20b mlx-lm x16/M4 Max 40c', 267.4, 0],
      ['gpt-oss-20b mlx-lm x24/M4 Max 40c', 288.3, 0.03],
      ['gpt-oss-20b mlx-lm x32/M4 Max 40c', 300.1, 0.03],
      ['Qwen3.8-27B 8-bit dense unsloth x10/M3 Max 40c', 3.45, 0.03],
      ['Qwen3-30B-A3B 4-bit x2/M3 Ultra 80c', 168.7, 0.02],
      ['Qwen3-30B-A3B 4-bit x4/M3 Ultra 80c', 235, 0.01],
      ['Qwen3-30B-A3B 4-bit x8/M3 Ultra 80c', 292, 0.1],
    ] as const
    for (const [name, simulated, error] of golden) {
      const row = rowOf(`batch/${name}`)
      expect([name, row.fitted]).toEqual([name, []])
      expect([name, Math.abs(row.simulated / simulated - 1) < 0.002]).toEqual([name, true])
      expect([name, Math.abs(row.error) <= error]).toEqual([name, true])
    }
  })

  it('measures a batch while all of its rows decode: rows whose prompts end earlier give nothing extra', () => {
    const chip = findChip('M4 Max 40c')!
    const model = findModel('gpt-oss-20b')!
    const law = new StepLaw(stepConstants(chip, model, '2026-07'))
    // In July rows prefill one after the other, and the earlier ones are some tokens ahead when the last one begins.
    const step = law.decodeNanos(4, 4 * 8_192) / 1e9
    const rate = decodeRate({ chip, engine: '2026-07' }, model, 4, 8_192)
    expect(Math.abs((rate * step) / 4 - 1)).toBeLessThan(0.01)
  })

  it('says why for every row that misses, unless others of its kind explain it', () => {
    const silent = result.rows.filter(
      (row) => row.passed === false && row.note === undefined && !row.id.startsWith('llama.cpp'),
    )
    expect(silent.map(({ id }) => id)).toEqual([])
  })

  it('lets no row without a target pass, and shows the worst of every group', () => {
    for (const { id, tolerance, passed } of result.rows) expect([id, passed === null]).toEqual([id, tolerance === null])
    for (const { group, worst } of result.groups) {
      const rows = result.rows.filter((row) => row.group === group)
      if (rows.length === 0) continue
      const most = Math.max(...rows.map((row) => Math.abs(row.error)))
      expect([group, Math.abs(rowOf(worst.id).error), Math.abs(worst.error)]).toEqual([group, most, most])
    }
  })

  it('says "no target" of every row that has none, in both reports', () => {
    const none = result.rows.filter((row) => row.tolerance === null).length
    expect(none).toBeGreaterThan(40)
    expect(times(formatCalibration(result), /^no target {2}/m)).toBe(none)
    expect(times(calibrationMarkdown(result), '| no target |')).toBe(none)
  })

  it('makes an isolated request of gpt-oss-20b wait 0.3 s for its weights, which stand in the report with a source', () => {
    const row = rowOf('idling/12.1 GB of gpt-oss-20b taken up again/M4 Max 40c')
    expect(row).toMatchObject({ simulated: expect.closeTo(0.302, 3), error: 0, tolerance: null })
    expect(row.source).toContain('llama.cpp #10119')
  })

  it('compares with the nearer end of a range', () => {
    for (const { range, measured, simulated, error } of result.rows) {
      if (range === undefined) continue
      const inside = simulated >= range[0] && simulated <= range[1]
      if (inside) expect(error).toBe(0)
      else expect(measured).toBe(simulated < range[0] ? range[0] : range[1])
    }
  })

  it('finds the production slope, which nothing was fitted to', () => {
    const slope = rowOf('production/slope of TTFT over prompt tokens, gemma/M3 Max 40c')
    expect(slope.fitted).toEqual([])
    expect(Math.abs(slope.error)).toBeLessThan(0.1)
  })
})

describe('moved rows', () => {
  it('are none when nothing differs', () => {
    expect(movedRows(result.rows, result)).toEqual([])
  })

  it('are those that differ, are new, or are gone', () => {
    const [first, second, ...rest] = result.rows
    const committed = [{ id: first!.id, simulated: first!.simulated * 1.001 }, ...rest, { id: 'gone', simulated: 1 }]
    expect(movedRows(committed, result).map(({ id, was, is }) => [id, was === undefined, is === undefined])).toEqual([
      [first!.id, false, false],
      [second!.id, true, false],
      ['gone', false, true],
    ])
  })
})
