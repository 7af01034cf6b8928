/** The quick check and its helpers, against rows of facts coordinator-routing §15.1, §15.3 and §6. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import type { CapacityRecord, SlotRecord } from '../../../sim/coordinator/view/provider-record.ts'
import { coldSpillCount, hasCapability, isWarm, poolRejectedCount } from '../../../sim/coordinator/decide/preflight.ts'
import { recheck } from '../../../sim/coordinator/decide/recheck.ts'
import { A, B, type ProviderSpec, type RequestSpec, request, stickyPolicy, World } from './world.ts'

describe('first-token estimate of the quick check', () => {
  it('S3 with 100 waiting the only machine is a candidate beyond 10 s; an idle twin brings it below', () => {
    const world = new World()
    const busy = world.add({ decode: 100, prefill: 400 })
    // As the original test does it: past the intake, which would clamp a slot cap of 128 to 24.
    const slot: SlotRecord = { ...busy.capacity!.slots[0]!, waiting: 100, maxConcurrency: 128 }
    const capacity: CapacityRecord = { ...busy.capacity!, slots: [slot] }
    world.fleet.registry.setCapacity(busy, capacity)
    expect(world.preflight({ promptTokens: 100 })).toEqual([1, 0, 0])
    expect(world.bestTtft_ms({ promptTokens: 100 })).toBeGreaterThan(10_000)
    world.add({ decode: 100, prefill: 400 })
    expect(world.preflight({ promptTokens: 100 })).toEqual([2, 0, 0])
    expect(world.bestTtft_ms({ promptTokens: 100 })).toBeLessThan(10_000)
  })

  it('S4 three waiting prompts of 2,000 tokens at 400 tok/s: between 20 and 21 s', () => {
    const world = new World()
    world.add({
      decode: 100,
      prefill: 400,
      slots: [{ waiting: 3, activeTokenBudgetUsed: 20_000, activeTokenBudgetMax: 100_000, queuedTokenBudget: 40_000 }],
    })
    const best = world.bestTtft_ms({ promptTokens: 2_000, maxTokens: 256 })
    expect(best).toBeGreaterThanOrEqual(20_000)
    expect(best).toBeLessThanOrEqual(21_000)
  })

  it('S5 running decodes and reservations are not charged: at most 1 s', () => {
    const world = new World()
    world.add({
      decode: 100,
      slots: [
        {
          running: 1,
          activeTokenBudgetUsed: 80_000,
          activeTokenBudgetMax: 200_000,
          maxTokensPotential: 100_000,
          queuedTokenBudget: 40_000,
        },
      ],
    })
    const asked = { promptTokens: 100, maxTokens: 2_048 }
    expect(world.preflight(asked)).toEqual([1, 0, 0])
    expect(world.bestTtft_ms(asked)).toBeLessThanOrEqual(1_000)
  })

  it('is unknown as soon as one candidate reports no capacity, and when there is none', () => {
    const world = new World()
    expect(world.bestTtft_ms()).toBe(-1)
    world.add({ decode: 100 })
    expect(world.bestTtft_ms()).toBeGreaterThan(0)
    world.add({ decode: 100, slots: 'none' })
    expect(world.bestTtft_ms()).toBe(-1)
  })

  it('assumes 500 prompt and 256 output tokens where the request says nothing', () => {
    const world = new World()
    world.add({ prefill: 500, slots: [{ activeTokenBudgetMax: 756, observedDecodeTps: 100 }] })
    expect(world.bestTtft_ms({ promptTokens: 0, maxTokens: 0 })).toBe(1_010)
    expect(world.preflight({ promptTokens: 501, maxTokens: 0 })).toEqual([0, 1, 0])
  })
})

describe('traits', () => {
  const brokenA = { build: A, isVision: false, templateRenderOk: false }

  it('S38 tools leave only the healthy machine: one is cooled, one too old, one cannot render', () => {
    const world = new World()
    const cooled = world.add()
    cooled.offers.get(A)!.errorCooldownUntil.tools = (world.clock + 300_000_000) as Micros
    world.add({ version: '0.6.2' })
    world.add({ models: [brokenA] })
    world.add({ version: '0.6.3' })
    expect(world.preflight({ hasTools: true })).toEqual([1, 0, 0])
    expect(world.preflight()[0]).toBe(3)
    expect(world.preflight()[1]).toBe(0)
  })

  it('S38 an unknown version is below every floor', () => {
    const world = new World()
    world.add({ version: '' })
    expect(world.preflight({ hasTools: true })).toEqual([0, 0, 0])
    expect(world.preflight()).toEqual([1, 0, 0])
  })

  it('S39 a build that cannot render is fenced for plain requests too, in preflight and selection', () => {
    const world = new World()
    world.add({ models: [brokenA] })
    expect(world.preflight()).toEqual([0, 0, 0])
    expect(world.select().winner).toBeUndefined()
  })

  it('S41 a text-only machine is invisible to a vision request; a vision machine counts', () => {
    const world = new World()
    world.add()
    expect(world.preflight({ requiresVision: true })).toEqual([0, 0, 0])
    expect(world.select({ requiresVision: true }).vision).toBe(1)
    world.add({ models: [{ build: A, isVision: true, templateRenderOk: true }] })
    expect(world.preflight({ requiresVision: true })[0]).toBe(1)
  })

  it('S42 a thermally critical machine is no candidate and no rejection', () => {
    const world = new World()
    world.add({ heartbeat: { thermalState: 'critical' } })
    expect(world.preflight()).toEqual([0, 0, 0])
    expect(world.select()).toMatchObject({ winner: undefined, candidates: 0, capacity: 0 })
  })
})

describe('S40 the allow-list', () => {
  it('is respected by the quick check and by both probes', () => {
    const world = new World()
    world.add({ models: [{ build: A, isVision: true, templateRenderOk: true }] })
    world.add({ serial: 'old-text', version: '0.6.0' })
    const listed = request({ serials: ['old-text'] })
    expect(world.preflight({ serials: ['old-text'] })).toEqual([1, 0, 0])
    expect(hasCapability(world.fleet, request(), 'tools')).toBe(true)
    expect(hasCapability(world.fleet, request(), 'vision')).toBe(true)
    expect(hasCapability(world.fleet, listed, 'tools')).toBe(false)
    expect(hasCapability(world.fleet, listed, 'vision')).toBe(false)
  })
})

const both: ProviderSpec = { models: [A, B], slots: [{ model: A, state: 'idle' }] }
const pinnedToA = (more: ProviderSpec = {}) => {
  const world = new World({ policy: stickyPolicy })
  const provider = world.add({ ...both, ...more })
  world.fleet.pool.ask('heartbeat', provider, A)
  return { world, provider }
}

const rejectedByPool = (more: ProviderSpec, asked: RequestSpec = {}) =>
  poolRejectedCount(pinnedToA(more).world.fleet, request({ build: B, ...asked }))

describe('pools seen from routing', () => {
  it('T1 a pinned machine is no candidate and no rejection for another build, and is counted for A13', () => {
    const { world } = pinnedToA()
    expect(world.select({ build: B })).toMatchObject({ winner: undefined, candidates: 0, capacity: 0, tooLarge: 0 })
    expect(world.preflight({ build: B })).toEqual([0, 0, 0])
    expect(poolRejectedCount(world.fleet, request({ build: B }))).toBe(1)
    expect(poolRejectedCount(world.fleet, request({ build: A }))).toBe(0)
  })

  it('A13 counts only machines that the pool alone refuses', () => {
    expect(rejectedByPool({ trust: { level: 'none' } })).toBe(0)
    expect(rejectedByPool({ heartbeat: { thermalState: 'critical' } })).toBe(0)
    expect(rejectedByPool({}, { requiresVision: true })).toBe(0)
    expect(rejectedByPool({}, { serials: ['another'] })).toBe(0)
    expect(rejectedByPool({ serial: 'x' }, { serials: ['x'] })).toBe(1)
  })

  it('A13 ignores the breaker', () => {
    const { world, provider } = pinnedToA()
    provider.breakerOpenUntil = (world.clock + 1) as Micros
    expect(poolRejectedCount(world.fleet, request({ build: B }))).toBe(1)
  })

  it('T10 the owner bypasses the pool on the own machine', () => {
    const { world, provider } = pinnedToA({ account: 'ann' })
    const asked = { build: B, account: 'ann', selfRouteOnly: true }
    expect(world.select(asked).winner?.provider).toBe(provider)
    expect(provider.assignedPool).toBe(A)
  })

  it('T11 probes do not see an off-pool machine that has tools and vision', () => {
    const models = [A, { build: B, isVision: true, templateRenderOk: true }]
    const { world } = pinnedToA({ models, version: '0.6.5' })
    expect(hasCapability(world.fleet, request({ build: B }), 'tools')).toBe(false)
    expect(hasCapability(world.fleet, request({ build: B }), 'vision')).toBe(false)
  })

  it('X2 a vision probe labels a machine with a build it does not have', () => {
    const world = new World({ policy: stickyPolicy })
    const provider = world.add({ models: [A] })
    expect(hasCapability(world.fleet, request({ build: B }), 'vision')).toBe(false)
    expect(provider.assignedPool).toBe(B)
  })

  it('asks the pool only about machines that pass every other gate', () => {
    const world = new World({ policy: stickyPolicy })
    const distrusted = world.add({ trust: { level: 'self_signed' } })
    world.preflight()
    expect(distrusted.assignedPool).toBe('')
    expect(world.rows).toEqual([])
  })

  it('a relabel is a row, and later questions of the same decision see it', () => {
    const world = new World({ policy: stickyPolicy })
    const provider = world.add({ models: [A, B], slots: [] })
    world.preflight({ build: B })
    world.preflight({ build: A })
    expect(provider.assignedPool).toBe(B)
    expect(world.rows).toEqual([
      { kind: 'relabel', at: world.clock, provider: provider.id, from: '', to: B, surface: 'preflight', request: -1 },
    ])
  })

  it('the kill switch is read at every question', () => {
    const { world } = pinnedToA()
    world.fleet.settings = { ...world.fleet.settings, MODEL_POOLS_ENABLED: false }
    expect(world.preflight({ build: B })).toEqual([1, 0, 0])
    expect(poolRejectedCount(world.fleet, request({ build: B }))).toBe(0)
  })
})

describe('cold spill (L7)', () => {
  const cold = { slots: [] }
  const asked = request()

  it('counts idle machines that could load the build', () => {
    const world = new World()
    world.add(cold)
    world.add(cold)
    expect(coldSpillCount(world.fleet, asked)).toBe(2)
  })

  it('is 0 as soon as any machine is warm', () => {
    const world = new World()
    world.add(cold)
    world.add()
    expect(coldSpillCount(world.fleet, asked)).toBe(0)
  })

  it('leaves out machines that are loading, busy, critical, broken, too small or short of memory', () => {
    const world = new World({ catalog: [{ build: A, size_gb: 20 }, { build: B }] })
    const loading = world.add(cold)
    loading.pendingLoad = B
    loading.pendingLoadUntil = (world.clock + 1) as Micros
    world.addPending(world.add({ ...cold, models: [A, B] }), { build: B })
    world.add({ ...cold, heartbeat: { thermalState: 'critical' } })
    world.add(cold).breakerOpenUntil = (world.clock + 1) as Micros
    world.add({ ...cold, memory_gb: 24 })
    world.add({ ...cold, capacity: { freeForLoad_gb: 20 } })
    expect(coldSpillCount(world.fleet, asked)).toBe(0)
    world.clock = (world.clock + 2) as Micros
    // The breaker has closed; the reservation has run out too, but stands until a planner drops it.
    expect(coldSpillCount(world.fleet, asked)).toBe(1)
    loading.pendingLoad = ''
    expect(coldSpillCount(world.fleet, asked)).toBe(2)
  })

  it('L6 a machine without a capacity report is warm by its warm list', () => {
    const world = new World()
    const legacy = world.add({ slots: 'none', heartbeat: { warmModels: [A] } })
    const reporting = world.add({ slots: [], heartbeat: { warmModels: [A] } })
    expect(isWarm(world.fleet, legacy.offers.get(A)!)).toBe(true)
    expect(isWarm(world.fleet, reporting.offers.get(A)!)).toBe(false)
  })
})

describe('re-check at reserve', () => {
  it('refuses what has changed since the choice: label, room, slot state', () => {
    const world = new World({ policy: stickyPolicy })
    const provider = world.add({ models: [A, B], slots: [{ model: A, maxConcurrency: 1 }] })
    const { winner } = world.select()
    expect(recheck(world.fleet, winner!, request(), false)).toBeUndefined()
    world.addPending(provider)
    expect(recheck(world.fleet, winner!, request(), false)).toBe('headroom')
    expect(recheck(world.fleet, provider.offers.get(B)!, request({ build: B }), false)).toBe('pool')
  })

  it('ignores the breaker for a winner of the fail-open pass', () => {
    const world = new World()
    const provider = world.add()
    provider.breakerOpenUntil = (world.clock + 1) as Micros
    const offer = provider.offers.get(A)!
    expect(recheck(world.fleet, offer, request(), false)).toBe('breaker')
    expect(recheck(world.fleet, offer, request(), true)).toBeUndefined()
  })
})
