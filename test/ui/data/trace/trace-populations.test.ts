/** Populations and partings: a difference that was put there is found first, one that was not is not. */
import { fc, it as property } from '@fast-check/vitest'
import { beforeAll, describe, expect, it } from 'vitest'
import { answer } from '../../../../ui/data/trace/trace-query.ts'
import { shareDifference, zFor } from '../../../../ui/data/trace/populations/share-difference.ts'
import { partingOfTraces } from '../../../../ui/data/trace/parting-of-traces.ts'
import { PartingFinder } from '../../../../sim/lab/story/parting.ts'
import { type ARun, aRun } from '../../a-run.ts'
import { aTrace, SECOND } from '../../a-trace.ts'

/** A request a second, every third for gemma; those for which `slow` says so wait a minute for their first token. */
function aDay(slow: (request: number) => boolean, count = 300) {
  const rows = Array.from({ length: count }, (_, request) => {
    const model = request % 3 === 0 ? 'gemma' : 'oss'
    const ids = { request, user: request, attempt: 0 }
    const ttft_s = slow(request) ? 60 : 1 + (request % 7) / 10
    return [
      {
        kind: 'arrived' as const,
        at: request,
        ...ids,
        model,
        estimatedPromptTokens: 100 + (request % 5) * 1_000,
        maxTokens: 0,
      },
      {
        kind: 'dispatched' as const,
        at: request,
        ...ids,
        provider: request % 2,
        build: 'oss',
        slotState: 'idle',
        backup: false,
      },
      { kind: 'first_token' as const, at: request + ttft_s, ...ids },
      {
        kind: 'ended' as const,
        at: request + ttft_s + 5,
        ...ids,
        outcome: 'served',
        status: 200,
        reason: '',
        midStream: false,
        retryAfter_s: -1,
        completionTokens: 50,
      },
    ]
  }).flat()
  return aTrace(
    rows.toSorted((a, b) => a.at - b.at),
    count + 100,
  )
}

const slowOnes = { from_us: 0, to_us: 300 * SECOND, ttft_us: [30 * SECOND, 90 * SECOND] } as const

describe('a population', () => {
  it('is told from the rest by what makes it slow, with counts on both sides', () => {
    const index = aDay((request) => request % 2 === 1 && request % 5 === 0)
    const found = answer(index, { kind: 'population', region: slowOnes })
    expect([found.inside, found.outside]).toEqual([30, 270])
    const first = found.findings.slice(0, 4).map(({ attribute, value }) => `${attribute}: ${value}`)
    expect(first).toContain('Mac: mac-2')
    expect(first).toContain('prompt size: to 128 tokens')
    const mac = found.findings.find(({ value }) => value === 'mac-2')!
    expect([mac.inside, mac.outside]).toEqual([30, 120])
    expect(mac.low).toBeLessThan(mac.difference)
    expect(mac.sure).toBeGreaterThan(0)
    // Models have nothing to do with it.
    for (const finding of found.findings.filter(({ attribute }) => attribute === 'model')) expect(finding.sure).toBe(0)
    const listed = answer(index, {
      kind: 'region_requests',
      region: slowOnes,
      attribute: 'Mac',
      value: 'mac-2',
      limit: 5,
    })
    expect([listed.total, listed.rows.length]).toEqual([30, 5])
    expect(listed.rows.every(({ ttft_us, machine }) => ttft_us === 60 * SECOND && machine === 1)).toBe(true)
  })

  it('of requests like all others has nothing sure to tell', () => {
    const index = aDay((request) => (request * 7919) % 10 === 0 && (request * 31) % 7 < 4)
    const { findings } = answer(index, {
      kind: 'population',
      region: { from_us: 0, to_us: 300 * SECOND, fate: 'late' },
    })
    expect(findings.every(({ sure }) => sure === 0)).toBe(true)
  })

  it('counts every request on one side, those of the warm-up only when chosen', () => {
    const index = aDay(() => false)
    const warm = { ...index, facts: { ...index.facts, warmup_us: 100 * SECOND }, derived: new Map<string, unknown>() }
    const early = answer(warm, { kind: 'population', region: { from_us: 0, to_us: 50 * SECOND } })
    expect([early.inside, early.outside]).toEqual([50, 200])
    const late = answer(warm, {
      kind: 'population',
      region: { from_us: 200 * SECOND, to_us: 300 * SECOND },
      model: 'gemma',
    })
    expect([late.inside, late.outside]).toEqual([33, 33])
  })
})

describe('a difference of shares', () => {
  const groups = fc
    .record({ total: fc.integer({ min: 1, max: 2_000 }), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    .map(({ total, share }) => ({ total, count: Math.floor(total * share) }))

  property.prop([groups, groups, fc.integer({ min: 1, max: 600 })])(
    'lies within its interval, which grows with what is compared at once',
    (a, b, comparisons) => {
      const one = shareDifference(a, b, zFor(1))
      const many = shareDifference(a, b, zFor(comparisons))
      expect(one.low).toBeLessThanOrEqual(one.difference + 1e-12)
      expect(one.high).toBeGreaterThanOrEqual(one.difference - 1e-12)
      expect(many.low).toBeLessThanOrEqual(one.low + 1e-12)
      expect(Math.abs(many.sure)).toBeLessThanOrEqual(Math.abs(one.sure) + 1e-12)
      expect(one.low).toBeGreaterThanOrEqual(-1 - 1e-9)
      expect(one.high).toBeLessThanOrEqual(1 + 1e-9)
    },
  )

  it('has the interval of the literature: 56 of 70 against 48 of 80 (Newcombe 1998, table II, method 10)', () => {
    const { difference, low, high } = shareDifference({ count: 56, total: 70 }, { count: 48, total: 80 }, zFor(1))
    expect(difference).toBeCloseTo(0.2, 6)
    expect(low).toBeCloseTo(0.0524, 4)
    expect(high).toBeCloseTo(0.3339, 4)
  })
})

describe('where two runs part', () => {
  let [open, pools]: [ARun | undefined, ARun | undefined] = [undefined, undefined]
  beforeAll(async () => {
    const settings = ['duration=40s', 'warmup=0s']
    open = await aRun('scenarios/headline/gpt-oss-vs-gemma.yaml', 'open', settings)
    pools = await aRun('scenarios/headline/gpt-oss-vs-gemma.yaml', 'pools-afe8135', settings)
  })

  it('is where `fleetlab diff` says it is', () => {
    const finder = new PartingFinder()
    for (const row of open!.trace!) finder.rowOfA(row)
    for (const row of pools!.trace!) finder.rowOfB(row)
    const expected = finder.parting()!
    const found = partingOfTraces(open!.trace!, pools!.trace!)!
    expect({ alike: found.alike, a: found.a, b: found.b }).toEqual(expected)
    expect(found.at_us).toBe(Math.min(expected.a!.at, expected.b!.at))
  })

  it('is nowhere in a run and itself', () => {
    expect(partingOfTraces(open!.trace!, open!.trace!)).toBeUndefined()
  })
})
