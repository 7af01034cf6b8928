/** Queries behind the interference and rollout views: they add up to the matrix, and tell the story of a small rollout. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { CAUSES } from '../../../../ui/data/interference/delay-shares.ts'
import { type TraceIndex, traceIndex } from '../../../../ui/data/trace/trace-index.ts'
import { answer } from '../../../../ui/data/trace/trace-query.ts'
import { operatorChanges, wordsOfChange } from '../../../../ui/data/trace/change-words.ts'
import { runExperiment } from '../../../../ui/worker/experiment.ts'

const SCENARIOS = join(import.meta.dirname, '../../../../scenarios')
const MINUTE_US = 60e6
const VICTIM = 'gemma-4-26b'
const OLD = 'gemma-4-26b-8bit'
const NEW = 'gemma-4-26b-qat-4bit'

let index: TraceIndex

beforeAll(async () => {
  const files = {
    read: async (path: string) => readFileSync(path, 'utf8'),
    resolve: (from: string, to: string) => join(from, '..', to),
  }
  const request = {
    path: join(SCENARIOS, 'rollout/new-build.yaml'),
    policies: ['pools-afe8135'],
    seeds: [1],
    settings: ['duration=25m'],
  }
  const outcome = await runExperiment(request, files, {
    signal: new AbortController().signal,
    pause: async () => {},
    keepTrace: () => true,
    onProgress() {},
    onRun(run) {
      index = traceIndex(run.trace!, run.names)
    },
  })
  expect(outcome.ok).toBe(true)
})

const WINDOW = { from_us: 5 * MINUTE_US, to_us: 15 * MINUTE_US }

describe('what is behind a cell', () => {
  it('adds up to the cell, by machine and by request', () => {
    const { matrix } = answer(index, { kind: 'interference', ...WINDOW })
    for (const [culprit, parts] of Object.entries(matrix[VICTIM] ?? {})) {
      const cell = answer(index, { kind: 'interference_cell', victim: VICTIM, culprit, ...WINDOW, limit: 1e9 })
      expect(cell.requests.length).toBe(cell.total)
      for (const cause of CAUSES) {
        const sum = (rows: readonly { readonly parts: typeof parts }[]): number =>
          rows.reduce((total, row) => total + row.parts[`${cause}_s`], 0)
        expect(sum(cell.requests), `${culprit} ${cause}`).toBeCloseTo(parts[`${cause}_s`], 6)
        expect(sum(cell.machines), `${culprit} ${cause}`).toBeCloseTo(parts[`${cause}_s`], 6)
      }
    }
  })

  it('lists the most delayed first, by the page', () => {
    const query = { kind: 'interference_cell', victim: VICTIM, culprit: VICTIM, cause: 'gpu', ...WINDOW } as const
    const all = answer(index, { ...query, limit: 1e9 }).requests.map(({ parts }) => parts.gpu_s)
    expect(all.length).toBeGreaterThan(10)
    expect(all).toEqual(all.toSorted((a, b) => b - a))
    const page = answer(index, { ...query, offset: 5, limit: 3 }).requests.map(({ parts }) => parts.gpu_s)
    expect(page).toEqual(all.slice(5, 8))
  })

  it('has a course over time whose mean is the matrix’s', () => {
    const { matrix, served } = answer(index, { kind: 'interference', from_us: 0, to_us: 25 * MINUTE_US })
    const series = answer(index, {
      kind: 'interference_series',
      victim: VICTIM,
      culprit: VICTIM,
      interval_us: 25 * MINUTE_US,
      points: 1,
    })
    expect(series.gpu[0]).toBeCloseTo((matrix[VICTIM]?.[VICTIM]?.gpu_s ?? 0) / (served[VICTIM] ?? 1), 9)
  })
})

describe('a rollout', () => {
  const query = { kind: 'tracks', from_us: 0, to_us: 25 * MINUTE_US, pixels: 100 } as const

  it('tells how many Macs hold and offer each build when a minute ends, those held from the start included', () => {
    const { builds, held, offered, buckets, bucket_us } = answer(index, query)
    expect([bucket_us, buckets]).toEqual([MINUTE_US, 25])
    const of = (column: ArrayLike<number>, build: string, minute: number) =>
      column[builds.indexOf(build) * buckets + minute]
    expect([of(held, OLD, 5), of(held, NEW, 5)]).toEqual([3, 0])
    expect([of(offered, OLD, 5), of(offered, OLD, 11), of(offered, NEW, 11)]).toEqual([3, 2, 1])
    expect([of(held, OLD, 24), of(held, NEW, 24)]).toEqual([0, 3])
  })

  it('tells pools, labels by surface, and the operator’s change', () => {
    const { pools, inPool, gauged, warm, relabels, buckets } = answer(index, query)
    expect(inPool[pools.indexOf(VICTIM) * buckets + 3]).toBe(3)
    expect([gauged, warm[3]]).toEqual([[VICTIM], 3])
    expect(relabels.reduce((sum, count) => sum + count, 0)).toBe(3)
    expect(answer(index, { kind: 'label_moves' })[0]).toMatchObject({ from: '', to: VICTIM, count: 3 })
    expect(answer(index, { kind: 'moments' }).operator).toEqual([
      { at_s: 600, label: '1', words: `set_alias ${VICTIM} desired ${NEW} previous ${OLD}` },
    ])
  })

  it('shows each Mac fetch, load and give up', () => {
    const { machines, changed } = answer(index, { kind: 'residency', from_us: 9 * MINUTE_US, to_us: 25 * MINUTE_US })
    expect(changed).toBe(3)
    const kinds = machines[1]?.spans.map(({ kind, build }) => `${kind} ${index.names.builds[build]}`)
    expect(kinds).toEqual([`held ${OLD}`, `fetching ${NEW}`, `loading ${NEW}`, `held ${NEW}`])
    expect(answer(index, { kind: 'residency', from_us: MINUTE_US, to_us: 2 * MINUTE_US }).changed).toBe(0)
  })

  it('lists every change in order of time, in words', () => {
    const list = answer(index, { kind: 'fleet_changes', from_us: 0, to_us: 25 * MINUTE_US, limit: 1e9 })
    const counted = Object.values(list.counts).reduce((sum, count) => sum + count, 0)
    expect([list.rows.length, list.total]).toEqual([counted, counted])
    expect(list.rows.map(({ row }) => row.at)).toEqual(list.rows.map(({ row }) => row.at).toSorted((a, b) => a - b))
    const unloads = answer(index, { kind: 'fleet_changes', group: 'unloads', from_us: 0, to_us: 25 * MINUTE_US })
    expect(unloads.rows.map(({ row }) => wordsOfChange(row).words)).toContain('evicted for another build')
  })
})

describe('the operator’s changes', () => {
  it('make one mark of one moment, and one line of the same thing done to many Macs', () => {
    const many = Array.from({ length: 9 }, (_, i) => ({ at_us: 2e6, what: `disconnect mac-${i}` }))
    const changes = operatorChanges([{ at_us: 1e6, what: 'set A 1' }, ...many])
    expect(changes.map(({ at_s, label }) => [at_s, label])).toEqual([
      [1, '1'],
      [2, '2'],
    ])
    expect(changes[1]?.words).toMatch(/^disconnect mac-0, .*mac-5 and 3 more$/)
  })
})
