/** A grid as text, Markdown and CSV. The table shows what decides; the CSV has every metric, one per line, so that its columns do not depend on the scenario. */
import type { SweepCell, SweepResult } from '../../../lab/compare/sweep.ts'
import { assumedOfCells } from '../assumed-text.ts'
import { csvLine } from '../../form/csv.ts'
import type { HeadlineMetric } from '../../form/headline.ts'
import { markdownTable } from '../../form/markdown.ts'
import { markdownText } from '../../form/markdown-text.ts'
import { type TextCell, type Paint, plainPaint } from '../../form/paint.ts'
import { legendOf, shownMetrics } from '../../picture/sweep-figures.ts'
import { formatTable, type Table } from '../../form/table.ts'
import { formatMean, NO_DATA, unitOf } from '../../form/unit.ts'

const figure = (entry: SweepCell, path: string): string => {
  const found = entry.metrics[path]
  return found === undefined ? NO_DATA : formatMean(found, unitOf(path))
}

function tableOf(result: SweepResult, metrics: readonly HeadlineMetric[]): Table {
  return {
    columns: [
      ...result.axes.map(({ path }) => ({ head: path, align: 'left' as const })),
      { head: 'policy', align: 'left' },
      ...metrics.map(({ label }) => ({ head: label, align: 'right' as const })),
    ],
    rows: result.cells.map((entry): readonly TextCell[] => [
      ...result.axes.map(({ path }) => entry.settings[path]!),
      entry.policy,
      ...metrics.map(({ path }) => figure(entry, path)),
    ]),
  }
}

interface Section {
  readonly title: string
  readonly table: Table
}

/** A table per model of what decides; or one of the metrics that were asked for. */
function sectionsOf(result: SweepResult, metrics: readonly string[]): readonly Section[] {
  if (metrics.length > 0) {
    const columns = metrics.map((path) => ({ label: path, path }))
    return [{ title: 'metrics', table: tableOf(result, columns) }]
  }
  return result.models.map((model) => ({ title: model, table: tableOf(result, shownMetrics(model)) }))
}

const ASSUMED = 'Assumed: what these figures rest on and nobody published'

export function formatSweep(result: SweepResult, paint: Paint = plainPaint, metrics: readonly string[] = []): string {
  return [
    paint('strong', result.scenario.name),
    paint('dim', legendOf(result.seeds)),
    ...sectionsOf(result, metrics).flatMap(({ title, table }) => [
      '',
      paint('strong', title),
      formatTable(table, paint),
    ]),
    ...(result.assumed.length === 0 ? [] : ['', paint('dim', ASSUMED)]),
    ...result.assumed.map((input) => `- ${assumedOfCells(input)}`),
    ...(result.warnings.length === 0 ? [] : ['']),
    ...result.warnings.map((warning) => paint('warn', `warning: ${warning}`)),
  ].join('\n')
}

export function sweepMarkdown(result: SweepResult, metrics: readonly string[] = []): string {
  const tables = sectionsOf(result, metrics).flatMap(({ title, table }) => [
    `## ${markdownText(title)}`,
    '',
    markdownTable(table),
    '',
  ])
  const warnings = result.warnings.map((warning) => `- warning: ${markdownText(warning)}`)
  const assumed = result.assumed.map((input) => `- ${markdownText(assumedOfCells(input))}`)
  const end = [
    ...(assumed.length === 0 ? [] : [ASSUMED, '', ...assumed, '']),
    ...(warnings.length === 0 ? [] : [...warnings, '']),
  ]
  return [
    `# ${markdownText(result.scenario.name)}`,
    '',
    `${markdownText(legendOf(result.seeds))}.`,
    '',
    ...tables,
    ...end,
  ].join('\n')
}

export function sweepCsv(result: SweepResult): string {
  const axes = result.axes.map(({ path }) => path)
  const head = csvLine([...axes, 'policy', 'metric', 'mean', 'ci95_low', 'ci95_high', 'n'])
  const rows = result.cells.flatMap(({ settings, policy, metrics }) =>
    Object.entries(metrics).map(([path, { mean, ci95, n }]) =>
      csvLine([...axes.map((axis) => settings[axis]), policy, path, mean, ci95?.[0], ci95?.[1], n]),
    ),
  )
  return head + rows.join('')
}
