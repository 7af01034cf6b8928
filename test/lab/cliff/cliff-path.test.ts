/** Up and down again, and bursts: over runs whose loads of falling and of coming back are known. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { nodeFiles } from '../../../sim/cli/files/files.ts'
import { resolvePolicy } from '../../../sim/cli/policy-files/policy-source.ts'
import { type CliffRequest, runCliff } from '../../../sim/lab/cliff/cliff.ts'
import type { RunJob, Runner } from '../../../sim/lab/runs/ports.ts'
import type { ModelCollapse } from '../../../sim/metrics/index.ts'
import { formatCliff } from '../../../sim/report/text/search/cliff-text.ts'
import { aDone } from '../a-result.ts'

const SCENARIO = resolve(import.meta.dirname, '../../../scenarios/mac/neighbour-load.yaml')
const RECORDED = resolve(import.meta.dirname, '../../../scenarios/headline/light.yaml')
/** Of the scenario. */
const DURATION_S = 7_200
const [WINDOW_S, LASTS_S] = [300, 600]

const HELD: ModelCollapse = { outcome: 'held', up_s: 300, onset_s: null, recovered_s: null, best: 1 }

interface Ramp {
  readonly points: readonly (readonly [string, number])[]
}
interface Spike {
  readonly spike: { readonly at: string; readonly for: string; readonly by: number }
}

function settingsOf({ settings }: RunJob) {
  const of = (end: string): string | undefined => settings.findLast((text) => text.includes(end))?.split(/=(.*)/s)[1]
  const shape = of('.shape=')
  const [part] = shape === undefined ? [] : (JSON.parse(shape) as [Ramp | Spike])
  return { load: Number(of('.load=') ?? 1), part }
}

/** When the load of a ramp from low to high and back passes a value. */
const passes = (at: number, low: number, high: number, way: 'up' | 'down'): number => {
  const half = ((at - low) / (high - low)) * (DURATION_S / 2)
  return way === 'up' ? half : DURATION_S - half
}

/** Falls when the load passes 3, comes back when it passes `back`; a burst topples when it adds 600 load-seconds. */
const runnerOf = (back: number | undefined, asked: RunJob[] = []): Runner => ({
  async run(jobs, onResult, onProgress) {
    asked.push(...jobs)
    for (const [index, job] of jobs.entries()) {
      onResult(index, aDone({ seed: job.seed, collapse: { m: endOf(job, back) } }))
      onProgress((index + 1) / jobs.length)
    }
  },
})

function endOf(job: RunJob, back: number | undefined): ModelCollapse {
  const { load, part } = settingsOf(job)
  if (part === undefined) return load > 3 ? { ...HELD, outcome: 'collapsed', onset_s: 1_200 } : HELD
  if ('spike' in part) {
    const added = (part.spike.by - 1) * Number.parseFloat(part.spike.for)
    return added >= 600 ? { ...HELD, outcome: 'collapsed', onset_s: 3_000 } : HELD
  }
  const low = load * part.points[0]![1]
  if (load < 3) return HELD
  const onset_s = passes(3, low, load, 'up') + WINDOW_S / 2
  if (back === undefined) return { ...HELD, outcome: 'collapsed', onset_s }
  const recovered_s = passes(back, low, load, 'down') + WINDOW_S / 2 + LASTS_S
  return { ...HELD, outcome: 'recovered', onset_s, recovered_s }
}

const REQUEST: CliffRequest = {
  scenario: SCENARIO,
  settings: [],
  policies: ['open'],
  verify: false,
  axis: { path: 'demand[1].arrivals.load', low: 1, high: 5, unit: '' },
  model: undefined,
  runs: 20,
  precision: undefined,
  also: ['hysteresis', 'burst'],
}

const outcome = async (runner: Runner, change: Partial<CliffRequest> = {}, onProgress = (_share: number) => {}) =>
  runCliff(
    { ...REQUEST, ...change },
    { runner, files: nodeFiles, resolvePolicy },
    { signal: new AbortController().signal, onProgress },
  )

async function found(runner: Runner, change: Partial<CliffRequest> = {}) {
  const result = await outcome(runner, change)
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('\n'))
  return { arm: result.value.arms['open']!, text: formatCliff(result.value) }
}

