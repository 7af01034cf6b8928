/** A comparison as tables, shared by text and Markdown: one per model and one for the fleet, arms side by side. */
import type { BothServedFigures } from '../../../lab/estimates/both-served.ts'
import type { ArmFigure, CompareResult } from '../../../lab/compare/compare.ts'
import type { Estimate } from '../../../lab/estimates/estimate.ts'
import { SEEDS_MIN } from '../../../lab/statistics/interval.ts'
import type { JudgedDifference } from '../../../lab/estimates/verdict.ts'
import { COLLAPSE_OUTCOMES, type CollapseOutcome } from '../../../metrics/index.ts'
import {
  FLEET_METRICS,
  fragmentationMetrics,
  type HeadlineMetric,
  LOAD_METRICS,
  outcomeMetrics,
  rejectionPrefix,
  routerMetrics,
  servedMetrics,
  userMetrics,
} from '../../form/headline.ts'
import { intervalWords } from '../../form/interval-words.ts'
import { cell, type TextCell } from '../../form/paint.ts'
import { type Table, type TableColumn, tableWidth, type TitledTable } from '../../form/table.ts'
import { formatDifference, formatMean, formatNumber, NO_DATA, unitOf } from '../../form/unit.ts'
import { directionOf, toneOfDirection } from '../../form/verdict.ts'

/** A star marks a difference the verdict rests on. */
function differenceCell(path: string, difference: JudgedDifference | undefined): TextCell {
  if (difference === undefined) return ''
  const mark = difference.significant === true ? ' *' : '  '
  return cell(formatDifference(difference, unitOf(path)) + mark, toneOfDirection[directionOf(difference)])
}

/** Says how many seeds had data when not all had. */
const meanText = (figure: Estimate, path: string, seeds: number): string =>
  formatMean(figure, unitOf(path)) + (figure.n > 0 && figure.n < seeds ? ` (${figure.n} of ${seeds})` : '')

/** Baseline first: it is what everything else is read against. */
function armOrder(result: CompareResult): readonly string[] {
  return [result.baseline, ...Object.keys(result.policies).filter((arm) => arm !== result.baseline)]
}

function metricRow(result: CompareResult, arms: readonly string[], metric: HeadlineMetric): readonly TextCell[] {
  const cells = arms.flatMap((arm): TextCell[] => {
    const figure = result.policies[arm]?.[metric.path]
    const mean = figure === undefined ? NO_DATA : meanText(figure, metric.path, result.seeds.length)
    return arm === result.baseline
      ? [mean]
      : [mean, differenceCell(metric.path, result.differences[arm]?.[metric.path])]
  })
  return [metric.label, ...cells]
}

const bothServedOf = (result: CompareResult, arm: string, model: string): BothServedFigures | undefined =>
  result.both_served[arm]?.[model]?.ttft_ms

/** TTFT over the requests that an arm and the baseline both served: the pairs differ from arm to arm. */
function bothServedRow(
  result: CompareResult,
  arms: readonly string[],
  model: string,
  statistic: 'p50' | 'p95' | 'p99',
): readonly TextCell[] {
  const cells = arms.flatMap((arm): TextCell[] => {
    if (arm === result.baseline) return ['']
    const figures = bothServedOf(result, arm, model)
    if (figures === undefined) return [NO_DATA, '']
    const path = `models[${JSON.stringify(model)}].ttft_ms.${statistic}`
    return [
      meanText(figures[statistic].policy, path, result.seeds.length),
      differenceCell(path, figures[statistic].difference),
    ]
  })
  return [`TTFT ${statistic}, both served`, ...cells]
}

const right = (head: string): TableColumn => ({ head, align: 'right' })

function columnsFor(result: CompareResult, arms: readonly string[]): readonly TableColumn[] {
  return [
    { head: '', align: 'left' },
    ...arms.flatMap((arm) => (arm === result.baseline ? [right(arm)] : [right(arm), right(`− ${result.baseline}  `)])),
  ]
}

/** Under any arm. */
const occurs = (result: CompareResult, path: string): boolean =>
  Object.values(result.policies).some((figures) => (figures[path]?.mean ?? 0) > 0)

const occurring = (result: CompareResult, metrics: readonly HeadlineMetric[]): readonly HeadlineMetric[] =>
  metrics.filter(({ path }) => occurs(result, path))

/** Whether users and attempts part. */
const isRouted = (result: CompareResult, model: string): boolean =>
  ['retries', 'elsewhere'].some((name) => occurs(result, `upstream[${JSON.stringify(model)}].${name}`))

