/** The interval of a ratio of paired means. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { improvement } from '../../../sim/lab/estimates/improvement.ts'

/** Positive figures of two arms, seed by seed. */
const pairs = fc.array(
  fc.tuple(fc.double({ min: 1, max: 100, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true })),
  {
    minLength: 2,
    maxLength: 8,
  },
)
const armOf = (list: readonly (readonly [number, number])[]): readonly number[] => list.map(([arm]) => arm)
const baseOf = (list: readonly (readonly [number, number])[]): readonly number[] => list.map(([, base]) => base)

describe('the interval of a relative improvement', () => {
  it('is Fieller’s, worked by hand', () => {
    // Steps 1, 2, 3 over baselines 9, 10, 11: variances and covariance are 1, t of 2 degrees is 4.302653, so
    // g = t²/3 = 6.170940 and the ends are (13.829060 ∓ √(191.242896 + 203.697275)) / 93.829060 in hundredths.
    const { value, ci95 } = improvement([10, 12, 14], [9, 10, 11], 'up', 0)
    expect(value).toBeCloseTo(0.2, 12)
    expect(ci95![0]).toBeCloseTo((13.82906 - Math.sqrt(191.242896 + 203.697275)) / 93.82906, 5)
    expect(ci95![1]).toBeCloseTo((13.82906 + Math.sqrt(191.242896 + 203.697275)) / 93.82906, 5)
  })

  it('holds the ratio of the means', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const { value, ci95 } = improvement(armOf(list), baseOf(list), 'up', 0)
        if (ci95 === null) return
        expect(ci95[0]).toBeLessThanOrEqual(value! + 1e-9)
        expect(ci95[1]).toBeGreaterThanOrEqual(value! - 1e-9)
      }),
    )
  })

  it('does not depend on the unit', () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom(0.001, 1_000), (list, factor) => {
        const plain = improvement(armOf(list), baseOf(list), 'up', 0.1)
        const scaled = improvement(
          armOf(list).map((value) => value * factor),
          baseOf(list).map((value) => value * factor),
          'up',
          0.1,
        )
        if (plain.ci95 === null || scaled.ci95 === null) return
        expect(scaled.ci95[0]).toBeCloseTo(plain.ci95[0], 6)
        expect(scaled.ci95[1]).toBeCloseTo(plain.ci95[1], 6)
      }),
    )
  })

  it('turns with the good direction', () => {
    const up = improvement([12, 15, 11], [10, 11, 9], 'up', 0)
    const down = improvement([12, 15, 11], [10, 11, 9], 'down', 0)
    expect(down.value).toBeCloseTo(-up.value!, 12)
    expect(down.ci95![0]).toBeCloseTo(-up.ci95![1], 12)
  })

  it('is narrow where every seed is better by the same share, however much the steps scatter', () => {
    const { ci95, exceeds } = improvement([22, 24.2, 26.4], [20, 22, 24], 'up', 0.09)
    expect(ci95![0]).toBeCloseTo(0.1, 6)
    expect(ci95![1]).toBeCloseTo(0.1, 6)
    expect(exceeds).toBe('yes')
  })

  it('is none where the baseline cannot be told from 0, and the wanted step still can be shown', () => {
    const vague = improvement([50, 51, 52], [0, 0, 0.03], 'up', 0.1)
    expect(vague).toMatchObject({ ci95: null, exceeds: 'yes' })
    expect(improvement([0, 0, 9], [0, 0, 3], 'up', 0.1)).toMatchObject({ ci95: null, exceeds: 'unclear' })
  })

  it('takes a baseline below 0 for as large as one above it', () => {
    expect(improvement([-20, -20], [-10, -10], 'down', 0.5)).toMatchObject({ value: 1, exceeds: 'yes' })
  })
})
