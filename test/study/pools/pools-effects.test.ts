/** Effects of the design on made-up runs whose truth is known. */
import { describe, expect, it } from 'vitest'
import { hashDraw } from '../../../sim/base/hash.ts'
import { FACTORS, FRACTION, type StudyPolicy } from './pools-design.ts'
import { columnEffects, countEffect, type Hour, hoursOf, informationOf, meanEffect } from './pools-effects.ts'
import type { RunRecord } from './pools-record.ts'
import { readStudy } from './pools-store.ts'

/** Two rounds of the fraction; a run's `loads` carries the made-up figure. */
function madeUp(figure: (hour: Omit<Hour, 'run'>, policy: StudyPolicy) => number): readonly Hour[] {
  return [0, 1].flatMap((round) =>
    FRACTION.rows.map((levels, row): Hour => {
      const hour = { levels: { ...levels, mix: 1 as const }, seed: 100 * round + row }
      return { ...hour, run: (policy) => ({ loads: figure(hour, policy) }) as RunRecord }
    }),
  )
}

const noise = (seed: number): number => hashDraw(7, seed) - 0.5

describe('effects', () => {
  it('of columns are the differences they were made of, and intervals hold them', () => {
    const hours = madeUp(({ levels, seed }) => 0.3 * levels.load - 0.1 * levels.gate + 0.2 * noise(seed))
    const effects = columnEffects(hours, (hour) => hour.run('open', 'on').loads, 0.99)
    expect([...effects.keys()]).toEqual(FACTORS)
    expect(effects.get('load')!.effect).toBeCloseTo(0.6, 1)
    expect(effects.get('gate')!.effect).toBeCloseTo(-0.2, 1)
    const [low, high] = effects.get('load')!.ci!
    expect(low).toBeLessThan(0.6)
    expect(high).toBeGreaterThan(0.6)
    for (const factor of ['slots', 'start', 'disks', 'cancels'] as const) {
      const [least, most] = effects.get(factor)!.ci!
      expect(least, factor).toBeLessThan(0)
      expect(most, factor).toBeGreaterThan(0)
    }
  })

  it('have no interval where nothing scatters, and none of fewer than ten hours', () => {
    const hours = madeUp(({ levels }) => levels.load)
    expect(columnEffects(hours, (hour) => hour.run('open', 'on').loads, 0.95).get('load')).toEqual({
      effect: 2,
      ci: null,
    })
    expect(meanEffect([0.1, 0.2, 0.3, 0.4], 0.95)).toEqual({ effect: 0.25, ci: null })
  })

  it('of what hardly ever differs are covered by their intervals at least as often as these say', () => {
    const truth = 0.06
    const REPETITIONS = 200
    const covered = Array.from({ length: REPETITIONS }, (_, repetition) => {
      const hours = madeUp(({ seed }) => (hashDraw(11, repetition, seed) < truth ? 1 : 0))
      const [low, high] = countEffect(hours, (hour) => hour.run('open', 'on').loads, 0.95).ci!
      return low <= truth && truth <= high
    }).filter(Boolean).length
    expect(covered / REPETITIONS).toBeGreaterThanOrEqual(0.95)
  })

  it('leave a joint effect of two factors out of every single one', () => {
    const hours = madeUp(({ levels }) => levels.load * levels.start)
    const effects = columnEffects(hours, (hour) => hour.run('open', 'on').loads, 0.95)
    for (const factor of FACTORS) expect(Math.abs(effects.get(factor)!.effect), factor).toBeLessThan(1e-12)
  })
})

describe('what it is worth to know', () => {
  const choices = [
    { policy: 'open', floor: 'on', gate: 'soft' },
    { policy: 'pools', floor: 'on', gate: 'soft' },
    { policy: 'open', floor: 'on', gate: 'hard' },
    { policy: 'pools', floor: 'on', gate: 'hard' },
  ] as const

  it('is what choosing anew gains, and names both choices', () => {
    // Open is better by 1 at low load, pools at high load; nothing else matters.
    const hours = madeUp(({ levels }, policy) => (policy === 'open' ? -levels.load : levels.load) / 2)
    const [first, ...others] = informationOf(hours, choices, (run) => run.loads)
    expect(first).toMatchObject({ column: 'load', value: 0.5, low: { policy: 'open' }, high: { policy: 'pools' } })
    expect(first!.byChance).toBeLessThan(0.5)
    for (const { column, value, byChance } of others) expect(value, column).toBeLessThanOrEqual(byChance)
  })

  it('is nothing where one choice is the best at every level, and nothing can be below nothing', () => {
    const hours = madeUp(({ levels }, policy) => levels.load + (policy === 'open' ? 1 : 0))
    for (const { value } of informationOf(hours, choices, (run) => run.loads)) expect(value).toBeCloseTo(0, 12)
  })
})

it('hours of the stored study are whole: every policy, every floor', () => {
  const hours = hoursOf(readStudy())
  expect(hours.length).toBeGreaterThanOrEqual(FRACTION.rows.length)
  for (const { run, seed } of hours) expect(run('placement', 'forgets').seed).toBe(seed)
})
