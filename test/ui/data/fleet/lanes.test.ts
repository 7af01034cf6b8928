/** Lanes of a made-up day, held against its rows: every level of detail tells the same story. */
import { beforeAll, describe, expect, it } from 'vitest'
import { LANE_STATES } from '../../../../ui/data/fleet/lane-states.ts'
import { type TraceIndex, traceIndex } from '../../../../ui/data/trace/trace-index.ts'
import { answer } from '../../../../ui/data/trace/trace-query.ts'
import { laneOrder } from '../../../../ui/views/trace/lanes/lane-order.ts'
import { dayHeader, fleetDay } from '../../fleet-day.ts'

const DAY = { machines: 20, requests: 4_000, hours: 2 }
const STATES = LANE_STATES.length
let index: TraceIndex

beforeAll(() => {
  const { machines, builds, models } = dayHeader(DAY, 'made-up')
  index = traceIndex(fleetDay(DAY), { machines, builds, models, modelOfBuild: {} })
})

const most = (pixels: number, track: 'heat' | 'queue' | 'memory'): number =>
  Math.max(...lanesOf(0, index.end_us, pixels)[track])

const lanesOf = (from_us: number, to_us: number, pixels: number) =>
  answer(index, { kind: 'lanes', from_us, to_us, pixels })

describe('lanes', () => {
  it('give each bucket away to the states wholly, at every level', () => {
    for (const pixels of [50, 700, 3_000, 20_000]) {
      const { shares, buckets } = lanesOf(1e9, 1.2e9, pixels)
      let worst = 0
      for (let i = 0; i < 20 * buckets; i += 1) {
        const sum = shares.subarray(i * STATES, (i + 1) * STATES).reduce((all, share) => all + share, 0)
        worst = Math.max(worst, Math.abs(sum - 255))
      }
      // Each state is rounded by itself.
      expect(worst).toBeLessThan(8)
    }
  })

  it('agree with the exact shares of the same time', () => {
    const lanes = lanesOf(0, index.end_us, 300)
    const to_us = Math.min(index.end_us, lanes.start_us + lanes.buckets * lanes.bucket_us)
    const exact = answer(index, { kind: 'lane_shares', from_us: lanes.start_us, to_us })
    for (let machine = 0; machine < 20; machine += 1) {
      for (let state = 0; state < STATES; state += 1) {
        let sum = 0
        for (let b = 0; b < lanes.buckets; b += 1) sum += lanes.shares[(machine * lanes.buckets + b) * STATES + state]
        expect(sum / 255 / lanes.buckets).toBeCloseTo(exact[machine][state], 1)
      }
    }
  })

  it('keep the most of heat and queue when buckets are merged', () => {
    for (const track of ['heat', 'queue', 'memory'] as const) expect(most(30, track)).toBe(most(8_192, track))
  })

  it('call pools by the label, from the moment it was given', () => {
    const [relabel] = answer(index, { kind: 'rows', kinds: ['relabel'], from_us: 1 }).rows
    if (relabel?.kind !== 'relabel') throw new Error('the day has a relabel')
    const moment = (at_us: number) => answer(index, { kind: 'machine_moment', machine: relabel.provider, at_us })
    expect(moment(relabel.at - 1).pool).toBe(relabel.from)
    expect(moment(relabel.at).pool).toBe(relabel.to)
  })
})

describe('one Mac', () => {
  it('lists at a moment the requests that the lane counts', () => {
    const at_us = 3e9
    for (let machine = 0; machine < 20; machine += 1) {
      const { requests, slots, state } = answer(index, { kind: 'machine_moment', machine, at_us })
      expect(requests.length).toBe(state?.live)
      const running = requests.filter(({ phase }) => phase !== 'waiting').length
      expect(slots.reduce((sum, slot) => sum + slot.rows, 0)).toBe(running)
    }
  })

  it('has a lane per slot whose first step holds from before the window', () => {
    const slots = answer(index, { kind: 'machine_slots', machine: 3, from_us: 2e9, to_us: 2.2e9 })
    expect(slots.length).toBeGreaterThan(0)
    for (const { starts_us } of slots) {
      expect(starts_us[0]).toBeLessThanOrEqual(2e9)
      expect(starts_us.at(-1)).toBeLessThanOrEqual(2.2e9)
    }
  })

  it('lists its own label changes only', () => {
    const rows = answer(index, { kind: 'machine_labels', machine: 5, from_us: 0, to_us: index.end_us })
    expect(rows.length).toBeGreaterThan(0)
    expect(new Set(rows.map((row) => row.provider))).toEqual(new Set([5]))
  })
})

describe('the order of lanes', () => {
  const machines = ['a', 'b', 'c'].map((serial, i) => ({ serial, chip: `M${4 - i}`, memoryBytes: 1, chassis: '' }))
  const facts = { machines, pools: ['z', 'y', ''], shares: [[1], [0.2], [0.7]], waiting: [0, 1, 5] }

  it('filters by name, chip and pool, whatever the case', () => {
    expect(laneOrder(facts, 'name', 'M3')).toEqual([1])
    expect(laneOrder(facts, 'name', ' Z ')).toEqual([0])
  })

  it('sorts by pool, chip, idleness and queue', () => {
    expect(laneOrder(facts, 'pool', '')).toEqual([2, 1, 0])
    expect(laneOrder(facts, 'chip', '')).toEqual([2, 1, 0])
    expect(laneOrder(facts, 'busy', '')).toEqual([1, 2, 0])
    expect(laneOrder(facts, 'queue', '')).toEqual([2, 1, 0])
  })
})

describe('a moment', () => {
  it('never shows a Mac idle that runs something, nor busy that runs nothing', () => {
    let busy = 0
    for (let i = 0; i < 400; i += 1) {
      const [machine, at_us] = [i % 20, Math.floor((i / 400) * index.end_us)]
      const { lane, slots, requests } = answer(index, { kind: 'machine_moment', machine, at_us })
      const running = slots.reduce((sum, { rows }) => sum + rows, 0)
      const state = LANE_STATES[lane.state]
      expect(state === 'prefill' || state === 'decode', `Mac ${machine} at ${at_us}`).toBe(running > 0)
      expect(requests.filter(({ phase }) => phase !== 'waiting').length).toBe(running)
      expect(lane.waiting).toBe(requests.length - running)
      if (running > 0) busy += 1
    }
    expect(busy).toBeGreaterThan(50)
  })

  it('counts every Mac of the fleet in one state and in one pool', () => {
    for (let i = 0; i < 20; i += 1) {
      const { states, pools, withoutPool } = answer(index, { kind: 'fleet_moment', at_us: (i / 20) * index.end_us })
      expect(states.reduce((sum, count) => sum + count, 0)).toBe(20)
      expect(pools.reduce((sum, { macs }) => sum + macs, withoutPool)).toBe(20)
    }
  })
})
