/** Arrival processes against their closed forms: mean rate, spread of the gaps, variance of counts. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { arrivalProcess } from '../../../sim/demand/arrivals/arrivals.ts'
import { arrivalsSchema, type OpenArrivals } from '../../../sim/demand/config.ts'
import { expectedRequests } from '../../../sim/demand/expected-requests.ts'
import { Recordings } from '../../../sim/demand/recorded/recordings.ts'
import { RandomStreams } from '../../../sim/kernel/random.ts'
import { casesOf } from '../../tier.ts'
import { countsIn, fanoOf, gapCv, meanOf } from '../counts.ts'
import { SECOND } from '../world.ts'

const HOUR = 3_600

function processOf(input: unknown, seed = 1, horizon = Infinity) {
  const arrivals = arrivalsSchema.parse(input) as OpenArrivals
  const random = new RandomStreams(seed)
  return arrivalProcess(arrivals, { recordings: new Recordings(new Map()), random, name: 'demand/0/arrivals', horizon })
}

function timesOf(input: unknown, seconds: number, seed = 1): readonly number[] {
  const process = processOf(input, seed)
  const times: number[] = []
  for (let at = process.next(); at < seconds * SECOND; at = process.next()) times.push(at)
  return times
}

const fano = (times: readonly number[], window_s: number, seconds: number): number =>
  fanoOf(times, window_s * SECOND, seconds * SECOND)

/** Off by at most this part. */
const near = (measured: number, wanted: number, part: number): void =>
  expect(Math.abs(measured / wanted - 1), `${measured}, wanted ${wanted}`).toBeLessThan(part)

/**
 * Of a process whose rate jumps between two values, in state i for a mean of m_i seconds (Fischer and Meier-Hellstern,
 * Performance Evaluation 18, 1993): F(w) = 1 + 2 s1 s2 (r1 - r2)² / ((s1 + s2)² (r1 s2 + r2 s1)) (1 - (1 - e^-(s1+s2)w) / ((s1 + s2) w)).
 */
function fanoOfTwoStates([r1, m1]: readonly [number, number], [r2, m2]: readonly [number, number], w: number): number {
  const [s1, s2] = [1 / m1, 1 / m2]
  const s = s1 + s2
  const limit = (2 * s1 * s2 * (r1 - r2) * (r1 - r2)) / (s * s * (r1 * s2 + r2 * s1))
  return 1 + limit * (1 - (1 - Math.exp(-s * w)) / (s * w))
}

/** Of a Cox process with a lognormal Ornstein-Uhlenbeck rate: 1 + 2 rate / w ∫ (w - u) (e^(sd² e^(-u/tau)) - 1) du. */
function fanoOfCox(rate: number, sd: number, tau: number, w: number): number {
  const STEPS = 1_000
  let integral = 0
  for (let i = 0; i < STEPS; i++) {
    const u = ((i + 0.5) / STEPS) * w
    integral += (w - u) * (Math.exp(sd * sd * Math.exp(-u / tau)) - 1) * (w / STEPS)
  }
  return 1 + (2 * rate * integral) / w
}

/** Gamma function at half numbers and such: the Weibull's coefficient of variation. */
const WEIBULL_CV = { 0.5: Math.sqrt(5), 1: 1, 2: Math.sqrt(4 / Math.PI - 1) }

describe('a renewal process', () => {
  it('with Weibull gaps has their coefficient of variation, and over long windows its square as Fano factor', () => {
    for (const [shape, cv] of Object.entries(WEIBULL_CV)) {
      const times = timesOf({ weibull: { rate: '10/s', shape: Number(shape) } }, 4 * HOUR)
      near(times.length, 144_000, 0.02 * cv)
      near(gapCv(times), cv, 0.03)
      near(fano(times, 10, 4 * HOUR), cv * cv, 0.15)
    }
  })

  it('of shape 1 is the Poisson process', () => {
    near(fano(timesOf({ weibull: { rate: '10/s', shape: 1 } }, 4 * HOUR), 1, 4 * HOUR), 1, 0.05)
  })
})

