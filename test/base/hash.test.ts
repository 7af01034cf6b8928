import { describe, expect, it } from 'vitest'
import { hashDraw } from '../../sim/base/hash.ts'

/** Chi-square over 64 cells; 63 degrees of freedom: mean 63, sd 11.2. */
function chiSquare(draws: readonly number[]): number {
  const cells = new Float64Array(64)
  for (const draw of draws) cells[Math.floor(draw * 64)]! += 1
  const expected = draws.length / 64
  return cells.reduce((sum, count) => sum + ((count - expected) * (count - expected)) / expected, 0)
}

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

describe('hashDraw', () => {
  it('gives the same number for the same arguments, in every engine', () => {
    expect([hashDraw(1, 2, 3), hashDraw(0), hashDraw(2 ** 53 - 1, 0, 0), hashDraw(1, -1)]).toMatchInlineSnapshot(`
      [
        0.7394932620285517,
        0.45355952297253255,
        0.53831498993757,
        0.6007755253570937,
      ]
    `)
  })

  it.each([
    ['successive requests', range(100_000).map((i) => hashDraw(1, i, 0))],
    ['successive seeds', range(100_000).map((i) => hashDraw(i, 7, 1))],
    ['successive attempts', range(100_000).map((i) => hashDraw(42, 1_000, i))],
    ['multiples of 2^32', range(100_000).map((i) => hashDraw(i * 2 ** 32, 5))],
  ])('is uniform over %s', (_, draws) => {
    const statistic = chiSquare(draws)
    expect(statistic).toBeGreaterThan(63 - 4 * 11.2)
    expect(statistic).toBeLessThan(63 + 4 * 11.2)
    expect(Math.min(...draws)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...draws)).toBeLessThan(1)
  })

  it('does not correlate neighbours', () => {
    const draws = range(100_000).map((i) => hashDraw(3, i))
    const products = draws.slice(1).map((draw, i) => (draw - 0.5) * (draws[i]! - 0.5) * 12)
    const correlation = products.reduce((sum, product) => sum + product, 0) / products.length
    // The standard error is 1 / sqrt(10^5) = 0.0032.
    expect(Math.abs(correlation)).toBeLessThan(0.013)
  })

  it('never repeats over 200,000 (request, attempt) pairs: all 53 bits are in use', () => {
    const seen = new Set<number>()
    for (let request = 0; request < 50_000; request++)
      for (let attempt = 0; attempt < 4; attempt++) seen.add(hashDraw(9, request, attempt))
    expect(seen.size).toBe(200_000)
  })

  it('tells argument lists apart by order and length', () => {
    const draws = [hashDraw(1, 2, 3), hashDraw(1, 3, 2), hashDraw(2, 1, 3), hashDraw(1, 2), hashDraw(1, 2, 3, 0)]
    expect(new Set(draws).size).toBe(5)
  })
})
