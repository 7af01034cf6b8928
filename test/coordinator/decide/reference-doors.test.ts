/**
 * The decisions around selection equal the reference on random fleets: the quick check, the counts admission branches on,
 * aliases, the swap planner's choice, the warm pool's order. And none of them changes anything they look at.
 */
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { resolveModel } from '../../../sim/coordinator/decide/aliases.ts'
import type { ProviderVerdicts } from '../../../sim/coordinator/decide/decision.ts'
import {
  coldSpillCount,
  hasCapability,
  poolRejectedCount,
  preflight,
} from '../../../sim/coordinator/decide/preflight.ts'
import type { ProviderRecord } from '../../../sim/coordinator/view/provider-record.ts'
import { select } from '../../../sim/coordinator/decide/select.ts'
import { SwapPlanner } from '../../../sim/coordinator/plan/swap-planner.ts'
import { OfferList } from '../../../sim/coordinator/view/offer-list.ts'
import { WarmPool } from '../../../sim/coordinator/plan/warm-pool.ts'
import { WarmPoolPressure } from '../../../sim/coordinator/view/warm-pool-pressure.ts'
import { routing, worldOf } from './plain-world.ts'
import { BUILDS, cases, machines, requests, rules } from './random-fleet.ts'
import type { PlainMachine } from './plain-fleet.ts'
import { ReferenceDoors } from './reference-doors.ts'
import { build, type World } from './world.ts'
import { casesOf } from '../../tier.ts'

/** How often an answer was each of its kinds, so that a comparison of nothing with nothing is noticed; the seed is fixed for it. */
const met = new Map<string, number>()
const count = (what: string): void => void met.set(what, (met.get(what) ?? 0) + 1)

/** Who was told to load what, in order. A command reserves its machine, as the real one does. */
function recorder(world: World, reserves: boolean) {
  const commands: [number, string][] = []
  const command = (provider: ProviderRecord, name: string): boolean => {
    commands.push([provider.id, name])
    if (!reserves) return true
    provider.pendingLoad = build(name)
    provider.pendingLoadUntil = (world.clock + 1) as Micros
    return true
  }
  return { commands, loads: { command, pendingCount: () => 0, forgetExpired: () => undefined } }
}

function swaps(world: World): [number, string][] {
  const { commands, loads } = recorder(world, true)
  new SwapPlanner(world.fleet, { size: BUILDS.length, builds: () => BUILDS.map(build) }, loads).run()
  return commands
}

const atRest = (machine: PlainMachine): PlainMachine => ({
  ...machine,
  pending: [],
  slots: machine.slots?.map((slot) => ({ ...slot, running: 0, waiting: 0 })),
})

/** Cold spill is for fleets of which no machine works. */
const casesAtRest = cases.map(([fleet, plain, draw, given]) => [fleet.map(atRest), plain, draw, given] as const)

/** As if the operator wanted every build everywhere at once. */
const NO_END = {
  WARM_POOL_MIN_WARM: Object.fromEntries(BUILDS.map((name) => [name, 99])),
  WARM_POOL_MAX_LOADS_PER_TICK: 99,
  WARM_POOL_MAX_LOADS_PER_TICK_CEILING: 999,
  WARM_POOL_MAX_GLOBAL_PENDING_LOADS: 999,
}

function warmPool(world: World): [number, string][] {
  const { commands, loads } = recorder(world, false)
  const due: (() => void)[] = []
  const pool = new WarmPool(
    world.fleet,
    new WarmPoolPressure(10_000_000 as Micros),
    loads,
    { tick: () => undefined },
    {
      now: () => world.clock,
      after: (_, __, run) => due.push(run) as never,
      trace: { emit: () => undefined },
    },
  )
  pool.wake()
  for (const run of due) run()
  return commands
}

/** Everything that a decision can reach, as text, but for what gauges are told: whether the pool gate refused last. Labels are the records'. */
function snapshot(world: World): string {
  const { registry, aliases, accounts, affinity, settings } = world.fleet
  const all = { registry, aliases, accounts, affinity, settings, rows: world.rows }
  const text = inspect(all, { depth: Infinity, maxArrayLength: null, maxStringLength: null })
  // What the pool gate last answered is kept for the gauges; no decision reads it.
  return text.replaceAll(/(?:pool(?:Refused|AnsweredAt)|isNoted): \w+/g, '')
}

/** Its offers are printed with their providers; printed once more per offer, the text would grow beyond all bounds. */
Object.assign(OfferList.prototype, {
  [inspect.custom](this: OfferList) {
    return this.offers.map(({ provider }) => provider.id)
  },
})

