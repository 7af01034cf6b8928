/**
 * How the probability of falling grows along a load: a logistic curve whose middle and steepness are not known but
 * weighted by how well they explain the runs so far. The weights stand on a grid, so runs that all held on one side and
 * all fell on the other (where a fitted curve has no finite answer) are no special case, and the result is the same to the last digit
 * on every machine. Looking after every batch changes nothing: weights depend on the runs alone.
 */
import { assert } from '../../base/assert.ts'
import { exp, ln } from '../../base/math.ts'
import type { Interval } from './interval.ts'

/** Of the range that is looked at: 0 its begin, 1 its end. */
export interface FallTally {
  readonly at: number
  readonly runs: number
  readonly fell: number
}

/** The middle may lie half a range outside; every place is as likely. */
const MIDDLES = Array.from({ length: 81 }, (_, i) => -0.5 + i / 40)
/** Width over which the odds change by a factor of e: 0.5 % to 100 % of the range, every factor as likely; rising or falling. */
const WIDTHS = Array.from({ length: 24 }, (_, i) => 0.005 * exp((i / 23) * ln(200)))
/** Below this share of the best explanation a curve is out of the question, and counted no more. */
const WEIGHT_MIN = 1e-6

interface Point {
  readonly middle: number
  /** Below 0: the probability falls along the range. */
  readonly width: number
  readonly weight: number
}

const logistic = (x: number): number => (x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)))
/** Nothing is quite sure: a run may fall, or hold, for reasons that have nothing to do with the load. */
const LAPSE = 1e-3

export class CliffCurve {
  private readonly points: readonly Point[]

  constructor(tallies: readonly FallTally[]) {
    const scored = MIDDLES.flatMap((middle) =>
      WIDTHS.flatMap((size) => [size, -size].map((width) => ({ middle, width, score: score(tallies, middle, width) }))),
    )
    const best = scored.reduce((most, point) => Math.max(most, point.score), -Infinity)
    const likely = scored
      .map(({ middle, width, score: of }) => ({ middle, width, weight: exp(of - best) }))
      .filter(({ weight }) => weight >= WEIGHT_MIN)
    const total = likely.reduce((sum, { weight }) => sum + weight, 0)
    this.points = likely.map(({ middle, width, weight }) => ({ middle, width, weight: weight / total }))
  }

  /** Mean of the probability at a place, and how far it is from being known. */
  at(place: number): { readonly p: number; readonly sd: number } {
    let [p, squares] = [0, 0]
    for (const { middle, width, weight } of this.points) {
      const value = logistic((place - middle) / width)
      p += value * weight
      squares += value * value * weight
    }
    return { p, sd: Math.sqrt(Math.max(0, squares - p * p)) }
  }

  /** 95 % range of the probability at a place. */
  rangeAt(place: number): Interval {
    const sorted = this.points
      .map(({ middle, width, weight }) => ({ value: logistic((place - middle) / width), weight }))
      .toSorted(byValue)
    return [weightedQuantile(sorted, 0.025), weightedQuantile(sorted, 0.975)]
  }

  /** Where the probability is `share`: median and 95 % range, which may reach outside [0, 1]. */
  crossing(share: number): { readonly at: number; readonly range: Interval } {
    assert(share > 0 && share < 1, 'cliff: a probability between 0 and 1 is crossed')
    const odds = ln(share / (1 - share))
    const sorted = this.points
      .map(({ middle, width, weight }) => ({ value: middle + odds * width, weight }))
      .toSorted(byValue)
    return {
      at: weightedQuantile(sorted, 0.5),
      range: [weightedQuantile(sorted, 0.025), weightedQuantile(sorted, 0.975)],
    }
  }

  /** How likely it is that the probability rises along the range. */
  get rises(): number {
    return this.points.reduce((sum, { width, weight }) => (width > 0 ? sum + weight : sum), 0)
  }
}

/** Log likelihood of the runs. */
function score(tallies: readonly FallTally[], middle: number, width: number): number {
  let sum = 0
  for (const { at, runs, fell } of tallies) {
    const p = LAPSE + (1 - 2 * LAPSE) * logistic((at - middle) / width)
    sum += fell * ln(p) + (runs - fell) * ln(1 - p)
  }
  return sum
}

interface Weighted {
  readonly value: number
  readonly weight: number
}

const byValue = (a: Weighted, b: Weighted): number => a.value - b.value

function weightedQuantile(sorted: readonly Weighted[], share: number): number {
  let sum = 0
  for (const { value, weight } of sorted) {
    sum += weight
    if (sum >= share) return value
  }
  return sorted.at(-1)!.value
}
