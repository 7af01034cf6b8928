/** The quality concurrency cap (coordinator-control §3.4, §10.2) and the lone decode rates it may learn (PR 524). */
import { describe, expect, it } from 'vitest'
import type { CoordinatorSettings } from '../../../sim/coordinator/config.ts'
import type { ProviderRecord } from '../../../sim/coordinator/view/provider-record.ts'
import { A, B, build, heartbeat, type ProviderSpec, World } from '../decide/world.ts'

const ROOMY = [{ maxConcurrency: 24, activeTokenBudgetMax: 1_000_000 }]
type Settings = Partial<CoordinatorSettings>
const on: Settings = { QUALITY_CONCURRENCY_CAP: true }

/** Requests of one build that a machine takes before it is full. */
function taken(world: World, of = A): number {
  let count = 0
  while (count < 30 && world.reserve({ build: of, promptTokens: 10, maxTokens: 10 }).winner !== undefined) count += 1
  return count
}

function takes(spec: ProviderSpec, settings: Settings = {}): number {
  const world = new World({ settings: { ...on, ...settings } })
  world.add({ slots: ROOMY, ...spec })
  return taken(world)
}

describe('a machine with a registered rate', () => {
  it('of 23 tok/s carries 1 at the floor of 15, and takes 2 at an overcommit of 2.0 or 1.2', () => {
    expect(takes({ decode: 23 })).toBe(2)
    expect(takes({ decode: 23 }, { QUALITY_CONCURRENCY_OVERCOMMIT: 1.2 })).toBe(2)
    expect(takes({ decode: 23 }, { QUALITY_CONCURRENCY_OVERCOMMIT: 1 })).toBe(1)
  })
  it('of 57 tok/s carries 10, or 7 with the slow-down of 0.39', () => {
    expect(takes({ decode: 57 })).toBe(20)
    expect(takes({ decode: 57 }, { BATCH_SLOWDOWN: 0.39 })).toBe(14)
    expect(takes({ decode: 57 }, { BATCH_SLOWDOWN: 0.39, QUALITY_CONCURRENCY_OVERCOMMIT: 1.2 })).toBe(9)
  })
  it('at the floor or below it still takes one, times the overcommit', () => {
    expect(takes({ decode: 14 })).toBe(2)
    expect(takes({ decode: 14 }, { QUALITY_CONCURRENCY_OVERCOMMIT: 0.1 })).toBe(1)
  })
  it('is never given more than its slot or its memory allows', () => {
    expect(takes({ decode: 57, slots: [{ maxConcurrency: 4 }] })).toBe(4)
    expect(takes({ decode: 400, slots: [{}] })).toBe(6)
    expect(takes({ decode: 23, slots: [{}] })).toBe(2)
    expect(takes({ decode: 23, slots: 'none' })).toBe(2)
  })
  it('is judged by that rate, whatever it is seen to decode at', () => {
    expect(takes({ decode: 57, slots: [{ ...ROOMY[0]!, observedDecodeTps: 2.6 }] })).toBe(20)
  })
  it('is not capped while the cap is off', () => {
    expect(takes({ decode: 23 }, { QUALITY_CONCURRENCY_CAP: false })).toBe(24)
  })
  it('counts what its slot runs and what is on the way to it', () => {
    expect(takes({ decode: 23, slots: [{ ...ROOMY[0]!, running: 1 }] })).toBe(2)
    expect(takes({ decode: 23, slots: [{ ...ROOMY[0]!, running: 2 }] })).toBe(0)
  })
})

describe('a machine without a registered rate', () => {
  it('is capped for dedicated models only, by √bandwidth', () => {
    expect(takes({ bandwidth_gbs: 546 })).toBe(24)
    // √546 = 23.4 carries 2; the registered 23 above carries 1.
    expect(takes({ bandwidth_gbs: 546 }, { DEDICATED_MODELS: ['model-a'] })).toBe(4)
  })
  it('is capped by a seed: that of its chip class, else that of the build', () => {
    expect(takes({}, { MODEL_SOLO_TPS_SEED: { [A]: 23 } })).toBe(2)
    expect(takes({}, { MODEL_SOLO_TPS_SEED: { [A]: 23, [`${A}@M4 Max`]: 57 } })).toBe(20)
    expect(takes({ chipFamily: 'M1' }, { MODEL_SOLO_TPS_SEED: { [A]: 23, [`${A}@M4 Max`]: 57 } })).toBe(2)
    expect(takes({}, { MODEL_SOLO_TPS_SEED: { [B]: 23 } })).toBe(24)
  })
})

