/** Loads, labels and the connection itself: coordinator-routing §9, §12.5, §12.6, §18.4 and the eviction of §2. */
import { describe, expect, it } from 'vitest'
import { definePolicy } from '../../../sim/plug/index.ts'
import { A, B, build, entry, openPolicy, pinnedPolicy, slot, World } from '../world.ts'

const quiet = { WARM_POOL_ENABLED: false } as const

/** Nobody is warm for B, and B's first machine is too hot to take requests, so a request for B waits for a load. */
const waiting = (macs: readonly Parameters<World['mac']>[0][], settings = {}) => {
  const world = new World({ settings: { ...quiet, ...settings }, catalog: [entry(A), entry(B, 10)] })
  for (const mac of macs) world.mac({ models: [A, B], slots: [], thermalState: 'critical', ...mac })
  world.mac({ models: [B], slots: [slot(B, { state: 'crashed' })], free_gb: 100, serial: 'busy', version: '0.6.2' })
  return world
}

describe('the swap planner (L2)', () => {
  it('loads a build that has waiters and is warm nowhere on the first idle machine, whatever its heat', () => {
    const world = waiting([{}, {}])
    // Full by its own pending requests, no slot for B: capacity, so the request queues.
    world.beat(2 as never, { slots: [], gpuActive_gb: 60, free_gb: 1 })
    world.asked({ model: B })
    world.pass(0)
    expect(world.rowsOf('queued')).toHaveLength(1)
    expect(world.rowsOf('load_command')).toMatchObject([{ provider: 0, build: B, by: 'swap_planner' }])
  })
  it('runs on a heartbeat when cold dispatch is off, and uses a machine once while its reservation of 2 min lasts', () => {
    const world = waiting([{}], { COLD_DISPATCH: false })
    world.beat(1 as never, { slots: [], gpuActive_gb: 60, free_gb: 1 })
    world.asked({ model: B })
    world.pass(1)
    expect(world.loads()).toEqual([])
    world.beat(1 as never, { slots: [], gpuActive_gb: 60, free_gb: 1 })
    world.beat(1 as never, { slots: [], gpuActive_gb: 60, free_gb: 1 })
    expect(world.loads()).toEqual([{ provider: 0, build: B }])
  })
  it('is silenced by one warm machine anywhere, however full', () => {
    const world = waiting([{}])
    world.beat(1 as never, { slots: [slot(B, { running: 1, maxConcurrency: 1 })] })
    world.asked({ model: B })
    world.pass(0)
    expect(world.rowsOf('queued')).toHaveLength(1)
    expect(world.loads()).toEqual([])
  })
  it.each([
    ['has lost its trust', { trust: { level: 'none' } }],
    ['is kept private', { privateOnly: true }],
    ['answers no challenge', { trust: { challenge: 'lapsed' } }],
  ] as const)('is not silenced by a warm machine that %s: no request could go there', (_, unfit) => {
    const world = waiting([{}])
    world.beat(1 as never, { slots: [], gpuActive_gb: 60, free_gb: 1 })
    world.mac({ models: [B], slots: [slot(B)], ...unfit })
    world.asked({ model: B })
    world.pass(0)
    expect(world.rowsOf('queued')).toHaveLength(1)
    expect(world.loads()).toEqual([{ provider: 0, build: B }])
  })
})

