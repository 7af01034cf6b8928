import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { goodDirection, parseMetricPath, readMetric, RunMetrics, scalarMetrics } from '../../../sim/metrics/index.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import { ms, row } from '../rows.ts'

function aResult(): RunResult {
  const metrics = new RunMetrics({
    warmup: 0 as Micros,
    duration: ms(10_000),
    slo: { ttftBase: ms(5_000), ttftPerToken: 1_000 as Micros, decodeTps: 15 },
    models: ['qwen2.5-7b', 'oss'],
    builds: [],
    machines: 1,
  })
  for (const each of [
    row('pool', 0, { assignedProviders: 2 }),
    row('arrived', 0, { model: 'qwen2.5-7b' }),
    row('ended', 10, { outcome: 'rejected', status: 429, reason: 'pool_exhausted' }),
  ]) {
    metrics.row(each)
  }
  const identity = {
    scenario: { name: 's', digest: '' },
    policy: { name: 'p' },
    seed: 1,
    events: 3,
    digest: '',
    warned: [],
  }
  return { ...metrics.result(identity), meta: {} }
}

describe('metric paths', () => {
  const result = aResult()

  it('read figures under names with dots, in brackets', () => {
    expect(readMetric(result, 'models["qwen2.5-7b"].rate_429')).toBe(1)
    expect(readMetric(result, "models['qwen2.5-7b'].requests.arrived")).toBe(1)
    expect(readMetric(result, 'models.oss.requests.arrived')).toBe(0)
    expect(readMetric(result, 'pools.oss.assigned_providers')).toBe(2)
  })

  it('read a counter that never counted as 0, but not one that does not exist', () => {
    expect(readMetric(result, 'requests.rejected.pool_exhausted')).toBe(1)
    expect(readMetric(result, 'requests.rejected.queue_full')).toBe(0)
    expect(readMetric(result, 'models["oss"].requests.failed.ttft_timeout')).toBe(0)
    expect(readMetric(result, 'requests.rejected.pool_exhausetd')).toBeUndefined()
  })

  it('tell no data (null) from no such metric (undefined)', () => {
    expect(readMetric(result, 'models["oss"].rate_429')).toBeNull()
    expect(readMetric(result, 'models["oss"].ttft_ms.p95')).toBeNull()
    expect(readMetric(result, 'pools.gemma.warm_providers')).toBeNull()
    for (const path of [
      'models["nobody"].goodput',
      'models["oss"].speed',
      'pools.oss.size',
      'series.loads',
      'toString',
      'seed',
      '',
      '..',
      'a[b',
    ])
      expect(readMetric(result, path)).toBeUndefined()
  })

  it('list every figure under a path that reads it back', () => {
    const metrics = scalarMetrics(result)
    expect(metrics.size).toBeGreaterThan(80)
    for (const [path, value] of metrics) expect(readMetric(result, path)).toBe(value)
    expect([...metrics.keys()]).toEqual(
      expect.arrayContaining([
        'requests.arrived',
        'models["oss"].ttft_within["5s"]',
        'models["qwen2.5-7b"].ttft_ms.p95',
        'fragmentation["oss"].idle_capable_s',
        'pools.oss.active_requests',
        'upstream["oss"].uptime',
        'providers.thermal.nominal',
        'audit.providers_with_multiple_resident_slots',
      ]),
    )
    expect([...metrics.keys()].filter((path) => /^(?:seed|series|meta|events)/.test(path))).toEqual([])
  })

  it.each([
    ['models["goodput"].rate_429', 'down'],
    ['models["oss"].goodput', 'up'],
    ['models["oss"].ttft_within["5s"]', 'up'],
    ['models["oss"].ttft_ms.p95', 'down'],
    ['models["oss"].decode_tps.p50', 'up'],
    ['models["oss"].ttft_ms.count', undefined],
    ['requests.rejected.pool_exhausted', 'down'],
    ['requests.served', 'up'],
    ['requests.arrived', undefined],
    ['fragmentation["oss"].rejected_while_idle', 'down'],
    ['fragmentation["oss"].idle_capable_s', undefined],
    ['loads.count', 'down'],
    ['pool_moves', 'down'],
    ['providers.busy_share', undefined],
    ['providers.thermal.nominal', 'up'],
    ['providers.thermal.serious', 'down'],
    ['pools.oss.observed_decode_tps', undefined],
    ['upstream["oss"].uptime', 'up'],
    ['audit.providers_with_multiple_active_pools', 'down'],
  ])('know that the good direction of %s is %s', (path, direction) => {
    expect(goodDirection(path)).toBe(direction)
  })

  it('parse names between brackets and after dots', () => {
    expect(parseMetricPath('models["a.b"].ttft_within["5s"]')).toEqual(['models', 'a.b', 'ttft_within', '5s'])
    expect(parseMetricPath('pools.gpt-oss-20b.active_requests')).toEqual(['pools', 'gpt-oss-20b', 'active_requests'])
    expect(parseMetricPath('.a')).toBeUndefined()
    expect(parseMetricPath('a"b')).toBeUndefined()
  })
})
