/** What an expectation makes of the runs it speaks of. */
import { describe, expect, it } from 'vitest'
import { type Expectation, expectationsOf, judge, type Verdict } from '../../../sim/lab/check/expectation.ts'
import type { ScenarioExpectation } from '../../../sim/scenario/index.ts'
import { aDistribution, aDone, type DoneSketch } from '../a-result.ts'

const goodput = (...values: readonly number[]): readonly DoneSketch[] =>
  values.map((value) => ({ models: { m: { goodput: value } } }))
const twice = (value: number): readonly DoneSketch[] => goodput(value, value)
const median = (p50: number): DoneSketch => ({ models: { m: { ttft_ms: aDistribution(p50) } } })
const rate429 = (...values: readonly number[]): readonly DoneSketch[] =>
  values.map((value) => ({ models: { m: { rate_429: value } } }))

function verdict(expectation: Expectation, runs: { readonly [policy: string]: readonly DoneSketch[] }): Verdict {
  const questions = expectation.kind === 'row' ? [expectation.question] : []
  const seeds = runs[expectation.policy]!.map((_, index) => index + 1)
  return judge(expectation, (policy) => runs[policy]!.map(aDone), questions, seeds)
}

const metric = (path: string, bound: object, more: { confidence?: 0.95 } = {}): Expectation => ({
  kind: 'metric',
  entry: 0,
  metric: path,
  policy: 'pools',
  bound,
  ...more,
})
const versus = (path: string, improves_by: number): Expectation => ({
  kind: 'versus',
  entry: 0,
  metric: path,
  policy: 'pools',
  versus: 'open',
  bound: { improves_by },
})

describe('a bound', () => {
  it('holds at its very edge', () => {
    expect(verdict(metric('models["m"].goodput', { at_least: 0.9 }), { pools: goodput(0.9) }).passed).toBe(true)
    expect(verdict(metric('models["m"].goodput', { at_most: 0.9 }), { pools: goodput(0.9) }).passed).toBe(true)
    expect(verdict(metric('models["m"].goodput', { equals: 0.9 }), { pools: goodput(0.9) }).passed).toBe(true)
  })

  it('fails on the wrong side', () => {
    expect(verdict(metric('models["m"].goodput', { at_least: 0.91 }), { pools: goodput(0.9) }).passed).toBe(false)
    expect(
      verdict(metric('models["m"].goodput', { at_least: 0.5, at_most: 0.89 }), { pools: goodput(0.9) }).passed,
    ).toBe(false)
  })

  it('is held against the mean of the seeds, with the interval reported', () => {
    const judged = verdict(metric('models["m"].goodput', { at_least: 0.6 }), {
      pools: goodput(0.5, 0.55, 0.6, 0.65, 0.7),
    })
    expect(judged).toMatchObject({ passed: true, value: 0.6 })
    expect(judged.ci95![0]).toBeLessThan(0.55)
  })

  it('has no interval with one seed', () => {
    expect(verdict(metric('models["m"].goodput', { at_least: 0 }), { pools: goodput(0.5) }).ci95).toBeNull()
  })

  it('counts a reason nobody was refused for as 0', () => {
    expect(verdict(metric('requests.rejected.pool_exhausted', { at_most: 0 }), { pools: goodput(1) }).passed).toBe(true)
  })
})

describe('no data', () => {
  it('fails, whatever the bound', () => {
    expect(verdict(metric('models["m"].ttft_ms.p50', { at_most: 1e9 }), { pools: goodput(1) })).toEqual({
      verdict: 'missed',
      passed: false,
      value: null,
      ci95: null,
      note: 'no data',
    })
  })

  it('names the seed that has none', () => {
    const ttft = { ttft_ms: { count: 1, mean: 1, p50: 1, p90: 1, p95: 1, p99: 1, max: 1 } }
    const runs = [{ models: { m: ttft } }, { models: { m: {} } }]
    expect(verdict(metric('models["m"].ttft_ms.p50', { at_most: 9 }), { pools: runs }).note).toBe('no data in seed 2')
  })

  it('is what a misspelt metric or reason gives', () => {
    const note = 'no data: a result has no such metric'
    expect(verdict(metric('models["m"].goodputt', { at_least: 0 }), { pools: goodput(1) })).toMatchObject({
      passed: false,
      note,
    })
    expect(verdict(metric('requests.rejected.pool_exhuasted', { at_most: 0 }), { pools: goodput(1) })).toMatchObject({
      passed: false,
      note,
    })
  })
})

