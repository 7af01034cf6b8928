/** What tracks are drawn from: nothing is lost between intervals, nothing counted twice, and windows agree with the whole. */
import { fc, it as property } from '@fast-check/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { answer } from '../../../../ui/data/trace/trace-query.ts'
import type { TraceIndex } from '../../../../ui/data/trace/trace-index.ts'
import { FATES, requestFacts } from '../../../../ui/data/trace/request-facts.ts'
import { gridOf, type TimeGrid } from '../../../../ui/data/trace/tracks/time-grid.ts'
import type { Tracks } from '../../../../ui/data/trace/tracks/tracks.ts'
import { HEAT_BINS, heatBin, heatShare, heatTtft, quantileOf } from '../../../../ui/data/trace/tracks/ttft-heat.ts'
import { type ARun, aRun } from '../../a-run.ts'
import { aTrace, SECOND } from '../../a-trace.ts'

let run: ARun
beforeAll(async () => {
  run = await aRun('scenarios/headline/overload.yaml', 'pools-afe8135', [
    'duration=90s',
    'warmup=30s',
    'demand[0].arrivals.load=4',
  ])
})

const sum = (values: Iterable<number>): number => {
  let all = 0
  for (const value of values) all += value
  return all
}

const ofBucket = (column: ArrayLike<number>, { buckets }: TimeGrid, bucket: number): number => {
  let all = 0
  for (let i = bucket; i < column.length; i += buckets) all += column[i]
  return all
}

const whole = (index: TraceIndex, pixels = 400): Tracks =>
  answer(index, { kind: 'tracks', from_us: 0, to_us: index.end_us + 1, pixels })

