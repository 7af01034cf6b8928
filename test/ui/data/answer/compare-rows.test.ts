/** Rows of a comparison: what metrics are called, which match, and the file they become. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compareCsv, matchingRows, rowOf, rowsOfCompare } from '../../../../ui/data/answer/compare-rows.ts'
import type { Summary } from '../../../../ui/data/answer/summary.ts'

const { compare } = JSON.parse(readFileSync('ui/assets/headline.json', 'utf8')) as Summary
const all = rowsOfCompare(compare)
const everything = { search: '', model: '', group: '', significantOnly: false, withValues: false } as const

describe('rows of a comparison', () => {
  it.each([
    ['models["gemma-4-26b"].ttft_ms.p95', 'TTFT p95', 'gemma-4-26b', 'latency'],
    ['models["a.b"].ttft_within["5s"]', 'first token ≤ 5s', 'a.b', 'outcome'],
    ['models["m"].requests.rejected.pool_exhausted', 'requests rejected pool exhausted', 'm', 'outcome'],
    ['interference["m"]["ghosts"].gpu_s', 'delayed by ghosts, GPU', 'm', 'interference'],
    ['fragmentation["m"].idle_capable_s', 'idle capable', 'm', 'pools'],
    ['requests.served', 'requests served', '', 'outcome'],
    ['providers.thermal.serious', 'providers thermal serious', '', 'fleet'],
    ['pool_moves', 'pool moves', '', 'pools'],
    ['energy.gpu_kwh', 'energy of GPUs, kWh', '', 'fleet'],
    ['loads.by_cause.warm_pool.count', 'loads by cause warm pool count', '', 'fleet'],
    ['upstream["m"].lost_tokens.prompt', 'lost tokens prompt', 'm', 'upstream'],
  ])('call %s by a name', (path, label, model, group) => {
    expect(rowOf(path)).toMatchObject({ label, model, group })
  })

  it('are all metrics, once', () => {
    expect(all.length).toBe(new Set(all.map((row) => row.path)).size)
    for (const figures of Object.values(compare.policies)) expect(Object.keys(figures).length).toBe(all.length)
  })

  it('match every word wherever it stands, and only what has a value or a significant difference when asked', () => {
    const found = matchingRows(compare, all, { ...everything, search: 'models[ gemma TTFT p9' })
    expect(found.map((row) => row.label)).toEqual(['TTFT p90', 'TTFT p95', 'TTFT p99'])
    const valued = matchingRows(compare, all, { ...everything, withValues: true })
    expect(valued.some((row) => row.path === 'models["gemma-4-26b"].rate_429')).toBe(false)
    for (const row of matchingRows(compare, all, { ...everything, significantOnly: true }))
      expect(Object.values(compare.differences).some((each) => each[row.path]?.significant)).toBe(true)
  })

  it('become a line per metric and arm, the baseline without a difference', () => {
    const lines = compareCsv(compare, [rowOf('models["gpt-oss-20b"].requests.served')])
      .trim()
      .split('\n')
    expect(lines.length).toBe(1 + Object.keys(compare.policies).length)
    expect(lines[1]).toMatch(
      /^"models\[""gpt-oss-20b""\]\.requests\.served",gpt-oss-20b,plain,open,[\d.]+,[\d.]+,[\d.]+,8,,,,,$/,
    )
    expect(lines[2]).toMatch(/,(true|false)$/)
  })
})