const fanoOf300 = (on: object) => fano(timesOf({ onoff: { rate: '10/s', on, off: on } }, 20 * HOUR), 300, 20 * HOUR)

describe('a rate that jumps', () => {
  it('between two states has the mean and the Fano factors of its closed form', () => {
    const times = timesOf(
      {
        mmpp: [
          { rate: '2/s', mean: '60s' },
          { rate: '20/s', mean: '20s' },
        ],
      },
      40 * HOUR,
    )
    near(times.length / (40 * HOUR), (2 * 60 + 20 * 20) / 80, 0.04)
    for (const w of [1, 10, 60]) near(fano(times, w, 40 * HOUR), fanoOfTwoStates([2, 60], [20, 20], w), 0.08)
  })

  it('between on and off is the same with a silent state', () => {
    const onoff = { rate: '20/s', on: { exponential: { mean: '30s' } }, off: { exponential: { mean: '90s' } } }
    const times = timesOf({ onoff }, 40 * HOUR)
    near(times.length / (40 * HOUR), 5, 0.05)
    for (const w of [1, 10, 60]) near(fano(times, w, 40 * HOUR), fanoOfTwoStates([20, 30], [0, 90], w), 0.08)
  })

  it('spends its time in three states by their means', () => {
    const times = timesOf(
      {
        mmpp: [
          { rate: 0, mean: '10s' },
          { rate: '5/s', mean: '20s' },
          { rate: '30/s', mean: '5s' },
        ],
      },
      40 * HOUR,
    )
    near(times.length / (40 * HOUR), (5 * 20 + 30 * 5) / 35, 0.05)
  })

  it('with constant times is on and off like a clock', () => {
    const times = timesOf({ onoff: { rate: '100/s', on: '10s', off: '50s' } }, HOUR)
    const counts = countsIn(times, 10 * SECOND, HOUR * SECOND)
    // At most two windows of six see each burst.
    expect(counts.filter((count) => count === 0).length).toBeGreaterThanOrEqual(counts.length * (4 / 6) - 2)
    near(times.length, 100 * 10 * 60, 0.05)
  })

  it('with heavy-tailed times varies over long windows more than with exponential ones', () => {
    const heavy = { pareto: { min: '4s', alpha: 1.3, max: '24h' } }
    const light = { exponential: { mean: '15s' } }
    expect(fanoOf300(heavy)).toBeGreaterThan(3 * fanoOf300(light))
  })
})

describe('a Cox process', () => {
  it('has the mean and the Fano factors of its closed form', () => {
    const cox = { rate: '6/s', sd: 0.4, time_constant: '60s', cv: 1 }
    const times = timesOf({ cox }, 60 * HOUR)
    near(times.length / (60 * HOUR), 6, 0.03)
    for (const w of [1, 10, 60]) near(fano(times, w, 60 * HOUR), fanoOfCox(6, 0.4, 60, w), 0.08)
  })

  it('with its preset has the figures of the Azure conversation trace, within the scatter of 20 seeds', () => {
    // The trace has 3,502 s; 1.39, 3.87, 16.4 are its Fano factors at 1, 10 and 60 s, 1.09 is the CV of its gaps.
    const SPAN = 3_502
    const runs = Array.from({ length: 20 }, (_, i) => timesOf('cox', SPAN, i + 1))
    const within = (figure: number, values: readonly number[], offMedian: number): void => {
      const sorted = values.toSorted((a, b) => a - b)
      // The middle sixteen of twenty.
      expect(figure).toBeGreaterThan(sorted[2]!)
      expect(figure).toBeLessThan(sorted[17]!)
      near((sorted[9]! + sorted[10]!) / 2, figure, offMedian)
    }
    within(
      1.39,
      runs.map((times) => fano(times, 1, SPAN)),
      0.1,
    )
    within(
      3.87,
      runs.map((times) => fano(times, 10, SPAN)),
      0.2,
    )
    within(
      16.4,
      runs.map((times) => fano(times, 60, SPAN)),
      0.3,
    )
    within(1.09, runs.map(gapCv), 0.05)
    near(meanOf(runs.map((times) => times.length)) / SPAN, 5.53, 0.06)
  })

  it('is told from a Poisson process by its long windows and hardly by its gaps', () => {
    const [cox, poisson] = [timesOf('cox', 10 * HOUR), timesOf({ poisson: '5.53/s' }, 10 * HOUR)]
    expect(gapCv(cox) / gapCv(poisson)).toBeLessThan(1.15)
    expect(fano(cox, 60, 10 * HOUR) / fano(poisson, 60, 10 * HOUR)).toBeGreaterThan(8)
  })
})

