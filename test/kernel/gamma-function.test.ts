/** Euler's gamma function against values that are known exactly. */
import { describe, expect, it } from 'vitest'
import { gammaOf } from '../../sim/kernel/gamma-function.ts'

describe('the gamma function', () => {
  it('is the factorial of the number before, at whole numbers', () => {
    let factorial = 1
    for (let n = 1; n <= 30; factorial *= n, n++) expect(Math.abs(gammaOf(n) / factorial - 1)).toBeLessThan(1e-13)
  })

  it('is a rational multiple of the root of pi between them', () => {
    const root = Math.sqrt(Math.PI)
    const known = [
      [0.5, root],
      [1.5, root / 2],
      [2.5, (3 * root) / 4],
      [3.5, (15 * root) / 8],
      [5.5, (945 * root) / 32],
    ] as const
    for (const [x, value] of known) expect(Math.abs(gammaOf(x) / value - 1)).toBeLessThan(1e-13)
  })
})
