/** The golden numbers of coordinator-control §10.2, in the order of its table (GN1 … GN15). */
import { describe, expect, it } from 'vitest'
import { juneRamp, roomy, WarmPoolStory } from './warm-pool/warm-pool-story.ts'
import { A, B, entry, type MacSpec, type SettingsInput, Story } from './world.ts'

/** Warm-pool target with so many running on machines of this rate that may hold 24 each. */
const target = (decode: number, running: number, settings: SettingsInput): number => {
  const story = new WarmPoolStory(settings)
  story.fullMachine({ decode, slots: [{ running, maxConcurrency: 24, activeTokenBudgetMax: 10 }] })
  story.coldMachines(10, { ...roomy(), decode })
  return story.spill().plan!.target
}

const carries = (decode: number, expected: number, settings: SettingsInput = {}): void => {
  expect(target(decode, 3 * expected, settings)).toBe(3)
  expect(target(decode, 3 * expected + 1, settings)).toBe(4)
}

describe('quality concurrency', () => {
  it('GN1 a machine of 23 tok/s carries 1 at a floor of 15', () => carries(23, 1))
  it('GN2 a machine of 57 tok/s carries 10 at a floor of 15', () => carries(57, 10))
  it('GN3 with July’s slow-down of 0.39 per further request it carries 7', () =>
    carries(57, 7, { BATCH_SLOWDOWN: 0.39 }))
  it('GN4 a machine of 14 tok/s, below the floor, carries 1', () => carries(14, 1))
})

describe('warm pool', () => {
  /** Prefill 684 and decode 57: 512/684 + 256/57 = 0.7485 + 4.4912 s. */
  const mac: MacSpec = { decode: 57, prefill: 684 }
  /** 3 warm machines stay idle because their budgets are too small for what spills. */
  const idle: MacSpec = { ...mac, slots: [{ activeTokenBudgetMax: 10 }] }

  it('GN5 a typical request stays 5.24 s: 100 spills per second on machines that carry one each are 524 machines', () => {
    const one = { WARM_POOL_INTERVAL: '1s', WARM_POOL_DECODE_FLOOR_TPS: 57, WARM_POOL_OBSERVE_ONLY: true }
    const story = new WarmPoolStory(one)
    story.fullMachine(idle)
    story.coldMachines(600, mac)
    expect(story.start().spill(100).pass(1).plan!.target).toBe(524)
  })

  /** Planned at the first tick that knows the rate. */
  const planned = (spillsPerSecond: number) => {
    // Observing until then, so that no earlier tick has taken machines away.
    const story = new WarmPoolStory({ ...juneRamp, WARM_POOL_OBSERVE_ONLY: true })
    story.fullMachine(idle)
    story.givenMany(2, idle)
    story.coldMachines(20, { ...roomy(), ...mac })
    story.start().spill(10 * spillsPerSecond)
    story.coordinator.set('WARM_POOL_OBSERVE_ONLY', false)
    return story.pass(10).plan
  }

  it('GN6 1 spill per second with 3 warm and 20 cold that carry 10 each: 1 + 1 needed, reactive target 4', () => {
    expect(planned(1)).toMatchObject({ warm: 3, eligibleCold: 20, target: 4, loads: 1 })
  })

  it('GN7 20 spills per second: 11 + 1 = 12, a gap of 9, and 5 loads this tick', () => {
    expect(planned(20)).toMatchObject({ warm: 3, eligibleCold: 20, target: 12, loads: 5 })
  })
})

/** Largest prompt that the hard gate lets in. */
const cliff = (decode: number, ratio: number, near: number): number => {
  const story = new Story({ settings: { TTFT_HARD_REJECT: true, PREFILL_DECODE_RATIO: ratio }, explained: false })
  const mac = story.given({ decode })
  for (let prompt = near - 3; prompt < near + 3; prompt++) {
    const { id, provider, answer } = story.when({ estimatedPromptTokens: prompt })
    if (provider === undefined) {
      expect(answer).toMatchObject({ status: 429, reason: 'ttft_too_slow' })
      return prompt - 1
    }
    expect(provider).toBe(mac)
    story.serves(id)
  }
  throw new Error(`no cliff near ${near}`)
}

const estimate_ms = (decode: number, prompt: number, ratio: number): number => {
  const story = new Story({ settings: { PREFILL_DECODE_RATIO: ratio } })
  story.given({ decode })
  return story.when({ estimatedPromptTokens: prompt }).door.bestTtft_ms
}

/** When a machine that says nothing is given up. */
const deadline_s = (prompt: number, more: SettingsInput = {}): number => {
  const story = new Story({ settings: more })
  story.given({ decode: 400 })
  const { id } = story.when({ estimatedPromptTokens: prompt })
  story.pass(60)
  const ended = story.rowsOf('attempt_ended').find((row) => row.request === id && row.outcome === 'timeout')
  return ended!.at / 1e6
}

