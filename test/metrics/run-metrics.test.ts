import { describe, expect, it } from 'vitest'
import type { Micros } from '../../sim/base/time.ts'
import { RunMetrics, WarmupDetector } from '../../sim/metrics/index.ts'
import type { TraceRow } from '../../sim/trace/row.ts'
import { END, identity, measured, refused, served, settings } from './measured.ts'
import { ms, row } from './rows.ts'

describe('counts', () => {
  const rows = [
    ...served({ at: 9_999, id: 0, first: 20_000, end: 30_000 }),
    ...served({ at: 10_000, id: 1, first: 11_000, end: 12_000 }),
    ...refused(20_000, 2, { outcome: 'rejected', status: 429, reason: 'pool_exhausted' }),
    ...refused(21_000, 3, { outcome: 'rejected', status: 503, reason: 'no_provider' }, 'gemma'),
    ...refused(22_000, 4, { outcome: 'failed', status: 504, reason: 'ttft_timeout' }),
    ...refused(23_000, 5, { outcome: 'cancelled', status: 499, reason: '' }),
    row('arrived', 99_000, { request: 6, user: 99, model: 'gemma' }),
    END,
  ]

  it('leave out what arrived before warm-up and add up to arrived', () => {
    const { requests, models, warnings } = measured(rows)
    expect(requests).toEqual({
      arrived: 6,
      served: 1,
      cancelled: 1,
      in_flight: 1,
      rejected: { no_provider: 1, pool_exhausted: 1 },
      failed: { ttft_timeout: 1 },
    })
    expect(models.oss!.requests.arrived + models.gemma!.requests.arrived).toBe(6)
    expect(warnings).toContain('1 of the requests were still in flight when the run ended')
  })

  it('give 429 and 5xx as shares of arrived', () => {
    const { models } = measured(rows)
    expect(models.oss!.rate_429).toBe(1 / 4)
    expect(models.oss!.rate_5xx).toBe(1 / 4)
    expect(models.gemma!.rate_5xx).toBe(1 / 2)
  })

  it('give null, not 0, where nothing arrived', () => {
    const { models } = measured([END])
    expect(models.oss).toMatchObject({ rate_429: null, goodput: null, ttft_within: { '5s': null } })
    expect(Object.keys(models)).toEqual(['oss', 'gemma'])
  })

  it('give a model nobody listed a place of its own', () => {
    const { models } = measured([
      ...refused(20_000, 0, { outcome: 'rejected', status: 404, reason: 'model_not_found' }, 'gpt-9'),
      END,
    ])
    expect(models['gpt-9']!.requests.rejected).toEqual({ model_not_found: 1 })
  })
})

describe('times of served requests', () => {
  it('run from arrival: TTFT, TPOT over the tokens after the first, decode rate, end to end', () => {
    const { models } = measured([...served({ at: 20_000, id: 0, first: 20_500, end: 22_500, tokens: 101 }), END])
    const { ttft_ms, tpot_ms, e2e_ms, decode_tps } = models.oss!
    expect([ttft_ms.p50, tpot_ms.p50, e2e_ms.p50, decode_tps.p50]).toEqual([500, 20, 2_500, 50])
  })

  it('count all time in the queue, and 0 for those who never waited', () => {
    const { models } = measured([
      ...served({ at: 20_000, id: 0, first: 25_000, end: 26_000 }),
      row('queued', 20_000, { request: 0 }),
      row('dequeued', 21_000, { request: 0 }),
      row('queued', 22_000, { request: 0 }),
      row('dequeued', 22_500, { request: 0 }),
      ...served({ at: 30_000, id: 1, first: 30_100, end: 31_000 }),
      END,
    ])
    expect(models.oss!.queue_ms).toMatchObject({ count: 2, max: 1_500, mean: 750 })
  })

  it('take an answer in one piece as TTFT, and give it no decode rate', () => {
    const { models } = measured([...served({ at: 20_000, id: 0, end: 24_000 }), END])
    expect(models.oss!.ttft_ms.p50).toBe(4_000)
    expect(models.oss!.decode_tps.count).toBe(0)
    expect(models.oss!.goodput).toBe(1)
  })
})

describe('goodput', () => {
  // 1,000 prompt tokens: the limit is 5 s + 1 s.
  const good = served({ at: 20_000, id: 0, first: 26_000, end: 30_000, tokens: 61 })

  it('counts a first token at the limit and 15 tok/s as good', () => {
    expect(measured([...good, END]).models.oss!.goodput).toBe(1)
  })

  it.each([
    ['a first token later than 5 s + 1 ms per prompt token', { at: 20_000, id: 1, first: 26_001, end: 30_000 }],
    ['a decode rate below 15 tok/s', { at: 20_000, id: 1, first: 26_000, end: 30_000, tokens: 60 }],
  ])('does not count %s', (_name, story) => {
    expect(measured([...good, ...served(story), END]).models.oss!.goodput).toBe(0.5)
  })

  it('takes a one-token answer as fast enough, and what was refused as a miss', () => {
    const one = served({ at: 20_000, id: 1, first: 21_000, end: 21_000, tokens: 1 })
    const no = refused(20_000, 2, { outcome: 'rejected', status: 429, reason: 'queue_full' })
    expect(measured([...good, ...one, ...no, END]).models.oss!.goodput).toBeCloseTo(2 / 3, 12)
  })

  it('gives ttft_within over all arrived', () => {
    const no = refused(20_000, 2, { outcome: 'rejected', status: 429, reason: 'queue_full' })
    const { ttft_within } = measured([...good, ...no, END]).models.oss!
    expect(ttft_within).toEqual({ '1s': 0, '2s': 0, '5s': 0, '10s': 0.5, '30s': 0.5 })
  })
})

