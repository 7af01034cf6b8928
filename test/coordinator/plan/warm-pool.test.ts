/** The warm-pool controller through the coordinator's door: coordinator-routing §10 and §15.5 WP1–WP18. */
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../../sim/base/ids.ts'
import { A, B, build, entry, type MacOptions, pinnedPolicy, type SettingsInput, slot, World } from '../world.ts'

/** Tests of the real code run without a burst buffer, one load per tick and no ramp unless they say otherwise. */
const plain: SettingsInput = {
  WARM_POOL_BURST_BUFFER: 0,
  WARM_POOL_MAX_LOADS_PER_TICK: 1,
  WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 1,
  WARM_POOL_RAMP_GAP_FRACTION: 0,
  COLD_DISPATCH: false,
}

const world = (settings: SettingsInput = {}, options: Partial<ConstructorParameters<typeof World>[0]> = {}): World =>
  new World({ ...options, settings: { ...plain, ...settings } })

/** Warm for A and full: what it is asked for becomes a capacity_reject. */
const fullWarm = (w: World, more: MacOptions = {}) =>
  w.mac({ slots: [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })], ...more })
const cold = (w: World, more: MacOptions = {}) => w.mac({ models: [B, A], slots: [], ...more })
/** Cold for A, but with something in memory, so that requests prefer to wait. */
const reject = (w: World, times = 1) => {
  for (let each = 0; each < times; each++) w.asked({ serials: ['mac-0'] })
  w.pass(0)
}

describe('pressure', () => {
  it('WP1, WP2: one capacity_reject sends one load and raises the target by one, at once', () => {
    const w = world()
    fullWarm(w)
    const machine = cold(w)
    reject(w)
    expect(w.loads()).toEqual([{ provider: machine, build: A }])
    expect(w.rowsOf('warm_pool')).toMatchObject([
      { build: A, pressure: true, warm: 1, eligibleCold: 1, target: 2, loads: 1 },
    ])
    expect(w.messagesTo(machine, 'load_model')).toEqual([{ kind: 'load_model', build: A }])
  })
  const queueOnly: SettingsInput = {
    WARM_POOL_CAPACITY_REJECT_THRESHOLD: 0,
    WARM_POOL_WARM_SATURATION_THRESHOLD: 1,
  }
  it('WP3: a queue is as old as it was when it was last told: pressure from a threshold of 2 s on', () => {
    const w = world({ ...queueOnly, WARM_POOL_QUEUE_AGE_THRESHOLD: '2s', WARM_POOL_INTERVAL: '1s' })
    fullWarm(w)
    // Warm and idle, so that not all of the warm machines are saturated: that would be pressure by itself.
    w.mac()
    const machine = cold(w)
    w.start()
    reject(w)
    expect(w.pass(10).loads()).toEqual([])
    // A second waiter: the first has waited for 10 s.
    reject(w)
    expect(w.loads()).toEqual([{ provider: machine, build: A }])
  })
  it('WP4: with a threshold of 0 any queue is pressure at once', () => {
    const w = world(queueOnly)
    fullWarm(w)
    cold(w)
    reject(w)
    expect(w.loads()).toHaveLength(1)
  })
  it('WP5: a burst of wake-ups is one tick', () => {
    const w = world({ WARM_POOL_MAX_LOADS_PER_TICK: 1 })
    fullWarm(w)
    for (let each = 0; each < 4; each++) cold(w)
    for (let each = 0; each < 5; each++) w.ask({ serials: ['mac-0'] })
    w.pass(0.023)
    expect(w.rowsOf('warm_pool')).toHaveLength(1)
    expect(w.loads()).toHaveLength(1)
  })
  it('WP6: a queue that has emptied asks for nothing more', () => {
    // Without dwell: the raised target would otherwise be held although the reason has gone.
    const w = world({ ...queueOnly, WARM_POOL_MIN_DWELL: 0 })
    const full = fullWarm(w)
    cold(w)
    cold(w)
    w.start()
    reject(w)
    expect(w.loads()).toHaveLength(1)
    w.beat(full, { slots: [slot(A, { maxConcurrency: 1 })] })
    // Served, so that the machine is not saturated either: the rejection is remembered, and the two together are
    // pressure.
    w.completes(full, w.rowsOf('dispatched')[0]!.request)
    w.pass(11)
    expect(w.loads()).toHaveLength(1)
  })
  it('WP7: observe-only plans and sends nothing', () => {
    for (const settings of [
      { WARM_POOL_OBSERVE_ONLY: true },
      { WARM_POOL_MAX_LOADS_PER_TICK: 0 },
      { WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 0 },
    ]) {
      const w = world(settings)
      fullWarm(w)
      cold(w)
      reject(w)
      expect(w.rowsOf('warm_pool')).toMatchObject([{ target: 2, loads: 0 }])
      expect(w.loads()).toEqual([])
    }
  })
  it('WP8: running requests alone are no pressure', () => {
    const w = world()
    fullWarm(w)
    cold(w)
    w.start().pass(30)
    expect(w.rowsOf('warm_pool')).toEqual([])
  })
  it('a controller that is switched off does nothing', () => {
    const w = world({ WARM_POOL_ENABLED: false })
    fullWarm(w)
    cold(w)
    w.start()
    reject(w)
    expect(w.pass(30).loads()).toEqual([])
  })
})

