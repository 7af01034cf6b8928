/** What streams of requests look like, as text: a column for each stream, figures as rows, and the rate over time below. */
import {
  type Concentration,
  type DemandFigures,
  FANO_WINDOWS,
  type Quantiles,
} from '../../../metrics/figures/demand-figures.ts'
import { cell, type Paint, plainPaint, type TextCell } from '../../form/paint.ts'
import { formatTable } from '../../form/table.ts'
import { formatNumber } from '../../form/unit.ts'

export interface DemandDocument {
  readonly format: 'fleetlab.demand/1'
  readonly scenario: { readonly name: string; readonly digest: string }
  readonly seed: number
  readonly columns: readonly DemandFigures[]
  readonly notes: readonly string[]
  readonly meta?: { readonly [key: string]: string | number }
}

const NOTHING = '-'

interface Row {
  readonly label: string
  /** Under a heading of its own. */
  readonly group: string
  readonly of: (figures: DemandFigures) => string
}

const number = (value: number | null | undefined, decimals: number): string =>
  value === null || value === undefined ? NOTHING : formatNumber(value, decimals)
const percent = (value: number | null | undefined): string =>
  value === null || value === undefined ? NOTHING : `${formatNumber(value * 100, 1)} %`
/** Three figures that matter. */
const seconds = (value: number): string => `${formatNumber(value, value < 1 ? 3 : value < 100 ? 2 : 0)} s`

function quantileRows(
  group: string,
  quantiles: readonly (keyof Quantiles)[],
  of: (figures: DemandFigures) => Quantiles | null,
  text: (value: number) => string,
): readonly Row[] {
  return quantiles.map((label) => ({
    group,
    label,
    of: (figures) => {
      const found = of(figures)
      return found === null ? NOTHING : text(found[label])
    },
  }))
}

const LENGTHS = ['mean', 'p1', 'p5', 'p25', 'p50', 'p75', 'p90', 'p95', 'p99', 'max'] as const
const whole = (value: number): string => formatNumber(value, 0)
const concentration = (found: Concentration | null): string =>
  found === null ? NOTHING : `${whole(found.count)}, largest ${percent(found.largest)}`

function rowsOf(columns: readonly DemandFigures[]): readonly Row[] {
  const models = [...new Set(columns.flatMap(({ mix }) => Object.keys(mix)))]
  const anybody = (of: (figures: DemandFigures) => unknown): boolean => columns.some((figures) => of(figures) !== null)
  const limits = columns.some(({ max_tokens }) => max_tokens !== null && max_tokens.sent !== null)
  const estimates = columns.some(({ estimate_ratio: ratio }) => ratio !== null && (ratio.p1 !== 1 || ratio.max !== 1))
  return [
    { group: 'Arrivals', label: 'requests', of: ({ requests }) => whole(requests) },
    { group: 'Arrivals', label: 'over', of: (figures) => seconds(figures.seconds) },
    {
      group: 'Arrivals',
      label: 'mean rate',
      of: ({ rate_per_s }) => `${number(rate_per_s, rate_per_s < 10 ? 3 : 1)}/s`,
    },
    {
      group: 'Arrivals',
      label: 'in a minute, least / most',
      of: ({ per_minute: minute }) => (minute === null ? NOTHING : `${whole(minute.min)} / ${whole(minute.max)}`),
    },
    { group: 'Arrivals', label: 'CV of gaps', of: ({ gap_cv }) => number(gap_cv, 2) },
    ...FANO_WINDOWS.map((window) => ({
      group: 'Arrivals',
      label: `Fano at ${window} s`,
      of: ({ fano }: DemandFigures) => number(fano[window], 2),
    })),
    ...quantileRows('Gaps', ['p50', 'p90', 'p99', 'max'], ({ gaps_s }) => gaps_s, seconds),
    ...quantileRows('Prompt tokens', LENGTHS, ({ prompt_tokens }) => prompt_tokens, whole),
    ...quantileRows('Output tokens', LENGTHS, ({ output_tokens }) => output_tokens, whole),
    ...(anybody(({ max_tokens }) => max_tokens)
      ? [{ group: 'max_tokens', label: 'none', of: ({ max_tokens }: DemandFigures) => percent(max_tokens?.none) }]
      : []),
    ...(limits
      ? quantileRows('max_tokens', ['p5', 'p50', 'p95', 'max'], ({ max_tokens }) => max_tokens?.sent ?? null, whole)
      : []),
    ...(estimates
      ? quantileRows(
          'Estimate over true prompt',
          ['p5', 'p50', 'p95'],
          ({ estimate_ratio }) => estimate_ratio,
          (ratio) => formatNumber(ratio, 2),
        )
      : []),
    ...models.map((model) => ({
      group: 'Mix',
      label: model === '' ? 'no model' : model,
      of: ({ mix }: DemandFigures) => (Object.keys(mix).length === 0 ? NOTHING : percent(mix[model] ?? 0)),
    })),
    ...(['tools', 'vision', 'stream'] as const)
      .filter((trait) => anybody((figures) => figures[trait]))
      .map((trait) => ({ group: 'Traits', label: trait, of: (figures: DemandFigures) => percent(figures[trait]) })),
    ...(['accounts', 'cache_keys'] as const)
      .filter((what) => anybody((figures) => figures[what]))
      .map((what) => ({
        group: 'Traits',
        label: what === 'accounts' ? 'accounts' : 'conversation keys',
        of: (figures: DemandFigures) => concentration(figures[what]),
      })),
  ]
}

export function formatDemand(document: DemandDocument, paint: Paint = plainPaint): string {
  const { scenario, seed, columns, notes } = document
  const head = `${scenario.name}  seed ${seed}`
  const rows: TextCell[][] = []
  let group = ''
  for (const row of rowsOf(columns)) {
    if (row.group !== group && group !== '') rows.push([])
    if (row.group !== group) rows.push([cell(row.group, 'strong')])
    group = row.group
    rows.push([`  ${row.label}`, ...columns.map((figures) => row.of(figures))])
  }
  const table = formatTable(
    {
      columns: [{ head: '', align: 'left' }, ...columns.map(({ name }) => ({ head: name, align: 'right' }) as const)],
      rows,
    },
    paint,
  )
  const lines = notes.map((note) => paint('dim', `note: ${note}`))
  return [
    paint('strong', head),
    '',
    table,
    '',
    ...sparklines(columns, paint),
    ...(lines.length > 0 ? ['', ...lines] : []),
  ].join('\n')
}

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** Each from 0 to its own highest rate. */
function sparklines(columns: readonly DemandFigures[], paint: Paint): readonly string[] {
  const width = Math.max(...columns.map(({ name }) => Array.from(name).length))
  return [
    paint('strong', 'Rate over time, each line from 0 to its highest'),
    ...columns.map(({ name, series }) => {
      const most = series.rate_per_s.reduce((high, rate) => Math.max(high, rate), 0)
      const bars = series.rate_per_s.map((rate) =>
        rate === 0 ? ' ' : BLOCKS[Math.min(7, Math.floor((rate / most) * 8))]!,
      )
      const scale = paint('dim', `to ${number(most, most < 10 ? 2 : 0)}/s, each ${intervalText(series.interval_s)}`)
      return `  ${name.padEnd(width)}  ${bars.join('')}  ${scale}`
    }),
  ]
}

function intervalText(interval_s: number): string {
  if (interval_s < 60) return `${interval_s} s`
  return interval_s < 3_600 ? `${interval_s / 60} min` : `${interval_s / 3_600} h`
}
