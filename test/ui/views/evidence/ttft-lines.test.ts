/** Distribution curves: exact where rows are, known points and no more where they are not. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Summary } from '../../../../ui/data/answer/summary.ts'
import type { Dataset } from '../../../../ui/state/dashboard.ts'
import { tradeOff, tradeOffCsv } from '../../../../ui/views/evidence/trade-off-data.ts'
import { spanMs, ttftCsv, ttftLines } from '../../../../ui/views/evidence/ttft-lines.ts'

const { compare } = JSON.parse(readFileSync('ui/assets/headline.json', 'utf8')) as Summary
const dataset: Dataset = { kind: 'summary', scenario: 's', path: undefined, compare, runs: [] }
const MODEL = 'gpt-oss-20b'
const traced = {
  policy: 'open',
  seed: 3,
  model: MODEL,
  arrived: 4,
  served: 2,
  ttft_ms: Float64Array.of(100, 900),
  share: Float64Array.of(0.5, 1),
}

describe('TTFT curves', () => {
  it('are quantiles with intervals over seeds', () => {
    const [open] = ttftLines(dataset, ['open'], MODEL, 'served', [])
    const p95 = compare.policies['open']?.[`models["${MODEL}"].ttft_ms.p95`]
    expect(open).toMatchObject({ source: 'quantiles', from: 'p50, p90, p95, p99, max; means of 8 seeds' })
    expect(open?.points[2]).toEqual({ ttft_ms: p95?.mean, share: 0.95, ci95_ms: p95?.ci95 })
  })

  it('of all that arrived are shares within limits, and never reach those that were refused', () => {
    const [open] = ttftLines(dataset, ['open'], MODEL, 'arrived', [])
    expect(open?.points.map((point) => point.ttft_ms)).toEqual([1_000, 2_000, 5_000, 10_000, 30_000])
    const [exact] = ttftLines(dataset, ['open'], MODEL, 'arrived', [traced])
    expect(exact?.points.at(-1)).toEqual({ ttft_ms: 900, share: 0.5 })
  })

  it('take the trace where there is one, and say so in the file', () => {
    const lines = ttftLines(dataset, ['open', 'pools-afe8135'], MODEL, 'served', [traced])
    expect(lines.map((line) => line.source)).toEqual(['trace', 'quantiles'])
    const [, first] = ttftCsv(lines, MODEL, 'served').split('\n')
    expect(first).toBe(`open,${MODEL},trace,100,0.5,,,,`)
  })

  it('span at least something', () => {
    expect(spanMs([])).toEqual([10, 10_000])
    const [from, to] = spanMs(ttftLines(dataset, ['open'], MODEL, 'served', [traced]))
    expect([from, to > 900]).toEqual([100, true])
  })
})

describe('the trade-off', () => {
  it('has a point per arm and model, with what the comparison says', () => {
    const points = tradeOff(compare, 'rate_429', 'ttft_ms.p95')
    expect(points.length).toBe(Object.keys(compare.policies).length * compare.models.length)
    const lines = tradeOffCsv(points, 'rate_429', 'ttft_ms.p95').trim().split('\n')
    expect(lines[0]).toBe(
      'policy,model,rate_429,rate_429_ci95_low,rate_429_ci95_high,ttft_ms.p95,ttft_ms.p95_ci95_low,ttft_ms.p95_ci95_high',
    )
    expect(lines.length).toBe(points.length + 1)
  })
})
