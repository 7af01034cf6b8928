/** What the runs of a cell say: how a service ended, shares with their intervals, and differences paired by seed with their verdicts. */
import { type Difference, type Estimate, Estimator } from '../../../sim/lab/estimates/estimate.ts'
import { RATIO_SHAPE } from '../../../sim/lab/estimates/figure-shape.ts'
import { shareInterval } from '../../../sim/lab/statistics/shares.ts'
import type { Interval } from '../../../sim/lab/statistics/interval.ts'
import { DELTAS, judged, levelOf, type JudgedDifference } from '../../../sim/lab/estimates/verdict.ts'
import { LEVEL } from '../../../sim/lab/estimates/estimate.ts'
import type { Model, ModelRecord, RunRecord } from './pools-record.ts'

const estimator = new Estimator()

/** A service that never came up, or fell and did not come back. */
export const isLost = ({ outcome }: ModelRecord): boolean => outcome === 'never_up' || outcome === 'collapsed'
/** It went down too late to tell, or hardly anybody asked. */
export const isUntold = ({ outcome }: ModelRecord): boolean => outcome === 'unresolved' || outcome === 'unknown'

export interface Losses {
  readonly lost: number
  readonly untold: number
  readonly runs: number
  /** Of losing it, over the runs that can be told; null: none can. */
  readonly ci95: Interval | null
}

export function lossesOf(runs: readonly RunRecord[], model: Model): Losses {
  const records = runs.map(({ models }) => models[model])
  const lost = records.filter(isLost).length
  const untold = records.filter(isUntold).length
  const told = records.length - untold
  return { lost, untold, runs: records.length, ci95: told === 0 ? null : shareInterval(lost, told, LEVEL) }
}

export type ShareOf = (record: ModelRecord) => number | null

/** Nothing is known of the shape of a share whose runs ended differently. */
const endedDifferently = (records: readonly ModelRecord[]): boolean =>
  new Set(records.map((record) => (isUntold(record) ? 'untold' : isLost(record)))).size > 1

export function shareOver(runs: readonly RunRecord[], model: Model, share: ShareOf): Estimate {
  const records = runs.map(({ models }) => models[model])
  return estimator.estimate(records.map(share), RATIO_SHAPE, endedDifferently(records))
}

/**
 * Of the runs that neither lost: what was lost is counted, and a mean over both kinds is no run's. undefined: too few of them.
 * `family`: comparisons that a reader makes at once.
 */
export function differenceOver(
  arm: readonly RunRecord[],
  baseline: readonly RunRecord[],
  model: Model,
  share: ShareOf,
  family: number,
): JudgedDifference | undefined {
  const held = pairsOf(arm, baseline, model).filter(
    (pair) => !pair.some((record) => isLost(record) || isUntold(record)),
  )
  if (held.length === 0) return undefined
  const at = (level: number): Difference =>
    estimator.difference(
      held.map(([own]) => share(own)),
      held.map(([, other]) => share(other)),
      RATIO_SHAPE,
      false,
      level,
    )
  return judged('goodput', at(LEVEL), at(levelOf(family)).ci95, DELTAS.share, 'up')
}

function pairsOf(
  arm: readonly RunRecord[],
  baseline: readonly RunRecord[],
  model: Model,
): readonly (readonly [ModelRecord, ModelRecord])[] {
  const others = new Map(baseline.map((run) => [run.seed, run.models[model]]))
  return arm.flatMap((run) => {
    const other = others.get(run.seed)
    return other === undefined ? [] : [[run.models[model], other] as const]
  })
}

/**
 * Of the mean of values that are -1, 0 or 1. A bootstrap of few that are not 0 promises too much; here the shares of ups and of downs
 * have an exact interval each (Clopper and Pearson's, which covers also where the chance differs from one to the next), at half of the error.
 */
export function signsInterval(values: readonly number[], level: number): Interval {
  const each = 1 - (1 - level) / 2
  const of = (sign: number): Interval =>
    shareInterval(values.filter((value) => value === sign).length, values.length, each)
  const [up, down] = [of(1), of(-1)]
  return [up[0] - down[1], up[1] - down[0]]
}

/** In how many more of the runs the service is lost, where both runs can be told; undefined: none can. */
export function lossDifference(
  arm: readonly RunRecord[],
  baseline: readonly RunRecord[],
  model: Model,
  family: number,
): Interval | undefined {
  const told = pairsOf(arm, baseline, model).filter((pair) => !pair.some(isUntold))
  if (told.length === 0) return undefined
  return signsInterval(
    told.map(([own, other]) => Number(isLost(own)) - Number(isLost(other))),
    levelOf(family),
  )
}

/** First attempts that we did not serve went elsewhere or nowhere. */
export const servedUsers: ShareOf = ({ arrived, retries, lost_users }) => 1 - lost_users / (arrived - retries)