describe('target and loads', () => {
  it('WP9: a floor of 3 with 1 warm and 2 cold is target 3, one load per tick; a floor of 5 with 2 reachable is 2', () => {
    const w = world({ WARM_POOL_MIN_WARM: { [A]: 3 } })
    w.mac()
    cold(w)
    cold(w)
    w.start().pass(10)
    expect(w.rowsOf('warm_pool').find((row) => row.build === A)).toMatchObject({
      pressure: false,
      warm: 1,
      target: 3,
      loads: 1,
    })
    const v = world({ WARM_POOL_MIN_WARM: { [A]: 5 } })
    v.mac()
    cold(v)
    v.start().pass(10)
    expect(v.rowsOf('warm_pool')).toMatchObject([{ target: 2, loads: 1 }])
  })
  it('WP10: the build under pressure is served before the one with a floor when the budget is 1', () => {
    const first = build('a-floor')
    const catalog = [entry(first), entry(A)]
    const w = world({ WARM_POOL_MIN_WARM: { [first]: 1 } }, { catalog })
    fullWarm(w)
    const machine = w.mac({ models: [first, A], slots: [] })
    reject(w)
    expect(w.loads()).toEqual([{ provider: machine, build: A }])
  })
  it('WP18: 8 running at 20 tok/s against a floor of 15, 8 cold → target 8, 7 loads; ceiling 5 with 20 running → 5 loads', () => {
    const ramp = { WARM_POOL_MAX_LOADS_PER_TICK: 1, WARM_POOL_RAMP_GAP_FRACTION: 1 }
    const w = world({ ...ramp, WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 16, QUEUE_BEFORE_SHED: false })
    w.mac({ slots: [slot(A, { state: 'running', running: 8, maxConcurrency: 8, observedDecodeTps: 20 })], tps: 20 })
    for (let each = 0; each < 8; each++) cold(w, { tps: 20 })
    reject(w)
    expect(w.rowsOf('warm_pool')).toMatchObject([{ target: 8, loads: 7 }])
    const v = world({ ...ramp, WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 5, QUEUE_BEFORE_SHED: false })
    v.mac({ slots: [slot(A, { state: 'running', running: 20, maxConcurrency: 20, observedDecodeTps: 20 })], tps: 20 })
    for (let each = 0; each < 12; each++) cold(v, { tps: 20 })
    reject(v)
    expect(v.loads()).toHaveLength(5)
  })
  it('counts on what machines could hold, not on what the quality cap lets them: 25 requests at 20 each are 2 machines, not 13', () => {
    const w = world({ QUALITY_CONCURRENCY_CAP: true })
    const busy = { state: 'running', running: 8, maxConcurrency: 24, observedDecodeTps: 100 } as const
    for (let each = 0; each < 3; each++) w.mac({ tps: 23, slots: [slot(A, busy)] })
    for (let each = 0; each < 2; each++) cold(w, { tps: 23 })
    reject(w)
    expect(w.rowsOf('warm_pool')).toMatchObject([{ build: A, warm: 3, eligibleCold: 2, target: 4 }])
  })
  it('holds a raised target for the dwell of 5 min, then lets it go', () => {
    const w = world({ WARM_POOL_MAX_LOADS_PER_TICK: 1, QUEUE_BEFORE_SHED: false })
    fullWarm(w)
    const machine = cold(w)
    w.start()
    reject(w)
    w.say(machine, { kind: 'load_status', build: A, status: 'failed', text: 'model load failed: slots active' })
    // The counters are forgotten after a minute; every tick that finds the machine free again tries again.
    w.pass(290)
    const before = w.loads().length
    expect(before).toBeGreaterThan(1)
    w.pass(60)
    const after = w.loads().length
    expect(w.pass(300).loads()).toHaveLength(after)
  })
  it('two builds that prefer the same machines collide: the second gets none although others are idle (control §2.4, #922)', () => {
    const C = build('model-c')
    const w = world(
      {
        WARM_POOL_MIN_WARM: { [B]: 2, [C]: 2 },
        WARM_POOL_MAX_LOADS_PER_TICK: 4,
        WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 16,
      },
      { catalog: [entry(B), entry(C)] },
    )
    for (let each = 0; each < 4; each++) w.mac({ models: [B, C], slots: [] })
    w.start().pass(10)
    expect(w.loads().map((load) => load.build)).toEqual([B, B])
  })
  it('keeps at most MAX_GLOBAL_PENDING_LOADS in flight', () => {
    const w = world({
      WARM_POOL_MIN_WARM: { [A]: 9 },
      WARM_POOL_MAX_LOADS_PER_TICK: 8,
      WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 8,
      WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 3,
    })
    for (let each = 0; each < 9; each++) cold(w)
    w.start().pass(60)
    expect(w.loads()).toHaveLength(3)
  })
})

