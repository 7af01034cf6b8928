/** Queries of a stored trace, held against the run's own result: the screens must not tell another story. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RunResult } from '../../../../sim/metrics/result.ts'
import { LANE_STATES } from '../../../../ui/data/fleet/lane-states.ts'
import { seriesOfResult } from '../../../../ui/data/answer/result-series.ts'
import type { RunSeries } from '../../../../ui/data/answer/run-series.ts'
import { type TraceIndex, traceIndex } from '../../../../ui/data/trace/trace-index.ts'
import { answer } from '../../../../ui/data/trace/trace-query.ts'
import { runExperiment } from '../../../../ui/worker/experiment.ts'

const SCENARIO = join(import.meta.dirname, '../../../../scenarios/headline/recorded-hour.yaml')
let index: TraceIndex
let result: RunResult
let series: RunSeries

beforeAll(async () => {
  const files = {
    read: async (path: string) => readFileSync(path, 'utf8'),
    resolve: (from: string, to: string) => join(from, '..', to),
  }
  const request = { path: SCENARIO, policies: ['pools-afe8135'], seeds: [1], settings: ['duration=3m', 'warmup=1m'] }
  const outcome = await runExperiment(request, files, {
    signal: new AbortController().signal,
    pause: async () => {},
    keepTrace: () => true,
    onProgress() {},
    onRun(run) {
      index = traceIndex(run.trace!, run.names)
      result = run.result
      series = run.series
    },
  })
  expect(outcome.ok).toBe(true)
})

const close = (mine: readonly (number | null)[] | undefined, its: readonly (number | null)[], what: string): void => {
  expect(mine?.length, what).toBe(its.length)
  for (const [i, value] of its.entries()) {
    if (value === null) expect(mine?.[i], `${what} ${i}`).toBeNull()
    else expect(mine?.[i], `${what} ${i}`).toBeCloseTo(value, 3)
  }
}

const countOf = (counts: readonly (number | null)[] = []) => counts.reduce<number>((all, each) => all + (each ?? 0), 0)

describe('queries of a trace', () => {
  it('count the requests that the result counts', () => {
    const { total } = answer(index, { kind: 'requests', from_us: 60e6, to_us: 180e6 })
    expect(total).toBe(result.requests.arrived)
  })

  it('find the interference of the result in the window of the result', () => {
    const { matrix, served } = answer(index, { kind: 'interference', from_us: 60e6, to_us: 180e6 + 1 })
    for (const [victim, culprits] of Object.entries(matrix)) {
      expect(served[victim] ?? 0).toBe(result.models[victim]?.requests.served)
      for (const [culprit, parts] of Object.entries(culprits)) {
        for (const [part, seconds] of Object.entries(parts)) {
          const expected = Reflect.get(result.interference[victim]?.[culprit] ?? {}, part) ?? 0
          expect(seconds, `${victim} ${culprit} ${part}`).toBeCloseTo(expected, 6)
        }
      }
    }
  })

  it('tell the same medians over time as the result', () => {
    const own = seriesOfResult(result)
    for (const [model, { ttft_p50_ms }] of Object.entries(own.models)) {
      for (const [i, value] of ttft_p50_ms.entries()) {
        const mine = series.models[model]?.ttft_p50_ms[i] ?? null
        if (value === null) expect(mine).toBeNull()
        else expect((mine ?? 0) / value).toBeCloseTo(1, 3)
      }
    }
  })

  it('tell the same course of everything else that a result knows', () => {
    const own = seriesOfResult(result)
    expect(own.duration_s).toBe(series.duration_s)
    for (const [model, of] of Object.entries(own.models)) {
      const mine = series.models[model]
      close(mine?.goodput, of.goodput, 'goodput')
      close(mine?.completion_tokens, of.completion_tokens, 'completion tokens')
      expect(Object.keys(mine?.answered_429 ?? {}).sort()).toEqual(Object.keys(of.answered_429).sort())
      for (const [reason, counts] of Object.entries(of.answered_429)) close(mine?.answered_429[reason], counts, reason)
    }
    expect(Object.keys(own.pools ?? {}).length).toBeGreaterThan(0)
    for (const [pool, { assigned, warm }] of Object.entries(own.pools ?? {})) {
      close(series.pools?.[pool]?.assigned, assigned, `assigned to ${pool}`)
      close(series.pools?.[pool]?.warm, warm, `warm of ${pool}`)
    }
    close(series.pool_moves, own.pool_moves, 'moves')
    // A result counts loads where they end.
    expect(Object.keys(own.loads_by ?? {}).sort()).toEqual(Object.keys(series.loads_by ?? {}).sort())
    for (const [cause, counts] of Object.entries(own.loads_by ?? {}))
      expect(countOf(series.loads_by?.[cause])).toBe(countOf(counts))
  })

  it('draw the TTFT of the result', () => {
    const { models } = answer(index, { kind: 'ttft_curves', from_us: 60e6 })
    for (const { model, arrived, served, ttft_ms, share } of models) {
      const its = result.models[model]
      expect([arrived, served]).toEqual([its?.requests.arrived, its?.requests.served])
      expect(ttft_ms.at(-1)).toBeCloseTo(its?.ttft_ms.max ?? 0, 6)
      expect(share.at(-1)).toBe(1)
      // Half of the curve lies on either side of the median, up to the curve's own steps.
      const middle = ttft_ms[share.findIndex((each) => each >= 0.5)] ?? 0
      expect(middle / (its?.ttft_ms.p50 ?? 0)).toBeCloseTo(1, 1)
    }
    expect(models.map(({ model }) => model)).toEqual(Object.keys(result.models).sort())
  })

  it('give lanes whose states fill the window, exactly and in buckets', () => {
    const shares = answer(index, { kind: 'lane_shares', from_us: 0, to_us: index.end_us })
    expect(shares.length).toBe(60)
    for (const machine of shares) expect(machine.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9)
    const lanes = answer(index, { kind: 'lanes', from_us: 0, to_us: index.end_us, pixels: 1000 })
    expect(lanes.machines.length).toBe(60)
    expect(lanes.shares.length).toBe(60 * lanes.buckets * LANE_STATES.length)
  })

  it('tell one request from arrival to end', () => {
    const life = answer(index, { kind: 'request_life', request: 5 })
    expect(life?.rows[0]?.kind).toBe('user_request')
    expect(life?.rows.map((row) => row.kind)).toContain('ended')
    expect(answer(index, { kind: 'request_life', request: 1e9 })).toBeUndefined()
  })
})