const shaped = (shape: readonly object[], seconds: number) => timesOf({ poisson: '50/s', shape }, seconds)

/** Counts against what is expected, each within four standard deviations. */
function counted(times: readonly number[], window_s: number, expected: readonly number[]): void {
  const counts = countsIn(times, window_s * SECOND, window_s * SECOND * expected.length)
  for (const [i, count] of counts.entries()) {
    expect(Math.abs(count - expected[i]!), `window ${i}: ${count}, expected ${expected[i]}`).toBeLessThanOrEqual(
      4 * Math.sqrt(expected[i]!) + 1e-9,
    )
  }
}

describe('a shape', () => {
  it('of steps holds each factor until the next', () => {
    counted(
      shaped(
        [
          {
            steps: [
              ['0s', 1],
              ['100s', 3],
              ['200s', 0],
              ['300s', 0.5],
            ],
          },
        ],
        400,
      ),
      100,
      [5_000, 15_000, 0, 2_500],
    )
  })

  it('of points goes in straight lines, and stays at its ends', () => {
    counted(
      shaped(
        [
          {
            points: [
              ['100s', 1],
              ['200s', 3],
            ],
          },
        ],
        300,
      ),
      50,
      [2_500, 2_500, 3_750, 6_250, 7_500, 7_500],
    )
  })

  it('may be a ramp, a step, and spikes once or again and again', () => {
    counted(shaped([{ ramp: { from: '0s', to: '100s', by: 0 } }], 150), 50, [1_875, 625, 0])
    counted(shaped([{ step: { at: '50s', by: 2 } }], 150), 50, [2_500, 5_000, 5_000])
    counted(shaped([{ spike: { at: '50s', for: '10s', by: 11 } }], 150), 50, [2_500, 7_500, 2_500])
    counted(shaped([{ spike: { at: '50s', for: '10s', by: 11, every: '50s' } }], 150), 50, [2_500, 7_500, 7_500])
  })

  it('of a published day has its peak, its trough and its mean, from whatever hour the run begins', () => {
    const day = timesOf({ poisson: '2/s', shape: [{ day: 'azure-conv-weekday' }] }, 24 * HOUR)
    near(day.length / (24 * HOUR), 2, 0.01)
    const hours = countsIn(day, HOUR * SECOND, 24 * HOUR * SECOND)
    expect(hours.indexOf(Math.max(...hours))).toBe(14)
    expect([22, 23]).toContain(hours.indexOf(Math.min(...hours)))
    const later = timesOf({ poisson: '2/s', shape: [{ day: 'azure-conv-weekday', starts: '14:00' }] }, HOUR)
    near(later.length, 1.33 * 7_200, 0.04)
  })

  it('of a published week has the weekend at 0.57 of a weekday', () => {
    const week = timesOf({ poisson: '1/s', shape: [{ week: 'azure-conv', starts: 'Wed 00:00' }] }, 7 * 24 * HOUR)
    near(week.length / (7 * 24 * HOUR), 1, 0.01)
    const days = countsIn(week, 24 * HOUR * SECOND, 7 * 24 * HOUR * SECOND)
    // Saturday is the fourth day of a week that begins on Wednesday.
    near((days[3]! + days[4]!) / 2 / meanOf([days[0]!, days[1]!, days[2]!, days[5]!, days[6]!]), 0.57, 0.03)
  })

  it('is a product when there are several, two slopes included', () => {
    const rising = {
      points: [
        ['0s', 0],
        ['1000s', 1],
      ],
    }
    // ∫ t² dt over tenths of 1,000 s.
    const expected = Array.from({ length: 10 }, (_, i) => (50_000 * ((i + 1) ** 3 - i ** 3)) / 3_000)
    counted(shaped([rising, rising], 1_000), 100, expected)
  })

  it('moves processes of every kind: a step of two is a step of two', () => {
    const kinds = [
      { gamma: { rate: '20/s', cv: 2 } },
      { weibull: { rate: '20/s', shape: 0.7 } },
      { cox: { rate: '20/s', sd: 0.2, time_constant: '1s' } },
      {
        mmpp: [
          { rate: '10/s', mean: '1s' },
          { rate: '30/s', mean: '1s' },
        ],
      },
      { onoff: { rate: '40/s', on: '1s', off: '1s' } },
      { tenants: { rate: '20/s', count: 10, intermittent: 0 } },
    ]
    for (const kind of kinds) {
      const times = timesOf({ ...kind, shape: [{ step: { at: '1000s', by: 2 } }] }, 2_000)
      const [before, after] = countsIn(times, 1_000 * SECOND, 2_000 * SECOND)
      near(after! / before!, 2, 0.15)
    }
  })
})