describe('tracks of a run', () => {
  it('count each request once where it arrived, and what became of it there too', () => {
    const { arrived: steps, shares: tracks } = whole(run.index)
    expect(sum(steps)).toBe(run.index.store.table('arrived').length)
    expect(sum(tracks.arrived)).toBe(sum(steps))
    for (let bucket = 0; bucket < tracks.buckets; bucket += 1) {
      const arrived = ofBucket(tracks.arrived, tracks, bucket)
      expect(ofBucket(tracks.fates, tracks, bucket)).toBe(arrived)
      expect(ofBucket(tracks.refused, tracks, bucket)).toBeLessThanOrEqual(arrived)
      expect(ofBucket(tracks.good, tracks, bucket)).toBe(tracks.fates[FATES.indexOf('good') * tracks.buckets + bucket])
    }
    expect(sum(tracks.refused)).toBeGreaterThan(0)
  })

  it('agree with the result: what arrived after the warm-up, what was refused of it and what was good', () => {
    const { result } = run
    const { models, shares: tracks } = answer(run.index, {
      kind: 'tracks',
      from_us: 30 * SECOND,
      to_us: 90 * SECOND,
      pixels: 240,
    })
    expect([tracks.start_us, tracks.start_us + tracks.buckets * tracks.bucket_us]).toEqual([30 * SECOND, 90 * SECOND])
    expect(sum(tracks.arrived)).toBe(result.requests.arrived)
    for (const [i, model] of models.entries()) {
      const good = sum(tracks.good.subarray(i * tracks.buckets, (i + 1) * tracks.buckets))
      const arrived = sum(tracks.arrived.subarray(i * tracks.buckets, (i + 1) * tracks.buckets))
      expect(good / arrived).toBeCloseTo(result.models[model].goodput!, 9)
    }
  })

  it('hold every served request in the heat map, with the quantiles of the result', () => {
    const { ttft_us, fate, model } = requestFacts(run.index)
    const tracks = whole(run.index)
    const served = fate.filter((each) => FATES[each] === 'good' || FATES[each] === 'late').length
    expect(sum(tracks.heat)).toBe(served)
    const counted = run.index.requests.arrivedAt
    const sorted = ttft_us.filter((ttft, i) => ttft >= 0 && model[i] === 0 && counted[i] >= 30 * SECOND).sort()
    const { ttft_ms } = run.result.models[tracks.models[0]]
    expect(quantileOf(sorted, 0.95) / 1_000).toBeCloseTo(ttft_ms.p95!, 6)
  })

  it('spread tokens over the time in which they were spoken, to the last token', () => {
    const tracks = whole(run.index)
    const decoded = run.index.store.column('work', 'decodedTokens')
    expect(sum(tracks.tokens)).toBeCloseTo(sum(decoded), 3)
    // Credited at their ends they come in bursts; spoken, at most all Macs' speed together.
    const fine = answer(run.index, { kind: 'tracks', from_us: 0, to_us: run.index.end_us + 1, pixels: 4_000 })
    const ended = new Float64Array(fine.buckets)
    const at = run.index.store.column('work', 'at')
    for (let i = 0; i < at.length; i += 1) ended[Math.floor(at[i] / fine.bucket_us)] += decoded[i]
    const spoken = Float64Array.from({ length: fine.buckets }, (_, bucket) => ofBucket(fine.tokens, fine, bucket))
    expect(Math.max(...spoken)).toBeLessThan(Math.max(...ended))
  })

  it('put every Mac into one pool at any moment', () => {
    const tracks = whole(run.index, 1_200)
    for (let bucket = 0; bucket < tracks.buckets; bucket += 1)
      expect(ofBucket(tracks.inPool, tracks, bucket)).toBe(run.names.machines.length)
    expect(tracks.pools.slice(0, 2)).toEqual(['not connected', 'no pool'])
    expect(tracks.pools.length).toBeGreaterThan(3)
  })

  it('count every load that began, by the causes of the result', () => {
    const tracks = whole(run.index)
    expect(sum(tracks.loads)).toBe(run.index.store.table('load_started').length)
  })

  it('of one model hold only its requests, and the whole fleet', () => {
    const all = whole(run.index)
    const parts = all.models.map((model) =>
      answer(run.index, { kind: 'tracks', from_us: 0, to_us: run.index.end_us + 1, pixels: 400, model }),
    )
    for (const name of ['arrived', 'heat'] as const)
      expect(parts.reduce((total, part) => total + sum(part[name]), 0)).toBe(sum(all[name]))
    for (const name of ['arrived', 'refused', 'fates', 'good'] as const)
      expect(parts.reduce((total, { shares }) => total + sum(shares[name]), 0)).toBe(sum(all.shares[name]))
    for (const part of parts) expect(part.inPool).toEqual(all.inPool)
  })

  property.prop([fc.nat({ max: 89 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 40, max: 2_000 })])(
    'say of a window what they say of the whole run there',
    (from_s, length_s, pixels) => {
      const query = { kind: 'tracks', from_us: from_s * SECOND, to_us: (from_s + length_s) * SECOND, pixels } as const
      const part = answer(run.index, query)
      const to_us = part.start_us + part.buckets * part.bucket_us
      const { arrivedAt } = run.index.requests
      expect(part.start_us).toBeLessThanOrEqual(query.from_us)
      expect(to_us).toBeGreaterThanOrEqual(query.to_us)
      expect(sum(part.arrived)).toBe(arrivedAt.filter((at) => at >= part.start_us && at < to_us).length)
      const whole_ = whole(run.index)
      const bucket = Math.floor(part.start_us / whole_.bucket_us)
      if (whole_.bucket_us === part.bucket_us)
        expect(ofBucket(part.arrived, part, 0)).toBe(ofBucket(whole_.arrived, whole_, bucket))
    },
  )
})

