/** The pool rules of PR 432's last commit (facts: coordinator-routing §12, tests T1–T14, behaviours X1–X6), asked through the plug. */
import { test as propertyTest, fc } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { open } from '../../sim/policy/open.ts'
import { poolsAfe8135 } from '../../sim/policy/pools-afe8135.ts'
import { poolKeys, type Surface } from '../../sim/plug/index.ts'
import { anAlias, aPolicyWorld, aProvider, aSlot } from './world.ts'

const ELASTIC: readonly Surface[] = [
  'preflight',
  'select',
  'recheck',
  'cold_spill',
  'swap_candidate',
  'load_model_send',
  'warm_pool_candidate',
  'capability_probe',
]
const STRICT: readonly Surface[] = ['warm_count', 'mark_warm', 'capacity_snapshot', 'shed']

describe('pool keys', () => {
  it('gives an alias itself, a build its owning aliases in byte order, and an unowned build itself', () => {
    const aliases = [anAlias('zeta', 'd', 'shared'), anAlias('alpha', 'o', '', ['shared'])]
    const { context } = aPolicyWorld(open, { aliases })
    expect(poolKeys('zeta', context)).toEqual(['zeta'])
    expect(poolKeys('shared', context)).toEqual(['alpha', 'zeta'])
    expect(poolKeys('lonely', context)).toEqual(['lonely'])
    expect(poolKeys('', context)).toEqual([])
  })
})

describe('seeding', () => {
  it('prefers the active model, then a running slot, then a loaded slot, then the warm list, then the inventory', () => {
    const inventory = ['a', 'b', 'c', 'd', 'e']
    const warmModels = [aSlot('d', 'idle').model]
    const cases = [
      [{ currentModel: aSlot('e', 'idle').model, slots: [aSlot('b', 'running', 1)], warmModels }, 'e'],
      [{ slots: [aSlot('b', 'idle'), aSlot('c', 'running', 1)], warmModels }, 'c'],
      [{ slots: [aSlot('b', 'idle')], warmModels }, 'b'],
      [{ slots: [], warmModels }, 'd'],
      [{ slots: [], warmModels: [] }, 'a'],
    ] as const
    for (const [overrides, label] of cases) {
      const world = aPolicyWorld(poolsAfe8135)
      const provider = aProvider(1, inventory, overrides)
      world.ask('heartbeat', provider, '')
      expect(world.label(provider)).toBe(label)
    }
  })

  it('T5: unrelated inventories seed the first pool in byte order, not in advertised order', () => {
    const world = aPolicyWorld(poolsAfe8135)
    const provider = aProvider(1, ['b', 'a'])
    expect(world.ask('warm_count', provider, 'a').allowed).toBe(true)
    expect(world.ask('warm_count', provider, 'b').allowed).toBe(false)
  })

  it('T6: two builds of one alias seed the alias and both match', () => {
    const world = aPolicyWorld(poolsAfe8135, { aliases: [anAlias('al', 'd', 'v')] })
    const provider = aProvider(1, ['v', 'd'])
    expect(world.ask('warm_count', provider, 'd').allowed).toBe(true)
    expect(world.ask('warm_count', provider, 'v').allowed).toBe(true)
    expect(world.label(provider)).toBe('al')
  })

  it('keeps the concrete build when the inventory shares several aliases', () => {
    const aliases = [anAlias('alA', 's'), anAlias('alB', 'o', 's')]
    const world = aPolicyWorld(poolsAfe8135, { aliases })
    const provider = aProvider(1, ['s'])
    world.ask('heartbeat', provider, '')
    expect(world.label(provider)).toBe('s')
    expect(world.ask('desired_models', provider, 's').allowed).toBe(true)
    expect(world.ask('desired_models', provider, 'o').allowed).toBe(true)
  })

  it('never seeds a model that neither the catalog nor an alias knows', () => {
    const world = aPolicyWorld(poolsAfe8135, { catalog: [] })
    const provider = aProvider(1, ['a', 'b'])
    world.ask('heartbeat', provider, '')
    expect(world.label(provider)).toBe('')
  })
})