describe('the doors', () => {
  it('the quick check equals the reference machine by machine, and so do the counts of admission', () => {
    fc.assert(
      fc.property(fc.oneof(cases, casesAtRest), ([fleet, plain, , given]) => {
        const reference = new ReferenceDoors(fleet, given)
        const { fleet: real } = worldOf(fleet, given)
        const asked = routing(plain, fleet)
        const expected = reference.preflight(plain)
        const verdicts: ProviderVerdicts = []
        const { bestTtft_ms, ...counters } = preflight(real, asked, verdicts)
        expect(verdicts.map((each) => (each.kind === 'dropped' ? each.drop : each.fate))).toEqual(expected.verdicts)
        expect(bestTtft_ms).toBeCloseTo(expected.bestTtft, 5)
        const { candidates, capacity, tooLarge } = expected
        expect(counters).toEqual({ candidates, capacity, tooLarge })
        expect(poolRejectedCount(real, asked)).toBe(reference.poolRejected(plain))
        expect(coldSpillCount(real, asked)).toBe(reference.coldSpill(plain))
        for (const capability of ['vision', 'tools'] as const) {
          const expectedAnswer = reference.hasCapability(plain, capability)
          expect(hasCapability(real, asked, capability)).toBe(expectedAnswer)
          count(`${capability} ${expectedAnswer}`)
        }
        if (bestTtft_ms > 0) count('a best TTFT')
        if (reference.poolRejected(plain) > 0) count('pool rejected')
        if (reference.coldSpill(plain) > 0) count('cold spill')
        for (const verdict of expected.verdicts) count(verdict)
      }),
      { numRuns: casesOf(1_000, 30_000), seed: 11 },
    )
    const wanted = ['vision true', 'vision false', 'tools true', 'tools false', 'a best TTFT', 'pool rejected']
    const drops = [
      'admitted',
      'thermal',
      'vision',
      'headroom',
      'too_large',
      'slot_state',
      'busy_other_slot',
      'admission',
    ]
    expect([...wanted, ...drops, 'cold spill'].filter((each) => (met.get(each) ?? 0) < 10)).toEqual([])
  })

  it('an alias stands for the same build', () => {
    const choices = fc.constantFrom('', 'small', 'small', 'large', 'roomy')
    const few = fc.array(machines, { maxLength: 3 })
    fc.assert(
      fc.property(few, requests, rules, choices, choices, (fleet, plain, given, desired, previous) => {
        const world = worldOf(fleet, given)
        const asked = routing(plain, fleet)
        world.fleet.aliases.set({ name: 'chat', desired: build(desired), previous: build(previous), retired: [] })
        const resolution = resolveModel(world.fleet, 'chat', { ...asked, request: -1 })
        const answer = resolution.kind === 'build' ? resolution.build : ''
        expect(answer).toBe(new ReferenceDoors(fleet, given).resolve({ desired, previous }, plain))
        count(resolution.kind === 'build' ? resolution.choice : 'unavailable')
      }),
      { numRuns: casesOf(1_000, 20_000) },
    )
    expect(['desired', 'previous', 'waiting', 'unavailable'].filter((each) => (met.get(each) ?? 0) < 10)).toEqual([])
  })

  it('the swap planner chooses the same machines, and the warm pool ranks them alike', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(machines, machines.map(atRest)), { maxLength: 8 }), rules, (fleet, given) => {
        const reference = new ReferenceDoors(fleet, given)
        const expected = { swaps: reference.swaps(BUILDS), warm: reference.warmPool() }
        expect(swaps(worldOf(fleet, given))).toEqual(expected.swaps)
        expect(warmPool(worldOf(fleet, given, NO_END))).toEqual(expected.warm)
        if (expected.swaps.length > 0) count('a swap')
        if (expected.warm.length > 2) count('a ranking')
      }),
      { numRuns: casesOf(500, 16_000) },
    )
    expect(['a swap', 'a ranking'].filter((each) => (met.get(each) ?? 0) < 50)).toEqual([])
  })

  it('deciding twice gives the same decision and leaves the fleet as it was', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, given]) => {
        const world = worldOf(fleet, given)
        world.fleet.aliases.set({ name: 'chat', desired: build('small'), previous: build('large'), retired: [] })
        const asked = routing(plain, fleet)
        const decide = () => ({
          select: select(world.fleet, asked, draw),
          explained: select(world.fleet, asked, draw, []),
          preflight: preflight(world.fleet, asked, []),
          pool: poolRejectedCount(world.fleet, asked),
          cold: coldSpillCount(world.fleet, asked),
          vision: hasCapability(world.fleet, asked, 'vision'),
          tools: hasCapability(world.fleet, asked, 'tools'),
          alias: resolveModel(world.fleet, 'chat', { ...asked, request: -1 }),
        })
        const before = snapshot(world)
        const first = decide()
        const { winner } = first.select
        expect(decide()).toEqual(first)
        // The same offer, not one like it.
        expect(select(world.fleet, asked, draw).winner).toBe(winner)
        expect(snapshot(world)).toBe(before)
      }),
      { numRuns: casesOf(150) },
    )
  })
})
