/** Room on a provider, against rows S24 … S43 of facts coordinator-routing §15.3 and control §10.2. */
import { describe, expect, it } from 'vitest'
import { hasHeadroom, modelCap, paddedGib } from '../../../sim/coordinator/view/capacity.ts'
import { A, B, build, type SlotSpec, World } from '../decide/world.ts'

const budget = (used: number, max: number, more: SlotSpec = {}): SlotSpec => ({
  activeTokenBudgetUsed: used,
  activeTokenBudgetMax: max,
  ...more,
})

describe('token budgets', () => {
  it('S24 sends 500+4,096 tokens to the emptier of 30k and 4k used of 32,768', () => {
    const world = new World()
    world.add({ slots: [budget(30_000, 32_768)] })
    const emptier = world.add({ slots: [budget(4_000, 32_768)] })
    const decision = world.select({ promptTokens: 500, maxTokens: 4_096 })
    expect(decision.winner?.provider).toBe(emptier)
    expect(decision.capacity).toBe(1)
  })

  it('S25 4,596 tokens do not fit beside 31k of 32,768', () => {
    const world = new World()
    world.add({ slots: [budget(31_000, 32_768)] })
    expect(world.select({ promptTokens: 500, maxTokens: 4_096 })).toMatchObject({ winner: undefined, capacity: 1 })
  })

  it('S26 counts in-flight requests the report does not know yet (3000+1000 of 5000, new 1000+256)', () => {
    const world = new World()
    const provider = world.add({ slots: [budget(0, 5_000)] })
    world.addPending(provider, { promptTokens: 3_000, maxTokens: 1_000 })
    const next = { promptTokens: 1_000, maxTokens: 256 }
    expect(world.select(next)).toMatchObject({ winner: undefined, capacity: 1 })
    expect(world.preflight(next)).toEqual([0, 1, 0])
  })

  it('S27 does not count the same tokens twice (used 1000, queued 3000, pending 4000 of 5000, new 228)', () => {
    const world = new World()
    const provider = world.add({
      slots: [budget(1_000, 5_000, { queuedTokenBudget: 3_000, maxTokensPotential: 1_000 })],
    })
    world.addPending(provider, { promptTokens: 3_000, maxTokens: 1_000 })
    expect(world.select({ promptTokens: 100, maxTokens: 128 }).winner?.provider).toBe(provider)
  })

  it('S34 admits 28,000+4,596 of 32,768 but not 28,000+5,000, and counts the queued budget', () => {
    const world = new World()
    const provider = world.add({ slots: [budget(28_000, 32_768)] })
    expect(world.select({ promptTokens: 500, maxTokens: 4_096 }).winner?.provider).toBe(provider)
    expect(world.select({ promptTokens: 904, maxTokens: 4_096 })).toMatchObject({ winner: undefined, capacity: 1 })
    const queued = new World()
    queued.add({ slots: [budget(20_000, 32_768, { queuedTokenBudget: 9_000 })] })
    expect(queued.preflight({ promptTokens: 500, maxTokens: 4_096 })).toEqual([0, 1, 0])
  })

  it('S34 admits on a loaded machine that reports no budget', () => {
    const world = new World({ catalog: [{ build: A, size_gb: 12 }] })
    world.add({ slots: [{ state: 'idle' }] })
    expect(world.preflight()).toEqual([1, 0, 0])
  })

  it('S37 1,280 tokens do not fit beside 32,000 of 32,768, though 8 may run', () => {
    const world = new World()
    world.add({ slots: [budget(32_000, 32_768, { maxConcurrency: 8 })] })
    expect(world.select({ promptTokens: 1_024, maxTokens: 256 })).toMatchObject({ winner: undefined, capacity: 1 })
  })
})

