/**
 * The arithmetic of the warm pool's target (coordinator-routing §15.5). No message shows quality concurrency or service
 * time, so each number is met at the load at which one more request, or one more machine, changes the target.
 */
import { describe, expect, it } from 'vitest'
import { roomy, WarmPoolStory } from './warm-pool-story.ts'
import { A, B, entry, type MacSpec, type SettingsInput } from '../world.ts'

const legacy = (depth: number): number => {
  const story = new WarmPoolStory({ QUEUE_BEFORE_SHED: true, QUEUE_MAX_DEPTH: 40 })
  const full = story.given({ serial: 'full', decode: 100, reports: 'legacy', warm: [A] })
  story.coldMachines(10, { decode: 100, reports: 'legacy', warm: [] })
  story.busyWith(full, 4)
  return story.spill(depth).plan!.target
}

/** Target with so many requests running on one warm machine, 10 machines cold, everybody alike. */
const target = (running: number, mac: MacSpec, cap: number, settings: SettingsInput = {}): number => {
  const story = new WarmPoolStory(settings)
  story.fullMachine({ ...mac, slots: [{ running, maxConcurrency: cap, activeTokenBudgetMax: 10 }] })
  const cold: MacSpec = cap >= 24 ? { ...roomy(), ...mac } : mac
  story.coldMachines(10, cold)
  return story.spill().plan!.target
}

/** One machine for every `expected` requests: the load at which the target turns from 3 to 4. */
const carries = (expected: number, ...[mac, cap, settings]: [MacSpec, number, SettingsInput?]): void => {
  expect(target(3 * expected, mac, cap, settings)).toBe(3)
  expect(target(3 * expected + 1, mac, cap, settings)).toBe(4)
}

describe('quality concurrency', () => {
  it('WP13 a machine of 100 tok/s carries 20 requests at 15 tok/s each if its cap allows (32, cut to 24), and 6 if that is the cap', () => {
    carries(20, { decode: 100 }, 32)
    carries(6, { decode: 100 }, 6)
  })

  it('WP13 a machine of 10 tok/s carries 1, without a floor the cap of 6', () => {
    carries(1, { decode: 10 }, 6)
    carries(6, { decode: 10 }, 6, { WARM_POOL_DECODE_FLOOR_TPS: 0 })
  })

  it('WP13 a machine whose report says nothing of a cap counts as 4', () => {
    expect(legacy(12)).toBe(3)
    expect(legacy(13)).toBe(4)
  })

  it('WP18 8 running at 20 tok/s against a floor of 15, 8 cold, whole gap, ceiling 16: target 8, 7 loads', () => {
    const ramp = { WARM_POOL_RAMP_GAP_FRACTION: 1, WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 16 }
    const story = new WarmPoolStory(ramp)
    story.fullMachine({ decode: 20, slots: [{ running: 8, maxConcurrency: 8, observedDecodeTps: 20 }] })
    story.coldMachines(8, { decode: 20 })
    expect(story.spill().plan).toMatchObject({ warm: 1, target: 8, loads: 7 })
  })

  it('WP18 20 running, 12 cold and a ceiling of 5: 5 loads', () => {
    const ramp = { WARM_POOL_RAMP_GAP_FRACTION: 1, WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 5 }
    const story = new WarmPoolStory(ramp)
    story.fullMachine({ decode: 20, slots: [{ running: 20, maxConcurrency: 20, observedDecodeTps: 20 }] })
    story.coldMachines(12, { decode: 20 })
    expect(story.spill().plan).toMatchObject({ target: 13, loads: 5 })
  })
})

