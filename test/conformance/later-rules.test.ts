/** Rules that June had switched off, or got a day later (coordinator-control §3.4, §3.7–§3.9). */
import { describe, expect, it } from 'vitest'
import { A, B, build, entry, type MacSpec, type SettingsInput, Story } from './world.ts'

/** How many requests a machine that could hold 24 takes. */
const takes = (mac: MacSpec, settings: SettingsInput = {}): number => {
  const story = new Story({ settings: { QUALITY_CONCURRENCY_CAP: true, ...settings }, explained: false })
  story.given({ slots: [{ maxConcurrency: 24, activeTokenBudgetMax: 1_000_000 }], ...mac })
  let taken = 0
  while (story.when().provider !== undefined) taken += 1
  return taken
}

describe('quality cap', () => {
  it('GN1 a machine of 23 tok/s, which carries 1, takes 2 at an overcommit of 2.0 (June’s), and 2 at 1.2', () => {
    expect(takes({ decode: 23 })).toBe(2)
    expect(takes({ decode: 23 }, { QUALITY_CONCURRENCY_OVERCOMMIT: 1.2 })).toBe(2)
  })

  it('§3.4 it is off by default; where it is on, a machine of 57 tok/s takes twice its 10, or 12 at 1.2', () => {
    expect(takes({ decode: 57 }, { QUALITY_CONCURRENCY_CAP: undefined })).toBe(24)
    expect(takes({ decode: 57 })).toBe(20)
    expect(takes({ decode: 57 }, { QUALITY_CONCURRENCY_OVERCOMMIT: 1.2 })).toBe(12)
    expect(takes({ decode: 57 }, { QUALITY_CONCURRENCY_OVERCOMMIT_BY_MODEL: { [A]: 0.5 } })).toBe(5)
  })

  it('§3.4 a seed for the chip wins over one for the build, and either over the registered rate; without any there is no cap', () => {
    expect(takes({ decode: 57 }, { MODEL_SOLO_TPS_SEED: { [A]: 23 } })).toBe(2)
    expect(takes({ decode: 57 }, { MODEL_SOLO_TPS_SEED: { [A]: 57, [`${A}@M4 Max`]: 23 } })).toBe(2)
    expect(takes({})).toBe(24)
  })
})

/** Requests a machine registered at 57 tok/s takes after its like was heard at 23 with one request, so many times. */
const after = (heartbeats: number, settings: SettingsInput): number => {
  const story = new Story({ settings: { QUALITY_CONCURRENCY_CAP: true, ...settings }, explained: false })
  const witness = story.given({ decode: 57 })
  for (let beat = 0; beat < heartbeats; beat++) {
    story.hears(witness, { slots: [{ running: 1, observedDecodeTps: 23 }] })
  }
  const serials = [story.serialOf(story.given({ decode: 57, slots: [{ activeTokenBudgetMax: 1_000_000 }] }))]
  let taken = 0
  while (story.when({ serials }).provider !== undefined) taken += 1
  return taken
}

describe('learnt solo rates', () => {
  it('§3.4 a rate heard five times replaces the registered one where that is on; June does not learn', () => {
    expect(after(5, { QUALITY_CAP_PER_MODEL_TPS: true })).toBe(2)
    expect(after(4, { QUALITY_CAP_PER_MODEL_TPS: true })).toBe(20)
    expect(after(5, {})).toBe(20)
  })
})

