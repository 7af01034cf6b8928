import { describe, expect, it } from 'vitest'
import { seedSigns } from '../../../sim/lab/estimates/seed-signs.ts'

/** Two-sided, by counting all outcomes of n fair coins: what the beta quantiles must agree with. */
function chanceOf(higher: number, n: number): number {
  const choose = (k: number): number => (k === 0 ? 1 : (choose(k - 1) * (n - k + 1)) / k)
  const most = Math.max(higher, n - higher)
  const tail = Array.from({ length: n - most + 1 }, (_, i) => choose(most + i)).reduce((sum, ways) => sum + ways, 0)
  return Math.min(1, (2 * tail) / 2 ** n)
}

const signs = (higher: number, lower: number, level = 0.95): ReturnType<typeof seedSigns> =>
  seedSigns(
    Array.from({ length: higher + lower }, (_, i) => (i < higher ? 1 : -1)),
    Array.from({ length: higher + lower }, () => 0),
    level,
  )

describe('in how many seeds an arm is higher', () => {
  it('is more than chance exactly where coins would do it less often than the level allows', () => {
    for (const level of [0.95, 0.9875, 0.999])
      for (let n = 1; n <= 40; n += 1)
        for (let higher = 0; higher <= n; higher += 1) {
          const wanted = chanceOf(higher, n) < 1 - level ? (higher > n - higher ? 'higher' : 'lower') : null
          expect(signs(higher, n - higher, level).most, `${higher} of ${n} at ${level}`).toBe(wanted)
        }
  })

  it('needs six seeds that agree, and eight where four arms are compared', () => {
    expect([signs(5, 0).most, signs(6, 0).most]).toEqual([null, 'higher'])
    expect([signs(0, 7, 0.9875).most, signs(0, 8, 0.9875).most]).toEqual([null, 'lower'])
  })

  it('leaves out seeds without data and those that are equal', () => {
    expect(seedSigns([1, 2, null, 3, 4], [0, 2, 1, null, 5], 0.95)).toEqual({
      higher: 1,
      lower: 1,
      equal: 1,
      most: null,
    })
    expect(seedSigns([1, 1], [1, 1], 0.95)).toEqual({ higher: 0, lower: 0, equal: 2, most: null })
  })
})