describe('hysteresis', () => {
  it('is where runs fall on the way up and where they come back on the way down', async () => {
    const { arm, text } = await found(runnerOf(1.5))
    const { falls, recovers, runs } = arm.hysteresis!
    expect(falls!.median).toBeCloseTo(3, 6)
    expect(recovers!.median).toBeCloseTo(1.5, 6)
    expect(runs.every(({ fell_on }) => fell_on === 'up')).toBe(true)
    expect(text).toContain('8 of 8 fell, in the median at demand[1].arrivals.load = 3 [3, 3]; 8 came back')
  })

  it('has no load of coming back where nothing comes back', async () => {
    const { arm, text } = await found(runnerOf(undefined))
    expect(arm.hysteresis!.recovers).toBeNull()
    expect(text).toContain('none came back before the end')
  })

  it('has none of either where nothing falls', async () => {
    const { arm, text } = await found(runnerOf(1), { axis: { ...REQUEST.axis, high: 2.9 } })
    expect(arm.hysteresis!.falls).toBeNull()
    expect(text).toContain('none of 8 runs fell')
  })

  it('goes from the low end to the high end and back, each in half of the run', async () => {
    const asked: RunJob[] = []
    await found(runnerOf(1.5, asked), { also: ['hysteresis'] })
    const ramps = asked.flatMap((job) => (settingsOf(job).part === undefined ? [] : [settingsOf(job)]))
    expect(ramps.length).toBe(8)
    expect(ramps[0]).toEqual({
      load: 5,
      part: {
        points: [
          ['0s', 0.2],
          ['3600000000us', 1],
          ['7200000000us', 0.2],
        ],
      },
    })
  })
})

describe('the smallest burst', () => {
  it('of each length has the lowest peak that topples, to a 32nd of the range', async () => {
    const { arm } = await found(runnerOf(1.5))
    // 1 min is too short at any peak of the range: (5 - 1) x 60 s are 240.
    const peaks = arm.burst!.bursts.map(({ lasts_s, peak }) => [lasts_s, peak])
    expect(peaks).toEqual([
      [60, null],
      [120, null],
      [300, '3'],
      [600, '2'],
      [1200, '1.5'],
    ])
    expect(arm.burst!.bursts.slice(2).map(({ load_s }) => load_s)).toEqual([600, 600, 600])
  })

  it('is looked for only where the low end holds without one', async () => {
    const { arm, text } = await found(runnerOf(1.5), { axis: { ...REQUEST.axis, low: 3.5 } })
    expect(arm.burst).toMatchObject({ falls_anyway: true, bursts: [] })
    expect(text).toContain('half of 8 runs fall without any')
  })

  it('takes no more runs than a search by halves', async () => {
    const asked: RunJob[] = []
    await found(runnerOf(1.5, asked), { also: ['burst'] })
    const bursts = asked.filter((job) => settingsOf(job).part !== undefined).length
    expect(bursts).toBe(8 * (2 * 1 + 3 * 6))
  })
})

it('the share that is done counts loops and bursts, and never falls', async () => {
  const shares: number[] = []
  await outcome(runnerOf(1.5), {}, (share) => shares.push(share))
  expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  expect(shares.at(-1)!).toBeLessThanOrEqual(1)
  // 20 runs for the curve, 8 for the loops, 8 and five searches of 48 for the bursts: the curve alone is 7 %.
  const afterCurve = shares.filter((share) => share > 20 / 276)
  expect(afterCurve.length).toBeGreaterThan(8)
  expect(afterCurve.some((share) => share <= 28 / 276)).toBe(true)
})

describe('bad input', () => {
  it.each<[string, Partial<CliffRequest>, RegExp]>([
    [
      'an axis that is no load',
      { axis: { path: 'demand[1].max_tokens', low: 100, high: 400, unit: '' } },
      /it must be one, such as/,
    ],
    [
      'a stream that has a shape already',
      { settings: ['demand[1].arrivals.shape=[{step: {at: 10m, by: 2}}]'] },
      /has a shape of its own/,
    ],
    [
      'a recording',
      { scenario: RECORDED, axis: { ...REQUEST.axis, path: 'demand[0].arrivals.load' } },
      /replays a recording/,
    ],
  ])('is %s', async (_, change, words) => {
    const result = await outcome(runnerOf(1.5), change)
    expect(result.ok ? 'taken' : result.error.map(({ message }) => message).join()).toMatch(words)
  })
})