describe('series', () => {
  it('cut the run into usual intervals and put each figure where it belongs', () => {
    const { series } = measured(
      [
        ...served({ at: 5_000, id: 0, first: 6_000, end: 15_000, tokens: 301 }),
        ...refused(25_000, 1, { outcome: 'rejected', status: 429, reason: 'queue_full' }),
        row('gpu_busy', 15_000, { since: ms(5_000) }),
        row('arrived', 30_000, { request: 9, user: 9 }),
        row('queued', 30_000, { request: 9 }),
        row('dequeued', 35_000, { request: 9 }),
        row('load_ended', 95_000),
        END,
      ],
      { warmup: 0 as Micros },
    )
    const first = (name: string): unknown => (series[name] as readonly unknown[]).slice(0, 4)
    expect(series.interval_s).toBe(10)
    expect(first('arrived.oss')).toEqual([1, 0, 1, 1])
    expect(first('served.oss')).toEqual([0, 1, 0, 0])
    expect(first('rejected_429.oss')).toEqual([0, 0, 1, 0])
    expect(first('goodput.oss')).toEqual([1, null, 0, 0])
    expect(first('completion_tokens.oss')).toEqual([0, 301, 0, 0])
    expect(first('ttft_p50_ms.oss')).toEqual([1_000, null, null, null])
    expect(first('busy_machines')).toEqual([0.5, 0.5, 0, 0])
    expect(first('queue_depth')).toEqual([0, 0, 0, 0.5])
    expect(series.loads).toHaveLength(10)
    expect((series.loads as number[]).at(-1)).toBe(1)
  })
})

const gauges = (pool: string, assignedProviders: number, warmProviders: number, servingProviders: number) => ({
  pool,
  assignedProviders,
  warmProviders,
  servingProviders,
})

describe('series of the gauges', () => {
  const { series } = measured([
    row('pool', 15_000, gauges('oss', 4, 2, 1)),
    row('pool', 15_000, gauges('gemma', 2, 2, 0)),
    row('audit', 15_000, { multipleResidentSlots: 3, multipleActivePools: 1 }),
    row('pool', 25_000, gauges('oss', 6, 4, 2)),
    row('audit', 25_000),
    ...refused(32_000, 0, { outcome: 'rejected', status: 429, reason: 'pool_exhausted' }),
    ...refused(33_000, 1, { outcome: 'rejected', status: 429, reason: 'queue_full' }),
    END,
  ])
  const first = (name: string): unknown => (series[name] as readonly unknown[]).slice(0, 4)

  it('are means over the part of each interval that a tick spoke for, nothing before the first', () => {
    expect(first('pool_assigned.oss')).toEqual([null, 4, 5, 6])
    expect(first('pool_warm.oss')).toEqual([null, 2, 3, 4])
    expect(first('pool_serving.oss')).toEqual([null, 1, 1.5, 2])
    expect(first('multiple_resident_slots')).toEqual([null, 3, 1.5, 0])
    expect(first('multiple_active_pools')).toEqual([null, 1, 0.5, 0])
  })
  it('empty a pool that a tick does not mention, and stand in order of its name', () => {
    expect(first('pool_assigned.gemma')).toEqual([null, 2, 1, 0])
    expect(Object.keys(series).filter((name) => name.startsWith('pool_assigned'))).toEqual([
      'pool_assigned.gemma',
      'pool_assigned.oss',
    ])
  })
  it('count what an exhausted pool refused, by model', () => {
    expect(first('pool_exhausted.oss')).toEqual([0, 0, 0, 1])
    expect(first('rejected_429.oss')).toEqual([0, 0, 0, 2])
    expect(first('rejected_429_by.pool_exhausted.oss')).toEqual([0, 0, 0, 1])
    expect(first('rejected_429_by.queue_full.oss')).toEqual([0, 0, 0, 1])
  })
  it('say nothing of a run without ticks', () => {
    const bare = measured([END]).series
    expect(Object.keys(bare).filter((name) => /^pool_[asw]/.test(name))).toEqual([])
    expect(new Set(bare.multiple_resident_slots as readonly unknown[])).toEqual(new Set([null]))
  })
})

describe('per request', () => {
  it('keeps the TTFT of served users by model, in the order of users, when asked to', () => {
    const metrics = new RunMetrics(settings, { perRequest: true })
    const rows = [
      ...served({ at: 20_000, id: 3, first: 21_000, end: 40_000 }),
      ...served({ at: 20_000, id: 8, first: 20_500, end: 25_000 }),
    ]
    for (const each of rows) metrics.row(each)
    const samples = metrics.perRequest()!.oss!
    expect([...samples.users]).toEqual([3, 8])
    expect([...samples.ttft_ms]).toEqual([1_000, 500])
    expect(new RunMetrics(settings).perRequest()).toBeUndefined()
  })
})

describe('warm-up found automatically', () => {
  it('leaves the transient out, exactly as if its end had been given', () => {
    const rows: TraceRow[] = []
    for (let i = 0; i < 300; i += 1) {
      const at = i * 300
      const ttft = i < 60 ? 6_000 - i * 90 : 600 + ((i * 37) % 11)
      rows.push(...served({ at, id: i, first: at + ttft, end: at + ttft + 1_000 }))
    }
    rows.sort((a, b) => a.at - b.at)
    rows.push(END)
    const detector = new WarmupDetector()
    for (const each of rows) detector.row(each)
    const { warmup, metrics, warned } = detector.detect(settings)
    expect(warned).toEqual([])
    expect(warmup).toBeGreaterThanOrEqual(ms(55 * 300))
    expect(warmup).toBeLessThanOrEqual(ms(75 * 300))
    expect(metrics.result(identity)).toEqual(measured(rows, { warmup }))
  })
})
