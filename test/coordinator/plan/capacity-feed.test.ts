/** What the gauge tick writes of each provider and of each build: coordinator-routing §12.5, §12.6. */
import { describe, expect, it } from 'vitest'
import { microsFromSeconds } from '../../../sim/base/time.ts'
import { A, B, build, entry, type MacOptions, pinnedPolicy, slot, World, type WorldOptions } from '../world.ts'

const quiet = { WARM_POOL_ENABLED: false, EVICTION_TIMEOUT: '8000h', decision: { service: 0 } } as const
const started = ({ settings, ...options }: WorldOptions = {}): World =>
  new World({ ...options, settings: { ...quiet, ...settings } }).start()
const feed = (world: World) =>
  world
    .rowsOf('capacity_feed')
    .map(({ at, build: name, routable, ready, active }) => [at / 1e6, name, routable, ready, active])

/** Whether the feed calls one such machine ready for A after the first tick. */
const ready = (mac: MacOptions, options: WorldOptions = {}): unknown => {
  const world = started(options)
  world.mac(mac)
  return feed(world.pass(10))[0]?.[3]
}

describe('the capacity feed', () => {
  it('counts machines the public may use, per advertised build, by name', () => {
    const world = started()
    world.mac({ models: [B, A], slots: [slot(A)] })
    world.mac({ models: [B] })
    world.mac({ models: [B], trust: { level: 'none' } })
    world.mac({ models: [B], privateOnly: true })
    expect(feed(world.pass(10))).toEqual([
      [10, A, 1, true, 0],
      [10, B, 2, true, 0],
    ])
  })
  it('is the policy’s: a machine counts only for builds of its pool', () => {
    const world = started({ policy: pinnedPolicy })
    world.mac({ models: [A, B], slots: [slot(B)] })
    expect(feed(world.pass(10))).toEqual([[10, A, 1, true, 0]])
  })
  it('keeps a dedicated family from machines that also advertise others', () => {
    const world = started({ settings: { DEDICATED_MODELS: ['model-b'] } })
    world.mac({ models: [A, B] })
    expect(feed(world.pass(10))).toEqual([[10, A, 1, true, 0]])
  })
  it('adds up requests as reported, and those sent that no report shows yet', () => {
    const world = started()
    world.mac({ slots: [slot(A, { state: 'running', running: 2, waiting: 1 })] })
    world.mac({ slots: [slot(A)] })
    world.pass(9.9).asked()
    expect(feed(world.pass(1))).toEqual([[10, A, 2, true, 4]])
  })
  it('is written at the first tick and then only when it changes', () => {
    const world = started()
    const mac = world.mac()
    world.pass(25)
    world.beat(mac, { slots: [slot(A, { state: 'running', running: 1 })] })
    world.pass(20)
    expect(feed(world)).toEqual([
      [10, A, 1, true, 0],
      [30, A, 1, true, 1],
    ])
  })
  it('writes once that a build has left, and again when it is back', () => {
    const world = started()
    const mac = world.mac()
    world.pass(15)
    world.coordinator.disconnected(mac)
    world.pass(20)
    world.mac()
    expect(feed(world.pass(10))).toEqual([
      [10, A, 1, true, 0],
      [20, A, 0, false, 0],
      [40, A, 1, true, 0],
    ])
  })

  it.each<[string, MacOptions, boolean]>([
    ['idle with the model resident', { slots: [slot(A)] }, true],
    ['empty, with room to load', { slots: [] }, true],
    ['full', { slots: [slot(A, { running: 1, maxConcurrency: 1 })] }, false],
    ['crashed', { slots: [slot(A, { state: 'crashed' })] }, false],
    ['reloading', { slots: [slot(A, { state: 'reloading' })] }, false],
    ['too hot', { slots: [slot(A)], thermalState: 'critical' }, false],
    ['too small', { slots: [], memory_gb: 16 }, false],
    ['large enough because it is loaded', { slots: [slot(A)], memory_gb: 16 }, true],
    ['short of budget by one token', { slots: [slot(A, { activeTokenBudgetMax: 755 })] }, false],
    ['just within its budget', { slots: [slot(A, { activeTokenBudgetMax: 756 })] }, true],
  ])('calls a build ready by the quick check of a plain request: %s', (_, mac, is) => {
    expect(ready(mac)).toBe(is)
  })
  it('minds C5 where the policy does: nothing is ready beside work of another build', () => {
    const mac = { models: [A], slots: [slot(B, { running: 1 })] }
    expect(ready(mac)).toBe(true)
    expect(ready(mac, { policy: pinnedPolicy })).toBe(false)
  })
  it('calls it ready when one of many machines is', () => {
    const world = started()
    world.mac({ slots: [slot(A, { state: 'crashed' })] })
    world.mac()
    world.mac({ slots: [slot(A, { running: 1, maxConcurrency: 1 })] })
    expect(feed(world.pass(10))).toEqual([[10, A, 3, true, 1]])
  })
  it('calls it not ready while the pair is on a cooldown', () => {
    const world = started()
    const mac = world.mac({ slots: [slot(A)] })
    const request = world.asked()
    world.errs(mac, request, 503, 'model load failed: insufficient memory')
    expect(feed(world.pass(10))[0]?.[3]).toBe(false)
  })
})

const pools = (world: World) =>
  world
    .rowsOf('provider_pools')
    .map(({ at, provider, assigned, active, residentSlots }) => [at / 1e6, provider, assigned, active, residentSlots])

describe('pools of a provider', () => {
  const C = build('model-c')
  const catalog = [A, B, C].map((name) => entry(name))

  it('are the one it is assigned to, those of what it holds, sorted and each once, and how many slots hold something', () => {
    const world = started({ policy: pinnedPolicy, catalog })
    world.mac({ models: [C, A], slots: [slot(B), slot(A), slot(B), slot(C, { state: 'idle_shutdown' })] })
    expect(pools(world.pass(10))).toEqual([[10, 0, C, `${A},${B}`, 3]])
  })
  it('are written for every provider at its first tick, then when they change', () => {
    const world = started({ catalog })
    const mac = world.mac({ models: [A], slots: [] })
    world.pass(12)
    world.mac({ models: [A], first: 'legacy', slots: [slot(A)] })
    world.pass(12)
    world.beat(mac, { slots: [slot(A)] })
    world.pass(12)
    expect(pools(world)).toEqual([
      [10, 0, '', '', 0],
      [20, 1, '', A, 1],
      [30, 0, '', A, 1],
    ])
  })
  it('come before the gauges of their tick, and cost nothing between ticks', () => {
    const world = started({ policy: pinnedPolicy })
    world.mac()
    world.pass(10)
    const kinds = world.rows.filter(({ at }) => at === microsFromSeconds(10)).map(({ kind }) => kind)
    expect(kinds).toEqual(['provider_pools', 'pool', 'audit', 'capacity_feed'])
  })
})
