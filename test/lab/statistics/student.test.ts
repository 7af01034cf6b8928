import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../../sim/base/assert.ts'
import { sampler } from '../../../sim/kernel/distributions.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { meanCi, pairedDifference, studentQuantile } from '../../../sim/lab/statistics/student.ts'

describe('studentQuantile', () => {
  it.each([
    [0.975, 1, 12.7062],
    [0.975, 10, 2.2281],
    [0.995, 30, 2.75],
    [0.95, 5, 2.015],
    [0.975, 1e6, 1.96],
  ])('agrees with the printed table at p = %d and %d degrees of freedom', (p, degrees, value) => {
    expect(studentQuantile(p, degrees)).toBeCloseTo(value, 4)
  })
})

describe('meanCi', () => {
  it('reproduces an interval computed by hand', () => {
    const { mean, sd, ci } = meanCi([1, 2, 3, 4, 5], 0.95)
    expect([mean, sd]).toEqual([3, Math.sqrt(2.5)])
    expect(ci?.[0]).toBeCloseTo(3 - (2.7764 * Math.sqrt(2.5)) / Math.sqrt(5), 4)
    expect(ci?.[1]).toBeCloseTo(3 + (2.7764 * Math.sqrt(2.5)) / Math.sqrt(5), 4)
  })

  it('gives one value no interval instead of one of width zero', () => {
    expect(meanCi([4], 0.95)).toEqual({ n: 1, mean: 4, sd: null, halfWidth: null, ci: null })
  })

  it('covers the truth as often as it says', () => {
    const stream = new RandomStreams(1).stream('coverage')
    const draw = sampler({ kind: 'normal', mean: 10, sd: 3 })
    let covered = 0
    for (let i = 0; i < 4_000; i++) {
      const { ci } = meanCi([draw(stream), draw(stream), draw(stream), draw(stream)], 0.95)
      if (ci !== null && ci[0] <= 10 && 10 <= ci[1]) covered++
    }
    // The standard error of the share is 0.34 %.
    expect(Math.abs(covered / 4_000 - 0.95)).toBeLessThan(0.014)
  })

  it('refuses an empty list', () => {
    expect(() => meanCi([], 0.95)).toThrow(InvariantError)
  })
})

describe('pairedDifference', () => {
  it('cancels what both sides share', () => {
    const luck = [10, 200, 3_000, 40]
    const { mean, ci } = pairedDifference(
      luck.map((value, i) => value + 1 + i / 100),
      luck,
      0.95,
    )
    expect(mean).toBeCloseTo(1.015, 9)
    expect(ci?.[0]).toBeGreaterThan(0.9)
  })

  it('refuses lists of different length', () => {
    expect(() => pairedDifference([1, 2], [1], 0.95)).toThrow(InvariantError)
  })
})