describe('tokens', () => {
  property.prop([
    fc.array(
      fc.record({ from: fc.nat({ max: 90 }), length: fc.nat({ max: 60 }), tokens: fc.integer({ min: 1, max: 500 }) }),
      { maxLength: 20 },
    ),
    fc.integer({ min: 1, max: 30 }),
  ])('add up over any grid to what was spoken while it lasts', (answers, most) => {
    const rows = answers
      .map(({ from, length, tokens }) => ({ at: from + length, from, tokens }))
      .sort((a, b) => a.at - b.at)
      .map(({ at, from, tokens }) => ({
        kind: 'work' as const,
        at,
        machine: 0,
        request: 0,
        attempt: 0,
        build: 'oss',
        decodedTokens: tokens,
        receivedAt: from * SECOND,
        admittedAt: from * SECOND,
        firstTokenAt: from * SECOND,
      }))
    const index = aTrace(rows, 200)
    const tracks = answer(index, { kind: 'tracks', from_us: 0, to_us: 200 * SECOND, pixels: most * 4 })
    expect(sum(tracks.tokens)).toBeCloseTo(sum(answers.map(({ tokens }) => tokens)), 3)
    // A half of the run and the other half are the run, whatever reaches over.
    const grid = gridOf({ from_us: 0, to_us: 200 * SECOND, most })
    const middle = grid.start_us + Math.floor(grid.buckets / 2) * grid.bucket_us
    const halves = [
      [0, middle],
      [middle, 200 * SECOND],
    ].filter(([from, to]) => to > from)
    const spoken = halves.map(([from_us, to_us]) => {
      const part = answer(index, { kind: 'tracks', from_us: from_us, to_us: to_us, pixels: 40_000 })
      return sum(part.tokens)
    })
    expect(sum(spoken)).toBeCloseTo(sum(answers.map(({ tokens }) => tokens)), 3)
  })
})

describe('pools', () => {
  it('follow a Mac that goes, comes back by another connection, and is labelled anew', () => {
    const index = aTrace([
      { kind: 'relabel', at: 10, provider: 0, from: '', to: 'oss', surface: 'heartbeat', request: -1 },
      { kind: 'disconnected', at: 20, provider: 0, why: 'socket' },
      { kind: 'registered', at: 30, provider: 2, machine: 0, serial: 'mac-1', chip: 'M4 Max 40c' },
      { kind: 'relabel', at: 40, provider: 2, from: '', to: 'gemma-q4', surface: 'heartbeat', request: -1 },
      // The old connection is given up late: the Mac is long back.
      { kind: 'disconnected', at: 50, provider: 0, why: 'evicted' },
    ])
    const tracks = answer(index, { kind: 'tracks', from_us: 0, to_us: 100 * SECOND, pixels: 40 })
    expect(tracks.pools).toEqual(['not connected', 'no pool', 'oss', 'gemma-q4'])
    const at = (bucket: number): number[] =>
      tracks.pools.map((_, pool) => tracks.inPool[pool * tracks.buckets + bucket])
    expect([0, 1, 2, 3, 4, 5].map(at)).toEqual([
      [0, 2, 0, 0],
      [0, 1, 1, 0],
      [1, 1, 0, 0],
      [0, 2, 0, 0],
      [0, 1, 0, 1],
      [0, 1, 0, 1],
    ])
  })
})

describe('the scale of TTFT', () => {
  property.prop([fc.double({ min: 0, max: 1e10, noNaN: true })])('has a bin for every time', (ttft) => {
    expect(heatBin(ttft)).toBeGreaterThanOrEqual(0)
    expect(heatBin(ttft)).toBeLessThan(HEAT_BINS)
  })

  property.prop([fc.double({ min: 0, max: 1, noNaN: true })])('reads back what it shows', (share) => {
    expect(heatShare(heatTtft(share))).toBeCloseTo(share, 9)
  })
})

describe('time grids', () => {
  property.prop([
    fc.integer({ min: 0, max: 86_400_000_000 }),
    fc.integer({ min: 1, max: 86_400_000_000 }),
    fc.integer({ min: 1, max: 1_000 }),
  ])(
    'cover their window with as few intervals as asked, laid out from the start of the run',
    (from_us, span_us, most) => {
      const grid = gridOf({ from_us, to_us: from_us + span_us, most })
      expect(grid.start_us % grid.bucket_us).toBe(0)
      expect(grid.start_us).toBeLessThanOrEqual(from_us)
      expect(grid.start_us + grid.buckets * grid.bucket_us).toBeGreaterThanOrEqual(from_us + span_us)
      expect(grid.buckets).toBeLessThanOrEqual(most + 2)
    },
  )
})
