/** How long requests are. */
import { describe, expect, it } from 'vitest'
import { lengthDistributionSchema } from '../../../sim/demand/config.ts'
import { lengthsInTokens } from '../../../sim/demand/content/distributions.ts'
import { blockSize, lengthSource } from '../../../sim/demand/content/lengths.ts'
import { Recordings } from '../../../sim/demand/recorded/recordings.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { sampler } from '../../../sim/kernel/distributions.ts'
import { aTrace } from '../world.ts'

const COUNT = 400
/** Prompt and output of row i are i + 1 and 2 (i + 1): a pair torn apart shows. */
const trace = aTrace(Array.from({ length: COUNT }, (_, i) => [i, i + 1, 2 * (i + 1)] as const))

function fromTrace(count: number, seed = 1): readonly (readonly [number, number])[] {
  const arrivals = { trace: 't.csv', load: 1, stretch: false }
  const settings = { lengths: { from: 'trace' }, arrivals, keepsRows: false } as const
  const source = lengthSource(settings, new Recordings(new Map([['t.csv', trace]])), new RandomStreams(seed), 'l')
  return Array.from({ length: count }, () => {
    source.draw(0)
    return [source.promptTokens, source.outputTokens] as const
  })
}

describe('lengths from a trace', () => {
  it('come in blocks of consecutive pairs, the square root of the trace long', () => {
    expect([blockSize(COUNT), blockSize(19_366)]).toEqual([20, 140])
    const drawn = fromTrace(200)
    for (const [i, [prompt, output]] of drawn.entries()) {
      expect(output).toBe(2 * prompt)
      if (i % 20 !== 0) expect(prompt).toBe((drawn[i - 1]![0] % COUNT) + 1)
    }
  })

  it('start their blocks anew for each seed', () => {
    expect(fromTrace(100, 1)).toEqual(fromTrace(100, 1))
    expect(fromTrace(100, 2)).not.toEqual(fromTrace(100, 1))
  })

  it('keep the marginals of the trace: every row is as likely as any other', () => {
    const drawn = fromTrace(200_000).map(([prompt]) => prompt)
    const average = drawn.reduce((sum, prompt) => sum + prompt, 0) / drawn.length
    // 10,000 blocks with sd 115: standard error 1.2.
    expect(Math.abs(average - (COUNT + 1) / 2)).toBeLessThan(5)
    expect(new Set(drawn).size).toBe(COUNT)
  })
})

const draws = (input: unknown, count = 20_000): readonly number[] => {
  const lengths = { prompt: lengthDistributionSchema.parse(input), output: 1 }
  const settings = { lengths, arrivals: { poisson: 1 }, keepsRows: false }
  const source = lengthSource(settings, new Recordings(new Map()), new RandomStreams(1), 'l')
  return Array.from({ length: count }, () => {
    source.draw(0)
    return source.promptTokens
  })
}
const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!
const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

describe('drawn lengths', () => {
  it('are whole and at least 1, whatever the distribution', () => {
    for (const input of [
      7,
      { constant: 7 },
      { exponential: { mean: 0.5 } },
      { lognormal: { median: 0.1, sigma: 3 } },
    ]) {
      expect(draws(input, 500).every((tokens) => Number.isInteger(tokens) && tokens >= 1)).toBe(true)
    }
  })

  it('have the median and mean of their distribution', () => {
    expect(median(draws({ lognormal: { median: 500, sigma: 0.9 } })) / 500).toBeCloseTo(1, 1)
    expect(average(draws({ exponential: { mean: 300 } })) / 300).toBeCloseTo(1, 1)
    expect(average(draws({ gamma: { mean: 300, cv: 0.5 } })) / 300).toBeCloseTo(1, 1)
    expect(
      median(
        draws({
          quantiles: [
            [0, 1],
            [0.5, 100],
            [1, 900],
          ],
        }),
      ) / 100,
    ).toBeCloseTo(1, 1)
  })

  it('give every whole number of a uniform range, ends included, the same chance', () => {
    const counts = new Map<number, number>()
    for (const value of draws({ uniform: { min: 3, max: 6 } })) counts.set(value, (counts.get(value) ?? 0) + 1)
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([3, 4, 5, 6])
    for (const count of counts.values()) expect(Math.abs(count - 5_000)).toBeLessThan(4 * 62)
  })

  it('draw the last cell of a quantile grid in log space', () => {
    // Log-uniform from 10 to 1,000: mean 990 / ln 100 = 215; a straight line would give 505.
    const tail = lengthsInTokens(
      lengthDistributionSchema.parse({
        quantiles: [
          [0, 10],
          [1, 1000],
        ],
      }),
    )
    const at = sampler(tail)
    const points = Array.from({ length: 10_000 }, (_, i) => at({ uniform: () => (i + 0.5) / 10_000, below: () => 0 }))
    expect(Math.abs(average(points) / 214.98 - 1)).toBeLessThan(0.01)
    expect(at({ uniform: () => 0.5, below: () => 0 })).toBeCloseTo(100, 6)
  })
})
