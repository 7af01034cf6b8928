/**
 * What the real program was seen to do, when simulated Macs were put before it in June 2026 (docs/real-coordinator.md), and
 * that ours does too. Each case is one of that page's.
 */
import { describe, expect, it } from 'vitest'
import { A, slot, World } from './world.ts'

const full = [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })]
const free = [slot(A, { maxConcurrency: 1 })]

const twoMacs = () => {
  const world = new World()
  world.mac()
  world.mac()
  const ask = world.asked()
  return { world, ask, first: world.dispatches(ask)[0]! }
}

describe('the coordinator, as the real one was seen to', () => {
  it('sends a backup at half the deadline to a Mac that has not accepted, and none once it has', () => {
    const silent = twoMacs()
    silent.world.pass(2.5)
    expect(silent.world.dispatches(silent.ask)).toHaveLength(1)
    // A prompt of 100 tokens has 5.1 s; the decision about the backup takes 23 ms.
    silent.world.pass(0.074)
    expect(silent.world.dispatches(silent.ask)).toHaveLength(2)
    const accepted = twoMacs()
    accepted.world.says(accepted.first, 'accepted', accepted.ask)
    // The first token comes after 8 s, and later still.
    accepted.world.pass(500)
    expect(accepted.world.dispatches(accepted.ask)).toEqual([accepted.first])
  })

  it('does not serve its queue first in, first out where drains take time and interleave', () => {
    const waiters = 6
    const scene = (step: string | undefined) => {
      const world = new World({ settings: step === undefined ? {} : { QUEUE_DRAIN_STEP: step } })
      const macs = [world.mac({ slots: full }), world.mac({ slots: full })] as const
      const asks = Array.from({ length: waiters }, () => world.asked())
      // One Mac comes free; a drain gives the first waiter to it, and takes out the others one by one in vain.
      world.beat(macs[0], { slots: free })
      world.pass(0.05)
      // While it holds all but the last, the other comes free.
      world.beat(macs[1], { slots: free })
      world.pass(1)
      const order = world.rowsOf('dequeued').map(({ request }) => asks.indexOf(request) + 1)
      return { world, asks, order }
    }
    expect(scene(undefined).order).toEqual([1, 2])
    const { world, order } = scene('10ms')
    expect(order).toEqual([1, waiters])
    // Nobody is lost: those who were passed over are at the head again, in their order.
    expect(world.coordinator.queuedRequests).toBe(waiters - 2)
    const [served] = world.rowsOf('dispatched').map(({ request, provider }) => ({ request, provider }))
    world.completes(served!.provider, served!.request)
    world.pass(1)
    expect(world.rowsOf('dequeued').at(-1)).toMatchObject({ request: 1, why: 'assigned', depth: waiters - 3 })
  })

  it('lets a waiter go that a drain has in its hands: its client leaves, or its time is over', () => {
    const world = new World({ settings: { QUEUE_DRAIN_STEP: '1s', QUEUE_MAX_WAIT: '10s' } })
    const mac = world.mac({ slots: full })
    const [leaves, stays] = [world.asked(), world.asked()]
    world.beat(mac, { slots: free })
    world.pass(0.5)
    expect(world.coordinator.queuedRequests).toBe(2)
    world.cancel(leaves)
    expect(world.rowsOf('dequeued')).toMatchObject([{ request: leaves, why: 'cancelled', depth: 1 }])
    world.pass(2)
    expect(world.dispatches(leaves)).toEqual([])
    expect(world.dispatches(stays)).toEqual([mac])
    const late = world.asked()
    world.beat(mac, { slots: full })
    world.pass(9.5)
    // Another Mac has room; the drain that it sets off is at work when the ten seconds are over.
    const other = world.mac({ slots: free })
    world.pass(0.6)
    expect(world.ending(late)).toMatchObject({ status: 429, reason: 'queue_timeout' })
    world.pass(5)
    expect(world.dispatches(late)).not.toContain(other)
    expect(world.coordinator.queuedRequests).toBe(0)
  })

  it('has no cap on a cold Mac, which reports no slot: it gets five requests at once', () => {
    const world = new World()
    const warm = world.mac({ slots: full })
    const cold = world.mac({ slots: [] })
    const asks = Array.from({ length: 5 }, () => world.asked())
    expect(asks.map((ask) => world.dispatches(ask))).toEqual(asks.map(() => [cold]))
    expect(world.coordinator.queuedRequests).toBe(0)
    // Once it says that it has a slot, and how many that takes, the next one waits.
    world.beat(cold, { slots: [slot(A, { state: 'running', running: 5, maxConcurrency: 5 })] })
    const next = world.asked()
    expect(world.dispatches(next)).toEqual([])
    expect(world.dispatches(next)).not.toContain(warm)
    expect(world.coordinator.queuedRequests).toBe(1)
  })

  it('sends the only cold Mac the request, and no load_model before it', () => {
    const world = new World()
    const cold = world.mac({ slots: [] })
    const ask = world.asked()
    expect(world.dispatches(ask)).toEqual([cold])
    expect(world.loads()).toEqual([])
  })

  it('tells the Mac to cancel after every request that it has ended, well or not', () => {
    const world = new World()
    const mac = world.mac()
    const served = world.asked()
    world.completes(mac, served)
    expect(world.messagesTo(mac, 'cancel')).toMatchObject([{ request: served, attempt: 0 }])
    const failed = world.asked()
    world.errs(mac, failed, 500, 'All requests aborted')
    expect(world.messagesTo(mac, 'cancel')).toMatchObject([{ request: served }, { request: failed, attempt: 0 }])
  })

  it('routes to a Mac whose heartbeats have stopped, until a sweep cuts it two minutes later', () => {
    const world = new World().start()
    const mac = world.mac()
    for (let waited = 0; waited < 110; waited += 10) {
      const ask = world.asked()
      expect(world.dispatches(ask)).toEqual([mac])
      world.completes(mac, ask)
      world.pass(10 - 0.023)
    }
    expect(world.closed).toEqual([])
    while (world.closed.length === 0 && world.now < 300) world.pass(1)
    expect(world.closed).toEqual([mac])
    expect(world.now).toBeGreaterThan(120)
    expect(world.now).toBeLessThanOrEqual(150)
  })
})
