/** Comparison: what the figures are, worked out by hand. */
import { describe, expect, it } from 'vitest'
import { pairUp } from '../../../sim/lab/estimates/both-served.ts'
import { type ArmRuns, compareArms } from '../../../sim/lab/compare/compare.ts'
import { aDistribution, aDone, type DoneSketch } from '../a-result.ts'

const SEEDS = [1, 2, 3, 4, 5]
const SPREAD = [0.5, 0.55, 0.6, 0.65, 0.7]
/** Higher by `by` on average; how much differs from seed to seed by `scatter` either way. */
const shifted = (by: number, scatter: number): number[] =>
  SPREAD.map((goodput, i) => goodput + by + scatter * [0, 1, -1, 0.5, -0.5][i]!)

const arm = (name: string, runs: readonly DoneSketch[]): ArmRuns => ({
  name,
  runs: runs.map((run, index) => aDone({ policy: name, seed: index + 1, ...run })),
})

const goodputs = (...values: readonly number[]): DoneSketch[] =>
  values.map((goodput) => ({ models: { m: { goodput } } }))

const GOODPUT = 'models["m"].goodput'

const ttft = (p50: number | null): DoneSketch =>
  p50 === null ? {} : { models: { m: { ttft_ms: aDistribution(p50) } } }

describe('compare', () => {
  it('gives the mean of each arm, with an interval that holds it', () => {
    const result = compareArms([arm('open', goodputs(...SPREAD)), arm('pools', goodputs(...SPREAD))], 'open', SEEDS)
    const { mean, ci95, n } = result.policies['open']![GOODPUT]!
    expect(mean).toBeCloseTo(0.6, 12)
    expect(n).toBe(5)
    expect(ci95![0]).toBeLessThan(0.56)
    expect(ci95![1]).toBeGreaterThan(0.64)
  })

  it('takes differences seed by seed, so that what seeds share cancels', () => {
    // Seeds differ by 0.2 in all, the arms by 0.02 and a little.
    const result = compareArms(
      [arm('open', goodputs(...SPREAD)), arm('pools', goodputs(...shifted(0.02, 0.001)))],
      'open',
      SEEDS,
    )
    const { mean, ci95, relative, significant, verdict } = result.differences['pools']![GOODPUT]!
    expect(mean).toBeCloseTo(0.02, 12)
    expect(ci95![1] - ci95![0]).toBeLessThan(0.01)
    expect(relative).toBeCloseTo(0.02 / 0.6, 10)
    expect({ significant, verdict }).toEqual({ significant: true, verdict: 'better' })
  })

  it.each([
    ['better', 0.02, 0.001],
    ['worse', -0.02, 0.001],
    ['equivalent', 0.005, 0.0001],
    ['inconclusive', 0.01, 0.03],
  ] as const)('calls a difference %s by the interval it gives', (word, by, scatter) => {
    const result = compareArms(
      [arm('open', goodputs(...SPREAD)), arm('pools', goodputs(...shifted(by, scatter)))],
      'open',
      SEEDS,
    )
    const { verdict, verdict_ci, delta } = result.differences['pools']![GOODPUT]!
    expect({ verdict, delta }).toEqual({ verdict: word, delta: 0.01 })
    const [low, high] = verdict_ci!
    if (word === 'better') expect(low).toBeGreaterThan(0)
    if (word === 'worse') expect(high).toBeLessThan(0)
    if (word === 'equivalent') expect(Math.max(-low, high)).toBeLessThanOrEqual(delta)
    if (word === 'inconclusive') expect(low < 0 && high > delta).toBe(true)
  })

  it('asks more of each of several comparisons, so that all hold together', () => {
    const others = ['a', 'b', 'c', 'd'].map((name) => arm(name, goodputs(...shifted(0.02, 0.002))))
    const many = compareArms([arm('open', goodputs(...SPREAD)), ...others], 'open', SEEDS)
    const one = compareArms([arm('open', goodputs(...SPREAD)), others[0]!], 'open', SEEDS)
    const width = (result: typeof one): number => {
      const [low, high] = result.differences['a']![GOODPUT]!.verdict_ci!
      return high - low
    }
    expect(width(many)).toBeGreaterThan(width(one))
    expect(many.differences['a']![GOODPUT]!.ci95).toEqual(one.differences['a']![GOODPUT]!.ci95)
  })

  it('parts runs that fell from runs that held, and then says nothing that needs one hump', () => {
    const fell = { outcome: 'collapsed', up_s: 300, onset_s: 1_200, recovered_s: null, best: 1 } as const
    const down = (goodput: number): DoneSketch => ({ models: { m: { goodput } }, collapse: { m: fell } })
    const runs = [...goodputs(0.95), down(0.1), ...goodputs(0.96), down(0.2), ...goodputs(0.94)]
    const result = compareArms([arm('open', goodputs(...SPREAD)), arm('pools', runs)], 'open', SEEDS)
    const figure = result.policies['pools']![GOODPUT]!
    expect(figure.by_outcome?.held).toMatchObject({ mean: expect.closeTo(0.95, 10), n: 3 })
    expect(figure.by_outcome?.collapsed).toMatchObject({ mean: expect.closeTo(0.15, 10), n: 2 })
    expect(figure.ci95![0]).toBeGreaterThanOrEqual(0)
    expect(figure.ci95![1] - figure.ci95![0]).toBeGreaterThan(0.5)
    expect(result.collapse['pools']!['m']).toMatchObject({
      runs: 5,
      held: 3,
      collapsed: 2,
      p: 0.4,
      onset_s: { first: 1_200, median: 1_200, last: 1_200 },
      survival: [
        { at_s: 0, up: 1 },
        { at_s: 1_200, up: 0.6 },
      ],
    })
    expect(result.collapse['open']!['m']).toMatchObject({ held: 5, p: 0, ci95: [0, expect.closeTo(0.5218, 4)] })
    expect(result.differences['pools']!['loads.count']).toMatchObject({ ci95: [0, 0] })
  })

  it('has no interval and no significance with one seed', () => {
    const result = compareArms([arm('open', goodputs(0.5)), arm('pools', goodputs(0.9))], 'open', [1])
    expect(result.policies['pools']![GOODPUT]).toMatchObject({ mean: 0.9, ci95: null, n: 1 })
    expect(result.differences['pools']![GOODPUT]).toMatchObject({ ci95: null, significant: null })
  })

  it('has no difference of the baseline with itself, and keeps it wherever it stands', () => {
    const result = compareArms([arm('open', goodputs(0.5)), arm('pools', goodputs(0.9))], 'pools', [1])
    expect(Object.keys(result.differences)).toEqual(['open'])
    expect(result.differences['open']![GOODPUT]!.mean).toBeCloseTo(-0.4, 12)
  })

  it('counts a reason that one arm never gave as 0 there', () => {
    const requests = { arrived: 10, served: 7, cancelled: 0, in_flight: 0, rejected: { pool_exhausted: 3 }, failed: {} }
    const result = compareArms([arm('open', [{}]), arm('pools', [{ models: { m: { requests } } }])], 'open', [1])
    const path = 'models["m"].requests.rejected.pool_exhausted'
    expect(result.policies['open']![path]!.mean).toBe(0)
    expect(result.differences['pools']![path]).toMatchObject({ mean: 3, relative: null })
  })

  it('leaves out of a difference the seeds where one arm has no data, and says how many are left', () => {
    const result = compareArms(
      [arm('open', [ttft(100), ttft(null)]), arm('pools', [ttft(130), ttft(90)])],
      'open',
      [1, 2],
    )
    expect(result.differences['pools']!['models["m"].ttft_ms.p50']).toMatchObject({ mean: 30, n: 1, ci95: null })
    expect(result.policies['pools']!['models["m"].ttft_ms.p50']).toMatchObject({ mean: 110, n: 2 })
  })

  it('says each warning once, with the runs it came from', () => {
    const result = compareArms(
      [arm('open', [{ warnings: ['slow'] }, {}]), arm('pools', [{ warnings: ['slow'] }, {}])],
      'open',
      [1, 2],
    )
    expect(result.warnings).toEqual(['slow (in 1 of 2 seeds, arms open, pools)'])
  })
})

