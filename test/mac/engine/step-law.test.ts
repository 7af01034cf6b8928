/** Figures cited as MP (mac-provider) and PR (provider-runtime) with their section. */
import { prefillRate, stepConstants } from '../../../sim/catalog/step-constants.ts'
import { describe, expect, it } from 'vitest'
import { chips, models } from '../../../sim/catalog/index.ts'
import { findAnyModel, referenceModels } from '../../../sim/catalog/reference-models.ts'
import { ENGINE_ROWS_MAX } from '../../../sim/mac/engine/gpu.ts'
import { CHUNK_TOKENS, soloDecodeTps, StepLaw, weightBytes } from '../../../sim/mac/engine/law/step-law.ts'
import { aChip, aModel } from './world.ts'

const law = (chip: string, build: string) => new StepLaw(stepConstants(aChip(chip), aModel(build), '2026-06'))
const bytesRead = (build: string, rows: number) => weightBytes(aModel(build).reading['2026-06'].value, rows) / 1e9

describe('weights swept by a decode step', () => {
  it('are those of the table for one row (MP 3)', () => {
    // The table rounds to 0.01 GB.
    expect(Math.abs(bytesRead('gpt-oss-20b', 1) - 2.57)).toBeLessThan(0.015)
    expect(Math.abs(bytesRead('gemma-4-26b-8bit', 1) / (1.85 * 2.41) - 1)).toBeLessThan(0.005)
  })

  it('grow by the experts of a token with every row: pairs of row and expert are multiplied one by one', () => {
    // 32 rows sweep 41.9 GB, not the 11.31 of the distinct experts: that and no less takes the 109 ms they were seen to take.
    const further = [2, 4, 8, 16, 32].map((rows) => bytesRead('gpt-oss-20b', rows) - bytesRead('gpt-oss-20b', 1))
    further.forEach((gb, place) => expect(gb).toBeCloseTo(4 * 0.317 * [1, 3, 7, 15, 31][place]!, 9))
  })

  it('are everything at any batch for 4-bit gemma of June (PR 9, PR 10 row 23)', () => {
    expect([1, 8, 24].map((rows) => bytesRead('gemma-4-26b-qat-4bit', rows))).toEqual([14.6, 14.6, 14.6])
  })
})

/** Nanoseconds per token that a step of one row takes longer at `to` tokens of context than at `from`. */
const added = (build: string, from: number, to: number) =>
  (law('M4 Max 40c', build).rowNanos(to) - law('M4 Max 40c', build).rowNanos(from)) / (to - from)