describe('confidence', () => {
  const sure = { confidence: 0.95 } as const
  /** Mean 0.9; by Student's t the interval would be 0.85 … 0.95. */
  const runs = { pools: goodput(0.85, 0.95, 0.9, 0.87, 0.93) }

  it('judges the interval, not the mean', () => {
    const path = 'models["m"].goodput'
    expect(verdict(metric(path, { at_least: 0.77 }, sure), runs).verdict).toBe('met')
    expect(verdict(metric(path, { at_least: 0.9 }, sure), runs).verdict).toBe('inconclusive')
    expect(verdict(metric(path, { at_least: 0.85 }), runs).verdict).toBe('met')
    expect(verdict(metric(path, { at_most: 0.91 }, sure), runs).verdict).toBe('inconclusive')
    expect(verdict(metric(path, { at_most: 0.7 }, sure), runs).verdict).toBe('missed')
    expect(verdict(metric(path, { at_least: 0.7, at_most: 0.91 }, sure), runs).verdict).toBe('inconclusive')
  })

  it('of equality needs an interval without width', () => {
    const path = 'models["m"].goodput'
    expect(verdict(metric(path, { equals: 0.9 }, sure), runs).verdict).toBe('inconclusive')
    expect(verdict(metric(path, { equals: 0.5 }, sure), runs).verdict).toBe('missed')
    expect(verdict(metric(path, { equals: 0.9 }, sure), { pools: goodput(0.9, 0.9, 0.9, 0.9, 0.9) }).verdict).toBe(
      'met',
    )
  })

  it('cannot be had from four seeds', () => {
    expect(verdict(metric('models["m"].goodput', { at_least: 0 }, sure), { pools: goodput(1, 1, 1, 1) })).toMatchObject(
      {
        verdict: 'inconclusive',
        ci95: null,
      },
    )
  })

  it('cannot be had from one seed', () => {
    expect(verdict(metric('models["m"].goodput', { at_least: 0 }, sure), { pools: goodput(1) })).toEqual({
      verdict: 'inconclusive',
      passed: false,
      value: 1,
      ci95: null,
      note: 'inconclusive: one seed has no interval',
    })
  })
})

describe('improves_by', () => {
  it('is relative to the other arm', () => {
    const runs = { open: twice(0.5), pools: twice(0.55) }
    expect(verdict(versus('models["m"].goodput', 0.1), runs)).toMatchObject({ passed: true, verdict: 'met' })
    expect(verdict(versus('models["m"].goodput', 0.11), runs)).toMatchObject({ passed: false, verdict: 'missed' })
    expect(verdict(versus('models["m"].goodput', 0.1), runs).value).toBeCloseTo(0.1, 12)
  })

  it('is relative for a metric in milliseconds too', () => {
    const runs = { open: [median(200), median(200)], pools: [median(100), median(100)] }
    expect(verdict(versus('models["m"].ttft_ms.p50', 0.5), runs)).toMatchObject({ verdict: 'met', value: 0.5 })
    expect(verdict(versus('models["m"].ttft_ms.p50', 0.51), runs).verdict).toBe('missed')
  })

  it('knows that fewer refusals are better', () => {
    const [some, more] = [rate429(0.1, 0.1), rate429(0.2, 0.2)]
    const path = 'models["m"].rate_429'
    expect(verdict(versus(path, 0.5), { open: more, pools: some })).toMatchObject({ passed: true, value: 0.5 })
    expect(verdict(versus(path, 0.1), { open: some, pools: more })).toMatchObject({ verdict: 'missed', value: -1 })
  })

  it('is inconclusive while the interval holds the bound, however good the mean looks', () => {
    const runs = { open: goodput(0.1, 0.3, 0.2), pools: goodput(0.9, 0.35, 0.2) }
    const judged = verdict(versus('models["m"].goodput', 0.02), runs)
    expect(judged.value).toBeGreaterThan(1)
    expect(judged).toMatchObject({ passed: false, verdict: 'inconclusive' })
    expect(judged.note).toContain('inconclusive at 95 % confidence')
  })

  it('is inconclusive with one seed', () => {
    const judged = verdict(versus('models["m"].goodput', 0.1), { open: goodput(0.1), pools: goodput(0.9) })
    expect(judged).toMatchObject({ passed: false, verdict: 'inconclusive', ci95: null })
    expect(judged.note).toBe('inconclusive: one seed has no interval')
  })

  it('goes by the direction when the baseline is 0', () => {
    const [path, worse] = ['models["m"].goodput', 'models["m"].rate_429']
    expect(verdict(versus(path, 5), { open: twice(0), pools: twice(0.1) })).toMatchObject({
      verdict: 'met',
      value: null,
      note: 'the baseline is 0 and this is not',
    })
    expect(verdict(versus(path, 5), { open: twice(0), pools: goodput(0, 0.1) }).verdict).toBe('inconclusive')
    expect(verdict(versus(worse, 0), { open: rate429(0, 0), pools: rate429(0.1, 0.1) })).toMatchObject({
      verdict: 'missed',
      value: null,
    })
    expect(verdict(versus(worse, 0), { open: rate429(0, 0), pools: rate429(0, 0) })).toMatchObject({
      verdict: 'met',
      value: 0,
    })
    expect(verdict(versus(worse, 0.1), { open: rate429(0, 0), pools: rate429(0, 0) }).verdict).toBe('missed')
  })
})

describe('rows', () => {
  const expectation: Expectation = {
    kind: 'row',
    entry: 0,
    question: { row: 'relabel', where: { from: '' } },
    policy: 'pools',
    bound: { at_least: 2 },
  }

  it('are judged by their number, a mean over seeds', () => {
    expect(verdict(expectation, { pools: [{ rowCounts: [2] }] })).toMatchObject({ passed: true, value: 2 })
    expect(verdict(expectation, { pools: [{ rowCounts: [3] }, { rowCounts: [0] }] })).toMatchObject({
      passed: false,
      value: 1.5,
    })
  })
})

const entry = (fields: object): ScenarioExpectation => ({ kind: 'metric', metric: 'evictions', ...fields })

describe('an expectation without a policy', () => {
  it('speaks of every arm', () => {
    expect(expectationsOf(entry({ at_most: 3 }), 0, ['open', 'pools']).map(({ policy }) => policy)).toEqual([
      'open',
      'pools',
    ])
  })

  it('does not compare an arm with itself', () => {
    const expectations = expectationsOf(entry({ versus: 'open', improves_by: 0.1 }), 0, ['open', 'pools'])
    expect(expectations).toEqual([versus('evictions', 0.1)])
  })
})
