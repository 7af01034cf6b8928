/** PL1 … PL7 of PR 435 (facts: coordinator-routing §16): what the allocator plans. */
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { BuildId, ProviderId } from '../../../sim/base/ids.ts'
import type { Micros } from '../../../sim/base/time.ts'
import type { Movable, Plan } from '../../../sim/plug/index.ts'
import { allocate } from '../../../sim/policy/allocate.ts'
import { aProvider, build } from '../../policy/world.ts'

interface Machine {
  /** '' = unmanaged. */
  readonly on?: string
  readonly assignedMinutesAgo?: number
  readonly idle?: boolean
  readonly capable?: { readonly [model: string]: number }
}
interface Need {
  readonly need?: number
  readonly floor?: number
  readonly priority?: number
}

const MINUTE = 60_000_000
const NOW = (1000 * MINUTE) as Micros
const BOTH = { a: 50, b: 50 }

function planned(
  needs: { readonly [model: string]: Need },
  machines: readonly Machine[],
  { budget = 100, dwell_min = 5 } = {},
): Plan {
  const movable = machines.map(
    ({ idle = true, capable = BOTH }, id): Movable => ({
      provider: aProvider(id, ['a', 'b']),
      idle,
      capable: new Map(Object.entries(capable).map(([name, score]) => [build(name), score])),
    }),
  )
  const demands = Object.entries(needs).map(([name, { need = 0, floor = 0, priority = 0 }]) => ({
    build: build(name),
    need,
    floor,
    priority,
  }))
  return allocate(
    { machines: movable, budget, minDwell: (dwell_min * MINUTE) as Micros, demands },
    NOW,
    ({ provider }) => {
      const { on = '', assignedMinutesAgo = 1000 } = machines[provider.id]!
      return { model: on as BuildId | '', counts: true, since: NOW - assignedMinutesAgo * MINUTE }
    },
  )
}

const sizes = ({ moves }: Plan): { [model: string]: number } => {
  const counts: { [model: string]: number } = {}
  for (const { build: to } of moves) counts[to] = (counts[to] ?? 0) + 1
  return counts
}
const desired = ({ pools }: Plan) => Object.fromEntries(pools.map((pool) => [pool.build, pool.desired]))

describe('the allocator of PR 435', () => {
  it('PL1: need A 2, B 1 and three unassigned machines: two and one', () => {
    expect(sizes(planned({ a: { need: 2 }, b: { need: 1 } }, [{}, {}, {}]))).toEqual({ a: 2, b: 1 })
  })

  it('PL2: priority takes what floors leave', () => {
    const plan = planned({ a: { need: 4, priority: 10 }, b: { floor: 1 } }, [{}, {}, {}])
    expect(desired(plan)).toEqual({ a: 2, b: 1 })
  })

  it('PL3: three machines long on A, need A 1 and B 2: two switch', () => {
    const onA = { on: 'a', assignedMinutesAgo: 60 }
    expect(sizes(planned({ a: { need: 1 }, b: { need: 2 } }, [onA, onA, onA]))).toEqual({ b: 2 })
  })

  it('PL4: a machine assigned a minute ago stays, with a dwell of five minutes', () => {
    expect(planned({ b: { need: 1 } }, [{ on: 'a', assignedMinutesAgo: 1 }]).moves).toEqual([])
    expect(planned({ b: { need: 1 } }, [{ on: 'a', assignedMinutesAgo: 5 }]).moves).toHaveLength(1)
  })

  it('PL5: one switch when the budget is one', () => {
    expect(planned({ b: { need: 3 } }, [{}, {}, {}], { budget: 1 }).moves).toHaveLength(1)
  })

  it('PL6: who cannot and who works is skipped; the idle capable surplus machine switches', () => {
    const plan = planned({ b: { need: 1 } }, [
      { on: 'a', capable: { a: 99 } },
      { on: 'a', idle: false },
      { on: 'a', capable: { b: 10 } },
    ])
    expect(plan.moves).toEqual([{ provider: 2 as ProviderId, build: 'b' }])
  })

  it('PL7: an unassigned machine is preferred, also to a faster one that can be spared', () => {
    const plan = planned({ b: { need: 1 } }, [{ on: 'a', capable: { b: 90 } }, { capable: { b: 10 } }])
    expect(plan.moves).toEqual([{ provider: 1 as ProviderId, build: 'b' }])
  })

  it('nothing is planned without a budget, and nothing is taken for a model in no need', () => {
    expect(planned({ b: { need: 3 } }, [{}, {}], { budget: 0 })).toMatchObject({ moves: [] })
    expect(planned({ a: { need: 1 } }, [{ on: 'a' }, { on: 'a' }]).moves).toEqual([])
  })

  const machine = fc.record({
    on: fc.constantFrom('', 'a', 'b', 'c'),
    assignedMinutesAgo: fc.integer({ min: 0, max: 20 }),
    idle: fc.boolean(),
    capable: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 100 })),
  })
  const need = fc.record({
    need: fc.integer({ min: 0, max: 8 }),
    floor: fc.integer({ min: 0, max: 4 }),
    priority: fc.integer({ min: -2, max: 2 }),
  })

  test.prop([
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), need),
    fc.array(machine, { maxLength: 12 }),
    fc.integer({ min: 0, max: 6 }),
  ])(
    'moves idle, capable machines past their dwell, each once, within budget, and never takes what a pool needs',
    (needs, machines, budget) => {
      const plan = planned(needs, machines, { budget })
      expect(plan.moves.length).toBeLessThanOrEqual(budget)
      expect(new Set(plan.moves.map(({ provider }) => provider)).size).toBe(plan.moves.length)
      const left = new Map(plan.pools.map(({ build: name, current }) => [name as string, current]))
      for (const { provider, build: to } of plan.moves) {
        const { on, idle, capable, assignedMinutesAgo } = machines[provider]!
        expect([idle, to in capable, on !== to]).toEqual([true, true, true])
        if (on === '') continue
        expect(assignedMinutesAgo).toBeGreaterThanOrEqual(5)
        left.set(on, left.get(on)! - 1)
        expect(left.get(on)).toBeGreaterThanOrEqual(desired(plan)[on] ?? 0)
      }
      const total = Object.values(desired(plan)).reduce((sum, count) => sum + count, 0)
      expect(total).toBeLessThanOrEqual(machines.length)
    },
  )
})
