/** What a chart over time draws, interval by interval. */
import { formatCsv } from '../../../sim/report/form/csv.ts'
import type { ChartLine } from './chart-line.ts'

export function timeChartCsv(lines: readonly ChartLine[]): string {
  const [first] = lines
  const interval_s = first?.interval_s ?? 1
  const intervals = Math.max(0, ...lines.map(({ values }) => values.length))
  return formatCsv(
    ['from_s', 'interval_s', ...lines.map(({ name }) => name)],
    Array.from({ length: intervals }, (_, i) => [
      i * interval_s,
      interval_s,
      ...lines.map(({ values }) => values[i] ?? undefined),
    ]),
  )
}
