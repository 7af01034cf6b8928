/** An interval from one run: right as often as it says when the run is steady, and refused when it is not. */
import { describe, expect, it } from 'vitest'
import { hashDraw } from '../../../sim/base/hash.ts'
import { type Steady, steady } from '../../../sim/lab/estimates/steady.ts'

const POINTS = 120
const INTERVAL_S = 60

/** Each point keeps `memory` of the one before. */
function walk(salt: number, memory: number, level: (point: number) => number): Steady {
  let deviation = 0
  const goodput = Array.from({ length: POINTS }, (_, i) => {
    const noise = [0, 1, 2].reduce((sum, part) => sum + hashDraw(salt, i, part) - 0.5, 0)
    deviation = memory * deviation + 0.04 * noise
    return level(i) + deviation
  })
  return steady(
    goodput,
    goodput.map(() => 50),
    INTERVAL_S,
  )
}

const kinds = (memory: number, level: (point: number) => number): { readonly [kind: string]: number } => {
  const counts: { [kind: string]: number } = {}
  for (let salt = 1; salt <= 300; salt += 1) {
    const found = walk(salt, memory, level)
    const kind =
      found.kind === 'refused' ? found.why : found.ci95[0] <= 0.8 && 0.8 <= found.ci95[1] ? 'covered' : 'missed'
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}

const level80 = (): number => 0.8

describe('one long run', () => {
  it.each([0, 0.3])('that is steady covers its mean, with memory %d from point to point', (memory) => {
    const { covered = 0, missed = 0 } = kinds(memory, level80)
    expect(covered + missed).toBeGreaterThan(240)
    expect(covered / (covered + missed)).toBeGreaterThanOrEqual(0.91)
  })

  it('that drifts has no interval', () => {
    const { drifts = 0, covered = 0, missed = 0 } = kinds(0, (point) => 0.8 - 0.001 * point)
    expect(drifts + (300 - drifts - covered - missed)).toBeGreaterThan(285)
  })

  it('that wanders slowly is mostly refused rather than believed', () => {
    const { covered = 0, missed = 0 } = kinds(0.97, level80)
    expect(missed).toBeLessThan(60)
    expect(covered + missed).toBeLessThan(200)
  })

  it('that starts cold has its start cut off', () => {
    const found = walk(5, 0, (point) => (point < 12 ? 0.1 : 0.8))
    expect(found.kind === 'interval' && found.ci95[0]).toBeGreaterThan(0.75)
  })

  it('of a few points says nothing', () => {
    expect(steady([1, 1, 1], [5, 5, 5], 60)).toEqual({ kind: 'refused', why: 'too_short' })
    expect(steady([], [], 60)).toEqual({ kind: 'refused', why: 'too_short' })
  })

  it('in which nobody comes for long says nothing', () => {
    const points = Array.from({ length: POINTS }, (_, i) => (i < 60 ? 0 : 40))
    expect(
      steady(
        points.map((came) => (came === 0 ? null : 0.9)),
        points,
        60,
      ),
    ).toEqual({ kind: 'refused', why: 'too_short' })
  })
})
