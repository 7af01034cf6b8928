/** Room on a machine: tokens, slots, memory (coordinator-routing §15.3). */
import { describe, expect, it } from 'vitest'
import { A, B, build, entry, type MacSpec, type Slot, Story } from '../world.ts'

const QUEUED_FOR_ROOM = { provider: undefined, counts: [0, 1, 0], preflight: [0, 1, 0] }
const budget = (used: number, max: number, more: Slot = {}): Slot => ({
  activeTokenBudgetUsed: used,
  activeTokenBudgetMax: max,
  ...more,
})

describe('token budget', () => {
  it('S24 of 30k and 4k used of 32,768 the emptier machine takes 500 + 4,096 tokens; the other has no room', () => {
    const story = new Story()
    story.given({ slots: [budget(30_000, 32_768)] })
    const emptier = story.given({ slots: [budget(4_000, 32_768)] })
    const outcome = story.when({ estimatedPromptTokens: 500, maxTokens: 4_096 })
    expect(outcome).toMatchObject({ provider: emptier, preflight: [1, 1, 0], counts: [1, 1, 0] })
  })

  it('S25 31k used of 32,768 have no room for 4,596 tokens: 1 rejected for capacity', () => {
    const story = new Story()
    story.given({ slots: [budget(31_000, 32_768)] })
    expect(story.when({ estimatedPromptTokens: 500, maxTokens: 4_096 })).toMatchObject(QUEUED_FOR_ROOM)
  })

  it('S26 4,000 tokens in flight that no report shows yet count against 5,000: 1,256 more do not fit, 1,000 do', () => {
    const story = new Story()
    const mac = story.given({ slots: [budget(0, 5_000)] })
    story.busyWith(mac, 1, { estimatedPromptTokens: 3_000, maxTokens: 1_000 })
    expect(story.when({ estimatedPromptTokens: 1_000, maxTokens: 256 })).toMatchObject(QUEUED_FOR_ROOM)
    expect(story.when({ estimatedPromptTokens: 1, maxTokens: 1_000 })).toMatchObject(QUEUED_FOR_ROOM)
    expect(story.when({ estimatedPromptTokens: 1, maxTokens: 999 })).toMatchObject({ provider: mac })
  })

  it('S27 1,000 used and 3,000 queued already hold the 4,000 in flight: 228 more are admitted, 1,001 are not', () => {
    const story = new Story()
    const mac = story.given({ slots: [budget(0, 5_000)] })
    story.busyWith(mac, 1, { estimatedPromptTokens: 3_000, maxTokens: 1_000 })
    story.hears(mac, { slots: [budget(1_000, 5_000, { queuedTokenBudget: 3_000, maxTokensPotential: 1_000 })] })
    expect(story.when({ estimatedPromptTokens: 500, maxTokens: 501 })).toMatchObject(QUEUED_FOR_ROOM)
    expect(story.when({ estimatedPromptTokens: 100, maxTokens: 128 })).toMatchObject({ provider: mac })
  })

  it('S34 28,000 + 4,596 of 32,768 are admitted, 28,000 + 5,000 are not; queued tokens count like used ones', () => {
    for (const slot of [budget(28_000, 32_768), budget(20_000, 32_768, { queuedTokenBudget: 8_000 })]) {
      const story = new Story()
      const mac = story.given({ slots: [slot] })
      expect(story.when({ estimatedPromptTokens: 500, maxTokens: 4_500 })).toMatchObject(QUEUED_FOR_ROOM)
      expect(story.when({ estimatedPromptTokens: 500, maxTokens: 4_096 })).toMatchObject({ provider: mac })
    }
  })

  it('S34 a loaded machine without a budget admits both', () => {
    const story = new Story()
    story.given()
    expect(story.when({ estimatedPromptTokens: 500, maxTokens: 4_096 }).preflight).toEqual([1, 0, 0])
    expect(story.when({ estimatedPromptTokens: 500, maxTokens: 5_000 }).preflight).toEqual([1, 0, 0])
  })

  it('S37 32,000 used of 32,768 with a cap of 8 have no room for 1,280 tokens: 1 rejected for capacity', () => {
    const story = new Story()
    story.given({ slots: [budget(32_000, 32_768, { maxConcurrency: 8 })] })
    expect(story.when({ estimatedPromptTokens: 1_000, maxTokens: 280 })).toMatchObject(QUEUED_FOR_ROOM)
  })
})

