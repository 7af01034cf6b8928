import * as fc from 'fast-check'
import { quantile as yardstick } from 'simple-statistics'
import { describe, expect, it } from 'vitest'
import { HISTOGRAM_ERROR, mser5, Samples } from '../../../sim/metrics/index.ts'

const samplesOf = (values: readonly number[], exactMax?: number): Samples => {
  const samples = new Samples(exactMax)
  for (const value of values) samples.add(value)
  return samples
}

describe('distribution', () => {
  it('interpolates between order statistics (type 7): 1 … 10 has p50 5.5, p90 9.1, p99 9.91', () => {
    const samples = samplesOf([7, 1, 3, 2, 10, 9, 8, 4, 6, 5])
    const { p50, p90, p99, mean, max, count } = samples.distribution()
    expect({ p50, p90, mean, max, count }).toEqual({ p50: 5.5, p90: 9.1, mean: 5.5, max: 10, count: 10 })
    expect(p99).toBeCloseTo(9.91, 12)
  })

  it('says null, not 0, of no samples', () => {
    expect(samplesOf([]).distribution()).toEqual({
      count: 0,
      mean: null,
      p50: null,
      p90: null,
      p95: null,
      p99: null,
      max: null,
    })
  })

  it('can be read and added to in turns', () => {
    const samples = samplesOf([5, 1])
    expect(samples.quantile(0)).toBe(1)
    samples.add(0)
    expect(samples.quantile(0)).toBe(0)
  })

  it('stays within the stated error once the histogram has taken over, whatever the values', () => {
    const values = fc.array(
      fc.oneof(fc.double({ min: 0.001, max: 1e9, noNaN: true }), fc.integer({ min: 1, max: 5000 })),
      {
        minLength: 11,
        maxLength: 400,
      },
    )
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const exact = samplesOf(all).quantile(share)!
        const sketched = samplesOf(all, 10).quantile(share)!
        expect(Math.abs(sketched - exact)).toBeLessThanOrEqual(exact * HISTOGRAM_ERROR * 1.0001)
        expect(HISTOGRAM_ERROR).toBeLessThanOrEqual(0.01)
      }),
    )
  })

  it('keeps mean, count and maximum exact beyond the limit', () => {
    const { count, mean, max } = samplesOf([1, 2, 3, 4, 90], 2).distribution()
    expect({ count, mean, max }).toEqual({ count: 5, mean: 20, max: 90 })
  })

  it('counts zeros as zeros in the histogram', () => {
    expect(samplesOf([0, 0, 0, 0, 8], 2).quantile(0.5)).toBe(0)
  })

  it('agrees with an independent median', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1 }), (values) => {
        expect(samplesOf(values).quantile(0.5)).toBe(yardstick(values, 0.5))
      }),
    )
  })
})

const noise = (i: number): number => ((i * 7919) % 101) / 50 - 1

describe('MSER-5', () => {
  it('cuts a transient that decays, and little more', () => {
    const values = Array.from({ length: 1000 }, (_, i) => (i < 150 ? 100 - i / 2 : 10) + noise(i))
    const cut = mser5(values)
    expect(cut.samples).toBeGreaterThanOrEqual(145)
    expect(cut.samples).toBeLessThanOrEqual(200)
    expect(cut.settled).toBe(true)
  })

  it('cuts nothing from a series that is steady', () => {
    expect(mser5(Array.from({ length: 1000 }, () => 3))).toEqual({ samples: 0, settled: true })
  })

  it('says so when the series drifts to the end', () => {
    expect(mser5(Array.from({ length: 1000 }, (_, i) => i)).settled).toBe(false)
  })

  it('has nothing to say of fewer than twenty samples', () => {
    expect(mser5([9, 1, 1, 1])).toEqual({ samples: 0, settled: false })
  })

  it('minimises the squared standard error over all cuts up to the middle', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 20, maxLength: 100 }), (values) => {
        const batches = Math.floor(values.length / 5)
        const means = Array.from(
          { length: batches },
          (_, b) => values.slice(b * 5, b * 5 + 5).reduce((s, v) => s + v, 0) / 5,
        )
        const error = (cut: number): number => {
          const kept = means.slice(cut)
          const mean = kept.reduce((s, v) => s + v, 0) / kept.length
          return kept.reduce((s, v) => s + (v - mean) ** 2, 0) / kept.length ** 2
        }
        const best = Math.min(...Array.from({ length: Math.floor(batches / 2) + 1 }, (_, cut) => error(cut)))
        expect(error(mser5(values).samples / 5)).toBeCloseTo(best, 8)
      }),
    )
  })
})
