import { describe, expect, it } from 'vitest'
import { fc, test } from '@fast-check/vitest'
import { exp, ln, pow } from '../../sim/base/math.ts'
import { casesOf } from '../tier.ts'

/** The 64 bits of a double, so that a test pins every one of them. */
function bits(x: number): string {
  return new BigUint64Array(new Float64Array([x]).buffer)[0]!.toString(16).padStart(16, '0')
}

/** Distance in units of the last place of `reference`, which may itself be one off. */
function ulps(x: number, reference: number): number {
  if (x === reference) return 0
  const next = new Float64Array([Math.abs(reference)])
  const words = new BigInt64Array(next.buffer)
  words[0] = words[0]! + 1n
  return Math.abs(x - reference) / (next[0]! - Math.abs(reference))
}

const positive = fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true })

describe('ln', () => {
  test.prop([positive], { numRuns: casesOf(5_000), seed: 1 })('is within 2 ulp of Math.log everywhere', (x) => {
    expect(ulps(ln(x), Math.log(x))).toBeLessThanOrEqual(2)
  })

  test.prop([fc.double({ min: 0.5, max: 2, noNaN: true })], { numRuns: casesOf(5_000), seed: 1 })(
    'is within 2 ulp of Math.log around 1, where it cancels',
    (x) => {
      expect(ulps(ln(x), Math.log(x))).toBeLessThanOrEqual(2)
    },
  )

  it('is exact at 1 and answers like Math.log outside its domain', () => {
    expect(ln(1)).toBe(0)
    expect(ln(0)).toBe(-Infinity)
    expect(ln(Infinity)).toBe(Infinity)
    expect(ln(-1)).toBeNaN()
    expect(ln(NaN)).toBeNaN()
  })

  it('gives these bits in every engine', () => {
    const inputs = [2, 10, 0.1, 1 / 3, 1.0000001, 0.9999999, 1e-300, 5e-324, 1e300, 123_456.789]
    expect(inputs.map((x) => bits(ln(x)))).toMatchInlineSnapshot(`
      [
        "3fe62e42fefa39ef",
        "40026bb1bbb55516",
        "c0026bb1bbb55515",
        "bff193ea7aad030b",
        "3e7ad7f2847b6492",
        "be7ad7f2b1049b9f",
        "c085963447f87fb5",
        "c0874385446d71c3",
        "4085963447f87fb5",
        "40277281cad8a844",
      ]
    `)
  })
})

describe('exp', () => {
  test.prop([fc.double({ min: -708, max: 709, noNaN: true })], { numRuns: casesOf(5_000), seed: 1 })(
    'is within 2 ulp of Math.exp while the result is a normal double',
    (x) => {
      expect(ulps(exp(x), Math.exp(x))).toBeLessThanOrEqual(2)
    },
  )

  it('is exact at 0 and leaves the range of doubles where Math.exp does', () => {
    expect(exp(0)).toBe(1)
    expect(exp(709.782712893384)).toBeLessThan(Infinity)
    expect(exp(709.7827128933842)).toBe(Infinity)
    expect(exp(-745.14)).toBe(0)
    expect(exp(-745)).toBe(Number.MIN_VALUE)
    expect(exp(-Infinity)).toBe(0)
    expect(exp(Infinity)).toBe(Infinity)
    expect(exp(NaN)).toBeNaN()
  })

  it('gives these bits in every engine', () => {
    const inputs = [1, -1, 0.5, 1e-10, 10, -20.25, 700, -700, -740, Math.PI]
    expect(inputs.map((x) => bits(exp(x)))).toMatchInlineSnapshot(`
      [
        "4005bf0a8b14576a",
        "3fd78b56362cef38",
        "3ffa61298e1e069c",
        "3ff000000006df38",
        "40d5829dcf950560",
        "3e1b93de1e27ca3b",
        "7f0d945df4f8ec8e",
        "00d14f2b0fb9307f",
        "0000000000000055",
        "403724046eb09339",
      ]
    `)
  })
})

describe('pow', () => {
  const base = fc.double({ min: 1e-6, max: 1e6, noNaN: true })
  const exponent = fc.double({ min: -40, max: 40, noNaN: true })
  test.prop([base, exponent], { numRuns: casesOf(5_000), seed: 1 })('is within 3 ulp of Math.pow', (x, y) => {
    expect(ulps(pow(x, y), Math.pow(x, y))).toBeLessThanOrEqual(3)
  })

  it('is exact for the exponents that need no logarithm', () => {
    expect(pow(3, 0)).toBe(1)
    expect(pow(3.3, 1)).toBe(3.3)
    expect(pow(3, 2)).toBe(9)
    expect(pow(2, 0.5)).toBe(Math.SQRT2)
    expect(pow(1, 1e300)).toBe(1)
  })

  it('answers like Math.pow at the ends of the range', () => {
    const cases = [
      [0, 2.5],
      [0, -1],
      [Infinity, 0.3],
      [Infinity, -0.3],
      [2, 5_000],
      [2, -5_000],
      [0.5, Infinity],
      [0.5, -Infinity],
      [-2, 0.3],
      [2, NaN],
    ] as const
    expect(cases.map(([x, y]) => pow(x, y))).toEqual(cases.map(([x, y]) => Math.pow(x, y)))
  })

  it('gives these bits in every engine', () => {
    const cases = [
      [2, 0.1],
      [10, -3],
      [0.3, 7.7],
      [1.000001, 1e6],
      [1e-300, 0.25],
    ] as const
    expect(cases.map(([x, y]) => bits(pow(x, y)))).toMatchInlineSnapshot(`
      [
        "3ff125fbee250664",
        "3f50624dd2f1a9fc",
        "3f18ae7e5b4e6baf",
        "4005bf09d4a0f972",
        "305cf2b1970e7258",
      ]
    `)
  })
})