it('every door that asks for headroom sees the cap: selection, quick check, re-check of a second build', () => {
  const world = new World({ settings: on })
  const mac = world.add({ decode: 23, models: [A, B], slots: [...ROOMY, { ...ROOMY[0]!, model: B }] })
  world.addPending(mac)
  expect(world.preflight()).toEqual([1, 0, 0])
  world.addPending(mac)
  expect(world.preflight()).toEqual([0, 1, 0])
  expect(world.select()).toMatchObject({ winner: undefined, capacity: 1 })
  expect(world.preflight({ build: B })).toEqual([1, 0, 0])
})

it('holds from the moment an operator switches it on', () => {
  const world = new World()
  world.add({ decode: 23, slots: ROOMY })
  world.fleet.settings = { ...world.fleet.settings, ...on }
  world.fleet.registry.settingsChanged()
  expect(taken(world)).toBe(2)
})

const learning: Settings = { ...on, QUALITY_CAP_PER_MODEL_TPS: true }

const alone = (tps: number) => ({ ...ROOMY[0]!, running: 1, observedDecodeTps: tps })

const hears = (world: World, mac: ProviderRecord, times: number, spec: ProviderSpec) => {
  for (let each = 0; each < times; each++) world.fleet.registry.heartbeat(mac, heartbeat(spec))
}

/** What it takes at rest after so many heartbeats like this one. */
const after = (times: number, slots: ProviderSpec['slots'] & object, settings: Settings = learning) => {
  const world = new World({ settings })
  const mac = world.add({ decode: 57, models: [A, B], slots: ROOMY })
  hears(world, mac, times, { slots })
  hears(world, mac, 1, { slots: ROOMY })
  return taken(world)
}

/** What a machine of a class never heard takes, after five heartbeats of two other classes. */
const lent = (seeds: CoordinatorSettings['MODEL_SOLO_TPS_SEED']) => {
  const world = new World({ settings: { ...learning, MODEL_SOLO_TPS_SEED: seeds } })
  const fast = world.add({ chipFamily: 'M5', slots: [], models: [A] })
  const slow = world.add({ chipFamily: 'M3', slots: [], models: [A] })
  hears(world, slow, 1, { slots: [alone(57)] })
  hears(world, fast, 4, { slots: [alone(100)] })
  world.fleet.registry.disconnect(fast.id)
  world.fleet.registry.disconnect(slow.id)
  world.add({ chipFamily: 'M1', slots: ROOMY })
  return taken(world)
}

describe('a learnt rate', () => {
  it('is believed from the fifth heartbeat of a lone request on, over the registered one', () => {
    expect(after(4, [alone(23)])).toBe(20)
    expect(after(5, [alone(23)])).toBe(2)
    expect(after(2, [alone(23)], { ...learning, QUALITY_CAP_SOLO_MIN_SAMPLES: 2 })).toBe(2)
  })
  it('is not learnt unless wanted', () => {
    expect(after(5, [alone(23)], on)).toBe(20)
  })
  it('is learnt only while nothing else runs or waits on the machine, of any build, and only from what runs', () => {
    expect(after(5, [{ ...alone(23), running: 2 }])).toBe(20)
    expect(after(5, [{ ...alone(23), waiting: 1 }])).toBe(20)
    expect(after(5, [alone(23), { model: B, running: 1 }])).toBe(20)
    expect(after(5, [{ ...alone(23), running: 0, waiting: 1 }])).toBe(20)
    expect(after(5, [alone(23), { model: B, state: 'idle' }])).toBe(2)
  })
  it('of another chip class lends the least of all medians, and no more than the seed', () => {
    expect(lent({})).toBe(20)
    expect(lent({ [A]: 23 })).toBe(2)
    expect(lent({ [A]: 400 })).toBe(20)
    expect(lent({ [build('other')]: 23 })).toBe(20)
  })
  it('of the own class is not bounded by the seed', () => {
    expect(after(5, [alone(57)], { ...learning, MODEL_SOLO_TPS_SEED: { [A]: 23 } })).toBe(20)
    expect(after(4, [alone(57)], { ...learning, MODEL_SOLO_TPS_SEED: { [A]: 23 } })).toBe(2)
  })
})
