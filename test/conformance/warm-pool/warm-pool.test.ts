/** Pressure, candidates, floors and ramp of the warm-pool controller (coordinator-routing §15.5). */
import { describe, expect, it } from 'vitest'
import { WarmPoolStory } from './warm-pool-story.ts'
import { A, B, build, entry, type MacSpec, type SettingsInput } from '../world.ts'

/** A queue is the only pressure. */
const queueOnly: SettingsInput = {
  QUEUE_BEFORE_SHED: true,
  WARM_POOL_CAPACITY_REJECT_THRESHOLD: 0,
  WARM_POOL_WARM_SATURATION_THRESHOLD: 1,
}

describe('pressure', () => {
  it('WP1 a saturated warm machine, one capacity_reject and one cold machine: 1 load, target 2', () => {
    const story = new WarmPoolStory()
    story.fullMachine()
    const cold = story.coldMachine()
    story.spill()
    expect(story.plan).toMatchObject({ pressure: true, warm: 1, eligibleCold: 1, target: 2, loads: 1 })
    expect(story.messagesTo(cold, 'load_model')).toEqual([{ kind: 'load_model', build: A }])
  })

  it('WP2 one capacity_reject alone is pressure, although most warm machines are idle: 1 load', () => {
    const story = new WarmPoolStory()
    story.fullMachine()
    story.givenMany(4)
    const cold = story.coldMachine()
    story.spill()
    expect(story.plan).toMatchObject({ pressure: true, warm: 5, target: 6, loads: 1 })
    expect(story.loads()).toEqual([{ provider: cold, build: A }])
  })

  it('WP3 a queue told to be 3 s old is pressure at a threshold of 2 s: 1 load; one of 1.9 s is not, however long ago it was told', () => {
    const story = new WarmPoolStory({ ...queueOnly, WARM_POOL_QUEUE_AGE_THRESHOLD: '2s', WARM_POOL_INTERVAL: '100ms' })
    story.fullMachine()
    // Warm and idle: if all warm machines were saturated, that alone would be pressure.
    story.given()
    const cold = story.coldMachine()
    story.start()
    story.spill()
    story.pass(1.9).spill()
    expect(story.pass(30).loads()).toEqual([])
    const later = new WarmPoolStory({ ...queueOnly, WARM_POOL_QUEUE_AGE_THRESHOLD: '2s', WARM_POOL_INTERVAL: '100ms' })
    later.fullMachine()
    later.given()
    expect(later.coldMachine()).toBe(cold)
    later.start().spill()
    expect(later.pass(3).loads()).toEqual([])
    expect(later.spill().loads()).toEqual([{ provider: cold, build: A }])
    expect(later.now).toBeCloseTo(3, 6)
  })

  it('WP4 with a threshold of 0 the queue is pressure at once', () => {
    const story = new WarmPoolStory(queueOnly)
    story.fullMachine()
    story.given()
    story.coldMachine()
    story.spill()
    expect(story.now).toBe(0)
    expect(story.loads()).toHaveLength(1)
  })

  it('WP5 five wake-ups at once are one tick', () => {
    const story = new WarmPoolStory()
    story.fullMachine()
    story.coldMachines(4)
    story.spill(5)
    expect(story.plans).toHaveLength(1)
    expect(story.loads()).toHaveLength(1)
  })

  it('WP6 a queue that has emptied asks for no further load', () => {
    const story = new WarmPoolStory({ ...queueOnly, WARM_POOL_MIN_DWELL: 0 })
    const full = story.fullMachine({ slots: [{ maxConcurrency: 1 }] })
    story.given()
    story.coldMachines(2)
    const [running] = story.busyWith(full, 1)
    story.start().spill()
    expect(story.loads()).toHaveLength(1)
    story.serves(running!)
    story.serves(story.rowsOf('dispatched').at(-1)!.request)
    expect(story.coordinator.queuedRequests).toBe(0)
    expect(story.pass(60).loads()).toHaveLength(1)
  })

  it('WP7 observing only, or with a limit of 0, it plans and sends nothing', () => {
    const limits: readonly SettingsInput[] = [
      { WARM_POOL_OBSERVE_ONLY: true },
      { WARM_POOL_MAX_LOADS_PER_TICK: 0 },
      { WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 0 },
    ]
    for (const settings of limits) {
      const story = new WarmPoolStory(settings)
      story.fullMachine()
      story.coldMachine()
      story.spill()
      expect(story.plan).toMatchObject({ pressure: true, target: 2, loads: 0 })
      expect(story.loads()).toEqual([])
    }
  })

  it('WP8 a running request alone leaves the target at 1', () => {
    const story = new WarmPoolStory({ WARM_POOL_MIN_WARM: { [A]: 1 } })
    story.fullMachine()
    story.coldMachine()
    story.start().pass(60)
    // A target that is what is warm is not worth a row.
    expect(story.plans).toEqual([])
    expect(story.loads()).toEqual([])
    expect(story.spill().plan).toMatchObject({ warm: 1, target: 2 })
  })
})

