/** What a candidate costs and how long it would take, term by term (coordinator-routing §1.2, §4.2–§4.7, §5). */
import { describe, expect, it } from 'vitest'
import type { RequestView } from '../../../sim/protocol/index.ts'
import { A, B, entry, type MacSpec, type SettingsInput, Story } from '../world.ts'

/** The decision that gives a request to the only machine. */
const alone = (mac: MacSpec, view: Partial<RequestView> = {}, settings: SettingsInput = {}) => {
  const story = new Story({ settings })
  story.given(mac)
  return story.when(view).row!
}
const admits = (size_gb: number, minRam_gb: number, mac: MacSpec, view: Partial<RequestView>): boolean => {
  const story = new Story({ catalog: [entry(A, size_gb, minRam_gb)] })
  story.given(mac)
  const { preflight } = story.when(view)
  expect(preflight[0] + preflight[1]).toBe(1)
  return preflight[0] === 1
}

describe('cost', () => {
  it('§4.7 health: 4,000 × pressure + 1,500 × cpu + 5,000 × GPU share + 2,000 when fair, 8,000 when serious', () => {
    expect(alone({ pressure: 0.5, cpu: 0.2, gpuActive_gb: 16 }).health_ms).toBe(2_000 + 300 + 1_250)
    expect(alone({ pressure: 0, cpu: 0 }).health_ms).toBe(0)
    expect(alone({ pressure: 0, cpu: 0, thermal: 'fair' }).health_ms).toBe(2_000)
    expect(alone({ pressure: 0, cpu: 0, thermal: 'serious' }).health_ms).toBe(8_000)
    expect(alone({ pressure: 1, cpu: 1, gpuActive_gb: 63, slots: [{ activeTokenBudgetMax: 1e6 }] }).health_ms).toBe(
      4_000 + 1_500 + (5_000 * 63) / 64,
    )
  })

  it('§1.2 state: running and idle 0, idle_shutdown 20,000, a build without a slot 30,000', () => {
    expect(alone({ slots: [{ state: 'running' }] }).state_ms).toBe(0)
    expect(alone({ slots: [{ state: 'idle' }] }).state_ms).toBe(0)
    expect(alone({ slots: [{ state: 'idle_shutdown' }] }).state_ms).toBe(20_000)
    expect(alone({ slots: [] }).state_ms).toBe(30_000)
    expect(alone({ reports: 'legacy' }).state_ms).toBe(30_000)
  })

  it('§4.7 backlog without a budget: potential, waiting × this request’s maximum, and what is pending beyond them', () => {
    const story = new Story()
    const mac = story.given({ slots: [{ waiting: 2, maxTokensPotential: 1_000, observedDecodeTps: 100 }] })
    expect(story.when({ maxTokens: 500 }).row!.backlog_ms).toBe(20_000)
    // 100 + 500 tokens are pending now, less than the 2,000 above; with 3,000 more they are 3,600.
    expect(story.when({ estimatedPromptTokens: 1_000, maxTokens: 2_000 }).row!.backlog_ms).toBe(50_000)
    expect(story.when({ maxTokens: 500 })).toMatchObject({ provider: mac, row: { backlog_ms: 36_000 } })
  })

  it('§4.7 long prompts: off by default; from LONG_PROMPT_TOKENS on prefill and load count twice, or by their weight', () => {
    const mac = { decode: 100, prefill: 1_000, slots: [{ state: 'idle_shutdown' as const }] }
    const cost = (prompt: number, settings: SettingsInput) =>
      alone(mac, { estimatedPromptTokens: prompt, maxTokens: 100 }, settings).thisRequest_ms
    expect(cost(2_000, {})).toBe(2_000 + 1_000)
    expect(cost(1_999, { LONG_PROMPT_TOKENS: 2_000 })).toBe(1_999 + 1_000)
    expect(cost(2_000, { LONG_PROMPT_TOKENS: 2_000 })).toBe(2_000 + 1_000 + (2_000 + 20_000))
    expect(cost(2_000, { LONG_PROMPT_TOKENS: 2_000, LONG_PROMPT_PREFILL_WEIGHT: 3 })).toBe(3_000 + 2 * 22_000)
    expect(cost(2_000, { LONG_PROMPT_TOKENS: 2_000, LONG_PROMPT_PREFILL_WEIGHT: 0 })).toBe(3_000)
  })

  it('§5 S5 costs that differ by 3,000 ms are equal, by 3,000.4 they are not', () => {
    for (const [pressure, nearTies] of [
      [0.75, 2],
      [0.7501, 1],
    ] as const) {
      const story = new Story()
      story.given({ pressure: 0 })
      story.given({ pressure })
      expect(story.when().row!.nearTies).toBe(nearTies)
    }
  })

  it('§5 S6 among equals the one with less in its queue is chosen, then the one with less pending', () => {
    const story = new Story({ catalog: [entry(A), entry(B)] })
    story.given({ decode: 400, slots: [{ running: 1, observedDecodeTps: 400 }] })
    const busy = story.given({ decode: 400, models: [A, B], slots: [{ model: A }, { model: B }] })
    const idle = story.given({ decode: 400, pressure: 0.2 })
    story.busyWith(busy, 1, { model: B })
    const { provider, row } = story.when({ maxTokens: 1, estimatedPromptTokens: 1 })
    expect(provider).toBe(idle)
    expect(row!.nearTies).toBe(3)
  })

  it('§5 S4 the decode floor is 15 tok/s by default: 19.06 tok/s alone keep it for one more, 19.04 do not', () => {
    for (const [decode, kept] of [
      [19.06, true],
      [19.04, false],
    ] as const) {
      const story = new Story()
      const slow = story.given({ decode })
      story.given({ decode: 400, slots: [{ state: 'idle_shutdown' }] })
      const { id, provider } = story.when({ maxTokens: 1, estimatedPromptTokens: 1 })
      expect(provider === slow).toBe(kept)
      expect(story.fateOf(id, slow)).toBe(kept ? 'winner' : 'decode_floor')
    }
  })
})

