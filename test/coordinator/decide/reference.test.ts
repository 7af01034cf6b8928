/** Selection equals the reference on random fleets, machine by machine; it changes nothing; ties and the fail-open pass keep their promises. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  CandidateFate,
  Drop,
  ProviderVerdicts,
  ProviderVerdict,
} from '../../../sim/coordinator/decide/decision.ts'
import { preflight } from '../../../sim/coordinator/decide/preflight.ts'
import { select } from '../../../sim/coordinator/decide/select.ts'
import { routing, worldOf } from './plain-world.ts'
import { cases } from './random-fleet.ts'
import { Reference } from './reference-select.ts'
import { casesOf } from '../../tier.ts'

const outcomeOf = (verdict: ProviderVerdict): Drop | CandidateFate =>
  verdict.kind === 'dropped' ? verdict.drop : verdict.fate

/** 'admitted' is a fate of the quick check alone; the others are a policy's doing, and `open` has no surface for them. */
type NotOfOpen = 'admitted' | 'policy_filter' | 'not_picked'

/** How often the random fleets met each. */
const OUTCOMES: { readonly [outcome in Exclude<Drop | CandidateFate, NotOfOpen> | 'fail open']: true } = {
  not_owned: true,
  not_listed: true,
  excluded: true,
  catalog: true,
  dedicated: true,
  load_cooldown: true,
  error_cooldown: true,
  breaker: true,
  status: true,
  private_only: true,
  trust: true,
  runtime: true,
  private_text: true,
  challenge: true,
  template_broken: true,
  tools_version: true,
  pool: true,
  vision: true,
  slot_state: true,
  headroom: true,
  busy_other_slot: true,
  thermal: true,
  too_large: true,
  admission: true,
  ttft: true,
  winner: true,
  avoided_version: true,
  decode_floor: true,
  dearer: true,
  lost_tie: true,
  'fail open': true,
}
const met = new Map<string, number>()
const count = (outcome: string): void => void met.set(outcome, (met.get(outcome) ?? 0) + 1)

describe('select', () => {
  it('equals the reference written from the tables', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, given]) => {
        const expected = new Reference(fleet, given).select(plain, draw)
        const explain: ProviderVerdicts = []
        const actual = select(worldOf(fleet, given).fleet, routing(plain, fleet), draw, explain)
        expect(explain.map(outcomeOf)).toEqual(expected.verdicts)
        for (const verdict of explain) count(outcomeOf(verdict))
        if (actual.failOpen) count('fail open')
        expect(actual.winner?.provider.id ?? -1).toBe(expected.winner)
        expect(actual.breakdown?.cost_ms ?? -1).toBeCloseTo(expected.cost, 6)
        expect(actual.bestTtft_ms).toBeCloseTo(expected.bestTtft, 6)
        const { candidates, capacity, tooLarge, vision, ttft, breakerRejected, nearTies, failOpen } = expected
        const counters = { candidates, capacity, tooLarge, vision, ttft, breakerRejected, nearTies, failOpen }
        expect(actual).toMatchObject(counters)
      }),
      { numRuns: casesOf(2_000), seed: 11 },
    )
  })

  it('decides the same with an explanation, which has one line per provider in order of registration', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, given]) => {
        const asked = routing(plain, fleet)
        const world = worldOf(fleet, given)
        const explain: ProviderVerdicts = []
        const silent = select(world.fleet, asked, draw)
        expect(select(world.fleet, asked, draw, explain)).toEqual(silent)
        expect(explain.map((verdict) => verdict.provider)).toEqual(fleet.map((_, index) => index))
        const winners = explain.filter((verdict) => verdict.kind === 'candidate' && verdict.fate === 'winner')
        expect(winners.map((verdict) => verdict.provider)).toEqual(
          silent.winner === undefined ? [] : [silent.winner.provider.id],
        )
        expect(explain.filter((verdict) => verdict.kind === 'candidate')).toHaveLength(silent.candidates)
        for (const verdict of explain) expect(verdict.why).toMatch(/^[A-Z0-9a-z].*\.$/)

        const quick: ProviderVerdicts = []
        expect(preflight(world.fleet, asked, quick)).toEqual(preflight(world.fleet, asked))
        expect(quick.map((verdict) => verdict.provider)).toEqual(fleet.map((_, index) => index))
      }),
      { numRuns: casesOf(300) },
    )
  })

  it('fails open: an open breaker never turns a servable request into a refusal, unless room or time was the reason', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, given]) => {
        const asked = routing(plain, fleet)
        const sound = fleet.map((machine) => ({ ...machine, breakerOpen: false }))
        const without = select(worldOf(sound, given).fleet, asked, draw)
        const actual = select(worldOf(fleet, given).fleet, asked, draw)
        if (without.winner !== undefined && actual.winner === undefined) {
          expect(actual.capacity + actual.ttft).toBeGreaterThan(0)
        }
        if (actual.failOpen) expect(actual.winner).toEqual(without.winner === undefined ? undefined : expect.anything())
      }),
      { numRuns: casesOf(300) },
    )
  })

  it('never passes over a machine that is 3 s cheaper, and takes the least loaded of those within', () => {
    fc.assert(
      fc.property(cases, ([fleet, plain, draw, given]) => {
        const explain: ProviderVerdicts = []
        const asked = {
          ...routing(plain, fleet),
          minDecodeTps: 0,
          avoidVersion: '',
          affinity: -1 as const,
          preferOwner: false,
        }
        const { winner, breakdown } = select(worldOf(fleet, given).fleet, asked, draw, explain)
        if (winner === undefined) return
        for (const verdict of explain) {
          if (verdict.kind !== 'candidate') continue
          const over = verdict.breakdown.cost_ms - breakdown!.cost_ms
          expect(over).toBeGreaterThanOrEqual(-3_000.001)
          if (verdict.fate === 'lost_tie') {
            expect(verdict.breakdown.effectiveQueue).toBeGreaterThanOrEqual(breakdown!.effectiveQueue)
          }
        }
      }),
      { numRuns: casesOf(300) },
    )
  })

  it('was compared on fleets that meet every reason and every fate at least ten times', () => {
    const seldom = Object.keys(OUTCOMES).filter((outcome) => (met.get(outcome) ?? 0) < 10)
    expect(seldom).toEqual([])
  })
})
