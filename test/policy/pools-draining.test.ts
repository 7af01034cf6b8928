/** What `pools-draining` adds to `pools`: which machine moves to which pool, and what it may do meanwhile. */
import { describe, expect, it } from 'vitest'
import type { ProviderId } from '../../sim/base/ids.ts'
import type { Micros } from '../../sim/base/time.ts'
import type { AssignmentView, Demand, PlanQuestion, ProviderView } from '../../sim/plug/index.ts'
import { poolsDraining } from '../../sim/policy/pools-draining.ts'
import { anAlias, aPolicyWorld, aProvider, aSlot, build } from './world.ts'

const MINUTE = 60_000_000
const NOW = (60 * MINUTE) as Micros

const demand = (name: string, load: number, qualityConcurrency = 4): Demand => ({
  build: build(name),
  need: 0,
  load,
  qualityConcurrency,
  warm: 0,
  eligibleCold: 0,
  pressure: load > 0,
  floor: 0,
  priority: 0,
})

interface Machine {
  readonly holds: string
  readonly atWork?: number
  readonly movedMinutesAgo?: number
  readonly tps?: number
  readonly models?: readonly string[]
}

function planned(
  demands: readonly Demand[],
  machines: readonly Machine[],
  more: { budget?: number; poolsEnabled?: boolean } = {},
) {
  const providers = machines.map(({ holds, atWork = 0, models = ['a', 'b'] }, id) =>
    aProvider(id, models, {
      slots: [aSlot(holds, atWork > 0 ? 'running' : 'idle', atWork)],
      pendingCount: atWork,
      workedAt: NOW,
    }),
  )
  const assignments = new Map<ProviderId, AssignmentView>()
  machines.forEach(({ holds, movedMinutesAgo }, id) => {
    if (movedMinutesAgo === undefined) return
    const assignedAt = (NOW - movedMinutesAgo * MINUTE) as Micros
    assignments.set(id as ProviderId, {
      model: build(holds),
      epoch: 1,
      state: 'assigned',
      assignedAt,
      since: assignedAt,
    })
  })
  const aliases = [anAlias('al', 'd', 'v')]
  const world = aPolicyWorld(poolsDraining, {
    now: NOW,
    providers,
    assignments,
    aliases,
    ...(more.poolsEnabled === undefined ? {} : { poolsEnabled: more.poolsEnabled }),
  })
  for (const provider of providers) world.ask('heartbeat', provider, '')
  const question: PlanQuestion = {
    demands,
    machines: providers.map((provider, id) => ({
      provider,
      idle: provider.pendingCount === 0,
      capable: new Map(provider.advertised.map((name) => [name, machines[id]!.tps ?? 50])),
    })),
    budget: more.budget ?? 4,
    minDwell: (5 * MINUTE) as Micros,
    countsFailed: true,
  }
  return poolsDraining.plan!(question, world.context).moves.map(({ provider, build: to }) => `${provider} to ${to}`)
}

const onA = (count: number, more: Partial<Machine> = {}): Machine[] =>
  Array.from({ length: count }, () => ({ holds: 'a', ...more }))

describe('the plan', () => {
  it('drains the machine with least to finish out of a pool that is half idle, for a pool that is all at work', () => {
    const machines = [...onA(2, { atWork: 2 }), ...onA(2), { holds: 'b', atWork: 1 }]
    expect(planned([demand('a', 4), demand('b', 1)], machines)).toEqual(['2 to b'])
    const busier = [...onA(3, { atWork: 2 }), { holds: 'a' }, { holds: 'b', atWork: 1 }]
    expect(planned([demand('a', 6), demand('b', 1)], busier)).toEqual([])
  })

  it('moves a machine at work when no idle one of the pool has the model', () => {
    const machines = [{ holds: 'a', atWork: 1 }, ...onA(2, { models: ['a'] })]
    expect(planned([demand('a', 1), demand('b', 1)], machines)).toEqual(['0 to b'])
  })

  it('leaves a pool its last machine, and a pool with an idle machine as it is', () => {
    expect(planned([demand('a', 0), demand('b', 3)], onA(1))).toEqual([])
    expect(planned([demand('a', 0), demand('b', 3)], [...onA(3), { holds: 'b' }])).toEqual([])
  })

  it('takes the faster of machines that are equally free, and only one that has the model', () => {
    const machines: Machine[] = [
      { holds: 'a', tps: 90, models: ['a'] },
      { holds: 'a', tps: 20 },
      { holds: 'a', tps: 60 },
      { holds: 'a', tps: 40 },
    ]
    expect(planned([demand('a', 0), demand('b', 1)], machines)).toEqual(['2 to b'])
  })

  it('moves nobody who was moved within the dwell, and nobody past the budget', () => {
    expect(planned([demand('a', 0), demand('b', 1)], onA(3, { movedMinutesAgo: 2 }))).toEqual([])
    expect(planned([demand('a', 0), demand('b', 1)], onA(3, { movedMinutesAgo: 5 }))).toHaveLength(1)
    expect(planned([demand('a', 0), demand('b', 1)], onA(3), { budget: 0 })).toEqual([])
  })

  it('counts the builds of one alias as one pool', () => {
    const models = ['v', 'd', 'b']
    const machines: Machine[] = [
      { holds: 'v', models },
      { holds: 'd', atWork: 1, models },
      { holds: 'b', atWork: 1, models },
    ]
    expect(planned([demand('d', 8), demand('v', 0), demand('b', 1)], machines)).toEqual(['0 to b'])
  })

  it('is empty while pools are switched off', () => {
    expect(planned([demand('a', 0), demand('b', 1)], onA(3), { poolsEnabled: false })).toEqual([])
  })
})

const moving = (state: AssignmentView['state']) => {
  const provider: ProviderView = aProvider(1, ['a', 'b'], { slots: [aSlot('a', 'running', 1)], pendingCount: 1 })
  const assignment: AssignmentView = { model: build('b'), epoch: 1, state, assignedAt: NOW, since: NOW }
  const world = aPolicyWorld(poolsDraining, { now: NOW, assignments: new Map([[provider.id, assignment]]) })
  world.ask('assign', provider, 'b')
  return { world, provider }
}

describe('a machine on its way', () => {
  it('serves neither pool while it drains', () => {
    const { world, provider } = moving('draining')
    expect(world.ask('select', provider, 'a').allowed).toBe(false)
    expect(world.ask('select', provider, 'b').allowed).toBe(false)
  })

  it('is a cold machine of its new pool while it loads', () => {
    const { world, provider } = moving('loading')
    expect(world.ask('select', provider, 'a').allowed).toBe(false)
    expect(world.ask('select', provider, 'b').allowed).toBe(true)
  })

  it('is labelled with the pool it goes to at once', () => {
    const { world, provider } = moving('draining')
    expect(world.label(provider)).toBe('b')
  })
})