describe('rates', () => {
  it('§4.5 static decode is the registered rate, else √bandwidth', () => {
    expect(alone({ decode: 57, bandwidth_gbs: 400 }).staticTps).toBe(57)
    expect(alone({ bandwidth_gbs: 400 }).staticTps).toBe(20)
  })

  it('§4.5 without observations a batch of 3 slows each to static / 1.81, never below 1', () => {
    expect(alone({ decode: 100, slots: [{ running: 3 }] }).effectiveTps).toBe(100 / (1 + 0.27 * 3))
    expect(alone({ decode: 1, slots: [{ running: 3 }] }).effectiveTps).toBe(1)
  })

  it('§4.1 the fleet’s median is that of the last 50 observations of the build on this chip family', () => {
    const story = new Story()
    const witness = story.given({ chipFamily: 'M4', slots: [{}] })
    const samples = (count: number, tps: number): void => {
      for (let beat = 0; beat < count; beat++) story.hears(witness, { slots: [{ observedDecodeTps: tps }] })
    }
    const same = story.given({ chipFamily: 'M4', serial: 'same', decode: 400 })
    const other = story.given({ chipFamily: 'M3', serial: 'other', decode: 400 })
    samples(50, 10)
    expect(story.when({ serials: ['same'] })).toMatchObject({ provider: same, row: { effectiveTps: 10 } })
    expect(story.when({ serials: ['other'] })).toMatchObject({ provider: other, row: { effectiveTps: 400 } })
    samples(25, 20)
    expect(story.when({ serials: ['same'] }).row!.effectiveTps).toBe(15)
    samples(1, 20)
    expect(story.when({ serials: ['same'] }).row!.effectiveTps).toBe(20)
  })
})

describe('admission', () => {
  it('§4.4 B2 a loaded build needs 400,000 bytes of KV per token: 10,000 tokens fit 3.7253 GiB', () => {
    const tokens = { estimatedPromptTokens: 4_000, maxTokens: 6_000 }
    const kv_gib = (10_000 * 400_000) / 2 ** 30
    expect(admits(10, 0, { gpuActive_gb: 64 - kv_gib - 0.001 }, tokens)).toBe(true)
    expect(admits(10, 0, { gpuActive_gb: 64 - kv_gib + 0.001 }, tokens)).toBe(false)
  })

  it('§4.4 B1 an unloaded build needs its size, its KV and 4 GB', () => {
    const cold: MacSpec = { memory_gb: 24, slots: [{ state: 'idle_shutdown' }] }
    const kv_gib = (1_000 * 400_000) / 2 ** 30
    const tokens = { estimatedPromptTokens: 500, maxTokens: 500 }
    expect(admits(20 - kv_gib - 0.001, 1, cold, tokens)).toBe(true)
    expect(admits(20 - kv_gib + 0.001, 1, cold, tokens)).toBe(false)
  })

  it('§4.2 the quick check takes 500 tokens for a prompt of unknown length', () => {
    const story = new Story()
    story.given({ decode: 100, prefill: 1_000 })
    expect(story.when({ estimatedPromptTokens: 0 }).door.bestTtft_ms).toBe(500 + 10)
  })

  it('§1.4 a request without a limit may generate what the catalog says, else 8,192 tokens', () => {
    const story = new Story({ catalog: [{ ...entry(A), maxOutput: 4_000 }, entry(B)] })
    const mac = story.given({ decode: 100, prefill: 1_000, models: [A, B], slots: [{ model: A }, { model: B }] })
    expect(story.when({ model: A, maxTokens: undefined }).row!.thisRequest_ms).toBe(100 + 40_000)
    expect(story.when({ model: B, maxTokens: undefined }).row!.thisRequest_ms).toBe(100 + 81_920)
    expect(story.messagesTo(mac, 'inference')).toMatchObject([{ maxTokens: 4_000 }, { maxTokens: 8_192 }])
  })
})
