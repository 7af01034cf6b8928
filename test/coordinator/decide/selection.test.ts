/** Selection against the real scheduler's own tests: ids S… are rows of facts coordinator-routing §15.3. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { A, B, noColdBesideBusy, World } from './world.ts'

const DRAWS = [0, 0.3, 0.5, 0.7, 0.999_999]

describe('trust and allow-lists', () => {
  it('S1 prefers a hardware-trusted machine at 80 tok/s over a self-signed one at 200', () => {
    const world = new World()
    const hardware = world.add({ decode: 80 })
    world.add({ decode: 200, trust: { level: 'self_signed' } })
    const decision = world.select()
    expect(decision.winner?.provider).toBe(hardware)
    expect(decision.candidates).toBe(1)
  })

  it('S14 an allow-list picks the slow listed machine, and nobody when that one is excluded', () => {
    const world = new World()
    world.add({ decode: 200 })
    const slow = world.add({ decode: 20, serial: 'listed' })
    expect(world.select({ serials: ['listed'] }).winner?.provider).toBe(slow)
    const excluded = world.select({ serials: ['listed'], excluded: [slow.id] })
    expect(excluded.winner).toBeUndefined()
    expect(excluded.candidates).toBe(0)
  })
})

describe('cost and rates', () => {
  it('S2 prices two idle machines; the breakdown sums to the cost', () => {
    const world = new World()
    world.add({ decode: 100 })
    world.add({ decode: 80 })
    const { candidates, breakdown } = world.select({ promptTokens: 100, maxTokens: 256 })
    expect(candidates).toBe(2)
    expect(breakdown!.thisRequest_ms).toBeGreaterThanOrEqual(2_500)
    const { state_ms, queue_ms, pending_ms, backlog_ms, thisRequest_ms, health_ms } = breakdown!
    expect(state_ms + queue_ms + pending_ms + backlog_ms + thisRequest_ms + health_ms).toBe(breakdown!.cost_ms)
  })

  it('S17 two reservations in a row go to different machines (120 and 110 tok/s)', () => {
    const world = new World()
    world.add({ decode: 120 })
    world.add({ decode: 110 })
    const first = world.reserve({ maxTokens: 256 }, 0.9)
    const second = world.reserve({ maxTokens: 256 }, 0.9)
    expect(first.winner!.provider).not.toBe(second.winner!.provider)
  })

  it('S18 prefers an idle_shutdown twin to a hot machine (running 1, waiting 2, potential 24,000)', () => {
    const world = new World()
    world.add({ decode: 40, slots: [{ running: 1, waiting: 2, maxTokensPotential: 24_000 }] })
    const cold = world.add({ decode: 40, slots: [{ state: 'idle_shutdown' }] })
    expect(world.select({ promptTokens: 2_000, maxTokens: 512 }).winner?.provider).toBe(cold)
  })

  it('S28 believes observed decode rates over static ones (200/30 against 50/70)', () => {
    const world = new World()
    world.add({ decode: 200, slots: [{ observedDecodeTps: 30 }] })
    const second = world.add({ decode: 50, slots: [{ observedDecodeTps: 70 }] })
    expect(world.select({ maxTokens: 2_048 }).winner?.provider).toBe(second)
  })

  it('S29 prefers the lighter token backlog (20k against 2k used) and charges it', () => {
    const world = new World()
    world.add({ decode: 100, slots: [{ activeTokenBudgetUsed: 20_000, activeTokenBudgetMax: 100_000 }] })
    const light = world.add({ decode: 100, slots: [{ activeTokenBudgetUsed: 2_000, activeTokenBudgetMax: 100_000 }] })
    const decision = world.select()
    expect(decision.winner?.provider).toBe(light)
    expect(decision.breakdown!.backlog_ms).toBe(20_000)
  })

  it('S33 always prefers 120 to 40 tok/s on machines without budgets', () => {
    const world = new World()
    world.add({ decode: 40, slots: 'none' })
    const fast = world.add({ decode: 120, slots: 'none' })
    for (const draw of DRAWS) expect(world.select({}, draw).winner?.provider).toBe(fast)
  })
})

describe('decode floor', () => {
  it('S10 with floor 15 an idle 30 tok/s machine beats a packed one (running 5, observed 8)', () => {
    const world = new World()
    world.add({ decode: 100, slots: [{ running: 5, observedDecodeTps: 8, maxConcurrency: 8 }] })
    const idle = world.add({ decode: 30 })
    expect(world.select({ minDecodeTps: 15 }).winner?.provider).toBe(idle)
  })

  it('S11 the only machine is chosen although it is below the floor of 50', () => {
    const world = new World()
    const only = world.add({ decode: 20 })
    expect(world.select({ minDecodeTps: 50 }).winner?.provider).toBe(only)
  })
})

describe('first-token ceiling', () => {
  const shutdown = { decode: 100, slots: [{ state: 'idle_shutdown' as const }] }

  it('S12 a ceiling of 10 s turns the choice from a cheap idle_shutdown machine to a loaded slow one', () => {
    const world = new World()
    const cold = world.add(shutdown)
    const loaded = world.add({ decode: 1 })
    const free = { promptTokens: 100, maxTokens: 128 }
    expect(world.select(free).winner?.provider).toBe(cold)
    const limited = world.select({ ...free, maxTtft_ms: 10_000 })
    expect(limited.winner?.provider).toBe(loaded)
    expect(limited.ttft).toBe(1)
  })

  it('S13 with only an idle_shutdown machine a ceiling of 10 s leaves nobody, and says how long it would take', () => {
    const world = new World()
    world.add(shutdown)
    const decision = world.select({ promptTokens: 100, maxTokens: 128, maxTtft_ms: 10_000 })
    expect(decision.winner).toBeUndefined()
    expect(decision.ttft).toBe(1)
    expect(decision.candidates).toBe(0)
    expect(decision.bestTtft_ms).toBeGreaterThan(10_000)
  })
})

describe('slot states', () => {
  it('S19 routes around reloading and crashed slots, and to nobody when the last one crashes', () => {
    const world = new World()
    world.add({ decode: 80, slots: [{ state: 'reloading' }] })
    world.add({ decode: 80, slots: [{ state: 'crashed' }] })
    const running = world.add({ decode: 70 })
    expect(world.select().winner?.provider).toBe(running)
    running.capacity!.slots[0]!.state = 'crashed'
    world.fleet.registry.setCapacity(running, running.capacity)
    const decision = world.select()
    expect(decision.winner).toBeUndefined()
    expect([decision.candidates, decision.capacity]).toEqual([0, 0])
  })

  it('S22 a crashed slot of another model does not matter', () => {
    const world = new World()
    const provider = world.add({ models: [A, B], slots: [{ model: A }, { model: B, state: 'crashed' }] })
    expect(world.select({ build: A }).winner?.provider).toBe(provider)
    expect(world.select({ build: B }).winner).toBeUndefined()
  })
})

describe('a cold model beside a busy one (C5)', () => {
  const busyA = { models: [A, B], slots: [{ model: A, running: 1, maxConcurrency: 4 }] }

  it('T8 counts as capacity when the policy refuses it, in selection and in preflight', () => {
    const world = new World({ policy: noColdBesideBusy })
    world.add(busyA)
    expect(world.select({ build: B })).toMatchObject({ winner: undefined, candidates: 0, capacity: 1 })
    expect(world.preflight({ build: B })).toEqual([0, 1, 0])
  })

  it('is an ordinary candidate when the policy does not', () => {
    const world = new World()
    const provider = world.add(busyA)
    expect(world.select({ build: B }).winner?.provider).toBe(provider)
  })

  it('X7 does not see a busy slot that stands behind the own one', () => {
    const world = new World({ policy: noColdBesideBusy })
    const own = { model: B, state: 'idle_shutdown' as const }
    world.add({ models: [A, B], slots: [{ model: A, running: 1 }, own] })
    const behind = world.add({ models: [A, B], slots: [own, { model: A, running: 1 }] })
    const decision = world.select({ build: B })
    expect(decision).toMatchObject({ candidates: 1, capacity: 1 })
    expect(decision.winner?.provider).toBe(behind)
  })
})

describe('selection steps (§5)', () => {
  it('S1 the machine that holds the cache wins inside the tie window, whatever the load', () => {
    const world = new World()
    world.add({ decode: 100 })
    const cached = world.add({ decode: 100, slots: [{ running: 1, maxConcurrency: 8 }] })
    expect(world.select().winner?.provider).not.toBe(cached)
    expect(world.select({ affinity: cached.id }).winner?.provider).toBe(cached)
  })

  it('S1 … but a bonus of 1,500 ms does not pull it in from further away', () => {
    const world = new World()
    world.add({ decode: 100 })
    const cached = world.add({ decode: 100, slots: [{ running: 2, maxConcurrency: 8 }] })
    expect(world.select({ affinity: cached.id }).winner?.provider).not.toBe(cached)
  })

  it('S2 an owner who prefers the own machine gets it, trust and privacy notwithstanding', () => {
    const world = new World()
    world.add({ decode: 300 })
    const own = world.add({ decode: 20, account: 'ann', privateOnly: true, trust: { level: 'none' } })
    expect(world.select({ account: 'ann', preferOwner: true }).winner?.provider).toBe(own)
    expect(world.select({ account: 'bob', preferOwner: true }).candidates).toBe(1)
    expect(world.select({ account: 'bob', selfRouteOnly: true }).winner).toBeUndefined()
  })

  it('S3 a retry prefers another version than the one that failed, and takes the same one when there is no other', () => {
    const world = new World()
    const same = world.add({ decode: 300, version: '0.7.0' })
    const other = world.add({ decode: 20, version: '0.7.1' })
    expect(world.select({ avoidVersion: '0.7.0' }).winner?.provider).toBe(other)
    expect(world.select({ avoidVersion: '0.7.0', excluded: [other.id] }).winner?.provider).toBe(same)
  })

  it('S5 counts a cost difference of exactly 3,000 ms as a tie: one more request running is just inside', () => {
    const world = new World()
    world.add({ decode: 100, slots: [{ observedDecodeTps: 100 }] })
    world.add({ decode: 100, slots: [{ running: 1, maxConcurrency: 8, observedDecodeTps: 100 }] })
    expect(world.select().nearTies).toBe(2)
  })

  it('S7 the draw decides among equals, evenly and in order of registration', () => {
    const world = new World()
    const twins = [world.add({ decode: 100 }), world.add({ decode: 100 }), world.add({ decode: 80 })]
    expect([0, 0.34, 0.67, 0.999_999].map((draw) => twins.indexOf(world.select({}, draw).winner!.provider))).toEqual([
      0, 1, 2, 2,
    ])
  })
})

const later = (world: World) => (world.clock + 60_000_000) as Micros

describe('breakers fail open', () => {
  it('a provider whose breaker is open is passed over while another can serve', () => {
    const world = new World()
    const broken = world.add({ decode: 100 })
    const sound = world.add({ decode: 20 })
    broken.breakerOpenUntil = later(world)
    expect(world.select()).toMatchObject({ breakerRejected: 1, failOpen: false })
    expect(world.select().winner?.provider).toBe(sound)
  })

  it('it is used when nobody else is left', () => {
    const world = new World()
    const broken = world.add()
    broken.breakerOpenUntil = later(world)
    const decision = world.select()
    expect(decision.winner?.provider).toBe(broken)
    expect(decision).toMatchObject({ failOpen: true, breakerRejected: 1, candidates: 1 })
  })

  it('a capacity rejection blocks the second pass: room will come; a machine too small does not block it', () => {
    const full = new World()
    full.add({ slots: [{ maxConcurrency: 1, running: 1 }] })
    full.add().breakerOpenUntil = later(full)
    expect(full.select()).toMatchObject({ winner: undefined, capacity: 1, breakerRejected: 1 })

    const small = new World({ catalog: [{ build: A, size_gb: 50 }] })
    small.add({ slots: [], memory_gb: 64 })
    const broken = small.add()
    broken.breakerOpenUntil = later(small)
    expect(small.select().winner?.provider).toBe(broken)
  })
})
