/**
 * What became of one model's service over the seeds of an arm: counts by outcome first, because a mean over runs that held and
 * runs that fell describes neither. A probability comes with Clopper and Pearson's interval: 0 of 6 is not "never".
 */
import { type CollapseOutcome, type ModelCollapse, modelOf } from '../../metrics/index.ts'
import type { RunResult } from '../../metrics/result.ts'
import { LEVEL } from './estimate.ts'
import { medianOf } from '../statistics/order.ts'
import { shareInterval } from '../statistics/shares.ts'

export interface CollapseOdds {
  readonly runs: number
  readonly held: number
  readonly collapsed: number
  readonly recovered: number
  readonly never_up: number
  /** Went down too late to tell. */
  readonly unresolved: number
  /** Nobody asked for it, or too short to tell. */
  readonly unknown: number
  /** Share that fell, later recovered or not, of the runs that were up and can be told; null: there is none. */
  readonly p: number | null
  readonly ci95: readonly [low: number, high: number] | null
  /** When it fell, over the runs that did. */
  readonly onset_s: { readonly first: number; readonly median: number; readonly last: number } | null
  /** Share of the runs that had been up and had not fallen before, from each onset on; begins at 1. */
  readonly survival: readonly SurvivalStep[]
}

export interface SurvivalStep {
  readonly at_s: number
  readonly up: number
  readonly ci95: readonly [low: number, high: number]
}

/** What became of a model nobody heard of in a run, such as one that a wrong name was asked for in another. */
const UNHEARD: ModelCollapse = { outcome: 'unknown', up_s: null, onset_s: null, recovered_s: null, best: null }

export const collapseOf = (
  result: { readonly collapse?: { readonly [model: string]: ModelCollapse } },
  model: string,
): ModelCollapse => result.collapse?.[model] ?? UNHEARD

const WORST_FIRST: readonly CollapseOutcome[] = ['never_up', 'collapsed', 'unresolved', 'recovered', 'held']

/** How each run ended for the model a figure speaks of; for figures of the fleet, for whichever model it ended worst. */
export function outcomesFor(results: readonly RunResult[], path: string): readonly CollapseOutcome[] {
  const model = modelOf(path)
  return results.map((result) => {
    const asked = model === undefined ? Object.keys(result.models) : [model]
    const outcomes = new Set(asked.map((each) => collapseOf(result, each).outcome))
    return WORST_FIRST.find((outcome) => outcomes.has(outcome)) ?? 'unknown'
  })
}

export function collapseOdds(runs: readonly ModelCollapse[]): CollapseOdds {
  const count = (outcome: CollapseOutcome): number => runs.filter((run) => run.outcome === outcome).length
  const [held, collapsed, recovered] = [count('held'), count('collapsed'), count('recovered')]
  const fell = collapsed + recovered
  const told = held + fell
  const onsets = runs.flatMap(({ onset_s }) => (onset_s === null ? [] : [onset_s])).toSorted((a, b) => a - b)
  return {
    runs: runs.length,
    held,
    collapsed,
    recovered,
    never_up: count('never_up'),
    unresolved: count('unresolved'),
    unknown: count('unknown'),
    p: told === 0 ? null : fell / told,
    ci95: told === 0 ? null : shareInterval(fell, told, LEVEL),
    onset_s: onsets.length === 0 ? null : { first: onsets[0]!, median: medianOf(onsets), last: onsets.at(-1)! },
    survival: survival(onsets, told),
  }
}

/**
 * Kaplan and Meier's curve. Every run is watched to its end, and what fell too late to tell counts nowhere, so nobody leaves early
 * and the curve is the share itself.
 */
function survival(onsets: readonly number[], runs: number): readonly SurvivalStep[] {
  if (runs === 0) return []
  const at = (at_s: number): SurvivalStep => {
    const up = runs - onsets.filter((onset) => onset <= at_s).length
    return { at_s, up: up / runs, ci95: shareInterval(up, runs, LEVEL) }
  }
  return [0, ...new Set(onsets.filter((onset) => onset > 0))].map(at)
}
