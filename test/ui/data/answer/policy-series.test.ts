/** A policy's own counters and gauges on the dashboard: from rows as they stream by, and from a result, the same course. */
import { describe, expect, it } from 'vitest'
import { definePolicy } from '../../../../sim/plug/index.ts'
import { simulate } from '../../../../sim/simulation.ts'
import { seriesOfResult } from '../../../../ui/data/answer/result-series.ts'
import { RunSeriesCollector } from '../../../../ui/data/answer/run-series.ts'
import { loadedFrom, SMALL } from '../../../simulation/world.ts'

const policy = definePolicy({
  name: 'counts',
  counters: ['asked'],
  gauges: ['open'],
  admit(request, view) {
    view.count('asked')
    view.gauge('open', view.demand(request.model).open)
    return 'admit'
  },
})

describe('series of a policy', () => {
  it('are those of its result', async () => {
    const scenario = await loadedFrom({ ...SMALL, duration: '1m' })
    const slo = { ttftBase: 5_000_000, ttftPerToken: 1_000, decodeTps: 15 }
    const models = scenario.scenario.publicModels
    const collector = new RunSeriesCollector({ duration: scenario.scenario.duration, slo, models })
    let at = 0
    const listen = (row: Parameters<typeof collector.row>[0]): void => {
      at = row.at
      collector.row(row)
    }
    const { result } = await simulate({ scenario, policy, policyName: 'counts', seed: 1, subscribers: [listen] })
    const streamed = collector.result(at).policy
    expect(Object.keys(streamed ?? {})).toEqual(['asked', 'open'])
    expect(streamed).toEqual(seriesOfResult(result).policy)
    expect(streamed?.['asked']?.reduce((sum: number, count) => sum + (count ?? 0), 0)).toBe(
      result.policy_metrics?.['asked']?.value,
    )
  })
})
