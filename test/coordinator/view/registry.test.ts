/** The coordinator's memory of its providers: clamps, order of a heartbeat, indices, medians. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MachineIndex, ProviderId, RequestId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import { versionRank } from '../../../sim/coordinator/view/intake.ts'
import { MedianWindow } from '../../../sim/coordinator/view/rates/median.ts'
import type { ProviderRecord } from '../../../sim/coordinator/view/provider-record.ts'
import { A, B, build, heartbeat, registration, World } from '../decide/world.ts'

const plain = (...names: string[]) =>
  names.map((name) => ({ build: build(name), isVision: false, templateRenderOk: undefined }))

describe('intake (§1.1, §1.2)', () => {
  it('clamps what a provider claims', () => {
    const provider = new World().add({
      memory_gb: 4_096.9,
      bandwidth_gbs: 9_999,
      decode: 10_000,
      slots: [
        {
          maxConcurrency: 99,
          maxTokensPotential: 1e9,
          activeTokenBudgetUsed: 1e12,
          observedDecodeTps: 9_999,
          observedPrefillTps: 5_001,
          running: -3,
        },
      ],
      heartbeat: { memoryPressure: 7, cpuUsage: Number.NaN },
    })
    expect(provider).toMatchObject({ memory_gb: 1_024, memoryBandwidth_gbs: 2_000, decodeTps: 500 })
    expect(provider).toMatchObject({ memoryPressure: 1, cpuUsage: 0 })
    expect(provider.capacity!.slots[0]).toMatchObject({
      maxConcurrency: 24,
      maxTokensPotential: 1_000_000,
      activeTokenBudgetUsed: 1e10,
      observedDecodeTps: 500,
      observedPrefillTps: 0,
      running: 0,
    })
  })

  it.each([
    [Number.NaN, undefined],
    [-1, undefined],
    [1_025, undefined],
    [0, 0],
    [9, 9],
  ])('free_for_load %s is taken as %s', (reported, taken) => {
    expect(new World().add({ capacity: { freeForLoad_gb: reported } }).capacity!.freeForLoad_gb).toBe(taken)
  })

  it('compares versions as versions', () => {
    expect(versionRank('0.10.0')).toBeGreaterThan(versionRank('0.6.3'))
    expect(versionRank('')).toBe(-1)
    // A segment that is no number is 0, and V counts as v (§17, corrections).
    expect(versionRank('0.6.3-rc1')).toBe(versionRank('0.6.0'))
    expect(versionRank('V0.7')).toBe(versionRank('v0.7.0'))
    expect(versionRank('garbage')).toBe(versionRank('0.0.0'))
    expect(versionRank('1.0.0.1')).toBe(versionRank('1'))
  })
})

describe('a heartbeat', () => {
  it('overwrites the warm list, even by nothing, and the capacity, even by none', () => {
    const world = new World()
    const provider = world.add({ heartbeat: { warmModels: [A], activeModel: A } })
    expect(provider).toMatchObject({ warmModels: [A], currentModel: A })
    world.fleet.registry.heartbeat(provider, heartbeat({ slots: 'none' }))
    expect(provider).toMatchObject({ warmModels: [], currentModel: '', capacity: undefined, providerCap: 4 })
    expect(provider.offers.get(A)).toMatchObject({ state: 'unknown', loaded: false })
  })

  it('S20 does not make an untrusted provider trusted', () => {
    const world = new World()
    const provider = world.add()
    provider.status = 'untrusted'
    world.fleet.registry.heartbeat(provider, heartbeat({}))
    expect(provider.status).toBe('untrusted')
    expect(world.preflight()).toEqual([0, 0, 0])
  })

  it('the first slot of a build counts', () => {
    const provider = new World().add({ slots: [{ state: 'idle' }, { state: 'crashed' }] })
    expect(provider.offers.get(A)!.state).toBe('idle')
  })
})

/** All that routing reads of a provider; who is told of its changes, and how often, is another matter. */
function shown({ view: _view, offers, heard: _heard, soloSamples: _samples, ...record }: ProviderRecord): unknown {
  const untold = { watcher: undefined, notedFor: 0, version: 0, provider: undefined }
  return [
    record,
    ...[...offers.values()].map((offer) => Object.assign({}, offer, untold, { fleet: offer.fleet.median })),
  ]
}

