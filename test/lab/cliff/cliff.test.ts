/** The search for a cliff, over runs that fall by a curve we know: what it finds, and that nobody's speed changes it. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashDraw } from '../../../sim/base/hash.ts'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { type CliffArm, type CliffRequest, type CliffResult, runCliff } from '../../../sim/lab/cliff/cliff.ts'
import type { JobOutcome, RunJob, Runner } from '../../../sim/lab/runs/ports.ts'
import { levelText, parseRangeAxis, type RangeAxis } from '../../../sim/lab/cliff/range-axis.ts'
import { cliffCsv, formatCliff } from '../../../sim/report/text/search/cliff-text.ts'
import type { ModelCollapse } from '../../../sim/metrics/index.ts'
import { aDone } from '../a-result.ts'

const SCENARIO = resolve(import.meta.dirname, '../../../scenarios/mac/neighbour-load.yaml')
const AXIS: RangeAxis = { path: 'demand[1].arrivals.poisson', low: 1, high: 5, unit: '/s' }

const ended = (outcome: ModelCollapse['outcome']): ModelCollapse => ({
  outcome,
  up_s: 300,
  onset_s: outcome === 'collapsed' ? 1_200 : null,
  recovered_s: null,
  best: 1,
})

/** Falls half of the time at `middle`, and ever more often above it. */
function outcomeOf({ settings, seed }: RunJob, middle: number, salt: number): JobOutcome {
  const load = Number.parseFloat(settings.at(-1)!.split('=')[1]!)
  const falls = hashDraw(salt, seed, Math.round(load * 1e6)) < 1 / (1 + Math.exp(-(load - middle) / 0.2))
  return aDone({ seed, collapse: { m: ended(falls ? 'collapsed' : 'held') } })
}

const runnerOf = (middle: number, salt = 1, order: 'forward' | 'backward' = 'forward'): Runner => ({
  async run(jobs, onResult) {
    const places = jobs.map((_, index) => index)
    for (const index of order === 'forward' ? places : places.toReversed()) {
      onResult(index, outcomeOf(jobs[index]!, middle, salt))
    }
  },
})

const REQUEST: CliffRequest = {
  scenario: SCENARIO,
  settings: [],
  policies: ['open'],
  verify: false,
  axis: AXIS,
  model: undefined,
  runs: 64,
  precision: undefined,
}

