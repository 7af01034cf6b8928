/** A grid as text, Markdown and CSV. The table shows what decides; the CSV has every metric, one per line, so that its columns do not depend on the scenario. */
import type { SweepCell, SweepResult } from '../lab/sweep.ts'
import { csvLine } from './csv.ts'
import { fragmentationMetrics, type HeadlineMetric, outcomeMetrics } from './headline.ts'
import { markdownTable } from './markdown.ts'
import { type Cell, type Paint, plainPaint } from './paint.ts'
import { formatTable, type Table } from './table.ts'
import { formatMean, NO_DATA, unitOf } from './unit.ts'

/** Of each model, as columns. */
function shownMetrics(model: string): readonly HeadlineMetric[] {
  const wanted = new Set(['goodput', '429'])
  return [
    ...outcomeMetrics(model).filter(({ label }) => wanted.has(label)),
    ...fragmentationMetrics(model).filter(({ label }) => label === 'rejected while idle'),
  ]
}

const figure = (entry: SweepCell, path: string): string => {
  const found = entry.metrics[path]
  return found === undefined ? NO_DATA : formatMean(found, unitOf(path))
}

function tableOf(result: SweepResult, model: string): Table {
  const metrics = shownMetrics(model)
  return {
    columns: [
      ...result.axes.map(({ path }) => ({ head: path, align: 'left' as const })),
      { head: 'policy', align: 'left' },
      ...metrics.map(({ label }) => ({ head: label, align: 'right' as const })),
    ],
    rows: result.cells.map((entry): readonly Cell[] => [
      ...result.axes.map(({ path }) => entry.settings[path]!),
      entry.policy,
      ...metrics.map(({ path }) => figure(entry, path)),
    ]),
  }
}

function legend(result: SweepResult): string {
  const seeds = result.seeds.length
  return seeds === 1
    ? `one seed (${result.seeds[0]}), no intervals`
    : `means over ${seeds} seeds, ± is half of a 95 % interval`
}

export function formatSweep(result: SweepResult, paint: Paint = plainPaint): string {
  return [
    paint('strong', result.scenario.name),
    paint('dim', legend(result)),
    ...result.models.flatMap((model) => ['', paint('strong', model), formatTable(tableOf(result, model), paint)]),
  ].join('\n')
}

export function sweepMarkdown(result: SweepResult): string {
  const tables = result.models.flatMap((model) => [`## ${model}`, '', markdownTable(tableOf(result, model)), ''])
  return [`# ${result.scenario.name}`, '', `${legend(result)}.`, '', ...tables].join('\n')
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