describe('a heartbeat that is the very object heard last', () => {
  const messages = [
    heartbeat({ models: [A, B], slots: [{ model: A, state: 'idle', running: 0 }] }),
    heartbeat({ models: [A, B], slots: [{ model: A, state: 'running', running: 1, observedDecodeTps: 31 }] }),
    heartbeat({ models: [A, B], slots: [{ model: B, state: 'running', running: 1, observedDecodeTps: 44 }] }),
    heartbeat({ models: [A, B], slots: 'none' }),
  ]
  const machine = fc.nat(1)
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ beat: fc.nat(messages.length - 1), machine }) },
    { weight: 2, arbitrary: fc.record({ warm: fc.constantFrom(A, B), machine }) },
    fc.record({ slowdown: fc.constantFrom(0, 0.39), machine }),
    fc.record({ without: fc.constant('capacity'), machine }),
  )

  it('leaves everything as one that only says the same would, caps by what lone requests showed included', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 30, size: 'max' }), (steps) => {
        const settings = {
          QUALITY_CONCURRENCY_CAP: true,
          QUALITY_CAP_PER_MODEL_TPS: true,
          QUALITY_CAP_SOLO_MIN_SAMPLES: 1,
        }
        const worlds = [new World({ settings }), new World({ settings })] as const
        const fleets = worlds.map((world) => [0, 1].map(() => world.add({ models: [A, B] })))
        for (const each of steps) {
          for (const [copies, world] of worlds.entries()) {
            const record = fleets[copies]![each.machine]!
            const { registry } = world.fleet
            if ('warm' in each) registry.markWarm(record, each.warm)
            else if ('without' in each) registry.setCapacity(record, undefined)
            else if ('slowdown' in each) {
              world.fleet.settings = { ...world.fleet.settings, BATCH_SLOWDOWN: each.slowdown }
              registry.settingsChanged()
            } else {
              const message = messages[each.beat]!
              registry.heartbeat(record, copies === 0 ? message : structuredClone(message))
            }
          }
          expect(fleets[0]!.map(shown)).toEqual(fleets[1]!.map(shown))
        }
      }),
      { numRuns: 300, seed: 13 },
    )
  })
})

describe('marking a build warm (L4)', () => {
  it('adds an idle slot, or wakes the one there is, until the next heartbeat', () => {
    const world = new World()
    const provider = world.add({ models: [A, B], slots: [{ model: A, state: 'idle_shutdown' }] })
    world.fleet.registry.markWarm(provider, A)
    world.fleet.registry.markWarm(provider, B)
    expect(provider.offers.get(A)).toMatchObject({ state: 'idle', loaded: true })
    expect(provider.offers.get(B)).toMatchObject({ state: 'idle', loaded: true })
    expect(provider).toMatchObject({ warmModels: [A, B], currentModel: B })
    world.fleet.registry.heartbeat(provider, heartbeat({ models: [A, B], slots: [] }))
    expect(provider.offers.get(B)).toMatchObject({ state: 'unknown', loaded: false })
  })
})

const ids = (world: World, name: string) => world.fleet.registry.offers(build(name)).map((offer) => offer.provider.id)

describe('who offers what', () => {
  it('lists providers in order of registration, whenever a build was added', () => {
    const world = new World()
    const first = world.add({ models: plain('x') })
    world.add({ models: plain('y') })
    world.add({ models: plain('x', 'y') })
    world.fleet.registry.advertise(first, plain('y', 'x'))
    expect(ids(world, 'x')).toEqual([0, 2])
    expect(ids(world, 'y')).toEqual([0, 1, 2])
    expect(first.advertised).toEqual(['y', 'x'])
  })

  it('keeps cooldowns of a build that goes and comes back', () => {
    const world = new World()
    const provider = world.add({ models: plain('x', 'y') })
    const offer = provider.offers.get(build('x'))!
    offer.loadCooldownUntil = 5 as Micros
    world.fleet.registry.advertise(provider, plain('y'))
    expect(ids(world, 'x')).toEqual([])
    world.fleet.registry.advertise(provider, plain('x'))
    expect(world.fleet.registry.offers(build('x'))).toEqual([offer])
    expect(offer.loadCooldownUntil).toBe(5)
  })

  it('an empty catalog denies everything; no catalog denies nothing', () => {
    expect(new World({ catalog: [] }).add().advertised).toEqual([])
    expect(new World().add().advertised).toEqual([A])
  })

  it('forgets a provider that disconnects, but hands its pending requests back', () => {
    const world = new World()
    const provider = world.add()
    const id = world.addPending(provider)
    expect([...world.fleet.registry.disconnect(provider.id)!.pending.keys()]).toEqual([id])
    expect(ids(world, A)).toEqual([])
    expect(world.fleet.registry.providers).toEqual([])
    expect(world.fleet.pool.context.providers).toEqual([])
    expect(world.fleet.registry.disconnect(provider.id)).toBeUndefined()
  })

  it('a reconnect starts without label, heartbeat and cooldowns', () => {
    const world = new World()
    const before = world.add()
    before.assignedPool = 'old'
    world.fleet.registry.disconnect(before.id)
    const after = world.fleet.registry.register(7 as ProviderId, 0 as MachineIndex, registration({}, 0))
    expect(after).toMatchObject({ assignedPool: '', lastHeartbeatAt: undefined, capacity: undefined })
  })
})

