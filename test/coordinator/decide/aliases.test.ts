/** Alias resolution, rows AL1 … AL6 of facts coordinator-routing §15.4. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { resolveModel, structurallyRoutable, UNCONSTRAINED } from '../../../sim/coordinator/decide/aliases.ts'
import { A, B, build, type ProviderSpec, stickyPolicy, World } from './world.ts'

const D = build('desired')
const V = build('previous')
const withAlias = (desired = D, previous = V) => new World({ aliases: [{ name: 'al', desired, previous }] })
const has = (...models: NonNullable<ProviderSpec['models']>): ProviderSpec => ({ models })

describe('unconstrained', () => {
  it('a name that is no alias is its own build', () => {
    expect(resolveModel(withAlias().fleet, A, UNCONSTRAINED)).toMatchObject({
      kind: 'build',
      build: A,
      choice: 'direct',
    })
  })

  it('AL1 takes the desired build whenever it is routable, 50 times out of 50', () => {
    const world = withAlias()
    world.add(has(V))
    world.add(has(D))
    for (let time = 0; time < 50; time++) {
      expect(resolveModel(world.fleet, 'al', UNCONSTRAINED)).toMatchObject({ build: D, choice: 'desired' })
    }
  })

  it('AL2 takes the previous build when only that is routable', () => {
    const world = withAlias()
    world.add(has(V))
    expect(resolveModel(world.fleet, 'al', UNCONSTRAINED)).toMatchObject({ build: V, choice: 'previous' })
  })

  it('AL3 queues against the desired build when neither is routable', () => {
    const world = withAlias()
    world.add(has(A))
    expect(resolveModel(world.fleet, 'al', UNCONSTRAINED)).toMatchObject({ kind: 'build', build: D, choice: 'waiting' })
  })

  it('AL4 an alias without a desired build is unavailable', () => {
    const world = new World({ aliases: [{ name: 'al', previous: V }] })
    world.add(has(V))
    expect(resolveModel(world.fleet, 'al', UNCONSTRAINED).kind).toBe('unavailable')
  })

  it('retired builds are never routed', () => {
    const world = new World({ aliases: [{ name: 'al', desired: D, retired: [V] }] })
    world.add(has(V))
    expect(resolveModel(world.fleet, 'al', UNCONSTRAINED)).toMatchObject({ build: D, choice: 'waiting' })
  })
})

const bySerial = (serial: string) => ({ ...UNCONSTRAINED, serials: [serial] })

describe('constrained', () => {
  it('only the listed machine counts; when nothing fits there it is unavailable, never a fallback', () => {
    const world = withAlias()
    world.add({ ...has(D), serial: 'has-d' })
    world.add({ ...has(V), serial: 'has-v' })
    world.add({ ...has(A), serial: 'has-neither' })
    expect(resolveModel(world.fleet, 'al', bySerial('has-d'))).toMatchObject({ build: D })
    expect(resolveModel(world.fleet, 'al', bySerial('has-v'))).toMatchObject({ build: V })
    expect(resolveModel(world.fleet, 'al', bySerial('has-neither')).kind).toBe('unavailable')
  })

  it('T9 a machine pinned elsewhere resolves all the same: the pool answers later', () => {
    const structural = {
      ...stickyPolicy,
      test: ((question, context) =>
        question.surface === 'resolve_alias'
          ? { allowed: true, why: 'structural' }
          : stickyPolicy.test(question, context)) as typeof stickyPolicy.test,
    }
    const world = new World({ policy: structural, aliases: [{ name: 'pin', desired: D }] })
    const provider = world.add({ models: [A, D], serial: 'x', slots: [{ model: A, state: 'idle' }] })
    world.fleet.pool.ask('heartbeat', provider, A)
    expect(resolveModel(world.fleet, 'pin', bySerial('x'))).toMatchObject({ build: D, choice: 'desired' })
    expect(provider.assignedPool).toBe(A)
  })

  it('a policy that gates resolution makes the pinned alias unavailable (F3)', () => {
    const world = new World({ policy: stickyPolicy, aliases: [{ name: 'pin', desired: D }] })
    const provider = world.add({ models: [A, D], serial: 'x' })
    world.fleet.pool.ask('heartbeat', provider, A)
    expect(resolveModel(world.fleet, 'pin', bySerial('x')).kind).toBe('unavailable')
  })

  it('AL5 self-route resolves to the owner’s build; prefer-owner takes the owned previous before the public desired', () => {
    const world = withAlias()
    world.add(has(D))
    world.add({ ...has(V), account: 'ann', privateOnly: true })
    const ann = { ...UNCONSTRAINED, account: 'ann' }
    expect(resolveModel(world.fleet, 'al', { ...ann, selfRouteOnly: true })).toMatchObject({ build: V })
    expect(resolveModel(world.fleet, 'al', { ...ann, preferOwner: true })).toMatchObject({ build: V })
    const bob = { ...UNCONSTRAINED, account: 'bob' }
    expect(resolveModel(world.fleet, 'al', { ...bob, selfRouteOnly: true }).kind).toBe('unavailable')
    expect(resolveModel(world.fleet, 'al', { ...bob, preferOwner: true })).toMatchObject({ build: D })
  })
})

describe('structurally routable', () => {
  it('AL6 not with a crashed own slot or a stale challenge', () => {
    const crashed = withAlias()
    crashed.add({ ...has(D), slots: [{ model: D, state: 'crashed' }] })
    crashed.add(has(V))
    expect(resolveModel(crashed.fleet, 'al', UNCONSTRAINED)).toMatchObject({ build: V })
    const stale = withAlias()
    stale.add({ ...has(D), trust: { challenge: 'lapsed' } })
    stale.add(has(V))
    expect(resolveModel(stale.fleet, 'al', UNCONSTRAINED)).toMatchObject({ build: V })
  })

  it('not with a load cooldown, a private or untrusted machine, or a build that cannot fit', () => {
    const world = new World({ catalog: [{ build: A, size_gb: 40 }, { build: B }] })
    const now = world.clock
    const cooling = world.add().offers.get(A)!
    cooling.loadCooldownUntil = (now + 1) as Micros
    expect(structurallyRoutable(world.fleet, cooling, false, now)).toBe(false)
    const isRoutable = (spec: ProviderSpec) =>
      structurallyRoutable(world.fleet, world.add(spec).offers.get(A)!, false, now)
    expect(isRoutable({ privateOnly: true })).toBe(false)
    expect(isRoutable({ trust: { level: 'self_signed' } })).toBe(false)
    expect(isRoutable({ slots: [] })).toBe(false)
    // Not even where it is loaded (§17, corrections).
    expect(isRoutable({ slots: [{ state: 'idle' }] })).toBe(false)
    expect(isRoutable({ memory_gb: 80, slots: [] })).toBe(true)
  })

  it('ignores breaker, concurrency, traits and heat', () => {
    const world = new World()
    const provider = world.add({
      models: [{ build: A, isVision: false, templateRenderOk: false }],
      slots: [{ running: 1, maxConcurrency: 1 }],
      heartbeat: { thermalState: 'critical' },
    })
    provider.breakerOpenUntil = (world.clock + 1) as Micros
    expect(structurallyRoutable(world.fleet, provider.offers.get(A)!, false, world.clock)).toBe(true)
  })
})
