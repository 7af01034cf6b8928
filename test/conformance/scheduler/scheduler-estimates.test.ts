/** What the coordinator thinks a machine will do: first token, prefill and decode rates (coordinator-routing §15.3). */
import { describe, expect, it } from 'vitest'
import { A, entry, type MacSpec, type SettingsInput, Story } from '../world.ts'

/** The first-token estimate of the best candidate, for a prompt of 1,000 tokens on this machine alone. */
const firstToken_ms = (mac: MacSpec, prompt = 1_000, settings: SettingsInput = {}): number => {
  const story = new Story({ settings })
  story.given(mac)
  return story.when({ estimatedPromptTokens: prompt }).door.bestTtft_ms
}

const observed = (tps: number) => firstToken_ms({ decode: 50, slots: [{ observedPrefillTps: tps }] }) - 1_000 / 50

describe('first-token estimate', () => {
  it('S3 hundred waiting prompts of 100 tokens at 400 tok/s make the only candidate later than 10 s; an idle twin makes it in time', () => {
    const story = new Story()
    // A cap of 128 would be cut to 24 on the way in, so the machine reports none: the same room for one more.
    story.given({ decode: 100, prefill: 400, slots: [{ waiting: 100 }] })
    const alone = story.when()
    expect(alone.preflight).toEqual([1, 0, 0])
    expect(alone.door.bestTtft_ms).toBe(25_000 + 250 + 10)
    expect(alone.door.bestTtft_ms).toBeGreaterThan(10_000)
    story.given({ decode: 100, prefill: 400 })
    const beside = story.when()
    expect(beside.preflight).toEqual([2, 0, 0])
    expect(beside.door.bestTtft_ms).toBe(260)
    expect(beside.door.bestTtft_ms).toBeLessThan(10_000)
  })

  it('S4 three waiting prompts of 2,000 tokens at 400 tok/s: 20 to 21 s, whatever the token budget holds', () => {
    const story = new Story()
    const budget = { activeTokenBudgetUsed: 20_000, activeTokenBudgetMax: 100_000, queuedTokenBudget: 40_000 }
    story.given({ prefill: 400, slots: [{ waiting: 3, observedDecodeTps: 100, ...budget }] })
    const { door } = story.when({ estimatedPromptTokens: 2_000 })
    expect(door.bestTtft_ms).toBe(15_000 + 5_000 + 10)
    expect(door.bestTtft_ms).toBeGreaterThanOrEqual(20_000)
    expect(door.bestTtft_ms).toBeLessThanOrEqual(21_000)
  })

  it('S5 a running request, 100k potential and 40k queued tokens are not charged: 100 tokens come within 1 s', () => {
    const story = new Story()
    const budget = { activeTokenBudgetUsed: 80_000, activeTokenBudgetMax: 200_000, queuedTokenBudget: 40_000 }
    story.given({ decode: 100, slots: [{ running: 1, maxTokensPotential: 100_000, ...budget }] })
    const { preflight, door } = story.when({ estimatedPromptTokens: 100, maxTokens: 2_048 })
    expect(preflight).toEqual([1, 0, 0])
    expect(door.bestTtft_ms).toBeGreaterThan(0)
    expect(door.bestTtft_ms).toBeLessThanOrEqual(1_000)
  })

  it('S6 prefill is the registered 500, else 12 times the decode rate of 50, or 20 times if so set; a ratio of 0 or less is ignored', () => {
    const decode_ms = 1_000 / 50
    // The quick check cuts its best estimate to whole nanoseconds (§17).
    const default_ms = Math.floor(((1_000 / 600) * 1_000 + decode_ms) * 1e6) / 1e6
    expect(firstToken_ms({ decode: 50, prefill: 500 })).toBe((1_000 / 500) * 1_000 + decode_ms)
    expect(firstToken_ms({ decode: 50 })).toBe(default_ms)
    expect(firstToken_ms({ decode: 50 }, 1_000, { PREFILL_DECODE_RATIO: 20 })).toBe(1_000 + decode_ms)
    for (const ratio of [0, -3]) {
      const ignored = firstToken_ms({ decode: 50 }, 1_000, { PREFILL_DECODE_RATIO: ratio })
      expect(ignored).toBe(default_ms)
    }
  })

  it('S7 an observed prefill rate wins over the static 600, 0 is ignored, and no more than 5,000 is believed', () => {
    expect(observed(1_000)).toBeCloseTo(1_000, 6)
    expect(observed(0)).toBeCloseTo(1_666.67, 2)
    expect(observed(5_000)).toBeCloseTo(200, 6)
    // More than that is no measurement at all …
    expect(observed(5_001)).toBeCloseTo(1_666.67, 2)
    // … and a static rate above it (12 × 500) is cut for the estimate, but not for the cost.
    const story = new Story()
    story.given({ decode: 500 })
    const { door, row } = story.when({ estimatedPromptTokens: 6_000, maxTokens: 500 })
    expect(door.bestTtft_ms).toBe((6_000 / 5_000) * 1_000 + 1_000 / 500)
    expect(row!.thisRequest_ms).toBe((6_000 / 6_000) * 1_000 + (500 / 500) * 1_000)
  })

  it('S8 prefill 600, decode 50, prompt 1,000: 1,686.67 ms; observed at 1,800: 575.56 ms', () => {
    expect(firstToken_ms({ decode: 50, prefill: 600 })).toBeCloseTo(1_686.67, 2)
    const seen = firstToken_ms({ decode: 50, prefill: 600, slots: [{ observedPrefillTps: 1_800 }] })
    expect(seen).toBeCloseTo(575.56, 2)
  })
})