describe('a load', () => {
  const settings = { ...quiet, COLD_DISPATCH: true }
  /** A request for B waits; machine 0 has been told to load it. */
  const loading = () => {
    const world = new World({ settings, catalog: [entry(A), entry(B, 10)] })
    const mac = world.mac({ models: [A, B], slots: [], thermalState: 'critical' })
    const full = world.mac({ models: [B], slots: [], gpuActive_gb: 60, free_gb: 1 })
    const ask = world.asked({ model: B })
    world.pass(0)
    expect(world.loads()).toEqual([{ provider: mac, build: B }])
    world.beat(mac, { slots: [] })
    return { world, mac, full, ask }
  }
  it('L4: that succeeded marks the machine warm and drains that build', () => {
    const world = new World({ settings, catalog: [entry(A), entry(B, 10)] })
    const mac = world.mac({ models: [A, B], slots: [], free_gb: 5 })
    const ask = world.asked({ model: B })
    world.loaded(mac, B)
    expect(world.dispatches(ask)).toEqual([mac])
    expect(world.rowsOf('dispatched')).toMatchObject([{ slotState: 'idle' }])
  })
  it('L4: that succeeded makes the slot idle, a crashed one too (coordinator-routing §17)', () => {
    for (const state of ['crashed', 'reloading', 'idle_shutdown'] as const) {
      const world = new World({ settings })
      const mac = world.mac({ slots: [slot(A, { state })] })
      world.loaded(mac, A)
      world.asked()
      expect(world.rowsOf('dispatched')).toMatchObject([{ provider: mac, slotState: 'idle' }])
    }
  })
  it('L4: that succeeded leaves a build as it is that the machine lists as warm: a crashed slot stays crashed', () => {
    const world = new World({ settings })
    const mac = world.mac({ slots: [slot(A, { state: 'crashed' })], warmModels: [A] })
    world.loaded(mac, A)
    world.asked()
    expect(world.rowsOf('dispatched')).toEqual([])
  })
  it('L4: that ends in the wrong pool is ignored', () => {
    const world = new World({ policy: pinnedPolicy, settings })
    const mac = world.mac({ models: [A, B], slots: [] })
    world.loaded(mac, B)
    expect(world.ending(world.asked({ model: B }))).toMatchObject({ reason: 'pool_exhausted' })
    world.asked({ model: A })
    expect(world.rowsOf('dispatched')).toMatchObject([{ slotState: 'unknown' }])
  })
  it('frees its machine for the next command when it succeeded; a failed one backs off 30 s; an absent model keeps 2 min', () => {
    for (const [text, backoff] of [
      ['model load failed: slots active', 30],
      ['provider draining for update', 30],
      ['model load failed: not found', 120],
    ] as const) {
      const world = new World({
        settings: { ...settings, WARM_POOL_ENABLED: true, WARM_POOL_INTERVAL: '1s', WARM_POOL_MIN_WARM: { [A]: 1 } },
      })
      const mac = world.mac({ slots: [] })
      world.start().pass(1)
      expect(world.loads()).toHaveLength(1)
      world.say(mac, { kind: 'load_status', build: A, status: 'failed', text })
      // The tick at its end finds it reserved, the next one surveys before it drops what has run out.
      world.pass(backoff + 1)
      expect(world.loads()).toHaveLength(1)
      world.pass(1)
      expect(world.loads()).toHaveLength(2)
    }
  })
  it('L7: that nobody answers keeps its machine from a cold spill, until a planner drops the reservation that has run out', () => {
    const world = new World({ settings })
    // Its slot is no room for a request, and does not count as loaded.
    const mac = world.mac({ slots: [slot(A, { state: 'reloading' })] })
    world.mac({ models: [B], slots: [slot(B, { running: 1, maxConcurrency: 1 })] })
    world.cancel(world.asked())
    expect(world.loads()).toEqual([{ provider: mac, build: A }])
    for (const seconds of [0, 130]) {
      world.pass(seconds)
      expect(world.ending(world.asked())).toMatchObject({ status: 503, reason: 'no_provider' })
    }
    // Somebody waits, for whichever build: the swap planner looks.
    world.asked({ model: B })
    world.pass(0)
    world.asked()
    world.pass(0)
    expect(world.loads()).toEqual([
      { provider: mac, build: A },
      { provider: mac, build: A },
    ])
  })
  it('L3: is not sent when the pool refuses at the last moment', () => {
    const policy = definePolicy({
      ...openPolicy,
      test: ({ surface }) => ({ allowed: surface !== 'load_model_send', why: '' }),
    })
    const world = new World({ policy, settings: { WARM_POOL_MIN_WARM: { [A]: 1 } } })
    const mac = world.mac({ slots: [] })
    world.start().pass(60)
    expect(world.messagesTo(mac, 'load_model')).toEqual([])
    expect(world.rowsOf('load_command')).toEqual([])
  })
  it('under way does not stop a request from being sent to its machine cold (F15 needs that)', () => {
    const { world, mac, ask } = loading()
    expect(world.dispatches(ask)).toEqual([mac])
  })
})

describe('a silent provider', () => {
  it('is evicted by the second sweep that finds it stale for more than 90 s, and its requests are retried', () => {
    const world = new World({ settings: quiet }).start()
    const silent = world.mac()
    const ask = world.asked()
    world.says(silent, 'accepted', ask)
    world.pass(119)
    const alive = world.mac()
    world.pass(0.99)
    expect(world.rowsOf('disconnected')).toEqual([])
    world.beat(alive, { slots: [slot(A)] })
    // Sweeps at 120 s and 150 s.
    world.pass(31)
    expect(world.rowsOf('disconnected')).toMatchObject([{ provider: silent, why: 'evicted', at: 150_000_000 }])
    expect(world.closed).toEqual([silent])
    expect(world.dispatches(ask)).toEqual([silent, alive])
    world.beat(silent, { slots: [slot(A)] })
    expect(world.coordinator.connectedProviders).toBe(1)
  })
  it('stays when it is heard again in between', () => {
    const world = new World({ settings: quiet }).start()
    const mac = world.mac()
    world.pass(125)
    world.beat(mac)
    world.pass(60)
    expect(world.rowsOf('disconnected')).toEqual([])
  })
})