describe('load', () => {
  /** Prefill 512 and decode 64: 512/512 + 256/64 = 5 s; a floor of 64 leaves one request per machine. */
  const fiveSeconds: MacSpec = { prefill: 512, decode: 64 }
  const onePerMachine: SettingsInput = { WARM_POOL_DECODE_FLOOR_TPS: 64, WARM_POOL_OBSERVE_ONLY: true }
  /** Idle, but refuses what spills: its token budget is too small. */
  const idle: MacSpec = { ...fiveSeconds, slots: [{ activeTokenBudgetMax: 10 }] }

  it('WP14 8 requests in the system and 1 per machine: target 8', () => {
    const story = new WarmPoolStory(onePerMachine)
    story.fullMachine({ ...fiveSeconds, slots: [{ running: 5, waiting: 3, maxConcurrency: 1 }] })
    story.coldMachines(20, fiveSeconds)
    expect(story.spill().plan).toMatchObject({ warm: 1, target: 8 })
  })

  it('WP14 without pressure the target is what is warm', () => {
    const story = new WarmPoolStory({ ...onePerMachine, WARM_POOL_CAPACITY_REJECT_THRESHOLD: 2 })
    story.fullMachine({ ...fiveSeconds, slots: [{ running: 8, maxConcurrency: 1 }] })
    story.givenMany(4, fiveSeconds)
    story.coldMachines(20, fiveSeconds)
    expect(story.spill().plans).toEqual([])
    expect(story.spill().plan).toMatchObject({ warm: 5, target: 8 })
  })

  it('WP14 2 spills per second that would stay 5 s each: target 10; 3 if no more are reachable', () => {
    for (const [cold, machines] of [
      [20, 10],
      [2, 3],
    ] as const) {
      const story = new WarmPoolStory(onePerMachine)
      story.fullMachine(idle)
      story.coldMachines(cold, fiveSeconds)
      story.start().spill(20).pass(10)
      expect(story.plan).toMatchObject({ pressure: true, target: machines })
    }
  })

  it('WP14 a lone event with 2 warm: target 3', () => {
    const story = new WarmPoolStory()
    story.fullMachine()
    story.given()
    story.coldMachines(20)
    expect(story.spill().plan).toMatchObject({ warm: 2, target: 3 })
  })

  it('WP17 the first fold only starts the clock; 10 events within 10 s are 1.0 per second', () => {
    const story = new WarmPoolStory(onePerMachine)
    story.fullMachine(idle)
    story.coldMachines(20, fiveSeconds)
    story.start().spill(10)
    expect(story.plan).toMatchObject({ target: 2 })
    story.pass(10)
    // 1.0 per second for 5 s each.
    expect(story.plan).toMatchObject({ target: 5 })
    const more = new WarmPoolStory(onePerMachine)
    more.fullMachine(idle)
    more.coldMachines(20, fiveSeconds)
    more.start().spill(11).pass(10)
    expect(more.plan).toMatchObject({ target: 6 })
  })

  it('WP17 started and won backups are pressure, but no spills', () => {
    const settings = { ...onePerMachine, WARM_POOL_ASSUMED_COMPLETION_TOKENS: 64 * 120 }
    const story = new WarmPoolStory(settings, { catalog: [entry(A), entry(B)] })
    const silent = story.given(fiveSeconds)
    const backup = story.given({ ...fiveSeconds, slots: [{ running: 1 }] })
    story.coldMachines(20, fiveSeconds)
    story.start()
    for (let race = 0; race < 10; race++) {
      const { id, provider } = story.when({ serials: ['mac-0', 'mac-1'] })
      expect(provider).toBe(silent)
      story.pass(2.6)
      story.says(backup, 'first_content', id, 1)
      story.completes(backup, id, 1)
    }
    story.pass(20)
    // 10 started and 10 won over 26 s would be 92 machines' worth of two-minute requests.
    expect(story.plan).toMatchObject({ pressure: true, warm: 2, target: 3 })
  })
})

/** Spills per second, each staying as long as a typical request, on machines that carry one each. */
const staying = (perSecond: number, mac: MacSpec, settings: SettingsInput): number => {
  const story = new WarmPoolStory({ WARM_POOL_INTERVAL: '1s', WARM_POOL_DECODE_FLOOR_TPS: 500, ...settings })
  story.fullMachine({ ...mac, slots: [{ activeTokenBudgetMax: 10 }] })
  story.coldMachines(200, mac)
  return story.start().spill(perSecond).pass(1).plan!.target
}

describe('service time', () => {
  it('WP16 600 tokens at 600 tok/s and 256 at 50: 6.12 s, so 25 per second are 153 machines', () => {
    const assumed = { WARM_POOL_ASSUMED_PROMPT_TOKENS: 600, WARM_POOL_ASSUMED_COMPLETION_TOKENS: 256 }
    expect(staying(25, { prefill: 600, decode: 50 }, assumed)).toBe(153)
    expect(staying(26, { prefill: 600, decode: 50 }, assumed)).toBe(Math.ceil(26 * 6.12))
  })

  it('WP16 at tiny rates a request is thought to stay 2 min', () => {
    expect(staying(1, { prefill: 1, decode: 1 }, {})).toBe(120)
  })

  it('WP16 without tokens it is thought to stay 0.5 s', () => {
    const none = { WARM_POOL_ASSUMED_PROMPT_TOKENS: 0, WARM_POOL_ASSUMED_COMPLETION_TOKENS: 0 }
    expect(staying(100, { decode: 50 }, none)).toBe(50)
  })
})