/** Does a decode floor leave this machine in play, when a dearer one keeps it for sure? */
const keeps = (mac: MacSpec, floor: number): boolean => {
  const story = new Story({ settings: { MIN_DECODE_TPS: floor } })
  const slow = story.given(mac)
  story.given({ decode: 400, slots: [{ state: 'idle_shutdown' }] })
  return story.fateOf(story.when({ maxTokens: 1, estimatedPromptTokens: 1 }).id, slow) !== 'decode_floor'
}

describe('projected decode rate', () => {
  it('S9 25 tok/s idle would be 25/1.27', () => {
    expect(keeps({ decode: 25 }, 25 / 1.27)).toBe(true)
    expect(keeps({ decode: 25 }, 25 / 1.27 + 0.001)).toBe(false)
  })

  it('S9 20 tok/s observed in a batch of 2 would be 20 × 1.54 / 1.81', () => {
    const seen: MacSpec = { decode: 300, slots: [{ running: 2, observedDecodeTps: 20 }] }
    expect(keeps(seen, (20 * 1.54) / 1.81)).toBe(true)
    expect(keeps(seen, (20 * 1.54) / 1.81 + 0.001)).toBe(false)
  })

  it('S9 a machine without any rate counts as one that decodes 1 tok/s alone: nothing is unknown at this door', () => {
    const unknown: MacSpec = { bandwidth_gbs: 0 }
    const story = new Story()
    story.given(unknown)
    expect(story.when().row!.staticTps).toBe(1)
    expect(keeps(unknown, 1 / 1.27)).toBe(true)
    expect(keeps(unknown, 1 / 1.27 + 0.001)).toBe(false)
  })

  it('S10 an idle machine of 30 tok/s is chosen over one that runs 5 and is seen at 8, with a floor of 15', () => {
    const story = new Story({ settings: { MIN_DECODE_TPS: 15 } })
    const idle = story.given({ decode: 30 })
    const packed = story.given({ decode: 30, slots: [{ running: 5, observedDecodeTps: 8 }] })
    const { id, provider } = story.when()
    expect(provider).toBe(idle)
    expect(story.fateOf(id, packed)).toBe('decode_floor')
  })

  it('S11 the only machine is chosen although it is below a floor of 50', () => {
    const story = new Story({ settings: { MIN_DECODE_TPS: 50 } })
    const slow = story.given({ decode: 20 })
    const { provider, counts } = story.when()
    expect(provider).toBe(slow)
    expect(counts).toEqual([1, 0, 0])
  })
})

const used = (tokens: number): MacSpec => ({
  decode: 100,
  slots: [{ activeTokenBudgetUsed: tokens, activeTokenBudgetMax: 100_000 }],
})

describe('what decodes ahead', () => {
  it('S28 observed rates beat static ones: 70 observed on a machine of 50 is chosen over 30 observed on one of 200', () => {
    const story = new Story()
    story.given({ decode: 200, slots: [{ observedDecodeTps: 30 }] })
    const second = story.given({ decode: 50, slots: [{ observedDecodeTps: 70 }] })
    const { provider, row } = story.when({ maxTokens: 2_048 })
    expect(provider).toBe(second)
    expect(row).toMatchObject({ effectiveTps: 70, staticTps: 50 })
  })

  it('S29 of two equal machines with 20k and 2k tokens in use the lighter is chosen, and its backlog is charged', () => {
    const story = new Story({ catalog: [entry(A)] })
    const heavy = story.given(used(20_000))
    const light = story.given(used(2_000))
    const { id, provider, row } = story.when()
    expect(provider).toBe(light)
    expect(row!.backlog_ms).toBe(20_000)
    expect(story.costOn(id, heavy).backlog_ms).toBe(200_000)
  })
})
