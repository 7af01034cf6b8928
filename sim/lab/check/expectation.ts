/**
 * One expectation against the runs it speaks of. An absolute bound judges the mean over seeds, or the interval when it
 * asks for confidence; an improvement must hold at 95 % in any case. What the runs cannot tell is inconclusive, which
 * is an outcome of its own: neither met nor missed, and never good. A figure without data fails.
 */
import { assertNever, must } from '../../base/assert.ts'
import { goodDirection, readMetric } from '../../metrics/index.ts'
import type { ScenarioExpectation } from '../../scenario/index.ts'
import { outcomesFor } from '../estimates/collapse-odds.ts'
import { type Ci95, Estimator } from '../estimates/estimate.ts'
import { COUNT_SHAPE, type FigureShape, RATIO_SHAPE, shapeOf } from '../estimates/figure-shape.ts'
import { type Improvement, improvement } from '../estimates/improvement.ts'
import type { JobDone } from '../runs/ports.ts'
import { amountOf, boundOf, knownMiss, type Published, publishedOf } from './published.ts'
import type { RowQuestion } from '../runs/row-count.ts'

/** What must hold of a value; several bounds must all hold. */
export interface Bound {
  readonly at_most?: number
  readonly at_least?: number
  readonly equals?: number
  /** Relative, in the metric's good direction; alone. */
  readonly improves_by?: number
}

interface OfArm {
  /** Its place in the scenario's `expect:`. */
  readonly entry: number
  readonly policy: string
  readonly bound: Bound
  /** The interval must lie within the bound, not the mean alone. */
  readonly confidence?: 0.95
  /** Where the bound comes from, if not from the author. */
  readonly published?: Published
  /** It is about the ratio to the sum of these. */
  readonly over?: readonly string[]
}

/** An expectation about one arm. */
export type Expectation =
  | (OfArm & { readonly kind: 'metric'; readonly metric: string })
  | (OfArm & { readonly kind: 'versus'; readonly metric: string; readonly versus: string })
  | (OfArm & { readonly kind: 'row'; readonly question: RowQuestion })

/** An entry of a scenario's `expect:`; without `policy` it speaks of every arm, and becomes one expectation for each. */
export function expectationsOf(
  given: ScenarioExpectation,
  entry: number,
  arms: readonly string[],
): readonly Expectation[] {
  const { at_most, at_least, equals, confidence } = given
  const over = given.kind === 'metric' ? given.over : undefined
  const published = publishedOf(given)
  const bound: Bound = {
    ...(at_most === undefined ? {} : { at_most: amountOf(at_most) }),
    ...(at_least === undefined ? {} : { at_least: amountOf(at_least) }),
    ...(equals === undefined ? {} : { equals: amountOf(equals) }),
    ...(published === undefined ? {} : boundOf(published)),
  }
  const policies = given.policy === undefined ? arms : [given.policy]
  const shared = {
    entry,
    bound,
    ...(confidence === undefined ? {} : { confidence }),
    ...(published === undefined ? {} : { published }),
    ...(over === undefined ? {} : { over }),
  }
  if (given.kind === 'row') {
    const question = { row: given.row, where: given.where }
    return policies.map((policy) => ({ kind: 'row', question, policy, ...shared }))
  }
  const { metric, versus, improves_by } = given
  if (versus === undefined || improves_by === undefined) {
    return policies.map((policy) => ({ kind: 'metric', metric, policy, ...shared }))
  }
  return policies
    .filter((policy) => policy !== versus)
    .map((policy) => ({ kind: 'versus', metric, policy, versus, entry, bound: { improves_by } }))
}

/** known_miss: it is missed as its author says it is, which passes. */
export type Outcome = 'met' | 'known_miss' | 'missed' | 'inconclusive'

export interface Verdict {
  readonly verdict: Outcome
  /** Met, or missed as expected. */
  readonly passed: boolean
  /** The mean over seeds; for `versus` the relative improvement. null: no data. */
  readonly value: number | null
  readonly ci95: Ci95
  /** Why there is no value, or no verdict. */
  readonly note?: string
}

const verdictOf = (verdict: Outcome, value: number | null, ci95: Ci95, note?: string): Verdict => ({
  verdict,
  passed: verdict === 'met' || verdict === 'known_miss',
  value,
  ci95,
  ...(note === undefined ? {} : { note }),
})

const noData = (note: string): Verdict => verdictOf('missed', null, null, note)

const ONE_SEED = 'inconclusive: one seed has no interval'
const FEW_SEEDS = 'inconclusive: fewer than five seeds, or runs that ended differently, give no interval'
const TOO_WIDE = 'inconclusive at 95 % confidence: more seeds would tell'

const holds = ({ at_most, at_least, equals }: Bound, value: number): boolean =>
  (at_most === undefined || value <= at_most) &&
  (at_least === undefined || value >= at_least) &&
  (equals === undefined || value === equals)