/** How many requests this machine takes before one must wait. */
const takes = (mac: MacSpec): number => {
  const story = new Story()
  const provider = story.given(mac)
  for (let taken = 0; ; taken++) {
    const { counts } = story.when()
    if (counts![0] === 0) {
      expect(counts).toEqual([0, 1, 0])
      expect(story.rowsOf('dispatched')).toHaveLength(taken)
      expect(story.rowsOf('dispatched').every((row) => row.provider === provider)).toBe(true)
      return taken
    }
  }
}

describe('requests at once', () => {
  it('S30 with a token budget 24, 48 GB without one 4, 64 GB with an unreported slot cap 6', () => {
    expect(takes({ slots: [budget(0, 1_000_000)] })).toBe(24)
    expect(takes({ memory_gb: 48 })).toBe(4)
    expect(takes({ memory_gb: 64, slots: [{ maxConcurrency: 0 }] })).toBe(6)
  })

  it('S30 by memory: up to 24 GB 2, 48 GB 4, 96 GB 6, 128 GB 8, beyond 12; without a capacity report 4', () => {
    const caps: readonly (readonly [number, number])[] = [
      [24, 2],
      [25, 4],
      [48, 4],
      [49, 6],
      [96, 6],
      [97, 8],
      [128, 8],
      [129, 12],
      [512, 12],
    ]
    for (const [memory_gb, cap] of caps) expect([memory_gb, takes({ memory_gb })]).toEqual([memory_gb, cap])
    expect(takes({ memory_gb: 512, reports: 'legacy' })).toBe(4)
  })

  it('S31 a slot cap of 1 takes one request; the second is rejected for capacity', () => {
    const story = new Story()
    const mac = story.given({ slots: [{ maxConcurrency: 1 }] })
    expect(story.when()).toMatchObject({ provider: mac, counts: [1, 0, 0] })
    expect(story.when()).toMatchObject(QUEUED_FOR_ROOM)
  })

  it('S31 a slot cap of 1 with one running in the report is full', () => {
    const story = new Story()
    story.given({ slots: [{ maxConcurrency: 1, running: 1 }] })
    expect(story.when()).toMatchObject(QUEUED_FOR_ROOM)
  })

  it('S31 eight slots with a cap of 8 each hold 24 requests together, because the machine does', () => {
    const names = Array.from({ length: 8 }, (_, index) => build(`model-${index}`))
    const story = new Story({ catalog: names.map((name) => entry(name)) })
    const mac = story.given({
      models: names,
      slots: names.map((model) => budget(0, 1_000_000, { model, maxConcurrency: 8 })),
    })
    for (const model of names) story.busyWith(mac, 3, { model })
    expect(story.dispatches(story.when({ model: names[0]! }).id)).toEqual([])
    expect(story.rowsOf('dispatched')).toHaveLength(24)
    expect(story.rowsOf('decision').at(-1)).toMatchObject({ candidates: 0, capacityRejections: 1 })
  })
})

/** A waiter that only a full machine may serve makes the planner look for somebody who could load the build. */
const plannedLoads = (size_gb: number, mac: MacSpec): number => {
  const story = new Story({ catalog: [entry(A, size_gb), entry(B)], settings: { WARM_POOL_ENABLED: false } })
  const full = story.given({ models: [B, A], slots: [{ model: B }], memory_gb: 24 })
  const planner = story.given({ models: [A], slots: [], ...mac })
  story.busyWith(full, 2, { model: B })
  const { provider } = story.when({ serials: [story.serialOf(full)] })
  expect(provider).toBeUndefined()
  expect(story.loads()).toEqual(story.loads().map(() => ({ provider: planner, build: A })))
  return story.loads().length
}

