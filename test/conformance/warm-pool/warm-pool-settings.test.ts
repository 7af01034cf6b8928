/** The warm pool with June's own settings: what trips it, how long it remembers (coordinator-routing §10 W1–W9). */
import { describe, expect, it } from 'vitest'
import { juneRamp, WarmPoolStory } from './warm-pool-story.ts'
import { A, type SettingsInput } from '../world.ts'

/** Seconds of the ticks that found pressure on A. */
const pressedAt = (story: WarmPoolStory): number[] =>
  story.plans.filter((row) => row.pressure).map((row) => row.at / 1e6)
/** A full machine, others idle, 20 that could load. Nobody is told to. */
const observed = (settings: SettingsInput = {}, idle = 4): WarmPoolStory => {
  const story = new WarmPoolStory({ ...juneRamp, WARM_POOL_OBSERVE_ONLY: true, ...settings })
  story.fullMachine()
  story.givenMany(idle)
  story.coldMachines(20)
  return story.start()
}

/** So many requests wait in silence for half of their deadline, then are answered. */
const silences = (story: WarmPoolStory, count: number, serials: readonly string[]): void => {
  for (let each = 0; each < count; each++) {
    const { id } = story.when({ serials })
    story.pass(2.6)
    story.serves(id)
  }
}

describe('signals', () => {
  it('W3 one capacity rejection trips it, at once', () => {
    expect(pressedAt(observed().spill())).toEqual([0])
  })

  it('W3 one late first token trips it', () => {
    const story = observed()
    story.when({ serials: ['mac-1'], estimatedPromptTokens: 100_000 })
    expect(story.plan).toMatchObject({ pressure: true })
  })

  it('W3 one dispatch to an unloaded machine trips it', () => {
    // Its first token is late as well, which shall not count here.
    const story = observed({ WARM_POOL_TTFT_MISS_THRESHOLD: 0 })
    const { id, provider } = story.when({ serials: ['mac-5'] })
    story.says(provider!, 'accepted', id)
    expect(story.plan).toMatchObject({ pressure: true, warm: 5 })
  })

  it('W3 two started backups trip it, one does not', () => {
    for (const [count, trips] of [
      [1, false],
      [2, true],
    ] as const) {
      const story = observed()
      silences(story, count, ['mac-1'])
      story.pass(10)
      expect(pressedAt(story).length > 0).toBe(trips)
    }
  })

  it('W3 one won backup trips it', () => {
    const story = observed()
    silences(story, 1, ['mac-1', 'mac-2'])
    story.pass(10)
    expect(pressedAt(story)).toEqual([10])
  })

  it('W3 with another signal 80 % saturated machines trip it, 75 % do not', () => {
    for (const [warm, busy, trips] of [
      [5, 4, true],
      [4, 3, false],
    ] as const) {
      const story = new WarmPoolStory({ ...juneRamp, WARM_POOL_OBSERVE_ONLY: true })
      story.given()
      for (let each = 1; each < warm; each++) story.given(each <= busy ? { slots: [{ running: 1 }] } : {})
      story.coldMachine()
      story.start()
      silences(story, 1, ['mac-0'])
      story.pass(10)
      expect(pressedAt(story).length > 0).toBe(trips)
    }
  })
})

const every = (interval: string): number[] => {
  const story = observed({ WARM_POOL_INTERVAL: interval, WARM_POOL_MIN_DWELL: 0 }).spill()
  story.pass(200)
  return pressedAt(story).slice(-1)
}

describe('memory', () => {
  it('W3 a signal is forgotten after 60 s, or four intervals where that is longer', () => {
    expect(every('1s')).toEqual([60])
    expect(every('30s')).toEqual([120])
  })

  it('W3 counters are halved by an event that comes 60 s or more after the last', () => {
    for (const [gap, trips] of [
      [59.999, true],
      [60, false],
    ] as const) {
      const story = observed({ WARM_POOL_CAPACITY_REJECT_THRESHOLD: 2 }).spill()
      story.pass(gap)
      expect(pressedAt(story)).toEqual([])
      story.spill()
      expect(pressedAt(story).length > 0).toBe(trips)
    }
  })

  it('W4 the rate is smoothed: 1.0 per second, then 10.5, are 3.85', () => {
    // 10 s each on machines that carry one: 512/512 + 256/(256/9).
    const mac = { prefill: 512, decode: 256 / 9 }
    const settings = { ...juneRamp, WARM_POOL_OBSERVE_ONLY: true, WARM_POOL_DECODE_FLOOR_TPS: 100 }
    const story = new WarmPoolStory({ ...settings, WARM_POOL_BURST_BUFFER: 0 })
    story.fullMachine({ ...mac, slots: [{ activeTokenBudgetMax: 10 }] })
    story.coldMachines(40, mac)
    story.start().spill(10).pass(10)
    expect(story.plan).toMatchObject({ target: 10 })
    story.spill(105).pass(10)
    expect(story.plan).toMatchObject({ target: Math.ceil(10 * 3.85) })
  })

  it('W8 a target is held for 5 min', () => {
    const story = observed().spill()
    expect(story.plan).toMatchObject({ target: 6 })
    story.pass(400)
    expect(story.plans.filter((row) => row.target === 5).map((row) => row.at / 1e6)).toEqual([300])
  })
})

/** Loads of the first tick, at June's ramp, where a floor asks for so many more. */
const first = (gap: number, settings: SettingsInput = {}): number[] => {
  const story = new WarmPoolStory({ ...juneRamp, WARM_POOL_MIN_WARM: { [A]: gap }, ...settings })
  story.coldMachines(100)
  story.start().pass(10)
  expect(new Set(story.rowsOf('load_command').map((row) => row.at / 1e6))).toEqual(new Set([10]))
  return [story.loads().length]
}

describe('limits', () => {
  it('W9 the first tick, after 10 s, sends 4 loads for a gap of 5, half of a gap of 20, and 16 at most', () => {
    expect(first(5)).toEqual([4])
    expect(first(20)).toEqual([10])
    expect(first(100, { WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 50 })).toEqual([16])
  })

  it('W9 no more than 16 loads are under way in the whole fleet', () => {
    expect(first(100, { WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 50 })).toEqual([16])
  })

  it('W7 under pressure one spare machine is planned', () => {
    const story = new WarmPoolStory({ ...juneRamp, WARM_POOL_OBSERVE_ONLY: true })
    story.fullMachine({ decode: 10, slots: [{ running: 7, maxConcurrency: 1 }] })
    story.coldMachines(20, { decode: 10 })
    expect(story.spill().plan).toMatchObject({ target: 8 })
  })
})