describe('dedicated family', () => {
  const gemma = build('Gemma-4-26b')
  const catalog = [entry(A), entry(gemma), entry(build('gemma-4-4b'))]
  const settings: SettingsInput = { DEDICATED_MODELS: ['gemma-4'] }

  it('§3.9 a model of the family uses only machines that advertise nothing else, in letters of either case', () => {
    const story = new Story({ catalog, settings })
    const mixed = story.given({ models: [gemma, A] })
    expect(story.when({ model: gemma }).preflight).toEqual([0, 0, 0])
    const pure = story.given({ models: [gemma, build('gemma-4-4b')] })
    expect(story.when({ model: gemma })).toMatchObject({ preflight: [1, 0, 0], provider: pure })
    expect(story.when({ model: A })).toMatchObject({ provider: mixed })
  })

  it('A15 a full family answers 429 machine_busy instead of queueing, unless it may queue like others', () => {
    for (const [more, answer] of [
      [{}, { kind: 'rejected', status: 429, reason: 'machine_busy', retryAfter_s: 2 }],
      [{ DEDICATED_QUEUE_BEFORE_SHED: true }, undefined],
    ] as const) {
      const story = new Story({ catalog, settings: { ...settings, ...more } })
      story.given({ models: [gemma], slots: [{ model: gemma, maxConcurrency: 1, running: 1 }] })
      expect(story.when({ model: gemma }).answer).toEqual(answer)
    }
  })

  it('§3.9 there is no family by default', () => {
    const story = new Story({ catalog })
    const mixed = story.given({ models: [gemma, A] })
    expect(story.when({ model: gemma })).toMatchObject({ preflight: [1, 0, 0], provider: mixed })
  })
})

const refused = (reason: string) => ({ kind: 'rejected', status: 429, reason, retryAfter_s: 2 })

describe('servability gate', () => {
  const oss = build('gpt-oss-20b')
  const answer = (model: typeof A, tokens: readonly [prompt: number, max: number], mac: MacSpec, gate = true) => {
    const catalog = [entry(A, 10), entry(oss, 10), entry(B)]
    const story = new Story({ catalog, settings: gate ? { SERVABILITY_GATE: true } : {} })
    story.given({ models: [model], ...mac })
    const [estimatedPromptTokens, maxTokens] = tokens
    return story.when({ model, estimatedPromptTokens, maxTokens }).answer
  }

  it('A12 prompt and limit beyond the context of 131,072 are refused 429 context_exceeded; gpt-oss prompts count 1.3 times', () => {
    expect(answer(A, [100_000, 31_072], {})).toBeUndefined()
    expect(answer(A, [100_000, 31_073], {})).toEqual(refused('context_exceeded'))
    expect(answer(oss, [10_000, 118_072], {})).toBeUndefined()
    expect(answer(oss, [10_000, 118_073], {})).toEqual(refused('context_exceeded'))
  })

  it('A12 what no machine’s budget could ever hold is refused 429 prompt_too_long: a reported one, or what memory leaves', () => {
    const resident: MacSpec = { slots: [{ model: A, activeTokenBudgetMax: 5_000 }] }
    expect(answer(A, [1_000, 4_000], resident)).toBeUndefined()
    expect(answer(A, [1_000, 4_001], resident)).toEqual(refused('prompt_too_long'))
    // 0.90 × 64 GiB less 10 GB padded by 1.1176 and a reserve of 3, at 400,000 bytes per token.
    const most = Math.floor(((0.9 * 64 - (10 * 1.2e9) / 2 ** 30 - 3) * 2 ** 30) / 400_000)
    expect(answer(A, [most - 1_000, 1_000], { slots: [] })).toBeUndefined()
    expect(answer(A, [most - 1_000, 1_001], { slots: [] })).toEqual(refused('prompt_too_long'))
  })

  it('A12 a machine whose budget is unknown lets everything pass, and so does June’s default', () => {
    expect(answer(A, [1_000, 100_000], { slots: [{ model: A }] })).toBeUndefined()
    expect(answer(A, [1_000, 4_001], { slots: [{ model: A, activeTokenBudgetMax: 5_000 }] }, false)).toBeUndefined()
  })
})

/** Machines tried, one after the other, each refusing for lack of room. */
const tried = (settings: SettingsInput): number => {
  const story = new Story({ settings, explained: false })
  story.givenMany(6)
  const { id } = story.when()
  while (story.ending(id) === undefined) story.fails(id, 503, 'token_budget_exhausted: request queue full')
  expect(story.ending(id)).toMatchObject({ kind: 'rejected', status: 429, retryAfter_s: 2 })
  return story.dispatches(id).length
}

describe('capacity attempts', () => {
  it('§3.7 a request refused for lack of room tries every machine, or as many as MAX_CAPACITY_ATTEMPTS says', () => {
    expect(tried({})).toBe(6)
    expect(tried({ MAX_CAPACITY_ATTEMPTS: 3 })).toBe(3)
  })
})
