/** Waiting for a machine: coordinator-routing §8 and the scheduler tests S15, S16, S20, S21, S23. */
import { describe, expect, it } from 'vitest'
import { A, B, slot, World } from '../world.ts'

const busy = [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })]
const free = [slot(A, { maxConcurrency: 1 })]

describe('a queued request', () => {
  it('S15: is assigned with its decision when the machine becomes idle', () => {
    const world = new World()
    const mac = world.mac({ slots: free })
    const [first, second] = [world.asked(), world.asked()]
    world.completes(mac, first)
    expect(world.dispatches(second)).toEqual([mac])
    const drained = world.rowsOf('decision').at(-1)
    expect(drained).toMatchObject({ phase: 'queue_drain', outcome: 'selected', candidates: 1, provider: mac })
    expect(world.rowsOf('priced').at(-1)!.cost_ms).toBeGreaterThan(0)
    expect(world.rowsOf('dequeued')).toMatchObject([{ request: second, why: 'assigned', depth: 0 }])
  })
  it('S16: does not block the next one when its serial is not there', () => {
    const world = new World()
    const mac = world.mac({ serial: 'x', slots: busy })
    const other = world.mac({ serial: 'y', slots: busy })
    const pinned = world.asked({ serials: ['x'] })
    const anywhere = world.asked()
    world.beat(other, { slots: free })
    expect(world.dispatches(anywhere)).toEqual([other])
    expect(world.dispatches(pinned)).toEqual([])
    expect(world.coordinator.queuedRequests).toBe(1)
    world.beat(mac, { slots: free })
    expect(world.dispatches(pinned)).toEqual([mac])
  })
  it('S21: goes in one drain with the others when a machine without a capacity report (cap 4) comes back', () => {
    const world = new World()
    const mac = world.mac({ slots: busy })
    for (let each = 0; each < 3; each++) world.asked()
    world.beat(mac, {}, true)
    expect(world.rowsOf('dispatched')).toHaveLength(3)
    expect(world.rowsOf('decision').at(-1)!.at).toBe(world.rowsOf('heartbeat').at(-1)!.at)
  })
  it('S23: is assigned when a heartbeat says that the crashed slot runs again', () => {
    const world = new World()
    const mac = world.mac({ slots: busy })
    const ask = world.asked()
    world.beat(mac, { slots: [slot(A, { state: 'crashed' })] })
    expect(world.dispatches(ask)).toEqual([])
    world.beat(mac, { slots: [slot(A, { state: 'running' })] })
    expect(world.dispatches(ask)).toEqual([mac])
  })
  it('is answered 429 queue_timeout after 120 s, with the Retry-After of those still waiting', () => {
    const world = new World()
    world.mac({ slots: busy })
    const [first] = [world.asked(), world.pass(1).asked()]
    world.pass(119)
    expect(world.ending(first)).toEqual({ kind: 'rejected', status: 429, reason: 'queue_timeout', retryAfter_s: 3 })
    expect(world.rowsOf('dequeued')).toMatchObject([{ why: 'timeout', at: 120_023_000, depth: 1 }])
  })
  it('leaves with its client, and nobody is answered', () => {
    const world = new World()
    const mac = world.mac({ slots: busy })
    const ask = world.asked()
    world.cancel(ask)
    expect(world.rowsOf('dequeued')).toMatchObject([{ why: 'cancelled', depth: 0 }])
    world.beat(mac, { slots: free })
    world.pass(200)
    expect(world.answers).toEqual([])
    expect(world.coordinator.openRequests).toBe(0)
  })
})

