import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roundsNanos, roundsWithin } from '../../../sim/mac/engine/cycle.ts'

/** Rounds from 2 ms to 20 s that grow by up to 1 ms each. */
const first = fc.integer({ min: 2_000_000, max: 20_000_000_000 })
const growth = fc.nat({ max: 1_000_000 })

const exact = (a: number, b: number, n: bigint) => n * BigInt(a) + (BigInt(b) * n * (n - 1n)) / 2n

describe('rounds', () => {
  it('add up exactly', () => {
    fc.assert(
      fc.property(first, growth, fc.nat({ max: 100_000 }), (a, b, n) => {
        const nanos = exact(a, b, BigInt(n))
        fc.pre(nanos < 2n ** 52n)
        expect(BigInt(roundsNanos(a, b, n))).toBe(nanos)
      }),
    )
  })

  it('are counted exactly, a nanosecond before, at and after each boundary', () => {
    fc.assert(
      fc.property(first, growth, fc.integer({ min: 1, max: 100_000 }), (a, b, n) => {
        const end = exact(a, b, BigInt(n))
        fc.pre(end < 2n ** 52n)
        expect([-1, 0, 1].map((off) => roundsWithin(a, b, Number(end) + off))).toEqual([n - 1, n, n])
      }),
    )
  })

  it('are none before the first is over', () => {
    expect(roundsWithin(1_000, 0, 999)).toBe(0)
  })
})
