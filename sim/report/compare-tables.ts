/** A comparison as tables, shared by text and Markdown: one per model and one for the fleet, arms side by side. */
import type { BothServedFigures } from '../lab/both-served.ts'
import type { CompareResult } from '../lab/compare.ts'
import type { Difference, Estimate } from '../lab/estimate.ts'
import {
  FLEET_METRICS,
  fragmentationMetrics,
  type HeadlineMetric,
  outcomeMetrics,
  rejectionPrefix,
  servedMetrics,
} from './headline.ts'
import { cell, type TextCell } from './paint.ts'
import { type TableColumn, type Table, tableWidth } from './table.ts'
import { formatDifference, formatMean, formatNumber, NO_DATA, unitOf } from './unit.ts'
import { directionOf, toneOfDirection } from './verdict.ts'

export interface TitledTable {
  readonly title: string
  readonly table: Table
}

/** A star marks an interval that leaves out 0. */
function differenceCell(path: string, difference: Difference | undefined): TextCell {
  if (difference === undefined) return ''
  const mark = difference.significant === true ? ' *' : '  '
  return cell(formatDifference(difference, unitOf(path)) + mark, toneOfDirection[directionOf(path, difference)])
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

/** Reasons that occur anywhere, in the order of the results. */
function reasonMetrics(result: CompareResult, model: string): readonly HeadlineMetric[] {
  const prefix = `${rejectionPrefix(model)}.`
  const paths = Object.keys(result.policies[result.baseline] ?? {}).filter((path) => path.startsWith(prefix))
  const occurs = (path: string): boolean =>
    Object.values(result.policies).some((figures) => (figures[path]?.mean ?? 0) > 0)
  return paths.filter(occurs).map((path) => ({ label: `  refused: ${path.slice(prefix.length)}`, path }))
}

function modelRows(result: CompareResult, arms: readonly string[], model: string): readonly (readonly TextCell[])[] {
  const row = (metric: HeadlineMetric): readonly TextCell[] => metricRow(result, arms, metric)
  return [
    ...outcomeMetrics(model).map(row),
    ...reasonMetrics(result, model).map(row),
    ...fragmentationMetrics(model).map(row),
    ...servedMetrics(model).map(row),
    ...(['p50', 'p95', 'p99'] as const).map((statistic) => bothServedRow(result, arms, model, statistic)),
  ]
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
    ...titled('the fleet', (arms) => FLEET_METRICS.map((metric) => metricRow(result, arms, metric))),
  ]
}

/** `over 10 seeds, paired; ± is half of a 95 % interval, * leaves out 0` */
export function compareLegend(result: CompareResult): string {
  const seeds = result.seeds.length
  return seeds === 1
    ? `one seed (${result.seeds[0]}): no intervals, so nothing here is known to be more than chance`
    : `means over ${formatNumber(seeds, 0)} seeds, differences paired by seed; ± is half of a 95 % interval, * leaves out 0; intervals cover these arrivals, not other days`
}
