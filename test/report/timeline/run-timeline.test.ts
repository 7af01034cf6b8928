/** A run's timeline, read back: who asked, who waited, what the Macs did, and the arrows between. */
import { beforeAll, describe, expect, it } from 'vitest'
import { namesOf } from '../../../sim/lab/runs/run-names.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import { RunTimeline } from '../../../sim/report/timeline/run-timeline.ts'
import type { TraceRow } from '../../../sim/trace/row.ts'
import { loadedFrom, runOf, SMALL } from '../../simulation/world.ts'
import { readTrace, type ReadSpan, type ReadTrace, type ReadTrack } from './reader.ts'

/** More than three Macs take, one of which is lost for a while. */
const BUSY = {
  ...SMALL,
  name: 'busy',
  duration: '3m',
  warmup: '30s',
  fleet: [{ ...SMALL.fleet[0], count: 3 }],
  demand: [{ ...SMALL.demand[0], arrivals: { poisson: '2/s' } }],
  timeline: [{ at: '90s', disconnect: { fraction: '40%' } }],
}

let rows: TraceRow[]
let result: RunResult
let read: ReadTrace

beforeAll(async () => {
  const loaded = await loadedFrom(BUSY)
  const timeline = new RunTimeline(namesOf(loaded.scenario).machines)
  rows = []
  const run = await runOf(loaded, 'pools', {
    rows(row) {
      rows.push(row)
      timeline.row(row)
    },
  })
  ;({ result } = run)
  read = readTrace(timeline.encode(result))
})

const under = (...path: readonly string[]): readonly ReadTrack[] =>
  read.tracks.filter((track) => track.path.length > path.length && path.every((name, i) => track.path[i] === name))
const tops = (tracks: readonly ReadTrack[]): readonly ReadSpan[] =>
  tracks.flatMap((track) => track.spans.filter(({ depth }) => depth === 0))
const ofKind = <K extends TraceRow['kind']>(kind: K) =>
  rows.filter((row): row is Extract<TraceRow, { kind: K }> => row.kind === kind)

describe('requests', () => {
  it('are spans from arrival to answer, one each, by what became of them', () => {
    const spans = tops(under('requests'))
    const arrived = ofKind('arrived')
    expect(spans).toHaveLength(arrived.length)
    expect(spans.length).toBeGreaterThan(300)
    const ended = new Map(ofKind('ended').map((row) => [row.request as number, row]))
    for (const { at, request } of arrived) {
      const span = spans.find(({ notes }) => notes['request'] === request)!
      const end = ended.get(request)
      expect([span.from, span.to]).toEqual([at * 1_000, (end?.at ?? rows.at(-1)!.at) * 1_000])
      if (end?.outcome === 'rejected') expect(span.name).toBe(`${end.status} ${end.reason}`)
      if (end?.outcome === 'served') expect(span.name).toBe('served')
    }
  })

  it('have arrows that begin where they arrive and end in their answer, over every Mac that worked for them in between', () => {
    expect(read.flows.size).toBe(ofKind('arrived').length)
    for (const { steps } of read.flows.values()) {
      expect(steps.length).toBeGreaterThan(1)
      expect(steps[0]!.track.path[0]).toBe('requests')
      expect(steps.map(({ ends }) => ends).lastIndexOf(true)).toBe(steps.length - 1)
      expect(steps.at(-1)!.track).toBe(steps[0]!.track)
    }
    const served = new Set(
      ofKind('ended')
        .filter(({ outcome }) => outcome === 'served')
        .map(({ request }) => request),
    )
    for (const request of served) {
      const places = read.flows.get(request + 1)!.steps.map(({ track }) => track.path.at(-1)!)
      expect(places.some((place) => place.startsWith('slot '))).toBe(true)
    }
    expect(served.size).toBeGreaterThan(50)
  })
})

describe('queues', () => {
  it('hold a span for every wait, and their length', () => {
    const queued = ofKind('queued')
    expect(queued.length).toBeGreaterThan(10)
    expect(tops(under('queues'))).toHaveLength(queued.length)
    for (const build of new Set(queued.map((row) => row.build))) {
      const length = read.tracks.find(({ path }) => path[1] === `length ${build}`)
      const deepest = Math.max(...queued.filter((row) => row.build === build).map(({ depth }) => depth))
      expect(Math.max(...length!.points.map(({ value }) => value))).toBe(deepest)
    }
  })
})

const groups = (): readonly ReadTrack[] =>
  read.tracks.filter(({ path }) => path.length === 1 && path[0]!.startsWith('mac-'))

describe('a Mac', () => {
  it('has a group under its serial, chip and memory, in the order of the fleet', () => {
    expect(groups().map(({ path }) => path[0])).toEqual([1, 2, 3].map((n) => `mac-${n} (M4 Max 40c, 64 GB)`))
  })

  it('shows what its GPU did, to the microsecond, and every stay of a request as waiting, prefill and decode', () => {
    for (const [machine, { path }] of groups().entries()) {
      const busy = tops(read.tracks.filter((track) => track.path[0] === path[0] && track.path[1] === 'GPU'))
      const since = ofKind('gpu_busy').filter((row) => row.machine === machine)
      expect(new Set(busy.map(({ from, to }) => `${from}-${to}`))).toEqual(
        new Set(since.map((row) => `${row.since * 1_000}-${row.at * 1_000}`)),
      )
      const slots = read.tracks.filter((t) => t.path[0] === path[0] && t.path[1]?.startsWith('slot '))
      const work = ofKind('work').filter((row) => row.machine === machine)
      expect(tops(slots)).toHaveLength(work.length)
      const decode = slots.flatMap(({ spans }) => spans.filter(({ name }) => name === 'decode'))
      const decoded = work.filter((row) => row.firstTokenAt >= 0)
      expect(decode.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(
        decoded.reduce((sum, row) => sum + (row.at - row.firstTokenAt) * 1_000, 0),
      )
    }
  })

  it('shows its connection, its loads, and counters with units', () => {
    const disconnected = ofKind('disconnected').length
    const connections = read.tracks.filter(({ path }) => path[1] === 'connection')
    expect(tops(connections)).toHaveLength(3 + disconnected)
    expect(disconnected).toBeGreaterThan(0)
    const loads = tops(read.tracks.filter(({ path }) => path[1] === 'loads'))
    expect(loads).toHaveLength(ofKind('load_ended').length)
    expect(loads.length).toBeGreaterThan(0)
    const units = new Map(read.tracks.flatMap(({ path, unit }) => (unit === undefined ? [] : [[path.at(-1), unit]])))
    expect(Object.fromEntries(units)).toMatchObject({
      'memory in use': 'GiB',
      'KV reserved': 'GiB',
      'decode rate as last reported': 'tok/s',
      'tokens/s gpt-oss-20b': 'tok/s',
      'clock that heat allows': '%',
      'in flight': 'requests',
    })
  })
})

it('warm-up, policy and what the operator did stand above', () => {
  const [top] = read.tracks
  expect(top!.path).toEqual(['busy, pools, seed 1'])
  expect(tops(under('busy, pools, seed 1'))).toMatchObject([{ name: 'warm-up', from: 0, to: 30e9 }])
  const operator = read.tracks.find(({ path }) => path[1] === 'operator')!
  expect(operator.marks).toHaveLength(ofKind('timeline').length)
  expect(result.format).toBe('fleetlab.run/1')
})
