/** Who delayed whom, from three requests whose shares are known to the nanosecond. */
import { describe, expect, it } from 'vitest'
import { interferenceCell } from '../../../../ui/data/interference/interference-cell.ts'
import { interference, interferenceSeries } from '../../../../ui/data/interference/interference-window.ts'
import { aTrace, SECOND } from '../../a-trace.ts'

const NANOS = 1e9

interface Served {
  readonly request: number
  readonly at: number
  readonly model: string
  readonly machine: number
  /** Seconds on the same Mac alone, seconds of GPU that gemma took, and what it took in all. */
  readonly solo: number
  readonly gpu: number
  readonly all: number
  readonly outcome?: 'served' | 'cancelled'
}

/** A request from its arrival to its end. */
function rowsOf({ request, at, model, machine, solo, gpu, all, outcome = 'served' }: Served) {
  const on = { machine, request, attempt: 0, build: 'oss' }
  const none = { memory_ns: 0, thermal_ns: 0, load_ns: 0, queue_ns: 0 }
  return [
    { kind: 'arrived', at, request, user: request, model, maxTokens: 10, estimatedPromptTokens: 10 },
    { kind: 'delay', at: at + all, ...on, culprit: 'gemma-q4', gpu_ns: gpu * NANOS, ...none },
    { kind: 'work', at: at + all, ...on, outcome: 'finished', solo_ns: solo * NANOS },
    { kind: 'ended', at: at + all, request, outcome, status: 200, reason: '', completionTokens: 5, attempt: 0 },
  ] as const
}

const index = aTrace(
  [
    ...rowsOf({ request: 0, at: 10, model: 'oss', machine: 0, solo: 1, gpu: 2, all: 4 }),
    ...rowsOf({ request: 1, at: 20, model: 'oss', machine: 1, solo: 1, gpu: 5, all: 6 }),
    ...rowsOf({ request: 2, at: 40, model: 'oss', machine: 1, solo: 1, gpu: 3, all: 9, outcome: 'cancelled' }),
    ...rowsOf({ request: 3, at: 60, model: 'gemma', machine: 1, solo: 2, gpu: 0, all: 2 }),
  ].toSorted((a, b) => a.at - b.at),
)

describe('the matrix of a window', () => {
  it('sums what served requests waited for, by the model of the culprit; what no Mac wrote down is nobody’s queue', () => {
    const { matrix, served } = interference(index, { kind: 'interference', from_us: 0, to_us: 100 * SECOND })
    expect(served).toEqual({ oss: 2, gemma: 1 })
    expect(matrix['oss']['gemma']).toEqual({ gpu_s: 7, memory_s: 0, thermal_s: 0, load_s: 0, queue_s: 0 })
    // 4 − 1 − 2 of the first, 6 − 1 − 5 of the second.
    expect(matrix['oss']['none'].queue_s).toBe(1)
    expect(matrix['gemma']['none'].queue_s).toBe(0)
  })

  it('is of those who arrived within it', () => {
    const { matrix, served } = interference(index, {
      kind: 'interference',
      from_us: 15 * SECOND,
      to_us: 20 * SECOND + 1,
    })
    expect(served).toEqual({ oss: 1 })
    expect(matrix['oss']['gemma'].gpu_s).toBe(5)
  })
})

describe('the course over time', () => {
  it('is per served request of the interval it arrived in, and nothing where none did', () => {
    const query = {
      kind: 'interference_series',
      victim: 'oss',
      culprit: 'gemma',
      interval_us: 20 * SECOND,
      points: 3,
    } as const
    expect(interferenceSeries(index, query).gpu).toEqual([2, 5, null])
  })
})

describe('a cell', () => {
  const query = { kind: 'interference_cell', victim: 'oss', culprit: 'gemma', from_us: 0, to_us: 100 * SECOND } as const

  it('lists its requests, the most delayed first, and the Macs they were on', () => {
    const { total, requests, machines } = interferenceCell(index, query)
    expect(total).toBe(2)
    expect(requests.map(({ row, parts }) => [row.request, row.machine, parts.gpu_s])).toEqual([
      [1, 1, 5],
      [0, 0, 2],
    ])
    expect(machines.map(({ machine, requests: count }) => [machine, count])).toEqual([
      [1, 1],
      [0, 1],
    ])
  })

  it('gives a page of them, and leaves out whom a cause did not touch', () => {
    expect(interferenceCell(index, { ...query, offset: 1, limit: 1 }).requests.map(({ row }) => row.request)).toEqual([
      0,
    ])
    expect(interferenceCell(index, { ...query, cause: 'memory' }).total).toBe(0)
  })
})
