/** The search for a capacity, over runs whose goodput along the range we know. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashDraw } from '../../../sim/base/hash.ts'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { type CapacityArm, type CapacityRequest, runCapacity } from '../../../sim/lab/cliff/capacity.ts'
import type { RunJob, Runner } from '../../../sim/lab/runs/ports.ts'
import { looksUpTo } from '../../../sim/lab/statistics/looks.ts'
import { formatCapacity } from '../../../sim/report/text/search/capacity-text.ts'
import { aDone } from '../a-result.ts'

const SCENARIO = resolve(import.meta.dirname, '../../../scenarios/mac/neighbour-load.yaml')
const TWO_ENTRIES = resolve(import.meta.dirname, '../cases/two-entries.yaml')
const MODELS = ['gpt-oss-20b', 'gemma-4-26b-qat-4bit']

const REQUEST: CapacityRequest = {
  scenario: SCENARIO,
  settings: [],
  policies: ['open'],
  verify: false,
  axis: { path: 'demand[1].arrivals.poisson', low: 1, high: 5, unit: '/s' },
  objectives: ['goodput >= 90%'],
  seedsMax: 64,
}

const valueOf = (job: RunJob): number => Number.parseFloat(job.settings.at(-1)?.split('=')[1] ?? '0')

/** `goodput` of a level, and how far seeds scatter around it. */
const runnerOf = (goodput: (value: number) => number, scatter: number, asked: RunJob[] = []): Runner => ({
  async run(jobs, onResult) {
    asked.push(...jobs)
    for (const [index, job] of jobs.entries()) {
      const noise = scatter * (hashDraw(job.seed, 7) - 0.5)
      const figure = { goodput: Math.min(1, Math.max(0, goodput(valueOf(job)) + noise)) }
      onResult(index, aDone({ seed: job.seed, models: Object.fromEntries(MODELS.map((model) => [model, figure])) }))
    }
  },
})

async function found(runner: Runner, change: Partial<CapacityRequest> = {}) {
  return runCapacity(
    { ...REQUEST, ...change },
    { runner, files: nodeFiles, resolvePolicy },
    { signal: new AbortController().signal, onProgress: () => {} },
  )
}

async function capacity(runner: Runner, change: Partial<CapacityRequest> = {}): Promise<CapacityArm> {
  const outcome = await found(runner, change)
  if (!outcome.ok) throw new Error(outcome.error.map(({ message }) => message).join('\n'))
  return outcome.value.arms['open']!
}

/** Crosses 90 % at 3.5. */
const falling = (value: number): number => 1.2501 - 0.1 * value
const rising = (value: number): number => 0.5501 + 0.1 * value

describe('a capacity', () => {
  it('is the step before the objective is missed, when seeds do not scatter', async () => {
    expect(await capacity(runnerOf(falling, 0))).toMatchObject({ better: 'low', meets: '3.5/s', misses: '3.625/s' })
  })

  it('is the smallest that meets it where more is better', async () => {
    expect(await capacity(runnerOf(rising, 0))).toMatchObject({ better: 'high', meets: '3.5/s', misses: '3.375/s' })
  })

  it('leaves open what seeds leave open, with the truth inside', async () => {
    const { meets, misses, levels } = await capacity(runnerOf(falling, 0.3), { seedsMax: 32 })
    expect(Number.parseFloat(meets!)).toBeLessThan(3.5)
    expect(Number.parseFloat(misses!)).toBeGreaterThan(3.5)
    expect(levels.some(({ standing, seeds }) => standing === 'unclear' && seeds === 32)).toBe(true)
  })

  it('spends no more seeds on a level than it takes to tell', async () => {
    const { levels } = await capacity(runnerOf(falling, 0.05))
    expect(levels.filter(({ seeds }) => seeds === 8).length).toBeGreaterThan(levels.length / 2)
  })

  it('outside the range is said to be outside', async () => {
    const outcome = await found(runnerOf(() => 0.99, 0.001))
    expect(outcome.ok && formatCapacity(outcome.value)).toContain('both ends of demand[1].arrivals.poisson meet it')
  })

  it('of a whole fleet varies every entry in proportion', async () => {
    const asked: RunJob[] = []
    const runner = runnerOf(() => 0.99, 0.001, asked)
    await capacity(runner, { scenario: TWO_ENTRIES, axis: { path: 'fleet', low: 50, high: 300, unit: '%' } })
    expect(new Set(asked.map(({ settings }) => settings.join(' ')))).toEqual(
      new Set(['fleet[0].count=2 fleet[1].count=1', 'fleet[0].count=12 fleet[1].count=3']),
    )
  })

  it('asks the figure of every public model when it names none', async () => {
    const outcome = await found(runnerOf(falling, 0))
    expect(outcome.ok && new Set(outcome.value.objectives.map(({ metric }) => metric))).toEqual(
      new Set(MODELS.map((model) => `models["${model}"].goodput`)),
    )
  })
})

describe('bad input', () => {
  it('is a fleet without a count to vary', async () => {
    const outcome = await found(runnerOf(falling, 0), { axis: { path: 'fleet', low: 50, high: 300, unit: '%' } })
    expect(outcome.ok ? '' : outcome.error[0]!.message).toContain('no entry of the fleet has a count')
  })

  it.each([
    ['goodput', /must be a figure, >= or <=, and a bound/],
    ['goodput >= 95', /compares a share with 95; write 95% or 0.95/],
    ['goodputt >= 95%', /goodputt/],
    ['models["gpt-oss-20b"].ttft_ms.p95 <= 5%', /which is no share, with 5%/],
    ['goodput >= many', /has no number to compare with/],
  ])('of an objective such as %s', async (text, words) => {
    const outcome = await found(runnerOf(falling, 0), { objectives: [text] })
    expect(outcome.ok ? '' : outcome.error.map(({ message }) => message).join()).toMatch(words)
  })
})

describe('looks', () => {
  it('double up to the most', () => {
    expect(looksUpTo(8, 64)).toEqual([8, 16, 32, 64])
    expect(looksUpTo(8, 50)).toEqual([8, 16, 32, 50])
    expect(looksUpTo(8, 5)).toEqual([5])
  })
})