describe('desired models', () => {
  const al = { name: 'al', desired: B, previous: A, retired: [build('old')] }
  it('AL7: go to whoever advertises the desired, previous or a retired build, right after registration', () => {
    const catalog = [entry(A), entry(B), entry(build('old')), entry(build('other'))]
    const world = new World({ aliases: [al], catalog })
    const macs = [A, B, build('old'), build('other')].map((model) => world.mac({ models: [model], first: 'silent' }))
    const entries = [{ alias: 'al', desired: B, previous: A }]
    expect(macs.map((mac) => world.messagesTo(mac, 'desired_models'))).toEqual([
      [{ kind: 'desired_models', entries }],
      [{ kind: 'desired_models', entries }],
      [{ kind: 'desired_models', entries }],
      [],
    ])
    expect(world.rowsOf('desired_models')).toHaveLength(3)
  })
  it('are kept only where the pool allows', () => {
    const world = new World({ aliases: [al], policy: pinnedPolicy })
    world.mac({ models: [A], first: 'silent' })
    const own = world.mac({ models: [B, A], first: 'silent' })
    expect(world.rowsOf('desired_models').map((row) => row.provider)).toEqual([own])
  })
  it('are pushed again when an alias changes, empty when nothing is desired any more', () => {
    const world = new World({ aliases: [al] })
    const mac = world.mac({ models: [A] })
    world.coordinator.setAlias({ ...al, desired: A, previous: '' })
    world.coordinator.deleteAlias('al')
    expect(world.messagesTo(mac, 'desired_models').slice(1)).toEqual([
      { kind: 'desired_models', entries: [{ alias: 'al', desired: A, previous: undefined }] },
      { kind: 'desired_models', entries: [] },
    ])
    world.coordinator.deleteAlias('al')
    expect(world.messagesTo(mac, 'desired_models')).toHaveLength(3)
  })
})

describe('gauges', () => {
  it('count per pool what §12.6 counts, and audit who holds several models or pools', () => {
    const world = new World({ policy: pinnedPolicy, settings: quiet }).start()
    world.mac({
      slots: [
        slot(A, {
          state: 'running',
          running: 3,
          activeTokenBudgetUsed: 10,
          activeTokenBudgetMax: 100,
          observedDecodeTps: 40,
        }),
        slot(B),
      ],
    })
    world.mac({ slots: [] })
    world.mac({ models: [B], slots: [slot(A)] })
    world.mac({ models: [B], slots: [slot(B)], trust: { level: 'none' } })
    world.pass(10)
    expect(world.rowsOf('pool')).toMatchObject([
      {
        pool: A,
        assignedProviders: 2,
        warmProviders: 1,
        servingProviders: 1,
        activeRequests: 3,
        tokenBudgetUsed: 10,
        tokenBudgetTotal: 100,
        observedDecodeTps: 40,
        residentSlotProviders: 1,
      },
      { pool: B, assignedProviders: 1, warmProviders: 0, residentSlotProviders: 1 },
    ])
    expect(world.rowsOf('audit')).toMatchObject([{ multipleResidentSlots: 1, multipleActivePools: 1 }])
  })
  it('show no pool for machines without a label', () => {
    const world = new World({ settings: quiet }).start()
    world.mac()
    expect(world.pass(10).rowsOf('pool')).toEqual([])
    expect(world.rowsOf('audit')).toHaveLength(1)
  })
})

it('§18.4: a heartbeat updates the record, then asks the pool, then drains, then plans swaps', () => {
  const surfaces: string[] = []
  const policy = definePolicy({
    ...openPolicy,
    test: ({ surface, provider }) => {
      surfaces.push(`${surface} ${provider.slots?.length ?? '-'}`)
      return { allowed: true, why: '' }
    },
  })
  const world = new World({ policy, settings: quiet })
  const mac = world.mac({ slots: [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })] })
  world.asked()
  world.asked({ serials: ['mac-0'] })
  world.pass(0)
  surfaces.length = 0
  world.beat(mac, { slots: [slot(A, { maxConcurrency: 1 }), slot(B)] })
  // One waiter is assigned, the other finds the machine full; then the planner finds A warm.
  expect(surfaces).toEqual(['heartbeat 2', 'select 2', 'recheck 2', 'select 2', 'warm_count 2'])
})

it('messages of a provider that never registered, or has left, change nothing', () => {
  const world = new World()
  world.beat(7 as never)
  const mac = world.mac()
  world.coordinator.disconnected(mac)
  world.coordinator.disconnected(mac)
  const rows = world.rows.length
  world.beat(mac)
  expect(world.rows).toHaveLength(rows)
})

it('a setting changed during the run holds from the next decision on', () => {
  const world = new World({ settings: quiet })
  world.mac({ slots: [slot(A, { state: 'running', running: 1, maxConcurrency: 1 })] })
  world.asked()
  world.coordinator.set('QUEUE_BEFORE_SHED', false)
  expect(world.ending(world.asked())).toMatchObject({ reason: 'machine_busy', retryAfter_s: 3 })
})
