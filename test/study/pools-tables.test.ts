/** The tables behind docs/pools.md from results as the command line prints them. */
import { describe, expect, it } from 'vitest'
import { type Grid, poolsTables, type VariantTable } from './pools-tables.ts'

const G = 'models["gpt-oss-20b"].goodput'
const M = 'models["gemma-4-26b"].goodput'
const models = ['gemma-4-26b', 'gpt-oss-20b']
const estimate = (mean: number, half: number) => ({ mean, ci95: [mean - half, mean + half] as const, n: 4 })

const variant = {
  name: 'matched',
  command: 'npx fleetlab compare x.yaml',
  result: {
    baseline: 'open',
    seeds: [1, 2],
    models,
    policies: {
      open: { [G]: estimate(0.9, 0.01), [M]: { mean: null, ci95: null, n: 0 }, 'loads.count': estimate(1234, 0) },
      pools: { [G]: estimate(0.95, 0.02), [M]: estimate(0.5, 0.1) },
    },
    differences: {
      pools: { [G]: { ...estimate(0.05, 0.02), relative: 0.05, significant: true } },
    },
  },
} as unknown as VariantTable

const grid: Grid = {
  axes: [{ path: 'mac.prefill_speed', values: ['0.7', '1.5'] }],
  seeds: [1],
  models,
  cells: [{ settings: { 'mac.prefill_speed': '0.7' }, policy: 'open', metrics: { [G]: estimate(0.8, 0.05) } }],
}

describe('the tables', () => {
  const text = poolsTables([variant], [{ about: 'Prefill', command: 'npx fleetlab sweep', result: grid }])

  it('show GPT-OSS first, means with half intervals, a star for what leaves out 0, and what has no data', () => {
    const row = (policy: string) => text.split('\n').find((line) => line.startsWith(`| \`${policy}\``))
    expect(row('open')).toBe('| `open` | 90.0 ±1.0 |  | no data | no data |  | no data | 1,234 | no data | no data |')
    expect(row('pools')).toContain('| 95.0 ±2.0 | 5.0 ±2.0 * |')
    expect(text).toContain('`npx fleetlab compare x.yaml` (2 seeds)')
  })

  it('show each value of an input, and cells that were not run as no data', () => {
    expect(text).toContain('| 0.7 | 80.0 ±5.0 | no data |')
    expect(text).toContain('| 1.5 | no data | no data |')
  })
})