it('D4: the eleventh waiter is answered 429 queue_full with Retry-After 30 (control §10.2)', () => {
  const world = new World()
  world.mac({ slots: busy })
  for (let each = 0; each < 10; each++) world.asked()
  expect(world.rowsOf('queued').map((row) => row.depth)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  const late = world.asked()
  expect(world.ending(late)).toEqual({ kind: 'rejected', status: 429, reason: 'queue_full', retryAfter_s: 30 })
  expect(world.rowsOf('decision').at(-1)).toMatchObject({ phase: 'select', outcome: 'rejected' })
})

it('Q3: one drain fills all free places, in order of arrival', () => {
  const world = new World()
  const mac = world.mac({ slots: busy })
  const asks = [world.asked(), world.asked(), world.asked(), world.asked()]
  world.beat(mac, { slots: [slot(A, { maxConcurrency: 3 })] })
  expect(world.rowsOf('dispatched').map((row) => row.request)).toEqual(asks.slice(0, 3))
})

const budget = (used: number) => [slot(A, { activeTokenBudgetUsed: used, activeTokenBudgetMax: 1_000 })]

it('Q3: a small request behind one that is too large for the free budget is still placed', () => {
  const world = new World()
  const mac = world.mac({ slots: budget(1_000) })
  const large = world.asked({ maxTokens: 700 })
  const larger = world.asked({ maxTokens: 800 })
  const small = world.asked({ maxTokens: 200 })
  world.beat(mac, { slots: budget(600) })
  expect(world.rowsOf('dispatched').map((row) => row.request)).toEqual([small])
  world.completes(mac, small)
  world.beat(mac, { slots: budget(0) })
  expect(world.dispatches(large)).toEqual([mac])
  expect(world.dispatches(larger)).toEqual([])
})

it('Q3: a waiter that found no room is looked at again after another was placed, which may have made the room', () => {
  const world = new World()
  const mac = world.mac({ slots: busy })
  // KV of 140,000 tokens is 52.2 GB. B1 wants 10 GB of weights, that, and 4 GB to spare on a machine without work, B2 on
  // one with work the first two only: 62.2 of 64 GB.
  const large = world.asked({ maxTokens: 140_000 })
  const small = world.asked()
  world.beat(mac, { slots: [] })
  expect(world.rowsOf('dispatched').map((row) => row.request)).toEqual([small, large])
})

it('Q4: a heartbeat drains the builds in advertised order', () => {
  const world = new World()
  const mac = world.mac({ models: [B, A], slots: busy })
  world.beat(mac, { slots: [...busy, slot(B, { state: 'running', running: 1, maxConcurrency: 1 })] })
  const [ofA, ofB] = [world.asked(), world.asked({ model: B })]
  world.beat(mac, { slots: [...free, slot(B, { maxConcurrency: 1 })] })
  expect(world.rowsOf('dispatched').map((row) => row.request)).toEqual([ofB, ofA])
})

it('Q6: a failed load fails all waiters of the build when nobody else could serve it', () => {
  const world = new World()
  const mac = world.mac({ slots: busy })
  const waiters = [world.asked(), world.asked()]
  world.beat(mac, { slots: [slot(A, { state: 'crashed' })] })
  world.say(mac, { kind: 'load_status', build: A, status: 'failed', text: 'model load failed: not found' })
  for (const waiter of waiters) expect(world.ending(waiter)).toMatchObject({ status: 429, reason: 'queue_timeout' })
  expect(world.rowsOf('dequeued').map((row) => row.why)).toEqual(['unservable', 'unservable'])
})

it('Q6: those who prefer their own machine go on waiting only while one that has the build is connected (§17)', () => {
  for (const [models, waits] of [
    [[A], true],
    [[B], false],
  ] as const) {
    const world = new World()
    const mac = world.mac({ slots: busy })
    const own = world.mac({
      models,
      account: 'ann',
      slots: [slot(A, { state: 'crashed' }), slot(B)],
      status: 'serving',
    })
    const [preferring, anybody] = [world.asked({ account: 'ann', route: 'prefer_owner' }), world.asked()]
    world.beat(mac, { slots: [slot(A, { state: 'crashed' })] })
    world.say(mac, { kind: 'load_status', build: A, status: 'failed', text: 'model load failed: not found' })
    expect(world.ending(anybody)).toMatchObject({ reason: 'queue_timeout' })
    expect(world.ending(preferring) === undefined).toBe(waits)
    world.beat(own, { status: 'idle', slots: [slot(A)] })
    expect(world.dispatches(preferring)).toEqual(waits ? [own] : [])
  }
})

it('Q6 does not apply while the provider drains, or while somebody is merely full', () => {
  const world = new World()
  const mac = world.mac({ slots: busy })
  const ask = world.asked()
  world.say(mac, { kind: 'load_status', build: A, status: 'failed', text: 'model load failed: not found' })
  world.beat(mac, { slots: [slot(A, { state: 'crashed' })] })
  world.say(mac, { kind: 'load_status', build: A, status: 'failed', text: 'provider draining for update' })
  expect(world.ending(ask)).toBeUndefined()
})

it('S20: an untrusted machine stays out after it became idle', () => {
  const world = new World()
  world.mac({ trust: { level: 'self_signed' } })
  expect(world.ending(world.asked())).toMatchObject({ status: 503, reason: 'no_provider' })
})
