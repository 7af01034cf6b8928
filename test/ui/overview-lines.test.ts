/** Lines of the overview's charts, figures of its window, and the drag that chooses it. */
import { describe, expect, it } from 'vitest'
import { moved, partAt } from '../../ui/charts/brush-move.ts'
import type { ModelSeries, RunSeries } from '../../ui/data/run-series.ts'
import type { Dataset, LoadedRun } from '../../ui/state/dashboard.ts'
import { armLines, ofModel, refusals, sharedTop, windowFigures } from '../../ui/views/overview/arm-lines.ts'

const model = (part: Partial<ModelSeries>): ModelSeries => ({
  arrived: [10, 0, 20],
  served: [5, 5, 10],
  answered_429: {},
  goodput: [0.5, null, 0.25],
  ttft_p50_ms: [],
  ttft_p95_ms: [],
  decode_p50_tps: [],
  decode_p95_tps: [],
  prompt_tokens: [],
  completion_tokens: [100, 200, 300],
  ...part,
})

function run(policy: string, seed: number, part: Partial<ModelSeries>): LoadedRun {
  const models = { m: model(part) }
  const series: RunSeries = { interval_s: 10, duration_s: 30, models, queue_depth: [], loads: [], pool_moves: [] }
  const known = { result: undefined, names: undefined, digest: undefined, trace: 'none', share: 1 } as const
  return { id: `${policy}/${seed}`, policy, seed, series, ...known }
}

const dataset: Dataset = {
  kind: 'simulated',
  scenario: 's',
  path: undefined,
  compare: undefined,
  runs: [
    run('open', 1, { ttft_p50_ms: [100, null, 300] }),
    run('open', 2, { ttft_p50_ms: [200, null, null] }),
    run('pools', 1, { answered_429: { machine_busy: [1, 2, 4], pool_exhausted: [4, 0, 6] } }),
  ],
}
const ttft = ofModel('m', (series) => series.ttft_p50_ms)

describe('lines of arms', () => {
  it('are means over seeds with their range, and leave out arms without values and arms that are hidden', () => {
    const [open, ...others] = armLines(dataset, [], ttft)
    expect(open).toMatchObject({
      name: 'open',
      values: [150, null, 300],
      low: [100, null, 300],
      high: [200, null, 300],
    })
    expect(others).toEqual([])
    expect(armLines(dataset, ['open'], ttft)).toEqual([])
  })

  it('stack refusals as shares of arrivals on an axis that all share', () => {
    const [open, pools] = refusals(dataset, 'm', [])
    expect(open?.lines).toEqual([])
    expect(pools?.lines.map((line) => [line.name, line.values])).toEqual([
      ['machine_busy', [0.1, 0, 0.2]],
      ['pool_exhausted', [0.4, 0, 0.3]],
    ])
    expect(sharedTop(pools === undefined ? [] : [pools], 0, 30)).toBeCloseTo(0.5)
    expect(sharedTop(pools === undefined ? [] : [pools], 10, 20)).toBe(0)
  })

  it('count the window per seed, goodput by what arrived', () => {
    expect(windowFigures(dataset, 'm', 0, 30)).toEqual([
      { policy: 'open', model: 'm', arrived: 30, served: 20, rate_429: 0, goodput: 1 / 3, tokens_tps: 20 },
      { policy: 'pools', model: 'm', arrived: 30, served: 20, rate_429: 17 / 30, goodput: 1 / 3, tokens_tps: 20 },
    ])
    expect(windowFigures(dataset, 'm', 10, 20)[0]).toMatchObject({ arrived: 0, rate_429: null, goodput: null })
  })
})

describe('a drag over the strip', () => {
  const window = { from_s: 20, to_s: 60 }
  it('takes hold of an edge, the window, or nothing yet', () => {
    expect([19, 61, 40, 80].map((at_s) => partAt(window, at_s, 2))).toEqual(['from', 'to', 'whole', 'new'])
    expect(partAt(undefined, 40, 2)).toBe('new')
  })
  it('chooses, moves within the run, and turns edges over', () => {
    expect(moved(undefined, 'new', 50, 10, 100)).toEqual({ from_s: 10, to_s: 50 })
    expect(moved(window, 'whole', 40, 95, 100)).toEqual({ from_s: 60, to_s: 100 })
    expect(moved(window, 'from', 20, 70, 100)).toEqual({ from_s: 60, to_s: 70 })
  })
})