describe('floor', () => {
  it('WP9 a floor of 3 with 1 warm and 2 cold: target 3, one load at a limit of 1', () => {
    const story = new WarmPoolStory({ WARM_POOL_MIN_WARM: { [A]: 3 } })
    story.given()
    story.coldMachines(2)
    story.start().pass(10)
    expect(story.plans).toMatchObject([{ pressure: false, warm: 1, target: 3, loads: 1 }])
  })

  it('WP9 a floor of 5 where 2 are reachable: target 2', () => {
    const story = new WarmPoolStory({ WARM_POOL_MIN_WARM: { [A]: 5 } })
    story.given()
    story.coldMachine()
    story.start().pass(10)
    expect(story.plan).toMatchObject({ warm: 1, eligibleCold: 1, target: 2 })
  })

  it('WP10 with a budget of 1 the model under pressure is served before the one with a floor', () => {
    const floor = build('a-first-by-name')
    const settings = { WARM_POOL_MIN_WARM: { [floor]: 1 }, WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 1 }
    const story = new WarmPoolStory(settings, { catalog: [entry(floor), entry(A)] })
    story.fullMachine()
    story.coldMachine({ models: [floor] })
    const cold = story.coldMachine()
    story.spill()
    expect(story.loads()).toEqual([{ provider: cold, build: A }])
  })
})

/** Which of two cold machines is loaded first? Among equals it is the one that registered first. */
const first = (one: MacSpec, other: MacSpec): 'one' | 'other' => {
  const story = new WarmPoolStory()
  story.fullMachine()
  const better = story.coldMachine({ decode: 100, pressure: 0, cpu: 0, ...one })
  story.coldMachine({ decode: 100, pressure: 0, cpu: 0, ...other })
  story.spill()
  return story.loads()[0]!.provider === better ? 'one' : 'other'
}

/** `worth` tok/s balance `cost` exactly: a hair less does not. */
const balances = (cost: MacSpec, worth: number): void => {
  expect(first(cost, { decode: 100 - worth })).toBe('one')
  expect(first(cost, { decode: 100 - worth + 0.01 })).toBe('other')
}

describe('candidates', () => {
  it('WP11 private, untrusted, stale (20 min), critical, active and loading machines are passed over: 1 good one is left', () => {
    const story = new WarmPoolStory({ WARM_POOL_MIN_WARM: { [B]: 1 } })
    story.deaf.add(story.coldMachine())
    story.pass(20 * 60)
    story.fullMachine()
    const loading = story.coldMachine({ models: [B, A] })
    story.start().pass(10)
    expect(story.loads()).toEqual([{ provider: loading, build: B }])
    story.coldMachine({ privateOnly: true })
    story.coldMachine({ trust: { level: 'self_signed' } })
    story.coldMachine({ thermal: 'critical' })
    story.coldMachine({ slots: [{ model: B, running: 1 }] })
    const good = story.coldMachine()
    story.spill()
    expect(story.plan).toMatchObject({ eligibleCold: 1, target: 2, loads: 1 })
    expect(story.loads().at(-1)).toEqual({ provider: good, build: A })
  })

  it('WP12 the better score is loaded first: 10 tok/s are worth 1 GB free, and among equals the first stays first', () => {
    expect(first({}, {})).toBe('one')
    expect(first({}, { memory_gb: 65 })).toBe('other')
    balances({ gpuActive_gb: 2 }, 20)
  })

  it('WP12 memory pressure of 1 costs 50 tok/s, cpu of 1 costs 10, serious heat 100, fair heat 25', () => {
    balances({ pressure: 1 }, 50)
    balances({ cpu: 1 }, 10)
    balances({ thermal: 'serious', decode: 200 }, 0)
    balances({ thermal: 'fair' }, 25)
  })
})

/** Loads of the first tick when so many machines are missing. */
const loads = (gap: number, base: number, ceiling: number, fraction: number): number => {
  const story = new WarmPoolStory({
    WARM_POOL_MIN_WARM: { [A]: gap },
    WARM_POOL_MAX_LOADS_PER_TICK: base,
    WARM_POOL_MAX_LOADS_PER_TICK_CEILING: ceiling,
    WARM_POOL_RAMP_GAP_FRACTION: fraction,
  })
  story.coldMachines(120)
  story.start().pass(10)
  return story.loads().length
}

describe('ramp', () => {
  it('WP15 gaps of 1, 5, 20 and 100 with base 4 (2), ceiling 16 and half the gap: 1, 4, 10, 16 loads; 20 with base 3 and no share: 3; none: 0', () => {
    expect(loads(1, 2, 16, 0.5)).toBe(1)
    expect(loads(5, 4, 16, 0.5)).toBe(4)
    expect(loads(20, 4, 16, 0.5)).toBe(10)
    expect(loads(100, 4, 16, 0.5)).toBe(16)
    expect(loads(20, 3, 16, 0)).toBe(3)
    expect(loads(0, 4, 16, 0.5)).toBe(0)
  })
})
