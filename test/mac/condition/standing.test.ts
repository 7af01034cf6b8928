/** What is wrong with a Mac all the time, sessions of any spread, and what an update costs. */
import { describe, expect, it } from 'vitest'
import type { Micros } from '../../../sim/base/time.ts'
import { type Bench, aMac, GEMMA, GPT, type MacBench, SECOND } from '../a-mac.ts'

const micros = (seconds: number): Micros => (seconds * SECOND) as Micros
const whats = (bench: MacBench): readonly string[] => bench.wrote('fault').map(({ what }) => what)
const registrations = (bench: MacBench) => bench.said('register')

const time = (standing: Bench['standing']): number => {
  const bench = aMac({ resident: [GPT], standing, settings: { unwire: { after: '0s' } } })
    .ask(20, 1, GPT, { output: 100 })
    .run(200)
  return bench.when(1, 'complete')! - bench.when(1, 'preamble')!
}

const challenge = (bench: MacBench): readonly string[] =>
  registrations(bench).map(({ trust }) => trust?.challenge ?? 'none')

const updated = (after_update: NonNullable<Bench['standing']>['after_update']): MacBench =>
  aMac({ standing: { after_update } })
    .at(100, (mac) => mac.faults.update())
    .at(3_000, (mac) => mac.faults.register())
    .run(3_100)

const loadTime = (pageCache: Bench['pageCache']): number => {
  const bench = aMac({ memory_gib: 128, ...(pageCache === undefined ? {} : { pageCache }) })
    .load(1, GEMMA)
    .run(60)
  const [row] = bench.wrote('load_ended')
  return row!.at / SECOND - 1
}

describe('a standing fault', () => {
  it('broken: every request is answered 500, hours later too, and after a restart', () => {
    const bench = aMac({ resident: [GPT], standing: { broken: true } })
      .ask(10, 1, GPT)
      .at(20, (mac) => mac.faults.crash())
      .ask(2_000, 2, GPT)
      .ask(40_000, 3, GPT)
      .run(50_000)
    for (const id of [1, 2, 3]) expect(bench.story(id).at(-1)).toMatch(/^500 /)
    expect(whats(bench)).toEqual(['broken', 'crash', 'restarted'])
  })

  it('slow: an answer takes as many times longer as the GPU is slower', () => {
    expect(time({ slow: 0.25 }) / time(undefined)).toBeCloseTo(4, 1)
  })

  it('reconnects: registers anew again and again, at once, models resident', () => {
    const bench = aMac({ resident: [GPT], standing: { reconnects: micros(60) } }).run(3_000)
    // 50 expected, and the first.
    expect(registrations(bench).length).toBeGreaterThan(30)
    expect(registrations(bench).length).toBeLessThan(75)
    expect(bench.warm()).toEqual([GPT])
    expect(new Set(whats(bench))).toEqual(new Set(['network_drop', 'recovered']))
  })

  it('nothing is wrong without one', () => {
    expect(whats(aMac().run(1_000))).toEqual([])
  })
})

describe('an update', () => {
  it('that loses the attestation leaves the Mac without an answer, for so long or for good', () => {
    expect(challenge(updated({ attestation_lost: 1, for: micros(600) }))).toEqual(['answered', 'lapsed', 'answered'])
    expect(challenge(updated({ attestation_lost: 1 }))).toEqual(['answered', 'lapsed', 'lapsed'])
    expect(challenge(updated({ attestation_lost: 0 }))).toEqual(['answered', 'answered', 'answered'])
  })

  it('loses it in the share of updates that the scenario says', () => {
    const lost = Array.from({ length: 60 }, (_, seed) => {
      const bench = aMac({ seed, standing: { after_update: { attestation_lost: 0.3 } } })
      return challenge(bench.at(10, (mac) => mac.faults.update()).run(60))[1]
    }).filter((said) => said === 'lapsed')
    // 18 expected, three standard deviations of 3.5.
    expect(lost.length).toBeGreaterThan(7)
    expect(lost.length).toBeLessThan(29)
  })
})

describe('sessions', () => {
  it('of a lognormal have its median', () => {
    const lengths = Array.from({ length: 80 }, (_, seed) => {
      const bench = aMac({ seed, churn: { session: { median: micros(1_000), sigma: 0.5 }, away: micros(100) } })
      bench.run(20_000)
      return bench.heard.find(({ message }) => message.kind === 'closed')?.at ?? Infinity
    }).toSorted((a, b) => a - b)
    expect(lengths[40]).toBeGreaterThan(830)
    expect(lengths[40]).toBeLessThan(1_200)
  })

  it('by chance are under way at the start: a Mac is away with the share of time that it is, and then comes, cold', () => {
    const churn = { session: micros(3_000), away: micros(1_000), at_start: 'by_chance' as const }
    const benches = Array.from({ length: 80 }, (_, seed) => aMac({ seed, churn, resident: [GPT] }).run(5))
    const away = benches.filter((bench) => registrations(bench).length === 0)
    // 20 expected, three standard deviations of 3.9.
    expect(away.length).toBeGreaterThan(8)
    expect(away.length).toBeLessThan(32)
    const later = away.map((bench) => bench.run(30_000))
    expect(later.every((bench) => registrations(bench).length > 0)).toBe(true)
    expect(later.every((bench) => bench.misfits.length === 0)).toBe(true)
  })

  it('run from the start where nothing is said, as ever', () => {
    const benches = Array.from({ length: 20 }, (_, seed) =>
      aMac({ seed, churn: { session: micros(10), away: micros(1_000) } }).run(0.1),
    )
    expect(benches.filter((bench) => registrations(bench).length === 0)).toEqual([])
  })
})

describe('the page cache at the start', () => {
  it('makes the first load of what it holds faster', () => {
    // 15.6 GB at 15.9 GB/s and the fixed 1.5 s, against 5.8 s from the SSD.
    expect(loadTime(undefined)).toBeGreaterThan(5)
    expect(loadTime([GEMMA])).toBeLessThan(3.5)
  })
})