const marked = (tenants: object, seconds: number, seed = 1) => {
  const process = processOf({ tenants: { rate: '20/s', count: 20, ...tenants } }, seed)
  const found: (readonly [at: number, tenant: number])[] = []
  for (let at = process.next(); at < seconds * SECOND; at = process.next()) found.push([at, process.mark])
  return found
}

describe('tenants', () => {
  it('share the requests by Zipf’s law', () => {
    const found = marked({ zipf: 1.2, cv: 1, intermittent: 0 }, 2 * HOUR)
    const weights = Array.from({ length: 20 }, (_, k) => (k + 1) ** -1.2)
    const all = weights.reduce((sum, weight) => sum + weight, 0)
    for (const k of [0, 1, 5, 19]) {
      const share = weights[k]! / all
      const measured = found.filter(([, tenant]) => tenant === k).length / found.length
      expect(Math.abs(measured - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / found.length))
    }
  })

  it('that are all Poisson and always there make a Poisson process', () => {
    const times = marked({ cv: 1, intermittent: 0 }, 2 * HOUR).map(([at]) => at)
    near(times.length, 144_000, 0.02)
    for (const w of [1, 10]) near(fano(times, w, 2 * HOUR), 1, 0.15)
  })

  it('have a burstiness of their own', () => {
    const found = marked({ count: 200, zipf: 0, intermittent: 0, rate: '200/s' }, HOUR)
    const timesOfTenant: number[][] = Array.from({ length: 200 }, () => [])
    for (const [at, tenant] of found) timesOfTenant[tenant]!.push(at)
    const cvs = timesOfTenant.map(gapCv)
    const sorted = cvs.toSorted((a, b) => a - b)
    // The grid of ServeGen's m-large: quartiles 1.03, 1.19, 2.22.
    near(sorted[50]!, 1.03, 0.1)
    near(sorted[100]!, 1.19, 0.15)
    near(sorted[150]!, 2.22, 0.3)
  })

  it('that are there part of the time only ask as much as the others in all', () => {
    const found = marked({ cv: 1, intermittent: '100%', active: '25%', episode: '2m', count: 5 }, 20 * HOUR)
    near(found.length, 20 * 20 * HOUR, 0.15)
    const ofLargest = found.filter(([, tenant]) => tenant === 0).map(([at]) => at)
    const minutes = countsIn(ofLargest, 30 * SECOND, 20 * HOUR * SECOND)
    const silent = minutes.filter((count) => count === 0).length / minutes.length
    expect(silent).toBeGreaterThan(0.6)
    expect(silent).toBeLessThan(0.8)
  })

  it('of a larger crowd leave the others where they were', () => {
    const few = marked({ count: 20, zipf: 0, rate: '20/s' }, 600)
    const more = marked({ count: 40, zipf: 0, rate: '40/s' }, 600)
    expect(more.filter(([, tenant]) => tenant < 20)).toEqual(few)
  })
})