describe('a decode step', () => {
  it('of gpt-oss on an M4 Max takes what mlx-lm took for 16, 24 and 32 rows, which nothing was fitted to (MP 2.4)', () => {
    const measured = [
      [16, 281],
      [24, 295],
      [32, 293],
    ] as const
    for (const [rows, tps] of measured) {
      const ms = law('M4 Max 40c', 'gpt-oss-20b').decodeNanos(rows, 0) / 1e6
      expect([rows, Math.abs((rows * 1_000) / ms / tps - 1) < 0.06]).toEqual([rows, true])
    }
  })

  it('of a few rows is the sum of what one row takes and of experts and arithmetic of the others', () => {
    const constants = stepConstants(aChip('M4 Max 40c'), aModel('gpt-oss-20b'), '2026-07')
    // 4 experts of 0.317 GB at 0.8 x 546 GB/s; 1.21 billion parameters at 0.29 x 16.2 TFLOP/s.
    expect((4 * 0.317) / 0.4368 + (2 * 1.214) / (0.29 * 16.2)).toBeCloseTo(3.42, 2)
    const steps = [1, 2, 3, 4].map((rows) => new StepLaw(constants).decodeNanos(rows, 0) / 1e6)
    expect(steps.map((ms) => Number(ms.toFixed(2)))).toEqual([9.54, 12.96, 16.38, 19.8])
  })

  it('multiplies rows in tiles from the row on at which MLX does, and takes as long for 12 as for 32', () => {
    for (const [chip, width, limit] of [
      ['M4 Max 40c', 2_048, 18],
      ['M4 Max 40c', 2_880, 12],
      ['M4 Max 40c', 5_120, 10],
      ['M2 Max 38c', 2_048, 14],
      ['M1 Max 32c', 2_880, 10],
      ['M1 Max 32c', 5_120, 6],
      ['M3 Ultra 80c', 2_048, 32],
      ['M3 Ultra 80c', 2_880, 18],
      ['M3 Ultra 80c', 5_120, 12],
    ] as const) {
      const model = { ...aModel('gpt-oss-20b'), width: { value: width, evidence: 'measured', source: '' } as const }
      expect([chip, width, stepConstants(aChip(chip), model, '2026-07').vectorRows]).toEqual([chip, width, limit])
    }
    const dense = stepConstants(aChip('M3 Max 40c'), findAnyModel('Qwen3.8-27B-8bit')!, '2026-07')
    const each = new StepLaw(dense)
    // 27 billion parameters x 2 x 32 rows at 0.75 x 14.3 TFLOP/s.
    expect(dense.tileNanos / 1e6).toBeCloseTo(161.1, 1)
    expect(each.decodeNanos(10, 0)).toBe(each.decodeNanos(32, 0))
    expect(each.decodeNanos(33, 0) - each.decodeNanos(32, 0)).toBeCloseTo(dense.tileNanos, -1)
    expect(each.decodeNanos(10, 0) - each.decodeNanos(9, 0)).toBeGreaterThan(20e6)
  })

  it('never gets shorter by a further row, on no chip and for no model', () => {
    for (const chip of chips) {
      for (const model of [...models, ...referenceModels]) {
        const each = new StepLaw(stepConstants(chip, model, '2026-07'))
        for (let rows = 1; rows <= 70; rows++) {
          const further = each.decodeNanos(rows, 100) - each.decodeNanos(rows - 1, 100)
          expect([chip.name, model.build, rows, further >= 0]).toEqual([chip.name, model.build, rows, true])
        }
      }
    }
  })

  it('of gpt-oss pays twice as much for context in a batch, where its sliding layers keep all of it (MP 3)', () => {
    const each = law('M4 Max 40c', 'gpt-oss-20b')
    expect([1, 2, 8].map((rows) => each.contextNanos(rows))).toEqual([170, 340, 340])
    const gemma = law('M4 Max 40c', 'gemma-4-26b-8bit')
    expect(gemma.contextNanos(8)).toBe(gemma.contextNanos(1))
  })

  it('per row lies between the two laws of the coordinator, solo / (1 + 0.27 B) and / (1 + 0.39 B), at 24 and 32 rows', () => {
    for (const [build, rows] of [
      ['gpt-oss-20b', 24],
      ['gpt-oss-20b', 32],
      ['gemma-4-26b-8bit', 24],
    ] as const) {
      const each = law('M4 Max 40c', build)
      const share = each.decodeNanos(1, 0) / each.decodeNanos(rows, 0)
      expect(share).toBeLessThan(1 / (1 + 0.27 * rows))
      expect(share).toBeGreaterThan(1 / (1 + 0.39 * rows))
    }
  })

  it('of gpt-oss on an M4 Max at 512 tokens of context is within 8 % of what was measured (MP 0)', () => {
    const measured = [
      [1, 9.2, 9.2],
      [2, 13, 13],
      [4, 18.8, 24.5],
      [8, 33, 36],
    ] as const
    for (const [rows, low, high] of measured) {
      const ms = law('M4 Max 40c', 'gpt-oss-20b').decodeNanos(rows, rows * 512) / 1e6
      expect(ms).toBeGreaterThan(low * 0.92)
      expect(ms).toBeLessThan(high * 1.08)
    }
  })

  it('of 4-bit gemma alone reaches 80 to 95 % of the bare bandwidth figure, the rest is the fixed part (PR 9)', () => {
    const bare = [
      ['M4 10c', 7],
      ['M4 Pro 20c', 15],
      ['M2 Max 38c', 22],
      ['M4 Max 40c', 30],
      ['M2 Ultra 76c', 44],
    ] as const
    const tps = bare.map(([chip]) => soloDecodeTps(aChip(chip), aModel('gemma-4-26b-qat-4bit'), '2026-06'))
    expect(tps.map((value) => Number(value.toFixed(1)))).toEqual([6.4, 14.2, 19.6, 26.9, 35.6])
    bare.forEach(([, figure], place) => {
      expect(tps[place]! / figure).toBeGreaterThan(0.8)
      expect(tps[place]! / figure).toBeLessThan(0.95)
    })
  })

  it('of 8-bit gemma is three times as fast as of 4-bit gemma, as the fleet saw (MP 12: 74 against 21)', () => {
    const [four, eight] = ['gemma-4-26b-qat-4bit', 'gemma-4-26b-8bit'].map((build) =>
      soloDecodeTps(aChip(), aModel(build), '2026-06'),
    )
    expect(eight!).toBeGreaterThan(2.5 * four!)
    expect(Math.abs(eight! / 74 - 1)).toBeLessThan(0.05)
  })

  it('grows by 1.4 and 2.0 ms at 8k context on an M4 Max (MP 3)', () => {
    expect(added('gpt-oss-20b', 0, 8_000) * 0.008).toBeCloseTo(1.36, 2)
    expect(added('gemma-4-26b-8bit', 0, 8_000) * 0.008).toBeCloseTo(2, 2)
  })

  it('of gemma reads sliding layers no further back than 1,024 tokens, of gpt-oss every token alike (MP 3)', () => {
    const gemma = [added('gemma-4-26b-8bit', 0, 1_024), added('gemma-4-26b-8bit', 1_024, 100_000)]
    // Bytes per token beyond the windows: 20,480 against the 24,576 of gpt-oss.
    expect(Math.abs(gemma[1]! / added('gpt-oss-20b', 0, 100_000) / (20_480 / 24_576) - 1)).toBeLessThan(0.01)
    expect(gemma[0]! / gemma[1]!).toBeGreaterThan(5)
    expect(added('gpt-oss-20b', 0, 1_024)).toBe(added('gpt-oss-20b', 1_024, 100_000))
  })

  it('after another of one row adds up, windows filling up or full', () => {
    const each = law('M4 Max 40c', 'gemma-4-26b-8bit')
    for (const [context, tokens] of [
      [10, 0],
      [10, 1],
      [1_000, 24],
      [1_000, 25],
      [1_000, 300],
      [1_024, 7],
      [5_000, 7],
    ] as const) {
      let nanos = 0
      for (let token = 0; token < tokens; token++) nanos += each.rowNanos(context + token)
      expect([context, tokens, each.runNanos(context, tokens)]).toEqual([context, tokens, nanos])
    }
  })

  it('takes half as long for its weights and KV on twice the bandwidth', () => {
    const chip = aChip('M4 Max 40c')
    const wide = { ...chip, bandwidth_gbs: { ...chip.bandwidth_gbs, value: 2 * chip.bandwidth_gbs.value } }
    for (const build of ['gpt-oss-20b', 'gemma-4-26b-qat-4bit']) {
      const [once, twice] = [chip, wide].map((each) => stepConstants(each, aModel(build), '2026-06'))
      const read = [once!, twice!].map((constants) => {
        const { fixedNanos, rowNanos } = constants
        return new StepLaw(constants).decodeNanos(4, 20_000, 4_096) - fixedNanos - 3 * rowNanos
      })
      expect(Math.abs(read[0]! / read[1]! / 2 - 1)).toBeLessThan(0.001)
    }
  })

  it('takes no time without rows', () => {
    expect(law('M4 Max 40c', 'gpt-oss-20b').decodeNanos(0, 0)).toBe(0)
  })
})

