/**
 * One expectation against the runs it speaks of. With several seeds the mean decides and the interval is reported; an
 * expectation on a figure that does not exist fails as "no data", because a misspelt metric must not pass for a good one.
 */
import { assertNever, must } from '../base/assert.ts'
import type { Problem } from '../base/result.ts'
import { goodDirection, parseMetricPath, readMetric } from '../metrics/index.ts'
import type { Expectation as ScenarioExpectation } from '../scenario/index.ts'
import { type Ci95, difference, estimate } from './estimate.ts'
import type { JobDone } from './ports.ts'
import { type RowQuestion, rowQuestionProblems } from './row-count.ts'

/** What must hold of a value; several bounds must all hold. */
export interface Bound {
  readonly at_most?: number
  readonly at_least?: number
  readonly equals?: number
  /** Relative, in the metric's good direction; alone. */
  readonly improves_by?: number
}

/** An expectation about one arm. */
export type Expectation =
  | { readonly kind: 'metric'; readonly metric: string; readonly policy: string; readonly bound: Bound }
  | {
      readonly kind: 'versus'
      readonly metric: string
      readonly policy: string
      readonly versus: string
      readonly bound: Bound
    }
  | { readonly kind: 'row'; readonly question: RowQuestion; readonly policy: string; readonly bound: Bound }

/** An entry of a scenario's `expect:`; without `policy` it speaks of every arm, and becomes one expectation for each. */
export function expectationsOf(entry: ScenarioExpectation, arms: readonly string[]): readonly Expectation[] {
  const { at_most, at_least, equals } = entry
  const bound: Bound = {
    ...(at_most === undefined ? {} : { at_most }),
    ...(at_least === undefined ? {} : { at_least }),
    ...(equals === undefined ? {} : { equals }),
  }
  const policies = entry.policy === undefined ? arms : [entry.policy]
  if (entry.kind === 'row') {
    const question = { row: entry.row, where: entry.where }
    return policies.map((policy) => ({ kind: 'row', question, policy, bound }))
  }
  const { metric, versus, improves_by } = entry
  if (versus === undefined || improves_by === undefined) {
    return policies.map((policy) => ({ kind: 'metric', metric, policy, bound }))
  }
  return policies
    .filter((policy) => policy !== versus)
    .map((policy) => ({ kind: 'versus', metric, policy, versus, bound: { improves_by } }))
}

export interface Verdict {
  readonly passed: boolean
  /** The mean over seeds; for `versus` the relative improvement. null: no data. */
  readonly value: number | null
  readonly ci95: Ci95
  /** Why there is no value. */
  readonly note?: string
}

/** What is wrong with an expectation before anything runs. */
export function expectationProblems(expectation: Expectation | undefined, file: string, path: string): Problem[] {
  if (expectation === undefined) return [{ file, path, message: 'compares an arm with itself' }]
  if (expectation.kind === 'row') return rowQuestionProblems(expectation.question, file, path)
  const { metric } = expectation
  if (parseMetricPath(metric) === undefined) {
    return [{ file, path: `${path}.metric`, message: `${metric} is no path; one looks like models["m"].goodput` }]
  }
  if (expectation.kind === 'versus' && goodDirection(metric) === undefined) {
    return [
      { file, path: `${path}.metric`, message: `${metric} has no good direction, so improves_by means nothing for it` },
    ]
  }
  return []
}

const holds = ({ at_most, at_least, equals, improves_by }: Bound, value: number): boolean =>
  (at_most === undefined || value <= at_most) &&
  (at_least === undefined || value >= at_least) &&
  (equals === undefined || value === equals) &&
  (improves_by === undefined || value >= improves_by)

const noData = (note: string): Verdict => ({ passed: false, value: null, ci95: null, note })

/** undefined: the run knows no such metric, most likely a typing error. null: it has no data for it. */
type Reading = number | null | undefined

/** Why there is no figure, or undefined when every seed has one. */
function gap(readings: readonly Reading[], seeds: readonly number[]): Verdict | undefined {
  const missing = readings.findIndex((value) => value === null || value === undefined)
  if (missing < 0) return undefined
  if (readings[missing] === undefined) return noData('no data: a result has no such metric')
  return noData(seeds.length === 1 ? 'no data' : `no data in seed ${seeds[missing]}`)
}

function absolute(readings: readonly Reading[], seeds: readonly number[], bound: Bound): Verdict {
  const missing = gap(readings, seeds)
  if (missing !== undefined) return missing
  const { mean, ci95 } = estimate(readings as readonly number[])
  return mean === null ? noData('no data') : { passed: holds(bound, mean), value: mean, ci95 }
}

function improvement(
  metric: string,
  arm: readonly Reading[],
  baseline: readonly Reading[],
  seeds: readonly number[],
  bound: Bound,
): Verdict {
  const missing = gap(arm, seeds) ?? gap(baseline, seeds)
  if (missing !== undefined) return missing
  const sign = goodDirection(metric) === 'up' ? 1 : -1
  const { mean, ci95 } = difference(arm as readonly number[], baseline as readonly number[])
  const step = must(mean, 'a difference of data has a mean')
  const size = Math.abs(must(estimate(baseline as readonly number[]).mean, 'data have a mean'))
  // From a baseline of 0 any step is infinitely large: its direction decides, and there is no number to report.
  if (size === 0 && step !== 0) return { passed: step * sign > 0, value: null, ci95: null, note: 'the baseline is 0' }
  const share = (value: number): number => (size === 0 ? 0 : (value * sign) / size)
  const value = share(step)
  return { passed: holds(bound, value), value, ci95: ci95 === null ? null : sorted([share(ci95[0]), share(ci95[1])]) }
}

const sorted = ([a, b]: readonly [number, number]): readonly [number, number] => (a <= b ? [a, b] : [b, a])

/** `runsOf` gives an arm's runs in the order of the seeds, `question` the place of a row question in its jobs. */
export function judge(
  expectation: Expectation,
  runsOf: (policy: string) => readonly JobDone[],
  questions: readonly RowQuestion[],
  seeds: readonly number[],
): Verdict {
  const runs = runsOf(expectation.policy)
  switch (expectation.kind) {
    case 'metric':
      return absolute(
        runs.map((run) => readMetric(run.result, expectation.metric)),
        seeds,
        expectation.bound,
      )
    case 'row': {
      const question = questions.indexOf(expectation.question)
      return absolute(
        runs.map((run) => must(run.rowCounts[question], 'a count per row question')),
        seeds,
        expectation.bound,
      )
    }
    case 'versus': {
      const column = (list: readonly JobDone[]) => list.map((run) => readMetric(run.result, expectation.metric))
      const baseline = column(runsOf(expectation.versus))
      return improvement(expectation.metric, column(runs), baseline, seeds, expectation.bound)
    }
    default:
      return assertNever(expectation)
  }
}
