/**
 * One rule for every figure and pair of arms: better, worse, equivalent or inconclusive, and the interval that says so. It is the
 * paired interval over seeds, corrected (Bonferroni) for as many comparisons as a reader makes at once: the arms beside the
 * baseline, times the models where the figure exists for each. Inside ±δ two arms are equivalent, even where the
 * interval leaves out 0: such a difference does not matter.
 */
import { type GoodDirection, goodDirection } from '../../metrics/index.ts'
import { centreOf, type Ci95, type Difference, LEVEL } from './estimate.ts'
import type { FigureShape } from './figure-shape.ts'
import type { SeedSigns } from './seed-signs.ts'

export type VerdictWord = 'better' | 'worse' | 'equivalent' | 'inconclusive'

/** What counts as equal: points of a share, or a part of the baseline. */
export interface Deltas {
  readonly share: number
  readonly relative: number
}

/** Where a scenario says nothing: a point, or a twentieth. */
export const DELTAS: Deltas = { share: 0.01, relative: 0.05 }

export interface JudgedDifference extends Difference {
  /** null: more of it is neither better nor worse. */
  readonly verdict: VerdictWord | null
  /** Half the width of the band around 0 inside which nothing matters, in the figure's unit. */
  readonly delta: number
  /** Corrected for all comparisons of the family. */
  readonly verdict_ci: Ci95
  /** better or worse; where there is no good direction: the corrected interval leaves out 0. null without an interval. */
  readonly significant: boolean | null
  /** Of arms of a comparison; absent in results of earlier versions. */
  readonly seeds?: SeedSigns
}

/** Of each comparison, so that all of the family hold together at 95 %. */
export const levelOf = (comparisons: number): number => 1 - (1 - LEVEL) / Math.max(1, comparisons)

export function deltaOf(shape: FigureShape, baseline: number | null, deltas: Deltas): number {
  return shape.isShare ? deltas.share : deltas.relative * Math.abs(baseline ?? 0)
}

/** `good`: where somebody wants it otherwise than the figure says of itself. */
export function judged(
  path: string,
  difference: Difference,
  corrected: Ci95,
  delta: number,
  good: GoodDirection | undefined = goodDirection(path),
): JudgedDifference {
  const shared = { ...difference, delta, verdict_ci: corrected }
  if (corrected === null) {
    return {
      ...shared,
      verdict: good === undefined || centreOf(difference) === null ? null : 'inconclusive',
      significant: null,
    }
  }
  const [low, high] = corrected
  const apart = low > 0 || high < 0
  if (good === undefined) return { ...shared, verdict: null, significant: apart }
  const equal = low >= -delta && high <= delta
  const verdict = equal ? 'equivalent' : !apart ? 'inconclusive' : low > 0 === (good === 'up') ? 'better' : 'worse'
  return { ...shared, verdict, significant: verdict === 'better' || verdict === 'worse' }
}
