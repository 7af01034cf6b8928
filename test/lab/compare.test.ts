/** Comparison: what the figures are, worked out by hand. Student's t for 2 degrees of freedom at 97.5 % is 4.302652… */
import { describe, expect, it } from 'vitest'
import { pairUp } from '../../sim/lab/both-served.ts'
import { type ArmRuns, compareArms } from '../../sim/lab/compare.ts'
import { aDistribution, aDone, type DoneSketch } from './a-result.ts'

const T_2 = 4.302652729911275

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
  it('gives the mean of each arm with the half-width t·s/√n', () => {
    const result = compareArms(
      [arm('open', goodputs(0.5, 0.6, 0.7)), arm('pools', goodputs(0.6, 0.8, 0.7))],
      'open',
      [1, 2, 3],
    )
    const { mean, ci95, n } = result.policies['open']![GOODPUT]!
    expect(mean).toBeCloseTo(0.6, 12)
    expect(n).toBe(3)
    // s = 0.1
    expect(ci95![1] - mean!).toBeCloseTo((T_2 * 0.1) / Math.sqrt(3), 10)
    expect(mean! - ci95![0]).toBeCloseTo((T_2 * 0.1) / Math.sqrt(3), 10)
  })

  it('takes differences seed by seed, so that what seeds share cancels', () => {
    // Seeds differ by 0.1, the arms by 0.01, 0.02, 0.03: mean 0.02, s = 0.01.
    const result = compareArms(
      [arm('open', goodputs(0.5, 0.6, 0.7)), arm('pools', goodputs(0.51, 0.62, 0.73))],
      'open',
      [1, 2, 3],
    )
    const { mean, ci95, relative, significant } = result.differences['pools']![GOODPUT]!
    expect(mean).toBeCloseTo(0.02, 12)
    expect(ci95![1] - mean!).toBeCloseTo((T_2 * 0.01) / Math.sqrt(3), 10)
    expect(relative).toBeCloseTo(0.02 / 0.6, 10)
    expect(significant).toBe(false)
  })

  it('calls a difference significant when its interval leaves out 0', () => {
    const result = compareArms(
      [arm('open', goodputs(0.5, 0.6, 0.7)), arm('pools', goodputs(0.56, 0.66, 0.761))],
      'open',
      [1, 2, 3],
    )
    expect(result.differences['pools']![GOODPUT]!.significant).toBe(true)
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