describe('membership', () => {
  it('T1, T3: a machine that holds A, even idle, is refused to B on every surface', () => {
    for (const surface of [...ELASTIC, ...STRICT]) {
      const world = aPolicyWorld(poolsAfe8135)
      const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'idle')] })
      expect(world.ask(surface, provider, 'b').allowed, surface).toBe(false)
      expect(world.label(provider)).toBe('a')
    }
  })

  it('T2: an idle, unloaded machine moves to the model that asks for it, and only on elastic surfaces', () => {
    for (const surface of ELASTIC) {
      const world = aPolicyWorld(poolsAfe8135)
      const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'idle_shutdown')] })
      world.ask('heartbeat', provider, '')
      expect(world.ask(surface, provider, 'b').allowed, surface).toBe(true)
      expect(world.label(provider)).toBe('b')
    }
    for (const surface of STRICT) {
      const world = aPolicyWorld(poolsAfe8135)
      const provider = aProvider(1, ['a', 'b'])
      expect(world.ask(surface, provider, 'b').allowed, surface).toBe(false)
      expect(world.label(provider)).toBe('a')
    }
  })

  it('pins a machine with coordinator-pending requests although it reports nothing loaded', () => {
    const world = aPolicyWorld(poolsAfe8135)
    const provider = aProvider(1, ['a', 'b'], { pendingCount: 1 })
    expect(world.ask('select', provider, 'b').allowed).toBe(false)
  })

  it('F15: a load command under way does not pin', () => {
    const world = aPolicyWorld(poolsAfe8135)
    const provider = aProvider(1, ['a', 'b'], { pendingLoad: aSlot('a', 'idle').model })
    expect(world.ask('select', provider, 'b').allowed).toBe(true)
    expect(world.label(provider)).toBe('b')
  })

  it('X12: a reloading slot does not pin', () => {
    const world = aPolicyWorld(poolsAfe8135)
    const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'reloading')] })
    expect(world.ask('select', provider, 'b').allowed).toBe(true)
  })

  it('X2: the capability probe moves a machine to a model it does not have', () => {
    const world = aPolicyWorld(poolsAfe8135)
    const provider = aProvider(1, ['a'])
    expect(world.ask('capability_probe', provider, 'elsewhere').allowed).toBe(true)
    expect(world.label(provider)).toBe('elsewhere')
  })

  it("T10: the owner's own traffic passes and leaves no label", () => {
    const world = aPolicyWorld(poolsAfe8135)
    const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'idle')] })
    expect(world.ask('select', provider, 'b', true).allowed).toBe(true)
    expect(world.label(provider)).toBe('')
  })

  it('T7: a build that is previous of another alias matches that pool', () => {
    const world = aPolicyWorld(poolsAfe8135, { aliases: [anAlias('alA', 's'), anAlias('alB', 'o', 's')] })
    const provider = aProvider(1, ['o', 's'], { slots: [aSlot('o', 'idle'), aSlot('s', 'idle')] })
    expect(world.ask('select', provider, 's').allowed).toBe(true)
  })

  it('alias resolution is structural: it never asks for a pool and never seeds', () => {
    const world = aPolicyWorld(poolsAfe8135)
    const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'idle')] })
    expect(world.ask('resolve_alias', provider, 'b').allowed).toBe(true)
    expect(world.label(provider)).toBe('')
  })
})

describe('kill switch', () => {
  it('T14: allows everything and changes no label, while heartbeats and gauges still seed', () => {
    const world = aPolicyWorld(poolsAfe8135, { poolsEnabled: false })
    const provider = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'idle')] })
    for (const surface of [...ELASTIC, ...STRICT, 'desired_models'] as const) {
      expect(world.ask(surface, provider, 'b').allowed).toBe(true)
      expect(world.label(provider)).toBe('')
    }
    world.ask('metrics_tick', provider, '')
    expect(world.label(provider)).toBe('a')
  })
})

describe('any machine', () => {
  const builds = ['a', 'b', 'c']
  const arbitraryProvider = fc.record({
    advertised: fc.subarray(builds, { minLength: 1 }),
    slots: fc.array(
      fc.record({
        model: fc.constantFrom(...builds),
        state: fc.constantFrom('running' as const, 'idle' as const, 'idle_shutdown' as const, 'crashed' as const),
        running: fc.nat(2),
      }),
      { maxLength: 3 },
    ),
    pendingCount: fc.nat(1),
  })

  propertyTest.prop([
    arbitraryProvider,
    fc.array(fc.tuple(fc.constantFrom(...ELASTIC, ...STRICT), fc.constantFrom(...builds)), { maxLength: 12 }),
  ])(
    'never moves while it holds, serves or awaits anything, and an allowed question leaves it in the pool asked for',
    ({ advertised, slots, pendingCount }, questions) => {
      const world = aPolicyWorld(poolsAfe8135)
      const provider = aProvider(1, advertised, {
        slots: slots.map((slot) => aSlot(slot.model, slot.state, slot.running)),
        pendingCount,
      })
      world.ask('heartbeat', provider, '')
      const seed = world.label(provider)
      const held =
        pendingCount > 0 || slots.some((slot) => slot.running > 0 || slot.state === 'running' || slot.state === 'idle')
      for (const [surface, model] of questions) {
        const { allowed } = world.ask(surface, provider, model)
        if (held && seed !== '') expect(world.label(provider)).toBe(seed)
        if (allowed) expect(world.label(provider)).toBe(model)
      }
    },
  )

  propertyTest.prop([
    arbitraryProvider,
    fc.constantFrom(...ELASTIC, ...STRICT, 'resolve_alias' as const, 'desired_models' as const),
    fc.constantFrom(...builds),
  ])('is never refused nor labelled under open', ({ advertised }, surface, model) => {
    const world = aPolicyWorld(open)
    const provider = aProvider(1, advertised)
    expect(world.ask(surface, provider, model).allowed).toBe(true)
    expect(world.label(provider)).toBe('')
  })
})
