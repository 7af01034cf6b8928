/** Figures that nobody could see read as none, wherever they are read by name. */
import { describe, expect, it } from 'vitest'
import { readMetric, scalarMetrics, unseenFigures } from '../../../sim/metrics/index.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'

const result = {
  assumed: [
    { path: 'mac.os_memory', value: '5GiB', why: 'nobody knows' },
    unseenFigures(['loads', 'models.*.queue_ms'], 'nobody looked'),
  ],
  loads: { count: 0, seconds: 0, failed: 0 },
  evictions: 0,
  models: { 'a.b': { queue_ms: { p50: 0, p95: 0 }, ttft_ms: { p50: 7 } } },
} as unknown as RunResult

describe('a figure that nobody saw', () => {
  it.each([
    ['loads.count', null],
    ['models["a.b"].queue_ms.p95', null],
    ['models["a.b"].ttft_ms.p50', 7],
    ['evictions', 0],
  ])('%s reads as %j', (path, value) => {
    expect(readMetric(result, path)).toBe(value)
    expect(scalarMetrics(result).get(path)).toBe(value)
  })

  it('is one only where the result says so', () => {
    const { assumed: _, ...before } = result
    expect(readMetric(before as RunResult, 'loads.count')).toBe(0)
  })
})