const preflight = (size_gb: number, minRam_gb: number, mac: MacSpec) => {
  const story = new Story({ catalog: [entry(A, size_gb, minRam_gb), entry(B)] })
  story.given({ slots: [{ state: 'idle_shutdown' }], ...mac })
  const { preflight: counts, answer } = story.when()
  return { counts, answer }
}

describe('memory', () => {
  const FITS = { counts: [1, 0, 0] }
  const TOO_LARGE = { counts: [0, 0, 1], answer: { status: 503, reason: 'model_too_large', retryAfter_s: undefined } }
  const NO_ROOM = { counts: [0, 1, 0] }

  it('S32 128 GB of unknown min_ram are too large for 64 GB (they need twice their size): 503 model_too_large', () => {
    expect(preflight(128, 0, { memory_gb: 64 })).toMatchObject(TOO_LARGE)
    expect(preflight(32, 0, { memory_gb: 64 })).toMatchObject(FITS)
    expect(preflight(32.1, 0, { memory_gb: 64 })).toMatchObject(TOO_LARGE)
  })

  it('S32 a min_ram of 36 fits 64 GB and not 24 GB; 12.1 GB with a min_ram of 24 fit 24 GB', () => {
    expect(preflight(10, 36, { memory_gb: 64 })).toMatchObject(FITS)
    expect(preflight(10, 36, { memory_gb: 24 })).toMatchObject(TOO_LARGE)
    expect(preflight(12.1, 24, { memory_gb: 24 })).toMatchObject(FITS)
  })

  it('S35 9 GB free for loading take a build of 8 GB and none of 14, even on 64 GB; 0 take nothing', () => {
    expect(preflight(8, 0, { free_gb: 9 })).toMatchObject(FITS)
    expect(preflight(14, 0, { free_gb: 9, memory_gb: 64 })).toMatchObject(NO_ROOM)
    expect(preflight(8, 0, { free_gb: 0 })).toMatchObject(NO_ROOM)
  })

  it('S35 10 GB free take 8 GB but not 9.5 (padded by 1.1176); where nothing is reported 64 GB take 16', () => {
    expect(preflight(9.5, 0, { free_gb: 10 })).toMatchObject(NO_ROOM)
    expect(preflight(8, 0, { free_gb: 10 })).toMatchObject(FITS)
    expect(preflight(16, 0, { memory_gb: 64 })).toMatchObject(FITS)
    const padded = (8 * 1.2e9) / 2 ** 30
    expect(preflight(8, 0, { free_gb: padded + 0.001 })).toMatchObject(FITS)
    expect(preflight(8, 0, { free_gb: padded - 0.001 })).toMatchObject(NO_ROOM)
  })

  it('S36 the planner loads 14 GB where 20 are free, not where 9 are; where nothing is reported the hardware decides', () => {
    expect(plannedLoads(14, { free_gb: 9 })).toBe(0)
    expect(plannedLoads(14, { free_gb: 20 })).toBe(1)
    expect(plannedLoads(14, { memory_gb: 64 })).toBe(1)
    expect(plannedLoads(14, { memory_gb: 24 })).toBe(0)
  })

  it('S43 40 GB are resident on 64 GB with 42 in use, slot idle, no budget: admitted, only KV is needed', () => {
    const story = new Story({ catalog: [entry(A, 40)] })
    const mac = story.given({ memory_gb: 64, gpuActive_gb: 42, slots: [{ state: 'idle' }] })
    expect(story.when()).toMatchObject({ provider: mac, preflight: [1, 0, 0], counts: [1, 0, 0] })
  })
})
