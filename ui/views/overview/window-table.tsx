/** Figures of the window that is zoomed into, of every arm and model: what counts per interval can say. */
import { type ReactNode, useMemo } from 'react'
import { formatNumber, formatValue } from '../../../sim/report/unit.ts'
import { formatTime } from '../../charts/time-format.ts'
import { DataTable, type TableColumn } from '../../parts/data-table.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { Dataset, TimeWindow } from '../../state/dashboard.ts'
import { windowFigures, type WindowFigures } from './arm-lines.ts'

const count = (value: number): string => formatNumber(value, value < 100 && !Number.isInteger(value) ? 1 : 0)

const COLUMNS: readonly TableColumn<WindowFigures>[] = [
  { head: 'model', value: (row) => row.model },
  { head: 'policy', value: (row) => row.policy },
  { head: 'arrived', value: (row) => row.arrived, cell: (row) => count(row.arrived), numeric: true },
  { head: 'served', value: (row) => row.served, cell: (row) => count(row.served), numeric: true },
  { head: '429', value: (row) => row.rate_429, cell: (row) => formatValue(row.rate_429, 'share'), numeric: true },
  { head: 'goodput', value: (row) => row.goodput, cell: (row) => formatValue(row.goodput, 'share'), numeric: true },
  {
    head: 'completion tok/s',
    value: (row) => row.tokens_tps,
    cell: (row) => count(row.tokens_tps),
    numeric: true,
  },
]

interface WindowTableProps {
  readonly dataset: Dataset
  readonly models: readonly string[]
  readonly window: TimeWindow
}

export function WindowTable({ dataset, models, window: { from_s, to_s } }: WindowTableProps): ReactNode {
  const rows = useMemo(
    () => models.flatMap((model) => windowFigures(dataset, model, from_s, to_s)),
    [dataset, models, from_s, to_s],
  )
  return (
    <Panel
      title={`Window ${formatTime(from_s)} – ${formatTime(to_s)}`}
      about="per seed, over whole intervals, warm-up included where it lies inside"
    >
      <DataTable
        label="Figures of the window"
        columns={COLUMNS}
        rows={rows}
        keyOf={(row) => `${row.model} ${row.policy}`}
      />
    </Panel>
  )
}