describe('requests that both policies served', () => {
  const open = {
    samples: {
      m: [
        [1, 100],
        [2, 200],
        [4, 400],
      ],
    },
  } as const
  const pools = {
    samples: {
      m: [
        [2, 150],
        [3, 10],
        [4, 300],
        [9, 5],
      ],
    },
  } as const

  it('are paired by the user, never by position', () => {
    const pairs = pairUp(aDone(pools).samples!['m']!, aDone(open).samples!['m']!)
    expect([...pairs.policy]).toEqual([150, 300])
    expect([...pairs.baseline]).toEqual([200, 400])
  })

  it('give TTFT free of what either policy refused', () => {
    const result = compareArms([arm('open', [open]), arm('pools', [pools])], 'open', [1])
    const { count, p50, mean } = result.both_served['pools']!['m']!.ttft_ms
    expect(count).toBe(2)
    expect(p50.policy.mean).toBe(225)
    expect(p50.baseline.mean).toBe(300)
    expect(mean.difference).toMatchObject({ mean: -75, relative: -0.25, ci95: null })
  })

  it('are nobody when the policies served different users', () => {
    const other = { samples: { m: [[77, 1]] } } as const
    const result = compareArms([arm('open', [open]), arm('pools', [other])], 'open', [1])
    expect(result.both_served['pools']!['m']!.ttft_ms).toMatchObject({
      count: 0,
      p50: { policy: { mean: null, n: 0 } },
    })
  })
})