describe('prefill', () => {
  it('runs at 80 tokens per second and TFLOP/s (MP 2.3) and at the 78 that reproduce gpt-oss (MP 2.2)', () => {
    expect(prefillRate(aChip('M4 Max 40c'), aModel('gemma-4-26b-8bit'))).toBeCloseTo(1_296)
    expect(prefillRate(aChip('M4 Max 40c'), aModel('gpt-oss-20b'))).toBeCloseTo(1_263.6)
  })

  it('is 2.375 times as fast on M5 as on M4 (fitted to PR 9), and slow on M1 as production saw (MP 2.2: 440 tok/s at 8k on an M1 Ultra)', () => {
    for (const tier of [' 10c', ' Pro 20c', ' Max 40c']) {
      const [m4, m5] = ['M4', 'M5'].map((generation) => prefillRate(aChip(generation + tier), aModel()))
      expect(Math.abs(m5! / m4! - 2.375)).toBeLessThan(0.01)
    }
    const ultra = prefillRate(aChip('M1 Ultra 64c'), aModel('gemma-4-26b-8bit'))
    expect(Math.abs(ultra / (1 + 8_192 / 45_000) / 440 - 1)).toBeLessThan(0.15)
  })

  it('in chunks adds up to P/R0 (1 + P/45k)', () => {
    for (const tokens of [100, 512, 513, 4_096, 50_000]) {
      let nanos = 0
      for (let index = 0; index * CHUNK_TOKENS < tokens; index++) {
        nanos += law('M4 Max 40c', 'gpt-oss-20b').chunkNanos(
          index,
          Math.min(CHUNK_TOKENS, tokens - index * CHUNK_TOKENS),
        )
      }
      const seconds = (tokens / 1_263.6) * (1 + tokens / 45_000)
      expect(Math.abs(nanos / 1e9 / seconds - 1)).toBeLessThan(1e-6)
    }
  })
})

describe('the law', () => {
  it('gives whole, positive nanoseconds for every chip and model', () => {
    for (const chip of chips) {
      for (const model of models) {
        const each = new StepLaw(stepConstants(chip, model, '2026-06'))
        const figures = [each.contextNanos(1), each.chunkGrowthNanos, each.chunkNanos(3, 17), each.chunkNanos(3, 512)]
        for (let rows = 1; rows <= ENGINE_ROWS_MAX; rows++) figures.push(each.decodeNanos(rows, 12_345))
        for (const figure of figures) expect(Number.isSafeInteger(figure) && figure > 0).toBe(true)
      }
    }
  })

  it('grows linearly, token by token and chunk by chunk, to the nanosecond', () => {
    const each = law('M3 Ultra 80c', 'gpt-oss-20b')
    for (let step = 0; step < 50; step++) {
      expect(each.decodeNanos(3, 900 + 3 * step)).toBe(each.decodeNanos(3, 900) + step * 3 * each.contextNanos(3))
      expect(each.chunkNanos(step, 512)).toBe(each.chunkNanos(0, 512) + step * each.chunkGrowthNanos)
    }
  })
})