/** Of an interval: it lies within, outside, or across. Equality needs an interval without width. */
function holdsOf({ at_most, at_least, equals }: Bound, [low, high]: readonly [number, number]): Outcome {
  const least = Math.max(at_least ?? -Infinity, equals ?? -Infinity)
  const most = Math.min(at_most ?? Infinity, equals ?? Infinity)
  if (low > most || high < least) return 'missed'
  return low >= least && high <= most ? 'met' : 'inconclusive'
}

/** undefined: the run knows no such metric. null: it has no data for it. */
type Reading = number | null | undefined

/** The reading itself where it is not about a ratio. Nothing of nothing is no share. */
function ratio(reading: Reading, { result }: JobDone, { over }: OfArm): Reading {
  if (over === undefined || reading === null || reading === undefined) return reading
  let sum = 0
  for (const path of over) {
    const part = readMetric(result, path)
    if (part === null || part === undefined) return part
    sum += part
  }
  return sum === 0 ? null : reading / sum
}

/** Why there is no figure, or undefined when every seed has one. */
function gap(readings: readonly Reading[], seeds: readonly number[]): Verdict | undefined {
  const missing = readings.findIndex((value) => value === null || value === undefined)
  if (missing < 0) return undefined
  if (readings[missing] === undefined) return noData('no data: a result has no such metric')
  return noData(seeds.length === 1 ? 'no data' : `no data in seed ${seeds[missing]}`)
}

interface Readings {
  readonly values: readonly Reading[]
  readonly shape: FigureShape
  /** The runs had different outcomes. */
  readonly humps: boolean
}

function absolute(
  { values, shape, humps }: Readings,
  seeds: readonly number[],
  { bound, confidence, published }: OfArm,
): Verdict {
  const missing = gap(values, seeds)
  if (missing !== undefined) return missing
  const { mean, ci95 } = new Estimator().estimate(values as readonly number[], shape, humps)
  if (mean === null) return noData('no data')
  const isMet = holds(bound, mean)
  const marked = published === undefined ? undefined : knownMiss(published, mean, isMet)
  if (marked !== undefined) return verdictOf(marked.verdict, mean, ci95, marked.note)
  if (confidence === undefined) return verdictOf(isMet ? 'met' : 'missed', mean, ci95)
  if (ci95 === null) return verdictOf('inconclusive', mean, null, seeds.length === 1 ? ONE_SEED : FEW_SEEDS)
  const verdict = holdsOf(bound, ci95)
  return verdictOf(verdict, mean, ci95, verdict === 'inconclusive' ? TOO_WIDE : undefined)
}

function relative(
  { metric, bound }: Extract<Expectation, { kind: 'versus' }>,
  arm: readonly Reading[],
  baseline: readonly Reading[],
  seeds: readonly number[],
): Verdict {
  const missing = gap(arm, seeds) ?? gap(baseline, seeds)
  if (missing !== undefined) return missing
  const direction = must(goodDirection(metric), 'expectation: a metric without a good direction was let through')
  const wanted = must(bound.improves_by, 'expectation: a comparison without improves_by')
  const found: Improvement = improvement(arm as readonly number[], baseline as readonly number[], direction, wanted)
  const { value, ci95, exceeds } = found
  if (exceeds === 'one_seed') return verdictOf('inconclusive', value, null, ONE_SEED)
  const verdict: Outcome = exceeds === 'yes' ? 'met' : exceeds === 'no' ? 'missed' : 'inconclusive'
  const why = [
    ...(value === null ? ['the baseline is 0 and this is not'] : []),
    ...(verdict === 'inconclusive' ? [TOO_WIDE] : []),
    ...(ci95 === null && value !== null
      ? ['with these seeds the baseline cannot be told from 0, so there is no interval']
      : []),
  ]
  return verdictOf(verdict, value, ci95, why.length === 0 ? undefined : why.join('; '))
}

/** `runsOf` gives an arm's runs in the order of the seeds, `questions` the place of a row question in its jobs. */
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
        {
          values: runs.map((run) => ratio(readMetric(run.result, expectation.metric), run, expectation)),
          shape: expectation.over === undefined ? shapeOf(expectation.metric) : RATIO_SHAPE,
          humps:
            new Set(
              outcomesFor(
                runs.map(({ result }) => result),
                expectation.metric,
              ),
            ).size > 1,
        },
        seeds,
        expectation,
      )
    case 'row': {
      const question = questions.indexOf(expectation.question)
      const values = runs.map((run) =>
        ratio(must(run.rowCounts[question], 'a count per row question'), run, expectation),
      )
      return absolute({ values, shape: COUNT_SHAPE, humps: false }, seeds, expectation)
    }
    case 'versus': {
      const column = (list: readonly JobDone[]) => list.map((run) => readMetric(run.result, expectation.metric))
      return relative(expectation, column(runs), column(runsOf(expectation.versus)), seeds)
    }
    default:
      return assertNever(expectation)
  }
}
