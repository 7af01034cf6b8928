/** Warnings of many runs: each once, with where it came from; and what can be said of the seeds themselves. */
import { describe, expect, it } from 'vitest'
import { gatheredWarnings, seedWarnings, type WarnedRun } from '../../../sim/lab/compare/warnings.ts'
import type { RunWarning } from '../../../sim/metrics/result.ts'
import { loadedFrom, SMALL } from '../../simulation/world.ts'

const warning = (text: string, about = 'x', code: RunWarning['code'] = 'trace_wraps'): RunWarning => ({
  code,
  about,
  text,
  look: '',
})
const run = (place: string, seed: number, ...warned: RunWarning[]): WarnedRun => ({
  place,
  seed,
  result: { warned, warnings: warned.map(({ text }) => text) },
})
const slow = warning('slow')

describe('warnings of many runs', () => {
  it('say where they come from only as far as there is a choice', () => {
    expect(gatheredWarnings([run('a', 1, slow)], 'arm')).toEqual(['slow'])
    expect(gatheredWarnings([run('a', 1, slow), run('a', 2)], 'arm')).toEqual(['slow (in 1 of 2 seeds)'])
    expect(gatheredWarnings([run('a', 1, slow), run('b', 1)], 'arm')).toEqual(['slow (arm a)'])
    const every = ['a', 'b', 'c', 'd'].flatMap((arm) => [1, 2].map((seed) => run(arm, seed, slow)))
    expect(gatheredWarnings(every, 'arm')).toEqual(['slow (in 2 of 2 seeds, 4 of 4 arms)'])
    expect(gatheredWarnings(every.slice(0, 4), 'cell')).toEqual(['slow (in 2 of 2 seeds, cells a, b)'])
  })

  it('share a line when only their figures differ, and say whose are shown', () => {
    const runs = [run('a', 1, warning('8 of 12')), run('b', 2, warning('7 of 12'), warning('8 of 12', 'y'))]
    expect(gatheredWarnings(runs, 'arm')).toEqual([
      '8 of 12 (in 2 of 2 seeds, arms a, b; figures of a seed 1)',
      '8 of 12 (in 1 of 2 seeds, arm b)',
    ])
  })

  it('begin with what puts every figure in doubt', () => {
    const worst = warning('nothing works', '', 'everything_refused')
    const macs = warning('idle', 'trust', 'macs_without_requests')
    expect(gatheredWarnings([run('a', 1, slow, macs), run('b', 1, worst)], 'arm')).toEqual([
      'nothing works (arm b)',
      'idle (arm a)',
      'slow (arm a)',
    ])
  })

  it('are those of older results too, which have texts alone', () => {
    const old = { place: 'a', seed: 1, result: { warnings: ['left over'] } } as unknown as WarnedRun
    expect(gatheredWarnings([old, run('a', 2, slow)], 'arm')).toEqual([
      'left over (in 1 of 2 seeds)',
      'slow (in 1 of 2 seeds)',
    ])
  })
})

describe('seeds', () => {
  it('of a replayed trace are said to rotate one recording; one seed, or drawn arrivals, are not', async () => {
    const [stream] = SMALL.demand
    const trace = '../traces/azure_conv_2023.csv'
    const replayed = await loadedFrom({
      ...SMALL,
      demand: [stream, { ...stream, arrivals: { trace } }, { ...stream, arrivals: { trace, load: 2 } }],
    })
    expect(seedWarnings(replayed, [1, 2])).toEqual([
      'seeds only rotate the same recording (58 min of azure_conv_2023.csv): intervals cover it, not other days; ' +
        'look at demand[1].arrivals.trace, demand[2].arrivals.trace',
    ])
    expect(seedWarnings(replayed, [1])).toEqual([])
    expect(seedWarnings(await loadedFrom(SMALL), [1, 2])).toEqual([])
  })

  it('of a replay that begins where the scenario says vary only draws', async () => {
    const arrivals = { trace: '../traces/azure_conv_2023.csv', start: '10m' }
    const replayed = await loadedFrom({ ...SMALL, demand: [{ ...SMALL.demand[0], arrivals }] })
    expect(seedWarnings(replayed, [1, 2])).toEqual([
      'every seed replays the recording from the same point (58 min of azure_conv_2023.csv): seeds vary only draws, ' +
        'and intervals cover this stretch of it; look at demand[0].arrivals.start',
    ])
  })
})
