/** What an expectation makes of the runs it speaks of. */
import { describe, expect, it } from 'vitest'
import {
  type Expectation,
  expectationProblems,
  expectationsOf,
  judge,
  type Verdict,
} from '../../sim/lab/expectation.ts'
import type { Expectation as ScenarioExpectation } from '../../sim/scenario/index.ts'
import { aDone, type DoneSketch } from './a-result.ts'

const goodput = (...values: readonly number[]): readonly DoneSketch[] =>
  values.map((value) => ({ models: { m: { goodput: value } } }))
const rate429 = (...values: readonly number[]): readonly DoneSketch[] =>
  values.map((value) => ({ models: { m: { rate_429: value } } }))

function verdict(expectation: Expectation, runs: { readonly [policy: string]: readonly DoneSketch[] }): Verdict {
  const questions = expectation.kind === 'row' ? [expectation.question] : []
  const seeds = runs[expectation.policy]!.map((_, index) => index + 1)
  return judge(expectation, (policy) => runs[policy]!.map(aDone), questions, seeds)
}

const metric = (path: string, bound: object): Expectation => ({ kind: 'metric', metric: path, policy: 'pools', bound })
const versus = (path: string, improves_by: number): Expectation => ({
  kind: 'versus',
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
    const judged = verdict(metric('models["m"].goodput', { at_least: 0.6 }), { pools: goodput(0.5, 0.7) })
    expect(judged).toMatchObject({ passed: true, value: 0.6 })
    expect(judged.ci95![0]).toBeLessThan(0.5)
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

describe('improves_by', () => {
  it('is relative to the other arm', () => {
    const runs = { open: goodput(0.5), pools: goodput(0.55) }
    expect(verdict(versus('models["m"].goodput', 0.1), runs)).toMatchObject({ passed: true })
    expect(verdict(versus('models["m"].goodput', 0.11), runs)).toMatchObject({ passed: false })
    expect(verdict(versus('models["m"].goodput', 0.1), runs).value).toBeCloseTo(0.1, 12)
  })

  it('knows that fewer refusals are better', () => {
    const runs = { open: rate429(0.2), pools: rate429(0.1) }
    const judged = verdict(versus('models["m"].rate_429', 0.5), runs)
    expect(judged).toMatchObject({ passed: true, value: 0.5 })
    expect(verdict(versus('models["m"].rate_429', 0.1), { open: rate429(0.1), pools: rate429(0.2) })).toMatchObject({
      passed: false,
      value: -1,
    })
  })

  it('pairs by seed and turns the interval with the good direction', () => {
    // Differences -0.1 and -0.3 of a baseline mean of 0.5: improvement 40 %.
    const judged = verdict(versus('models["m"].rate_429', 0.4), { open: rate429(0.4, 0.6), pools: rate429(0.3, 0.3) })
    expect(judged.value).toBeCloseTo(0.4, 12)
    expect(judged.ci95![0]).toBeLessThan(0.4)
    expect(judged.ci95![1]).toBeGreaterThan(0.4)
  })

  it('passes any bound when the baseline is 0 and the step goes the good way', () => {
    expect(verdict(versus('models["m"].goodput', 5), { open: goodput(0), pools: goodput(0.1) })).toMatchObject({
      passed: true,
      value: null,
    })
    expect(verdict(versus('models["m"].rate_429', 0), { open: rate429(0), pools: rate429(0.1) })).toMatchObject({
      passed: false,
      value: null,
    })
    expect(verdict(versus('models["m"].rate_429', 0), { open: rate429(0), pools: rate429(0) })).toMatchObject({
      passed: true,
      value: 0,
    })
  })

  it('is refused for a metric without a good direction', () => {
    const [problem] = expectationProblems(versus('providers.busy_share', 0.1), 'a.yaml', 'expect[2]')
    expect(problem).toMatchObject({
      path: 'expect[2].metric',
      message: expect.stringContaining('has no good direction'),
    })
  })
})

describe('rows', () => {
  const expectation: Expectation = {
    kind: 'row',
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
    expect(expectationsOf(entry({ at_most: 3 }), ['open', 'pools']).map(({ policy }) => policy)).toEqual([
      'open',
      'pools',
    ])
  })

  it('does not compare an arm with itself', () => {
    const expectations = expectationsOf(entry({ versus: 'open', improves_by: 0.1 }), ['open', 'pools'])
    expect(expectations).toEqual([versus('evictions', 0.1)])
  })
})