describe('first token', () => {
  it('GN8 2,000 prompt tokens are due after 7 s, after 11 s with a base of 9 s', () => {
    expect(deadline_s(2_000)).toBe(7)
    expect(deadline_s(2_000, { TTFT_LIVE_DEADLINE_BASE_MS: 9_000 })).toBe(11)
  })

  it('GN9 21 tok/s idle, 2,384 tokens: 9.46 s + 0.05 s at 12 times the decode rate, 28.4 s at 4 times', () => {
    expect(estimate_ms(21, 2_384, 12)).toBeCloseTo(9_460.3 + 47.6, 1)
    expect(estimate_ms(21, 2_384, 4) / 1_000).toBeCloseTo(28.4, 1)
  })

  it('GN10 the first-token cliff at 27 tok/s lies at 600.9 tokens at ratio 4, at 2,378.7 at ratio 12', () => {
    expect(cliff(27, 4, 601)).toBe(600)
    expect(cliff(27, 12, 2_379)).toBe(2_378)
  })

  it('GN10 at 25 tok/s and ratio 4 it lies at 551, at 21 tok/s at 454 and 1,668', () => {
    expect(cliff(25, 4, 551)).toBe(551)
    expect(cliff(21, 4, 454)).toBe(454)
    expect(cliff(21, 12, 1_668)).toBe(1_668)
  })
})

/** One machine with one place, taken; so many wait. */
const crowded = (waiting: number, settings: SettingsInput = {}): Story => {
  const story = new Story({
    settings: { REJECT_MODELS: ['shed'], ...settings },
    aliases: [{ name: 'shed', desired: A }],
  })
  const mac = story.given({ slots: [{ maxConcurrency: 1 }] })
  story.busyWith(mac, 1)
  for (let each = 0; each < waiting; each++) story.when()
  expect(story.coordinator.queuedRequests).toBe(waiting)
  return story
}

const SHED = { kind: 'rejected', status: 429, reason: 'model_shed' }

describe('queue', () => {
  it('GN11 with 4 in the queue Retry-After is 12 s; with none 2 s, with 1 3 s, with 10 30 s, and never longer', () => {
    for (const [waiting, retryAfter_s] of [
      [4, 12],
      [0, 2],
      [1, 3],
      [10, 30],
    ] as const) {
      expect(crowded(waiting).when({ model: 'shed' }).answer).toEqual({ ...SHED, retryAfter_s })
    }
    expect(crowded(12, { QUEUE_MAX_DEPTH: 12 }).when({ model: 'shed' }).answer).toEqual({ ...SHED, retryAfter_s: 30 })
  })

  it('GN14 an arrival that finds 10 of 10 waiting is answered 429 queue_full, Retry-After 30', () => {
    const story = crowded(10)
    const answer = { kind: 'rejected', status: 429, reason: 'queue_full', retryAfter_s: 30 }
    expect(story.when().answer).toEqual(answer)
    expect(story.coordinator.queuedRequests).toBe(10)
  })
})

describe('machines', () => {
  it('GN12 gpt-oss of 12.1 GB takes 13.52 GiB to load', () => {
    for (const [free_gb, candidates] of [
      [13.53, 1],
      [13.52, 0],
    ] as const) {
      const story = new Story({ catalog: [entry(A, 12.1, 24)] })
      story.given({ slots: [], free_gb })
      expect(story.when().preflight[0]).toBe(candidates)
    }
  })

  it('GN13 a breaker opens for 60, 120, 240, 300 and 300 s on trips 0 to 4', () => {
    const story = new Story({ settings: { ERROR_COOLDOWN_STRIKES: 1_000 }, explained: false })
    const faulty = story.given({ serial: 'faulty' })
    // The healthy machine keeps the fail-open pass from trying the faulty one; dearer, so that it is tried when it may.
    story.given({ serial: 'healthy', slots: [{ state: 'idle_shutdown' }] })
    const tries = (): boolean => {
      const { id, provider } = story.when()
      if (provider === faulty) story.fails(id, 500)
      const last = story.rowsOf('dispatched').at(-1)!
      story.completes(last.provider, id, last.attempt)
      return provider === faulty
    }
    for (let fault = 0; fault < 5; fault++) expect(tries()).toBe(true)
    for (const pause of [60, 120, 240, 300, 300]) {
      story.pass(pause - 0.001)
      expect(tries()).toBe(false)
      story.pass(0.001)
      expect(tries()).toBe(true)
    }
  })

  it('GN15 a cold machine (30,000) begins to win when 8 are in the warm one’s queue and 8 pending: 24,000 + 6,000', () => {
    const budget = { activeTokenBudgetMax: 1_000_000 }
    for (const held of [7, 8]) {
      const story = new Story()
      const warm = story.given({ decode: 100, slots: [budget] })
      story.busyWith(warm, held)
      const cold = story.given({ decode: 100, models: [A, B], slots: [{ model: B, state: 'idle', ...budget }] })
      const { id, provider } = story.when()
      const costs = { queue_ms: held * 3_000, pending_ms: held * 750, backlog_ms: 0 }
      expect(story.costOn(id, warm)).toMatchObject(costs)
      expect(story.costOn(id, cold)).toMatchObject({ state_ms: 30_000, queue_ms: 0, pending_ms: 0 })
      expect(provider).toBe(held === 8 ? cold : warm)
    }
  })
})
