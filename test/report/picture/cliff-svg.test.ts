/** The picture of a cliff: what stands where, and that nothing is drawn outside it. */
import { describe, expect, it } from 'vitest'
import type { CliffArm, CliffResult } from '../../../sim/lab/cliff/cliff.ts'
import type { LoopRun } from '../../../sim/lab/cliff/cliff-path.ts'
import { cliffSvg } from '../../../sim/report/picture/cliff-svg.ts'

const AXIS = { path: 'demand[0].arrivals.load', low: 1, high: 5, unit: '' }
/** Places of the axis's ends in the picture. */
const [LEFT, RIGHT] = [64, 736]
const xOf = (load: number): string => String(Math.round((LEFT + ((load - 1) / 4) * (RIGHT - LEFT)) * 10) / 10)

const ARM: CliffArm = {
  levels: [1, 3, 5].map((value) => ({
    value: String(value),
    seeds: [1, 2, 3, 4],
    fell: value === 1 ? 0 : value === 3 ? 2 : 3,
    never_up: value === 5 ? 1 : 0,
    untold: 0,
    p: value === 1 ? 0 : value === 3 ? 0.5 : 1,
    ci95: value === 1 ? [0, 0.6] : value === 3 ? [0.07, 0.93] : [0.4, 1],
    curve: { p: (value - 1) / 4, low: 0, high: 1 },
  })),
  curve: Array.from({ length: 33 }, (_, i) => ({ value: 1 + i / 8, p: i / 32, low: i / 64, high: (i + 32) / 64 })),
  at_1: { value: 0.5, low: -1, high: 2 },
  at_50: { value: 3, low: 2.5, high: 3.4 },
  rises: 1,
  runs: 12,
}

const RUN: LoopRun = {
  seed: 1,
  model: 'gpt-oss-20b',
  fell_at: 4,
  fell_on: 'up',
  recovered_at: 2,
  recovered_on: 'down',
  never_up: false,
}

const drawn = (arm: Partial<CliffArm> = {}, name = 'open'): string =>
  cliffSvg({
    format: 'fleetlab.cliff/1',
    scenario: { name: 'tiny' },
    axis: AXIS,
    model: null,
    arms: { [name]: { ...ARM, ...arm } },
    meta: {},
  } satisfies CliffResult)

const withLoop = (...runs: readonly LoopRun[]): string =>
  drawn({
    hysteresis: { ramp_s: 3_600, runs, falls: { median: 4, ci95: null }, recovers: { median: 2, ci95: null } },
  })

const linesOf = (svg: string, kind: string): readonly string[] =>
  [...svg.matchAll(new RegExp(`<line class="${kind}" x1="([^"]*)" y1="[^"]*" x2="([^"]*)"`, 'g'))].map(
    ([, from, to]) => `${from} to ${to}`,
  )

describe('the picture of a cliff', () => {
  it('has the curve and its ribbon at every place of the range', () => {
    const svg = drawn()
    const pointsOf = (kind: string) => new RegExp(`class="${kind}" points="([^"]*)"`).exec(svg)![1]!.split(' ')
    expect(pointsOf('curve')).toHaveLength(33)
    expect(pointsOf('ribbon')).toHaveLength(66)
    expect(pointsOf('curve')[16]!.split(',')[0]).toBe(xOf(3))
  })

  it('has a point for each level, with its exact interval and its counts', () => {
    const svg = drawn()
    expect(linesOf(svg, 'counted')).toEqual([1, 3, 5].map((load) => `${xOf(load)} to ${xOf(load)}`))
    expect(svg).toContain('<title>5: 4 of 4 fell, 1 of them never up</title>')
  })

  it('has the range of the 50 % load with both ends, and leaves open an end that lies outside', () => {
    const [ofOne, endOfOne, ofHalf, ...endsOfHalf] = linesOf(drawn(), 'crossing')
    expect([ofOne, endOfOne]).toEqual([`${LEFT} to ${xOf(2)}`, `${xOf(2)} to ${xOf(2)}`])
    expect(ofHalf).toBe(`${xOf(2.5)} to ${xOf(3.4)}`)
    expect(endsOfHalf).toHaveLength(2)
    expect(drawn().match(/class="middle"/g)).toHaveLength(1)
  })

  it('has neither load where no run fell, and says so', () => {
    const svg = drawn({ at_1: null, at_50: null, levels: ARM.levels.slice(0, 1) })
    expect(linesOf(svg, 'crossing')).toEqual([])
    expect(svg).toContain('no run fell: the cliff is not between 1 and 5')
  })

  it('has a loop for each run: up to where it fell, down until it came back', () => {
    const svg = withLoop(RUN)
    expect(linesOf(svg, 'held')).toEqual([`${xOf(1)} to ${xOf(4)}`, `${xOf(2)} to ${xOf(1)}`])
    expect(linesOf(svg, 'down')).toEqual([`${xOf(4)} to ${xOf(5)}`, `${xOf(5)} to ${xOf(2)}`])
    expect(svg).toContain('seed 1: gpt-oss-20b fell at 4 on the way up, and came back at 2')
  })

  it('is down to the end where nothing came back, also after a fall on the way down', () => {
    const svg = withLoop({ ...RUN, fell_on: 'down', recovered_at: null, recovered_on: null })
    expect(linesOf(svg, 'held')).toEqual([`${xOf(1)} to ${xOf(5)}`, `${xOf(5)} to ${xOf(4)}`])
    expect(linesOf(svg, 'down')).toEqual([`${xOf(4)} to ${xOf(1)}`])
  })

  it('came back on the way up where the run says so', () => {
    const svg = withLoop({ ...RUN, fell_at: 2, recovered_at: 3, recovered_on: 'up' })
    expect(linesOf(svg, 'down')).toEqual([`${xOf(2)} to ${xOf(3)}`])
  })

  it('is well-formed whatever an arm is called', () => {
    const svg = drawn({}, '<b> & "c"')
    expect(svg).toContain('&lt;b&gt; &amp; ')
    expect(svg).not.toContain('<b>')
    expect(svg.match(/<g>/g)?.length).toBe(svg.match(/<\/g>/g)?.length)
  })

  it('has no place that is not a number, and none outside', () => {
    const svg = withLoop(RUN)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    for (const [, x] of svg.matchAll(/ (?:x1|x2|cx)="([^"]*)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(LEFT)
      expect(Number(x)).toBeLessThanOrEqual(RIGHT)
    }
  })
})
