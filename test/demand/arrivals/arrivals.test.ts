/** When requests come: replay of a trace, and processes. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { arrivalProcess } from '../../../sim/demand/arrivals/arrivals.ts'
import { arrivalsSchema, type OpenArrivals } from '../../../sim/demand/config.ts'
import { Recordings } from '../../../sim/demand/recorded/recordings.ts'
import type { TraceFile } from '../../../sim/demand/recorded/trace-file.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { aTrace, SECOND } from '../world.ts'

/** Arrivals in whole microseconds below `seconds`. */
function arrivals(input: unknown, seconds: number, seed = 1, trace?: TraceFile): readonly number[] {
  const recordings = new Recordings(new Map(trace === undefined ? [] : [['t.csv', trace]]))
  const parsed = arrivalsSchema.parse(input) as OpenArrivals
  const random = new RandomStreams(seed)
  const process = arrivalProcess(parsed, { recordings, random, name: 'demand/0/arrivals', horizon: Infinity })
  const times: number[] = []
  for (let at = process.next(); at < seconds * SECOND; at = process.next()) times.push(at)
  return times
}

const gaps = (times: readonly number[]): number[] => times.slice(1).map((at, i) => at - times[i]!)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const cv = (values: readonly number[]): number => {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) * (value - centre)))) / centre
}

/** Ten arrivals with gaps 1, 2, … 9 s: every rotation is told apart by its gaps. Its ring closes with the mean gap, 5 s. */
const uneven = aTrace(Array.from({ length: 10 }, (_, i) => [(i * (i + 1)) / 2, 10, 1] as const))
/** A thousand arrivals, 1 s apart. */
const even = aTrace(Array.from({ length: 1_000 }, (_, i) => [i, 10, 1] as const))

const replay = (seed: number) => arrivals({ trace: 't.csv' }, 50, seed, uneven)

describe('a replayed trace', () => {
  it('gives the same arrivals to the same seed and others to another', () => {
    expect(replay(1)).toEqual(replay(1))
    expect(replay(2)).not.toEqual(replay(1))
  })

  it('starts at a random point and goes round: the gaps of one turn are those of the trace and its mean', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const turn = gaps(arrivals({ trace: 't.csv' }, 120, seed, uneven)).slice(0, 10)
      expect(turn.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 5, 6, 7, 8, 9].map((s) => s * SECOND))
    }
  })

  it('wraps at its end and repeats with the period of the trace and one mean gap', () => {
    const times = arrivals({ trace: 't.csv' }, 200, 3, uneven)
    expect(times.slice(10).map((at, i) => at - times[i]!)).toEqual(times.slice(10).map(() => 50 * SECOND))
  })

  it('superposes copies rotated independently for a load above 1', () => {
    expect(arrivals({ trace: 't.csv', load: 3 }, 1_000, 1, even)).toHaveLength(3_000)
    const two = arrivals({ trace: 't.csv', load: 2 }, 100, 1, uneven)
    const one = arrivals({ trace: 't.csv' }, 100, 1, uneven)
    expect(two).toEqual(expect.arrayContaining([...one]))
    expect(gaps(two)).not.toContain(0)
  })

  it('thins the last copy by the fraction, and the only one for a load below 1', () => {
    // Binomial: 0.3 × 10,000, sd 46.
    const low = arrivals({ trace: 't.csv', load: 0.3 }, 10_000, 1, even)
    expect(Math.abs(low.length - 3_000)).toBeLessThan(4 * 46)
    const high = arrivals({ trace: 't.csv', load: 1.3 }, 10_000, 1, even)
    expect(Math.abs(high.length - 13_000)).toBeLessThan(4 * 46)
  })

  it('keeps the time scale of its gaps under load, and squeezes it when told to stretch', () => {
    const plain = arrivals({ trace: 't.csv' }, 200, 1, uneven)
    const squeezed = arrivals({ trace: 't.csv', load: 2, stretch: true }, 100, 1, uneven)
    expect(squeezed.length).toBeGreaterThanOrEqual(plain.length - 1)
    expect(
      gaps(squeezed)
        .slice(0, 9)
        .every((gap) => gap % (SECOND / 2) === 0),
    ).toBe(true)
    expect(mean(gaps(squeezed))).toBeCloseTo(mean(gaps(plain)) / 2, -5)
  })

  test.prop([
    fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 30 }),
    fc.constantFrom(0.4, 1, 2, 2.5),
    fc.boolean(),
    fc.nat(),
  ])('never goes back, and over whole turns has the rate of the trace times the load', (steps, load, stretch, seed) => {
    let at = 0
    const trace = aTrace([
      [0, 1, 1],
      ...steps.map((step) => [(at += step) / 1_000, 1, 1] as const),
      [(at += 1) / 1_000, 1, 1],
    ])
    const process = arrivalProcess(
      { trace: 't.csv', load, stretch },
      {
        recordings: new Recordings(new Map([['t.csv', trace]])),
        random: new RandomStreams(seed),
        name: 'a',
        horizon: Infinity,
      },
    )
    let before = 0
    for (let i = 0; i < 200; i++) {
      const next = process.next()
      expect(Number.isSafeInteger(next) && next >= before).toBe(true)
      before = next
    }
  })
})

describe('a process', () => {
  it('is Poisson: exponential gaps at the rate', () => {
    const times = arrivals({ poisson: '5/s' }, 4_000)
    // Counts have sd sqrt(20,000) = 141.
    expect(Math.abs(times.length - 20_000)).toBeLessThan(4 * 141)
    expect(cv(gaps(times))).toBeCloseTo(1, 1)
  })

  it('has Gamma gaps of the stated coefficient of variation', () => {
    for (const wanted of [0.5, 2]) {
      const times = arrivals({ gamma: { rate: '5/s', cv: wanted } }, 4_000)
      expect(Math.abs(times.length - 20_000)).toBeLessThan(4 * 141 * wanted)
      expect(Math.abs(cv(gaps(times)) / wanted - 1)).toBeLessThan(0.05)
    }
  })
})