/** Goodput of runs that ended alike, where not all did: the mean over both humps is no run's. */
function outcomeRows(result: CompareResult, arms: readonly string[], model: string): readonly (readonly TextCell[])[] {
  const path = `models[${JSON.stringify(model)}].goodput`
  const apart = (arm: string): ArmFigure['by_outcome'] => result.policies[arm]?.[path]?.by_outcome
  const cellsOf = (arm: string, outcome: CollapseOutcome): readonly TextCell[] => {
    const figure = apart(arm)?.[outcome]
    const text = figure === undefined ? '' : `${formatMean(figure, 'share')} (${figure.n})`
    return arm === result.baseline ? [text] : [text, '']
  }
  return COLLAPSE_OUTCOMES.filter((outcome) => arms.some((arm) => apart(arm)?.[outcome] !== undefined)).map((outcome) =>
    [[`  goodput, ${OUTCOME_WORDS[outcome]}`], ...arms.map((arm) => cellsOf(arm, outcome))].flat(),
  )
}

const OUTCOME_WORDS: { readonly [outcome in CollapseOutcome]: string } = {
  held: 'runs that held',
  recovered: 'that fell and came back',
  collapsed: 'that fell',
  never_up: 'never up',
  unresolved: 'too late to tell',
  unknown: 'not known',
}

/** Reasons that occur anywhere, in the order of the results. */
function reasonMetrics(result: CompareResult, model: string): readonly HeadlineMetric[] {
  const prefix = `${rejectionPrefix(model)}.`
  const paths = Object.keys(result.policies[result.baseline] ?? {}).filter((path) => path.startsWith(prefix))
  return paths
    .filter((path) => occurs(result, path))
    .map((path) => ({ label: `  refused: ${path.slice(prefix.length)}`, path }))
}

function modelRows(result: CompareResult, arms: readonly string[], model: string): readonly (readonly TextCell[])[] {
  const row = (metric: HeadlineMetric): readonly TextCell[] => metricRow(result, arms, metric)
  const outcomes = outcomeMetrics(model).map(row)
  const goodput = outcomeMetrics(model).findIndex(({ label }) => label === 'goodput')
  outcomes.splice(goodput + 1, 0, ...outcomeRows(result, arms, model))
  return [
    ...outcomes,
    ...reasonMetrics(result, model).map(row),
    ...occurring(result, routerMetrics(model)).map(row),
    ...(isRouted(result, model) ? userMetrics(model).map(row) : []),
    ...fragmentationMetrics(model).map(row),
    ...servedMetrics(model).map(row),
    ...(['p50', 'p95', 'p99'] as const).map((statistic) => bothServedRow(result, arms, model, statistic)),
  ]
}

/** Loads first, with who caused them. */
function fleetMetrics(result: CompareResult): readonly HeadlineMetric[] {
  const [loads, ...others] = FLEET_METRICS
  return [loads!, ...occurring(result, LOAD_METRICS), ...others]
}

/** Arms in as many groups as the width asks for, the baseline in front of each. */
function groups(result: CompareResult, width: number, tableFor: (arms: readonly string[]) => Table): readonly Table[] {
  const [baseline, ...others] = armOrder(result)
  const tables: Table[] = []
  let group: string[] = []
  for (const arm of others) {
    if (group.length > 0 && tableWidth(tableFor([baseline!, ...group, arm])) > width) {
      tables.push(tableFor([baseline!, ...group]))
      group = []
    }
    group.push(arm)
  }
  return [...tables, tableFor([baseline!, ...group])]
}

export function compareTables(result: CompareResult, width: number): readonly TitledTable[] {
  const titled = (
    title: string,
    rowsFor: (arms: readonly string[]) => readonly (readonly TextCell[])[],
  ): TitledTable[] =>
    groups(result, width, (arms) => ({ columns: columnsFor(result, arms), rows: rowsFor(arms) })).map((table) => ({
      title,
      table,
    }))
  return [
    ...result.models.flatMap((model) => titled(model, (arms) => modelRows(result, arms, model))),
    ...titled('the fleet', (arms) => fleetMetrics(result).map((metric) => metricRow(result, arms, metric))),
  ]
}

/** What the marks of a comparison stand for. */
export function compareLegend(result: CompareResult): string {
  const seeds = result.seeds.length
  return seeds === 1
    ? `one seed (${result.seeds[0]}): no intervals, so nothing here is known to be more than chance`
    : `means over ${formatNumber(seeds, 0)} seeds, differences paired by seed${intervalWords(seeds, '; [ ] are 95 % intervals, * is more than chance and more than δ, all comparisons of a row together')}; quantiles are medians over seeds${seeds < SEEDS_MIN ? '' : '; intervals cover these arrivals, not other days'}`
}