async function searched(runner: Runner, change: Partial<CliffRequest> = {}): Promise<CliffResult> {
  const found = await runCliff(
    { ...REQUEST, ...change },
    { runner, files: nodeFiles, resolvePolicy },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
  if (!found.ok) throw new Error(found.error.map(({ message }) => message).join('\n'))
  return found.value
}

const arm = async (runner: Runner, change: Partial<CliffRequest> = {}): Promise<CliffArm> =>
  (await searched(runner, change)).arms['open']!

describe('a cliff', () => {
  it('is found where it is, as often as its interval says', async () => {
    let covered = 0
    for (let salt = 1; salt <= 30; salt += 1) {
      const at_50 = (await arm(runnerOf(2.8, salt))).at_50!
      if (at_50.low <= 2.8 && 2.8 <= at_50.high) covered += 1
    }
    // 95 % of 30 is 28.5; fewer than 26 would come once in sixty.
    expect(covered).toBeGreaterThanOrEqual(26)
  })

  it('has seeds spent near it, and few far away', async () => {
    const { levels, at_50, runs } = await arm(runnerOf(2.8), { runs: 100 })
    const near = levels.filter(({ value }) => Math.abs(Number.parseFloat(value) - 2.8) < 0.8)
    expect(near.reduce((sum, { seeds }) => sum + seeds.length, 0)).toBeGreaterThan(runs / 2)
    expect(at_50!.high - at_50!.low).toBeLessThan(0.6)
  })

  it('is the same to the last byte in whatever order runs end', async () => {
    expect(await searched(runnerOf(2.2, 3, 'backward'))).toEqual(await searched(runnerOf(2.2, 3)))
  })

  it('stops as soon as it is known as well as was asked', async () => {
    const { at_50, runs } = await arm(runnerOf(2.8), { precision: 0.1, runs: 400 })
    expect(runs).toBeLessThan(100)
    expect((at_50!.high - at_50!.low) / 2).toBeLessThanOrEqual(0.1 * 4)
  })

  it.each([
    ['no run fell', 9],
    ['every run fell', -3],
  ])('beyond the range is said to be beyond it: %s', async (words, middle) => {
    const result = await searched(runnerOf(middle))
    expect(result.arms['open']).toMatchObject({ at_1: null, at_50: null })
    expect(formatCliff(result)).toContain(`${words}: the cliff is not between 1 and 5/s`)
  })

  it('takes seeds of a level in their order, the same for every arm', async () => {
    const { arms } = await searched(runnerOf(2.8), { policies: ['open', 'pools'] })
    for (const { levels } of Object.values(arms)) {
      for (const { seeds } of levels) expect(seeds).toEqual(seeds.map((_, i) => i + 1))
    }
    expect(arms['pools']).toEqual(arms['open'])
  })

  it('counts a run that cannot be told neither as held nor as fallen', async () => {
    const untold: Runner = {
      async run(jobs, onResult) {
        for (const [index, { seed }] of jobs.entries())
          onResult(index, aDone({ seed, collapse: { m: ended('unresolved') } }))
      },
    }
    const { levels } = await arm(untold, { runs: 20 })
    expect(levels.every(({ untold: count, seeds, p }) => count === seeds.length && p === null)).toBe(true)
  })

  it('is written as one row per arm and level', async () => {
    const result = await searched(runnerOf(2.8))
    const lines = cliffCsv(result).trim().split('\n')
    expect(lines).toHaveLength(1 + result.arms['open']!.levels.length)
    expect(lines[0]).toMatch(/^policy,demand\[1\]\.arrivals\.poisson,runs,fell/)
  })
})

const refused = async (change: Partial<CliffRequest>): Promise<string> => {
  const found = await runCliff(
    { ...REQUEST, ...change },
    { runner: runnerOf(1), files: nodeFiles, resolvePolicy },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
  return found.ok ? '' : found.error.map(({ message }) => message).join('\n')
}

describe('bad input', () => {
  it('names a model nobody serves', async () => {
    expect(await refused({ model: 'gemma' })).toMatch(/--model gemma: no such public model; there are /)
  })

  it('names a setting that does not exist before anything runs', async () => {
    expect(await refused({ axis: { ...AXIS, path: 'demand[1].arrivals.poison' } })).toContain(
      'is not a known key; did you mean `poisson`?',
    )
  })
})

describe('a range', () => {
  it.each([
    ['demand[0].arrivals.load=0.5..4', { path: 'demand[0].arrivals.load', low: 0.5, high: 4, unit: '' }],
    ['demand[0].arrivals.poisson=1..5/s', { path: 'demand[0].arrivals.poisson', low: 1, high: 5, unit: '/s' }],
    ['x=1/s..5/s', { path: 'x', low: 1, high: 5, unit: '/s' }],
    ['x=10%..50%', { path: 'x', low: 10, high: 50, unit: '%' }],
  ])('reads %s', (text, axis) => {
    expect(parseRangeAxis(text)).toEqual({ ok: true, value: axis })
  })

  it.each(['x=1', 'x=1..', '=1..2', 'x=2..1', 'x=1..1', 'x=1/s..2/m', 'x=a..b', 'x=1...2'])('refuses %s', (text) => {
    expect(parseRangeAxis(text).ok).toBe(false)
  })

  it('has both ends as written, and whole levels where only whole ones make sense', () => {
    const count: RangeAxis = { path: 'fleet[0].count', low: 10, high: 60, unit: '' }
    expect([0, 1, 16, 32].map((place) => levelText(count, place))).toEqual(['10', '12', '35', '60'])
    expect([0, 16, 32].map((place) => levelText(AXIS, place))).toEqual(['1/s', '3/s', '5/s'])
  })
})
