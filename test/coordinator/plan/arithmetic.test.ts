/** The pure parts against the golden numbers of the facts: coordinator-control §10.2, coordinator-routing §15.5. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { microsFromSeconds, type Micros } from '../../../sim/base/time.ts'
import { breakerBackoff } from '../../../sim/coordinator/view/breakers.ts'
import { qualityConcurrency } from '../../../sim/coordinator/view/rates/quality-cap.ts'
import { RequestQueue } from '../../../sim/coordinator/serve/queue.ts'
import { baseRetryAfter, ttftRetryAfter } from '../../../sim/coordinator/decide/retry-after.ts'
import {
  rampedLoads,
  reactiveTarget,
  serviceTime_s,
  settledTarget,
} from '../../../sim/coordinator/plan/warm-pool-target.ts'
import { WarmPoolPressure } from '../../../sim/coordinator/view/warm-pool-pressure.ts'
import { A, B } from '../world.ts'

const s = microsFromSeconds
const target = (load: number, qc: number, warm: number, cold: number, burst: number, pressure = true): number =>
  reactiveTarget({ pressure, warm, eligibleCold: cold, load, qualityConcurrency: qc, burstBuffer: burst })

describe('quality concurrency (control §10.2, WP13)', () => {
  it('is 1 for a solo rate of 23 tok/s against a floor of 15', () =>
    expect(qualityConcurrency(23, 15, 24, 4, 0.27)).toBe(1))
  it('is 10 for 57 tok/s', () => expect(qualityConcurrency(57, 15, 24, 4, 0.27)).toBe(10))
  it('is 7 for 57 tok/s with the slow-down of July', () => expect(qualityConcurrency(57, 15, 24, 4, 0.39)).toBe(7))
  it('is 20 for 100 tok/s and no more than the cap of 6', () => {
    expect(qualityConcurrency(100, 15, 24, 4, 0.27)).toBe(20)
    expect(qualityConcurrency(100, 15, 6, 4, 0.27)).toBe(6)
  })
  it('is 1 at or below the floor', () => {
    expect(qualityConcurrency(14, 15, 24, 4, 0.27)).toBe(1)
    expect(qualityConcurrency(10, 15, 24, 4, 0.27)).toBe(1)
  })
  it('is the cap without a floor and 4 when the cap is unknown', () => {
    expect(qualityConcurrency(100, 0, 9, 4, 0.27)).toBe(9)
    expect(qualityConcurrency(100, 0, 0, 4, 0.27)).toBe(4)
  })
})

describe('service time (control §10.2, WP16)', () => {
  it('is 5.24 s at prefill 684 and decode 57', () => expect(serviceTime_s(684, 57, 512, 256)).toBeCloseTo(5.24, 2))
  it('is 6.12 s for 600/600 + 256/50', () => expect(serviceTime_s(600, 50, 600, 256)).toBeCloseTo(6.12, 2))
  it('is at most 2 minutes and at least half a second', () => {
    expect(serviceTime_s(0.001, 0.001, 512, 256)).toBe(120)
    expect(serviceTime_s(0, 0, 512, 256)).toBe(120)
    expect(serviceTime_s(600, 50, 0, 0)).toBe(0.5)
  })
})

describe('target (control §10.2, WP14, WP18)', () => {
  it('goes from 3 to 4 for one spilled request per second', () => expect(target(1 * 5.24, 10, 3, 20, 1)).toBe(4))
  it('goes from 3 to 12 for 20 per second', () => expect(target(20 * 5.24, 10, 3, 20, 1)).toBe(12))
  it('is L with quality concurrency 1 and no buffer', () => expect(target(8, 1, 1, 20, 0)).toBe(8))
  it('covers 2 requests per second that stay 5 s with 10 machines', () => expect(target(2 * 5, 1, 1, 20, 0)).toBe(10))
  it('is what is warm without pressure', () => expect(target(8, 1, 2, 20, 0, false)).toBe(2))
  it('is capped by what is reachable', () => expect(target(8, 1, 1, 2, 0)).toBe(3))
  it('is one more than warm for a lone event', () => expect(target(0, 10, 2, 5, 1)).toBe(3))
  it('holds a higher target for the dwell time as far as it is reachable', () => {
    expect(settledTarget(2, 6, 0, 2, 10)).toBe(6)
    expect(settledTarget(2, 6, 0, 2, 1)).toBe(3)
    expect(settledTarget(2, undefined, 0, 2, 10)).toBe(2)
  })
  it('is raised by the floor, as far as it is reachable (WP9)', () => {
    expect(settledTarget(1, undefined, 3, 1, 2)).toBe(3)
    expect(settledTarget(1, undefined, 5, 1, 1)).toBe(2)
  })
})

describe('ramp (control §10.2, WP15)', () => {
  it.each([
    [1, 2, 16, 0.5, 1],
    [5, 4, 16, 0.5, 4],
    [20, 4, 16, 0.5, 10],
    [100, 4, 16, 0.5, 16],
    [20, 3, 16, 0, 3],
    [0, 4, 16, 0.5, 0],
    [9, 4, 16, 0.5, 5],
  ])('sends for gap %i, base %i, ceiling %i, fraction %f: %i', (gap, base, ceiling, fraction, loads) => {
    expect(rampedLoads(gap, base, ceiling, fraction)).toBe(loads)
  })
})

describe('spill rate (WP17)', () => {
  it('only starts its clock at the first fold, then counts 10 events in 10 s as 1 per second', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.record(A, 'speculative_started', s(0))
    expect(pressure.snapshot(A, s(0)).spillRate).toBe(0)
    for (let event = 1; event <= 10; event++) pressure.record(A, 'capacity_reject', s(event))
    expect(pressure.snapshot(A, s(10)).spillRate).toBe(1)
  })
  it('ignores speculative events', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.record(A, 'speculative_started', s(0))
    pressure.snapshot(A, s(0))
    for (let event = 1; event <= 10; event++) pressure.record(A, 'speculative_started', s(event))
    expect(pressure.snapshot(A, s(10)).spillRate).toBe(0)
  })
  it('starts the clock of a build that was not heard of at the second tick, not the first', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.queueIs(A, 1, 0 as Micros, s(0))
    pressure.snapshot(A, s(0))
    pressure.record(A, 'cold_dispatch', s(15))
    expect(pressure.snapshot(A, s(20)).spillRate).toBe(0)
    expect(pressure.snapshot(A, s(25)).spillRate).toBe(0.2)
  })
  it('folds the first spill of a build that ticks have surveyed before at the next tick', () => {
    const pressure = new WarmPoolPressure(s(10))
    for (const tick of [0, 10, 20]) pressure.snapshot(A, s(tick))
    pressure.record(A, 'cold_dispatch', s(25))
    expect(pressure.snapshot(A, s(30)).spillRate).toBe(0.1)
  })
  it('smooths: 1 per second, then nothing, is 0.7', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.record(A, 'speculative_started', s(0))
    pressure.snapshot(A, s(0))
    for (let event = 1; event <= 10; event++) pressure.record(A, 'ttft_miss', s(event))
    pressure.snapshot(A, s(10))
    expect(pressure.snapshot(A, s(20)).spillRate).toBeCloseTo(0.7, 12)
  })
  it('folds at most once per half interval', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.record(A, 'capacity_reject', s(0))
    pressure.snapshot(A, s(0))
    expect(pressure.snapshot(A, s(4)).spillRate).toBe(0)
  })
})

describe('pressure memory (control §2.2)', () => {
  it('halves all counters of all builds when an event comes 60 s after the one before', () => {
    const pressure = new WarmPoolPressure(s(30))
    for (let event = 0; event < 5; event++) pressure.record(A, 'capacity_reject', s(0))
    pressure.record(B, 'capacity_reject', s(60))
    expect(pressure.snapshot(A, s(60)).counters.capacity_reject).toBe(2)
    expect(pressure.snapshot(B, s(60)).counters.capacity_reject).toBe(1)
  })
  it('never decays under steady traffic', () => {
    const pressure = new WarmPoolPressure(s(10))
    for (let second = 0; second <= 300; second += 30) pressure.record(A, 'capacity_reject', s(second))
    expect(pressure.snapshot(A, s(300)).counters.capacity_reject).toBe(11)
  })
  it('forgets a build that was quiet for longer than the window of a minute', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.record(A, 'capacity_reject', s(0))
    expect(pressure.snapshot(A, s(60)).counters.capacity_reject).toBe(1)
    expect(pressure.snapshot(A, s(61)).counters.capacity_reject).toBe(0)
  })
  it('remembers for another minute from each end of a load of the build, with the counters as they are', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.record(A, 'capacity_reject', s(0))
    pressure.record(B, 'capacity_reject', s(0))
    for (const end of [55, 110]) pressure.loadEnded(A, s(end))
    expect(pressure.snapshot(A, s(170)).counters.capacity_reject).toBe(1)
    expect(pressure.snapshot(A, s(171)).counters.capacity_reject).toBe(0)
    expect(pressure.snapshot(B, s(61)).counters.capacity_reject).toBe(0)
  })
  it('forgets a queue that nothing was heard of for longer than the window', () => {
    const pressure = new WarmPoolPressure(s(10))
    pressure.queueIs(A, 3, s(2), s(0))
    expect(pressure.snapshot(A, s(60))).toMatchObject({ queueDepth: 3, queueAge: s(2) })
    expect(pressure.snapshot(A, s(61))).toMatchObject({ queueDepth: 0 })
  })
})

describe('Retry-After (routing §6, control §10.2)', () => {
  it('is 2 s with an empty queue, 12 s with 4 waiters, 30 s with 10', () => {
    expect([0, 1, 4, 10, 99].map(baseRetryAfter)).toEqual([2, 3, 12, 30, 30])
  })
  it('covers the time by which the best estimate misses the deadline, within 2 and 30 s', () => {
    expect(ttftRetryAfter(12_400, 7_000, 0)).toBe(6)
    expect(ttftRetryAfter(7_100, 7_000, 0)).toBe(2)
    expect(ttftRetryAfter(7_100, 7_000, 4)).toBe(12)
    expect(ttftRetryAfter(100_000, 7_000, 0)).toBe(30)
  })
})

it('opens the node breaker for 60, 120, 240, 300, 300 s (control §10.2)', () => {
  const backoffs = [0, 1, 2, 3, 4].map((trips) => breakerBackoff(trips, s(60), s(300)))
  expect(backoffs).toEqual([60, 120, 240, 300, 300].map(s))
})

const waiter = (name: string, at = 0) => ({ build: A, enqueuedAt: s(at), name })
const none = (): void => undefined

describe('queue', () => {
  it('is first in, first out and holds 10 (Q1)', () => {
    const queue = new RequestQueue<ReturnType<typeof waiter>>(() => ({ depthMax: 10, waitMax: s(120) }))
    for (let place = 0; place < 10; place++) expect(queue.enqueue(waiter(`${place}`), s(0), none)).toBe('queued')
    expect(queue.enqueue(waiter('late'), s(0), none)).toBe('full')
    const order: string[] = []
    queue.drain(A, s(0), (each) => order.push(each.name) > 0, none)
    expect(order).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
  })

  it('drops stale entries before it says full (Q1)', () => {
    const queue = new RequestQueue<ReturnType<typeof waiter>>(() => ({ depthMax: 1, waitMax: s(120) }))
    queue.enqueue(waiter('old', 0), s(0), none)
    const stale: string[] = []
    expect(queue.enqueue(waiter('new', 121), s(121), (each) => void stale.push(each.name))).toBe('queued')
    expect(stale).toEqual(['old'])
  })

  it('tries those it set aside again after every success, in their old order (Q3)', () => {
    const queue = new RequestQueue<ReturnType<typeof waiter>>(() => ({ depthMax: 10, waitMax: s(120) }))
    for (const name of ['pinned', 'x', 'y']) queue.enqueue(waiter(name), s(0), none)
    const tried: string[] = []
    queue.drain(A, s(0), (each) => tried.push(each.name) > 0 && each.name !== 'pinned', none)
    expect(tried).toEqual(['pinned', 'x', 'pinned', 'y', 'pinned'])
    expect(queue.waiters(A).map((each) => each.name)).toEqual(['pinned'])
  })

  test.prop([fc.array(fc.boolean(), { maxLength: 10 })])('keeps exactly those nobody takes, in order', (takes) => {
    const queue = new RequestQueue<ReturnType<typeof waiter>>(() => ({ depthMax: 10, waitMax: s(120) }))
    takes.forEach((_, place) => queue.enqueue(waiter(`${place}`), s(0), none))
    const assigned = queue.drain(A, s(0), (each) => takes[Number(each.name)]!, none)
    expect(assigned).toBe(takes.filter(Boolean).length)
    expect(queue.waiters(A).map((each) => Number(each.name))).toEqual(
      takes.flatMap((take, place) => (take ? [] : [place])),
    )
    expect(queue.size).toBe(takes.length - assigned)
  })
})
