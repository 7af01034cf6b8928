import { describe, expect, it } from 'vitest'
import { InvariantError } from '../../sim/base/assert.ts'
import { RandomStreams } from '../../sim/kernel/random.ts'

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const draws = (seed: number, name: string, n: number): number[] => {
  const stream = new RandomStreams(seed).stream(name)
  return range(n).map(() => stream.uniform())
}

/** Kolmogorov-Smirnov distance from the uniform distribution, times sqrt(n): exceeds 1.95 once in a thousand times. */
function uniformDistance(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const n = sorted.length
  const gaps = sorted.map((value, i) => Math.max(value - i / n, (i + 1) / n - value))
  return Math.max(...gaps) * Math.sqrt(n)
}

function correlation(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - 0.5) * (b[i]! - 0.5) * 12, 0) / a.length
}

describe('RandomStreams', () => {
  it('gives these first draws in every engine', () => {
    expect(draws(1, 'demand/tenant-3/arrivals', 3)).toMatchInlineSnapshot(`
      [
        0.7325666298218537,
        0.07193751748025612,
        0.4886041002619965,
      ]
    `)
    expect(draws(2 ** 53 - 1, '', 1)).toMatchInlineSnapshot(`
      [
        0.03307132831947257,
      ]
    `)
  })

  it('gives the same stream object for the same name', () => {
    const random = new RandomStreams(1)
    expect(random.stream('a')).toBe(random.stream('a'))
  })

  it('does not let draws from one stream shift another', () => {
    const random = new RandomStreams(1)
    range(1_000).forEach(() => random.stream('a').uniform())
    expect(range(100).map(() => random.stream('b').uniform())).toEqual(draws(1, 'b', 100))
  })

  it('does not depend on the order in which streams are created', () => {
    const random = new RandomStreams(1)
    random.stream('b')
    expect(random.stream('a').uniform()).toBe(draws(1, 'a', 1)[0])
  })

  it('gives other draws for another seed or name, also where seed and name run together', () => {
    const firsts = [draws(1, 'a', 1), draws(2, 'a', 1), draws(1, 'b', 1), draws(1, '1/a', 1), draws(11, '/a', 1)]
    expect(new Set(firsts.flat()).size).toBe(5)
  })

  it('is uniform along a stream, across neighbouring names and across neighbouring seeds', () => {
    expect(uniformDistance(draws(1, 'x', 20_000))).toBeLessThan(1.95)
    expect(uniformDistance(range(5_000).map((i) => draws(1, `mac/${i}/load`, 1)[0]!))).toBeLessThan(1.95)
    expect(uniformDistance(range(5_000).map((i) => draws(i, 'x', 1)[0]!))).toBeLessThan(1.95)
  })

  it('does not correlate neighbouring streams, neighbouring seeds or successive draws', () => {
    const a = draws(1, 'mac/1/load', 20_000)
    // The standard error is 1 / sqrt(20,000) = 0.0071.
    expect(Math.abs(correlation(a, draws(1, 'mac/2/load', 20_000)))).toBeLessThan(0.028)
    expect(Math.abs(correlation(a, draws(2, 'mac/1/load', 20_000)))).toBeLessThan(0.028)
    expect(Math.abs(correlation(a.slice(1), a.slice(0, -1)))).toBeLessThan(0.028)
  })

  it('draws with 53 bits: the low 21 are in use', () => {
    const lowBits = new Set(draws(1, 'x', 1_000).map((value) => (value * 2 ** 53) % 2 ** 21))
    expect(lowBits.size).toBeGreaterThan(990)
  })

  it('draws integers below n, each equally often', () => {
    const stream = new RandomStreams(5).stream('dice')
    const counts = new Float64Array(6)
    for (let i = 0; i < 60_000; i++) counts[stream.below(6)]! += 1
    const chiSquare = counts.reduce((sum, count) => sum + ((count - 10_000) * (count - 10_000)) / 10_000, 0)
    // 5 degrees of freedom: exceeded once in a thousand times.
    expect(chiSquare).toBeLessThan(20.5)
  })

  it.each([0, -1, 1.5, NaN, Infinity])('refuses below(%s)', (n) => {
    expect(() => new RandomStreams(1).stream('a').below(n)).toThrow(InvariantError)
  })

  it.each([-1, 0.5, 2 ** 53, NaN])('refuses the seed %s', (seed) => {
    expect(() => new RandomStreams(seed)).toThrow(InvariantError)
  })
})