/** How many of 60 cold machines hold A in the end, after one request that none had room for; loads take 15 to 55 s. */
function warmedByOneShedRequest(tooLong_s: number): number {
  const w = new World({ settings: { QUEUE_BEFORE_SHED: false }, catalog: [entry(A, 20)] })
  const machines = Array.from({ length: 60 }, () => w.mac({ slots: [] }))
  w.start()
  // 130,000 tokens take 52 GB beside a model of 20 GB: more than 64 GB.
  const request = w.asked({ estimatedPromptTokens: 130_000 })
  w.pass(0)
  expect(w.ending(request)).toMatchObject({ kind: 'rejected', status: 429, reason: 'machine_busy' })
  const warm = new Set<ProviderId>()
  const beatOf = (machine: ProviderId) => ({ slots: warm.has(machine) ? [slot(A)] : [] })
  for (let second = 0; second < 1_200 && warm.size < machines.length; second++) {
    w.pass(1)
    for (const { provider, message, at } of w.sent) {
      const takes_s = 15 + ((provider * 7) % 41) + tooLong_s
      if (message.kind !== 'load_model' || warm.has(provider) || w.now < at / 1e6 + takes_s) continue
      warm.add(provider)
      w.loaded(provider, A)
    }
    for (const machine of machines) if (second % 5 === machine % 5) w.beat(machine, beatOf(machine))
  }
  return warm.size
}

describe('one shed request, then silence', () => {
  it('warms all 60 cold machines when loads take 15 to 55 s: each that ends keeps the pressure for another minute', () => {
    expect(warmedByOneShedRequest(0)).toBe(60)
  })
  it('warms fewer when no load ends within the minute', () => {
    expect(warmedByOneShedRequest(60)).toBeLessThan(60)
  })
})

/** Which of two cold machines gets the load. */
const order = (first: MacOptions, second: MacOptions) => {
  const w = world()
  fullWarm(w)
  const machines = [cold(w, first), cold(w, second)]
  reject(w)
  return machines.indexOf(w.loads()[0]!.provider)
}

describe('candidates', () => {
  it('WP11: skips private, untrusted, unchallenged, critical, active, loading machines; takes the good one', () => {
    const w = world({}, { catalog: [entry(A, 10), entry(B, 10)] })
    fullWarm(w)
    cold(w, { privateOnly: true })
    cold(w, { trust: { level: 'self_signed' } })
    cold(w, { trust: { challenge: 'lapsed' } })
    cold(w, { thermalState: 'critical' })
    cold(w, { slots: [slot(B, { running: 1 })] })
    cold(w, { free_gb: 5 })
    cold(w, { memory_gb: 16 })
    const good = cold(w)
    reject(w)
    expect(w.rowsOf('warm_pool')).toMatchObject([{ eligibleCold: 1 }])
    expect(w.loads()).toEqual([{ provider: good, build: A }])
    reject(w)
    expect(w.rowsOf('warm_pool').at(-1)).toMatchObject({ eligibleCold: 0 })
  })
  it('WP12: prefers the better score: 100 per free GB, 10 per tok/s, less for pressure and heat', () => {
    expect(order({ memory_gb: 64 }, { memory_gb: 128 })).toBe(1)
    expect(order({ tps: 50, memory_gb: 64 }, { tps: 151, gpuActive_gb: 10, memory_gb: 64 })).toBe(1)
    expect(order({ thermalState: 'serious' }, { thermalState: 'fair' })).toBe(1)
    expect(order({ memoryPressure: 0.5 }, { cpuUsage: 0.5 })).toBe(1)
    expect(order({}, {})).toBe(0)
  })
  it('T13, F4: a machine of another pool is no candidate, however good: the load goes to the right one in the first tick', () => {
    const w = world({}, { policy: pinnedPolicy })
    fullWarm(w)
    w.mac({ models: [B, A], slots: [], memory_gb: 128, tps: 200 })
    const own = w.mac({ models: [A, B], slots: [], tps: 20 })
    reject(w)
    expect(w.loads()).toEqual([{ provider: own, build: A }])
  })
})
