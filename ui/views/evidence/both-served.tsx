/** TTFT of the requests that an arm and the baseline both served: no side improves it by refusing. */
import { type ReactNode, useMemo } from 'react'
import type { PairedFigure } from '../../../sim/lab/estimates/both-served.ts'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { formatDifference, formatMean, formatNumber } from '../../../sim/report/form/unit.ts'
import { DataTable, type DataColumn } from '../../parts/data-table.tsx'
import { Panel } from '../../parts/panel.tsx'

interface Row extends PairedFigure {
  readonly arm: string
  readonly model: string
  readonly figure: string
  readonly count: number
}

const FIGURES = ['mean', 'p50', 'p95', 'p99'] as const

const rowsOf = (compare: CompareResult): readonly Row[] =>
  Object.entries(compare.both_served).flatMap(([arm, models]) =>
    Object.entries(models)
      .filter(([, { ttft_ms }]) => ttft_ms.count > 0)
      .flatMap(([model, { ttft_ms }]) =>
        FIGURES.map((figure) => ({ arm, model, figure, count: ttft_ms.count, ...ttft_ms[figure] })),
      ),
  )

const tone = ({ difference: { mean, significant } }: Row): string =>
  significant !== true || mean === null ? 'muted' : mean < 0 ? 'good' : 'bad'

const COLUMNS: readonly DataColumn<Row>[] = [
  { head: 'policy', value: (row) => row.arm },
  { head: 'model', value: (row) => row.model },
  { head: 'pairs', value: (row) => row.count, cell: (row) => formatNumber(row.count, 0), numeric: true },
  { head: 'TTFT', value: (row) => row.figure },
  {
    head: 'baseline',
    value: (row) => row.baseline.mean,
    cell: (row) => formatMean(row.baseline, 'ms'),
    numeric: true,
  },
  {
    head: 'under the policy',
    value: (row) => row.policy.mean,
    cell: (row) => formatMean(row.policy, 'ms'),
    numeric: true,
  },
  {
    head: 'Δ',
    value: (row) => row.difference.mean,
    cell: (row) => (
      <span className={tone(row)}>
        {formatDifference(row.difference, 'ms')}
        {row.difference.significant === true ? ' *' : ''}
      </span>
    ),
    numeric: true,
  },
]

export function BothServedTable({ compare }: { readonly compare: CompareResult }): ReactNode {
  const rows = useMemo(() => rowsOf(compare), [compare])
  if (rows.length === 0) return null
  return (
    <Panel
      title="TTFT where both served"
      about={`the same requests under a policy and under ${compare.baseline}, so refusing improves nothing`}
    >
      <DataTable
        label="TTFT where both served"
        columns={COLUMNS}
        rows={rows}
        keyOf={(row) => `${row.arm} ${row.model} ${row.figure}`}
      />
    </Panel>
  )
}