describe('concurrency', () => {
  it('S30 a provider with a budget may hold 24, 48 GB without one 4, 64 GB with slot cap 0 six', () => {
    const world = new World()
    expect(world.add({ slots: [budget(0, 1_000)] }).providerCap).toBe(24)
    expect(world.add({ memory_gb: 48, slots: [] }).providerCap).toBe(4)
    expect(world.add({ memory_gb: 48, slots: 'none' }).providerCap).toBe(4)
    const offer = world.add({ memory_gb: 64, slots: [{ maxConcurrency: 0 }] }).offers.get(A)!
    expect(modelCap(offer)).toBe(6)
  })

  it('§4.3 caps by memory: 24 GB 2, 48 GB 4, 96 GB 6, 128 GB 8, more 12', () => {
    const world = new World()
    const caps = [16, 24, 25, 48, 96, 128, 192].map((memory_gb) => world.add({ memory_gb, slots: [] }).providerCap)
    expect(caps).toEqual([2, 2, 4, 4, 6, 8, 12])
  })

  it('S31 slot cap 1 takes one request; a second is a capacity rejection', () => {
    const world = new World()
    world.add({ slots: [{ maxConcurrency: 1 }] })
    expect(world.reserve().winner).toBeDefined()
    expect(world.reserve()).toMatchObject({ winner: undefined, capacity: 1 })
  })

  it('S31 a request the backend reports counts against slot cap 1', () => {
    const world = new World()
    world.add({ slots: [{ maxConcurrency: 1, running: 1 }] })
    expect(world.select()).toMatchObject({ winner: undefined, capacity: 1 })
  })

  it('S31 eight slots of cap 8 hold 24 requests in all, whatever their sum', () => {
    const world = new World()
    const builds = Array.from({ length: 8 }, (_, index) => build(`m${index}`))
    const provider = world.add({
      models: builds,
      slots: builds.map((model) => budget(0, 1_000_000, { model, maxConcurrency: 8 })),
    })
    for (let index = 0; index < 24; index++) world.addPending(provider, { build: builds[index % 8]! })
    expect(world.select({ build: builds[0]! })).toMatchObject({ winner: undefined, capacity: 1 })
  })

  it('without a slot cap every pending request of the machine counts', () => {
    const world = new World()
    const provider = world.add({ models: [A, B], slots: [{ model: A }, { model: B }] })
    for (let index = 0; index < 6; index++) world.addPending(provider, { build: B })
    expect(hasHeadroom(provider.offers.get(A)!)).toBe(false)
  })
})

describe('memory', () => {
  const coldA = { state: 'idle_shutdown' as const }

  it('S32 a build of 128 GB is too large for 64 GB', () => {
    const world = new World({ catalog: [{ build: A, size_gb: 128 }] })
    world.add({ slots: [coldA] })
    expect(world.preflight()).toEqual([0, 0, 1])
    expect(world.select()).toMatchObject({ winner: undefined, tooLarge: 1 })
  })

  it('S32 min_ram 36 fits 64 GB and not 24 GB; 12.1 GB with min_ram 24 fits 24 GB', () => {
    const catalog = [
      { build: A, size_gb: 28, minRam_gb: 36 },
      { build: B, size_gb: 12.1, minRam_gb: 24 },
    ]
    const large = new World({ catalog })
    large.add({ slots: [coldA] })
    expect(large.preflight()).toEqual([1, 0, 0])
    const small = new World({ catalog })
    small.add({ memory_gb: 24, models: [A, B], slots: [] })
    expect(small.preflight()).toEqual([0, 0, 1])
    expect(small.preflight({ build: B })).toEqual([1, 0, 0])
  })

  it.each([
    [9, 8, true],
    [9, 14, false],
    [0, 8, false],
    [10, 9.5, false],
    [10, 8, true],
    [undefined, 16, true],
  ])('S35 free_for_load %s admits a cold build of %s GB on 64 GB: %s', (freeForLoad_gb, size_gb, admitted) => {
    const world = new World({ catalog: [{ build: A, size_gb }] })
    world.add({ slots: [coldA], capacity: { freeForLoad_gb } })
    expect(world.preflight()).toEqual(admitted ? [1, 0, 0] : [0, 1, 0])
  })

  it('S43 a resident build needs only its KV: 40 GB resident, 42 of 64 GB active', () => {
    const world = new World({ catalog: [{ build: A, size_gb: 40 }] })
    const provider = world.add({ slots: [{ state: 'idle' }], capacity: { gpuMemoryActive_gb: 42 } })
    expect(world.select().winner?.provider).toBe(provider)
  })

  it('§4.4 B2 a cold build beside pending work must fit the memory that is free now', () => {
    const world = new World({ catalog: [{ build: A, size_gb: 20 }, { build: B }] })
    const spec = { models: [A, B], slots: [{ model: B }] }
    const roomy = world.add({ ...spec, capacity: { gpuMemoryActive_gb: 40, freeForLoad_gb: 1 } })
    const tight = world.add({ ...spec, capacity: { gpuMemoryActive_gb: 45, freeForLoad_gb: 60 } })
    world.addPending(roomy, { build: B })
    world.addPending(tight, { build: B })
    expect(world.select({ build: A })).toMatchObject({ candidates: 1, capacity: 1 })
    expect(world.select({ build: A }).winner?.provider).toBe(roomy)
  })

  it('control §10.2 gpt-oss of 12.1 GB is padded to 13.52 GiB', () => {
    expect(paddedGib(12.1)).toBeCloseTo(13.52, 2)
  })
})