describe('pending requests', () => {
  it('count per build, in requests and tokens, and make the provider serving', () => {
    const world = new World()
    const provider = world.add({ models: [A, B] })
    const first = world.addPending(provider, { promptTokens: 100, maxTokens: 0 })
    world.addPending(provider, { build: B, promptTokens: 10, maxTokens: 20 })
    expect(provider.offers.get(A)).toMatchObject({ pendingCount: 1, pendingTokens: 356 })
    expect(provider.offers.get(B)).toMatchObject({ pendingCount: 1, pendingTokens: 30 })
    expect(provider.status).toBe('serving')
    expect(world.fleet.registry.removePending(provider, first)?.build).toBe(A)
    expect(world.fleet.registry.removePending(provider, first)).toBeUndefined()
    expect(provider.offers.get(A)).toMatchObject({ pendingCount: 0, pendingTokens: 0 })
    world.fleet.registry.removePending(provider, (first + 1) as RequestId)
    expect(provider.status).toBe('online')
  })
})

describe('what a policy sees', () => {
  it('is always the present', () => {
    const world = new World()
    const provider = world.add({ models: [A, B], silent: true })
    const { view } = provider
    expect(view).toMatchObject({ observedAt: undefined, slots: undefined, pendingCount: 0, pendingLoad: '' })
    provider.pendingLoad = B
    provider.pendingLoadUntil = (world.clock + 5) as Micros
    world.addPending(provider)
    world.fleet.registry.heartbeat(provider, heartbeat({ models: [A, B] }))
    expect(view).toMatchObject({ observedAt: world.clock, pendingCount: 1, pendingLoad: B, advertised: [A, B] })
    expect(view.slots).toHaveLength(1)
    world.clock = (world.clock + 5) as Micros
    expect(view.pendingLoad).toBe('')
  })
})

describe('reservations', () => {
  it('are known until they are ended or the provider leaves, run out or not', () => {
    const world = new World()
    const { registry } = world.fleet
    const [ends, leaves, stays] = [world.add(), world.add(), world.add()]
    for (const provider of [ends, leaves, stays]) registry.reserve(provider, A, (world.clock - 1) as Micros)
    expect([...registry.reserved]).toEqual([ends, leaves, stays])
    registry.reserve(ends, '', ends.pendingLoadUntil)
    registry.disconnect(leaves.id)
    expect([...registry.reserved]).toEqual([stays])
    expect([ends.pendingLoad, stays.pendingLoad]).toEqual(['', A])
  })
})

describe('the fleet’s median', () => {
  it('is over the last 50 samples', () => {
    const window = new MedianWindow()
    for (const value of [10, 30, 20]) window.push(value)
    expect(window.median).toBe(20)
    window.push(40)
    expect(window.median).toBe(25)
    for (let sample = 0; sample < 50; sample++) window.push(7)
    expect(window.median).toBe(7)
  })

  it('equals a sort of the window, whatever came', () => {
    const window = new MedianWindow()
    const all: number[] = []
    for (let sample = 0; sample < 300; sample++) {
      const value = (sample * 7_919) % 101
      all.push(value)
      window.push(value)
      const sorted = all.slice(-50).sort((a, b) => a - b)
      const half = sorted.length >> 1
      expect(window.median).toBe(sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1]! + sorted[half]!) / 2)
    }
  })
})
