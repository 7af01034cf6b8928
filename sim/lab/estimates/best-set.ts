/**
 * Best of many: not one winner, but those that cannot be told from it (subset selection, Gupta 1965). An arm is out when
 * another is better by a paired interval over seeds that leaves out 0. The true best is lost only if one of its k - 1 comparisons
 * errs, so with the error shared among those it is in the set with 95 %, however many arms there are. Fewer than five
 * seeds tell nothing: no set then.
 */
import { Estimator, centreOf } from './estimate.ts'
import type { FigureShape } from './figure-shape.ts'
import { levelOf } from './verdict.ts'

export interface Contender {
  readonly name: string
  /** By seed, in the same order for all. */
  readonly values: readonly (number | null)[]
  /** Its runs ended differently, so nothing is known of the shape of its figures. */
  readonly hasHumps: boolean
}

export interface BestSet {
  /** In the order of their centres, the best first. Whoever cannot be compared is in: nothing speaks against it. */
  readonly arms: readonly string[]
  /** Left out, each with one that is better; in the order they were given. */
  readonly beaten: { readonly [arm: string]: string }
}

export interface BestOf {
  readonly shape: FigureShape
  readonly good: 'up' | 'down'
  /** Sets (models, looks) that hold together. */
  readonly sets: number
}

export function bestSet(
  contenders: readonly Contender[],
  { shape, good, sets }: BestOf,
  estimator: Estimator = new Estimator(),
): BestSet | null {
  const level = levelOf(sets * (contenders.length - 1))
  const sign = good === 'up' ? 1 : -1
  const ranked = contenders
    .map((contender, place) => {
      const centre = centreOf(estimator.estimate(contender.values, shape))
      return { contender, place, score: centre === null ? -Infinity : sign * centre }
    })
    .toSorted((a, b) => b.score - a.score || a.place - b.place)
    .map(({ contender }) => contender)
  let told = false
  const beats = (rival: Contender, arm: Contender): boolean => {
    const humps = rival.hasHumps || arm.hasHumps
    const { ci95 } = estimator.difference(rival.values, arm.values, shape, humps, level)
    if (ci95 === null) return false
    told = true
    return sign > 0 ? ci95[0] > 0 : ci95[1] < 0
  }
  const beaten: [string, string][] = []
  for (const arm of contenders) {
    const rival = ranked.find((other) => other !== arm && beats(other, arm))
    if (rival !== undefined) beaten.push([arm.name, rival.name])
  }
  if (!told) return null
  const out = new Set(beaten.map(([name]) => name))
  return { arms: ranked.map(({ name }) => name).filter((name) => !out.has(name)), beaten: Object.fromEntries(beaten) }
}
