import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { goodDirection, readMetric, scalarMetrics } from '../../../sim/metrics/figures/metric-path.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { END, measured, refused, served } from '../measured.ts'
import { row } from '../rows.ts'
import { casesOf } from '../../tier.ts'

type Shares = { readonly [cause in 'gpu' | 'memory' | 'thermal' | 'load' | 'queue']?: number }

/** What a Mac writes about a finished attempt; milliseconds. */
const machine = (
  at: number,
  id: number,
  solo_ms: number,
  blamed: { readonly [culprit: string]: Shares },
): TraceRow[] => [
  ...Object.entries(blamed).map(([culprit, shares]) =>
    row('delay', at, {
      request: id,
      culprit,
      ...Object.fromEntries(Object.entries(shares).map(([cause, part]) => [`${cause}_ns`, part * 1e6])),
    }),
  ),
  row('work', at, { request: id, solo_ns: solo_ms * 1e6 }),
]

const inAll = (interference: RunResult['interference'], victim: string): number =>
  Object.values(interference[victim]!).reduce(
    (sum, parts) => sum + Object.values(parts).reduce((total, part) => total + part, 0),
    0,
  )

describe('interference', () => {
  it('files shares under public names and gives what happened outside the Mac to none', () => {
    const { interference } = measured([
      ...served({ at: 20_000, id: 0, first: 21_000, end: 24_000 }),
      ...machine(23_900, 0, 1_500, {
        'oss-20b': { gpu: 300, queue: 200 },
        'gemma-q8': { gpu: 1_000 },
        ghosts: { gpu: 100 },
      }),
      END,
    ])
    expect(interference.oss!.oss).toEqual({ gpu_s: 0.3, memory_s: 0, thermal_s: 0, load_s: 0, queue_s: 0.2 })
    expect(interference.oss!.gemma!.gpu_s).toBe(1)
    expect(interference.oss!.ghosts!.gpu_s).toBe(0.1)
    // 4 s in all, 1.5 s alone, 1.6 s blamed on somebody.
    expect(interference.oss!.none!.queue_s).toBeCloseTo(0.9, 12)
  })

  it('leaves out requests of the warm-up, unserved ones and attempts that lost', () => {
    const { interference } = measured([
      ...served({ at: 9_000, id: 0, first: 11_000, end: 24_000 }),
      ...machine(23_900, 0, 1_500, { 'gemma-q4': { gpu: 1_000 } }),
      ...refused(30_000, 1, { outcome: 'rejected', status: 429, reason: 'queue_full' }),
      ...served({ at: 40_000, id: 2, first: 41_000, end: 42_000 }),
      row('delay', 41_500, { request: 2, attempt: 1, culprit: 'gemma-q4', gpu_ns: 7e9 }),
      row('work', 41_500, { request: 2, attempt: 1, solo_ns: 1 }),
      ...machine(41_900, 2, 2_000, {}),
      END,
    ])
    expect(interference.oss!.gemma!.gpu_s).toBe(0)
    expect(inAll(interference, 'oss')).toBe(0)
  })

  it('names every culprit in every run, so that a comparison finds it', () => {
    const { interference } = measured([END])
    expect(Object.keys(interference)).toEqual(['oss', 'gemma'])
    expect(Object.keys(interference.oss!)).toEqual(['oss', 'gemma', 'ghosts', 'process', 'prefix_hit', 'none'])
  })

  it('adds up to latency minus time alone whatever is blamed', () => {
    const shares = fc.record({
      gpu: fc.nat(400),
      memory: fc.nat(400),
      thermal: fc.nat(400),
      load: fc.nat(400),
      queue: fc.nat(400),
    })
    const request = fc.record({
      solo: fc.integer({ min: 1, max: 2_000 }),
      outside: fc.nat(300),
      blamed: fc.dictionary(fc.constantFrom('oss-20b', 'gemma-q4', 'gemma-q8', 'ghosts', 'process', 'none'), shares),
    })
    fc.assert(
      fc.property(fc.array(request, { minLength: 1, maxLength: 20 }), (requests) => {
        const rows: TraceRow[] = []
        let expected = 0
        for (const [id, { solo, outside, blamed }] of requests.entries()) {
          const delayed = Object.values(blamed)
            .flatMap(Object.values)
            .reduce((sum: number, part) => sum + part, 0)
          const end = 20_000 + solo + delayed + outside
          rows.push(...served({ at: 20_000, id, first: end, end }), ...machine(end, id, solo, blamed))
          expected += (delayed + outside) / 1_000
        }
        // The order of one instant: what Macs wrote, then the answer.
        const order = ['user_request', 'arrived', 'delay', 'work', 'first_token', 'ended', 'user_ended', 'run_ended']
        const sorted = [...rows, END].sort((a, b) => a.at - b.at || order.indexOf(a.kind) - order.indexOf(b.kind))
        expect(inAll(measured(sorted).interference, 'oss')).toBeCloseTo(expected, 9)
      }),
      { numRuns: casesOf(100), seed: 20_260_621 },
    )
  })

  it('is a metric by its path, better when smaller', () => {
    const result = { ...measured([END]), meta: {} }
    const path = 'interference["oss"]["gemma"].gpu_s'
    expect(scalarMetrics(result).get(path)).toBe(0)
    expect(readMetric(result, path)).toBe(0)
    expect(readMetric(result, 'interference["oss"]["gemma"].noise_s')).toBeUndefined()
    expect(goodDirection(path)).toBe('down')
  })
})
