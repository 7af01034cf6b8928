/** Fractional designs: balanced, orthogonal, and honest about what they cannot tell apart. */
import { describe, expect, it } from 'vitest'
import { aliasedPairs, fractionOf } from './fraction.ts'
import { FACTORS, FRACTION } from './pools/pools-design.ts'

/** Box, Hunter and Hunter's textbook 2^(4-1): D = ABC, so AB = CD. */
const textbook = fractionOf<'a' | 'b' | 'c' | 'd'>(['a', 'b', 'c'], { d: ['a', 'b', 'c'] })

const product = (row: { readonly [factor: string]: number }, factors: readonly string[]): number =>
  factors.reduce((all, factor) => all * row[factor]!, 1)

const sameGroup = (x: readonly string[], y: readonly string[]): boolean =>
  aliasedPairs(FRACTION).some((group) => [x, y].every((pair) => group.some((each) => each.join() === pair.join())))

describe('a fraction', () => {
  it('of the textbook has its rows, its defining word and its aliases', () => {
    expect(textbook.rows).toHaveLength(8)
    expect(textbook.definingWords).toEqual([['a', 'b', 'c', 'd']])
    expect(textbook.resolution).toBe(4)
    const pairs = aliasedPairs(textbook).map((group) => group.map((pair) => pair.join('')).join('='))
    expect(pairs).toEqual(['ab=cd', 'ac=bd', 'ad=bc'])
  })

  it('of the study has each factor half low and half high, and no two that go together', () => {
    for (const [i, a] of FACTORS.entries()) {
      expect(
        FRACTION.rows.reduce((sum, row) => sum + row[a], 0),
        a,
      ).toBe(0)
      for (const b of FACTORS.slice(i + 1))
        expect(
          FRACTION.rows.reduce((sum, row) => sum + row[a] * row[b], 0),
          `${a} ${b}`,
        ).toBe(0)
    }
  })

  it('of the study is of resolution IV: a factor goes with no pair of others', () => {
    expect(FRACTION.resolution).toBe(4)
    for (const a of FACTORS) {
      for (const b of FACTORS) {
        for (const c of FACTORS.filter((each) => each !== a && each !== b))
          expect(FRACTION.rows.reduce((sum, row) => sum + row[a] * row[b] * row[c], 0)).toBe(0)
      }
    }
  })

  it('says of just those pairs that they cannot be told apart whose products agree in every row', () => {
    const { factors } = FRACTION
    const pairs = factors.flatMap((a, i) => factors.slice(i + 1).map((b) => [a, b] as const))
    for (const [i, x] of pairs.entries()) {
      for (const y of pairs.slice(i + 1)) {
        const agree = Math.abs(FRACTION.rows.reduce((sum, row) => sum + product(row, x) * product(row, y), 0)) === 16
        expect(sameGroup(x, y), `${x.join()} ${y.join()}`).toBe(agree)
      }
    }
  })
})