const KINDS: readonly object[] = [
  { poisson: '5/s' },
  { gamma: { rate: '5/s', cv: 2 } },
  { weibull: { rate: '5/s', shape: 0.7 } },
  {
    mmpp: [
      { rate: '2/s', mean: '30s' },
      { rate: '20/s', mean: '5s' },
    ],
  },
  { onoff: { rate: '20/s', on: '3s', off: { lognormal: { median: '5s', sigma: 1 } } } },
  { cox: { rate: '5/s' } },
  { tenants: { rate: '5/s', count: 12 } },
]
const SHAPES: readonly (readonly object[] | undefined)[] = [
  undefined,
  [{ ramp: { from: '10s', to: '100s', by: 0.2 } }, { spike: { at: '30s', for: '5s', by: 8 } }],
  [
    { day: 'azure-code-weekday', starts: '13:30' },
    {
      points: [
        ['0s', 0],
        ['200s', 2],
      ],
    },
  ],
]

describe('every process', () => {
  it('begins with these arrivals in every engine', () => {
    const firsts = KINDS.map((kind) => {
      const process = processOf({ ...kind, shape: SHAPES[2] }, 7)
      return `${Object.keys(kind)[0]}: ${[process.next(), process.next(), process.next()].join(' ')}`
    })
    expect(firsts).toMatchInlineSnapshot(`
      [
        "poisson: 9387692 10033678 13598030",
        "gamma: 9570802 10105133 10225206",
        "weibull: 10242029 10553399 14481236",
        "mmpp: 5480097 5759304 9785293",
        "onoff: 5798524 6063077 25404657",
        "cox: 6560873 7631687 8928493",
        "tenants: 114846 114846 114846",
      ]
    `)
  })

  it('is done when the next arrival would come after the run, however far after', () => {
    const rare = [
      { cox: { rate: '0.00001/h' } },
      {
        mmpp: [
          { rate: '0.00001/h', mean: '1s' },
          { rate: 0, mean: '1s' },
        ],
      },
      { onoff: { rate: '0.00001/h', on: '1s', off: '1s' } },
      { tenants: { rate: '0.00001/h', count: 9, cv: 1, intermittent: '100%', episode: '1s' } },
    ]
    for (const kind of rare) expect(processOf(kind, 1, HOUR * SECOND).next()).toBeGreaterThan(HOUR * SECOND)
  })

  test.prop(
    [fc.constantFrom(...KINDS), fc.constantFrom(...SHAPES), fc.constantFrom(undefined, 0.3, 1, 2.5), fc.nat(1_000)],
    { numRuns: casesOf(60) },
  )('gives the same whole, rising times to the same seed, and others to another', (kind, shape, load, seed) => {
    const input = { ...kind, ...(shape && { shape }), ...(load !== undefined && { load }) }
    const times = timesOf(input, 300, seed)
    expect(times.every((at, i) => Number.isSafeInteger(at) && at >= (times[i - 1] ?? 0))).toBe(true)
    expect(timesOf(input, 300, seed)).toEqual(times)
    expect(timesOf(input, 100, seed)).toEqual(times.filter((at) => at < 100 * SECOND))
    expect(timesOf(input, 300, seed + 1)).not.toEqual(times)
  })

  it.each(KINDS.map((kind) => [Object.keys(kind)[0]!, kind] as const))(
    'of kind %s: load multiplies the rate',
    (_, kind) => {
      const expected = (load: number): number => {
        const parsed = arrivalsSchema.parse({ ...kind, load }) as Exclude<OpenArrivals, { trace: unknown }>
        return expectedRequests(parsed, 4 * HOUR * SECOND).count
      }
      const seeds = [1, 2, 3, 4]
      for (const load of [0.5, 3]) {
        const count = meanOf(seeds.map((seed) => timesOf({ ...kind, load }, 4 * HOUR, seed).length))
        near(expected(load), load * expected(1), 1e-9)
        near(count, expected(load), 0.12)
      }
    },
  )
})
