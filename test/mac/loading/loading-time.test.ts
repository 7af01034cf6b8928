/** Load times by part and their scatter. */
import * as fc from 'fast-check'
import { median } from 'simple-statistics'
import { describe, expect, it } from 'vitest'
import { findChip } from '../../../sim/catalog/index.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { macSettingsSchema } from '../../../sim/mac/config.ts'
import { drawLoadTime, medianLoad } from '../../../sim/mac/loading/load-time.ts'
import { aModel, GEMMA, GEMMA8, GPT, SECOND } from '../a-mac.ts'
import { casesOf } from '../../tier.ts'

const defaults = macSettingsSchema.parse({})
const loadSeconds = (chip: string, build: string, freeShare: number): number[] => {
  const random = new RandomStreams(1).stream('test')
  return Array.from({ length: 2001 }, () => {
    const work = {
      fileBytes: aModel(build).diskBytes.value,
      cachedBytes: 0,
      ssd_gbs: findChip(chip)!.ssd_gbs.value,
      hashes: false,
    }
    const time = drawLoadTime(work, freeShare, defaults, random)
    return (time.read + time.build) / SECOND
  })
}

const crawledShare = (freeShare: number) =>
  loadSeconds('M4 Max 40c', GPT, freeShare).filter((s) => s >= 12.1 / 0.5 + 1.5).length / 2001

describe('load times (mac-provider §5)', () => {
  it.each([
    ['M4 Max 40c', GPT, 4, 6],
    ['M4 10c', GPT, 8, 10],
    ['M4 Max 40c', GEMMA, 5, 8],
    ['M4 10c', GEMMA, 10, 14],
    ['M4 Max 40c', GEMMA8, 9, 15],
  ])('have on %s for %s a median of %d to %d s', (chip, build, low, high) => {
    const middle = median(loadSeconds(chip, build, 0.5))
    expect(middle).toBeGreaterThan(low)
    expect(middle).toBeLessThan(high)
  })

  it('crawl in one of ten cases when memory is short, and never otherwise', () => {
    expect(crawledShare(0.1)).toBeCloseTo(0.1, 1)
    expect(crawledShare(0.5)).toBeLessThan(0.001)
  })
})

const read = (given: { fileBytes: number; cached: number; ssd_gbs: number; free: number; seed: number }) => {
  const { fileBytes, ssd_gbs, free } = given
  const cachedBytes = given.cached * fileBytes
  return drawLoadTime(
    { fileBytes, cachedBytes, ssd_gbs, hashes: false },
    free,
    defaults,
    new RandomStreams(given.seed).stream('test'),
  ).read
}

describe('the physics of a load', () => {
  const work = fc.record({
    fileBytes: fc.integer({ min: 1e9, max: 60e9 }),
    cached: fc.double({ min: 0, max: 1, noNaN: true }),
    ssd_gbs: fc.double({ min: 1, max: 14, noNaN: true }),
    free: fc.double({ min: -0.2, max: 0.8, noNaN: true }),
    seed: fc.integer({ min: 1, max: 1000 }),
  })
  it('is never slower for a faster SSD, a smaller file or more free memory', () => {
    fc.assert(
      fc.property(work, fc.double({ min: 0, max: 1, noNaN: true }), (given, more) => {
        const before = read(given)
        expect(read({ ...given, ssd_gbs: given.ssd_gbs * (1 + more) })).toBeLessThanOrEqual(before)
        expect(read({ ...given, fileBytes: Math.floor(given.fileBytes * (1 - more / 2)) })).toBeLessThanOrEqual(before)
        expect(read({ ...given, free: given.free + more })).toBeLessThanOrEqual(before)
      }),
      { numRuns: casesOf(300), seed: 6 },
    )
  })

  it('is never slower when more of the file is cached', () => {
    fc.assert(
      fc.property(work, fc.double({ min: 0, max: 1, noNaN: true }), (given, more) => {
        const cached = given.cached + (1 - given.cached) * more
        expect(read({ ...given, cached })).toBeLessThanOrEqual(read(given))
      }),
      { numRuns: casesOf(300), seed: 6 },
    )
  })
})

const partsOf = (build: string, over: { cached?: number; hashes?: boolean } = {}, program: object = {}) => {
  const fileBytes = aModel(build).diskBytes.value
  const ssd_gbs = findChip('M4 Max 40c')!.ssd_gbs.value
  const work = { fileBytes, cachedBytes: (over.cached ?? 0) * fileBytes, ssd_gbs, hashes: over.hashes ?? false }
  return medianLoad(work, macSettingsSchema.parse(program))
}

describe('the median load by parts (mac-provider §5)', () => {
  it('reads 15.6 GB of gemma from a warm page cache in 0.98 s, and hashes them serially in about 11 s', () => {
    const parts = partsOf(GEMMA, { cached: 1, hashes: true })
    expect(parts.readCached).toBeCloseTo(0.98, 2)
    expect(parts.readCold).toBe(0)
    expect(parts.hash).toBeCloseTo(11.1, 1)
  })

  it('hashes them in 1.86 s at the parallel rate of later programs', () => {
    expect(partsOf(GEMMA, { cached: 1, hashes: true }, { hash_rate: '8.4GB/s' }).hash).toBeCloseTo(1.86, 2)
  })

  it('splits a half-cached file between page cache and SSD', () => {
    const parts = partsOf(GPT, { cached: 0.5 })
    expect(parts).toMatchObject({ hash: 0, prepare: 1.5 })
    expect(parts.readCold).toBeCloseTo(6.05 / 3.6, 9)
    expect(parts.readCached).toBeCloseTo(6.05 / 15.9, 9)
  })
})
