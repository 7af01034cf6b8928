/** Gauges of pools over time, read while a run goes. */
import { expect, it } from 'vitest'
import type { RowOf } from '../../../../sim/trace/schema.ts'
import { PoolSeriesCollector } from '../../../../ui/data/answer/pool-series.ts'
import { SECOND } from '../../a-trace.ts'

const pool = (at_s: number, name: string, assigned: number, warm: number) =>
  ({
    kind: 'pool',
    at: at_s * SECOND,
    pool: name,
    assignedProviders: assigned,
    warmProviders: warm,
  }) as unknown as RowOf<'pool'>
const plain = (value: number | null): number | null => value

it('a tick holds until the next, within an interval by its share of it, and nothing is known before the first', () => {
  const series = new PoolSeriesCollector(10 * SECOND, 40 * SECOND)
  series.row(pool(10, 'oss', 4, 2))
  series.row(pool(15, 'oss', 8, 2))
  const { oss } = series.result(30 * SECOND, plain)
  expect(oss.assigned.slice(0, 3)).toEqual([null, 6, 8])
  expect(oss.warm.slice(0, 3)).toEqual([null, 2, 2])
})

it('pools of one tick are told apart', () => {
  const series = new PoolSeriesCollector(10 * SECOND, 10 * SECOND)
  series.row(pool(0, 'oss', 4, 2))
  series.row(pool(0, 'gemma', 1, 1))
  const result = series.result(10 * SECOND, plain)
  expect([result['oss'].assigned[0], result['gemma'].assigned[0]]).toEqual([4, 1])
})
