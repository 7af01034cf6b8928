/** What the list says of a request, column by column; the heads of those that it can be sorted by are buttons. */
import type { ReactNode } from 'react'
import { formatNumber, formatValue } from '../../../sim/report/form/unit.ts'
import { formatTime } from '../../charts/time/time-format.ts'
import type { RequestOrder, RequestRow } from '../../data/requests/requests.ts'
import type { LoadedRun, RequestFilter } from '../../state/dashboard.ts'
import { select } from '../../state/selection-actions.ts'

interface Column {
  readonly head: string
  readonly width: number
  readonly order?: RequestOrder
  readonly numeric?: boolean
  cell(row: RequestRow, run: LoadedRun): ReactNode
}

const millis = (micros: number | null): string => formatValue(micros === null ? null : micros / 1000, 'ms')

/** Of the table, in order, with their widths in pixels. */
export const COLUMNS: readonly Column[] = [
  { head: 'request', width: 66, numeric: true, cell: (row) => row.request },
  { head: 'arrived', width: 90, order: 'arrived', numeric: true, cell: (row) => formatTime(row.arrived_us / 1e6, 0.1) },
  { head: 'model', width: 150, cell: (row) => row.model },
  { head: 'outcome', width: 88, cell: (row) => <Outcome row={row} /> },
  { head: 'reason', width: 120, cell: (row) => row.reason },
  { head: 'TTFT', width: 90, order: 'ttft', numeric: true, cell: (row) => millis(row.ttft_us) },
  { head: 'duration', width: 90, order: 'duration', numeric: true, cell: (row) => millis(row.duration_us) },
  { head: 'prompt', width: 72, numeric: true, cell: (row) => formatNumber(row.promptTokens, 0) },
  { head: 'answer', width: 72, numeric: true, cell: (row) => formatNumber(row.completionTokens, 0) },
  { head: 'sent', width: 50, numeric: true, cell: (row) => row.dispatches },
  { head: 'Mac', width: 110, cell: (row, run) => serialOf(row, run) },
  { head: 'user', width: 66, numeric: true, cell: (row) => row.user },
]

const serialOf = ({ machine }: RequestRow, run: LoadedRun): string =>
  machine === null ? '–' : (run.names?.machines[machine]?.serial ?? String(machine))

function Outcome({ row: { outcome, status } }: { readonly row: RequestRow }): ReactNode {
  if (outcome === '') return 'in flight'
  const tone = outcome === 'served' ? 'good' : outcome === 'cancelled' ? 'muted' : 'bad'
  return (
    <span className={tone}>{outcome === 'rejected' || outcome === 'failed' ? `${outcome} ${status}` : outcome}</span>
  )
}

export function Heads({ filter }: { readonly filter: RequestFilter }): ReactNode {
  const sort = (order: RequestOrder): void => {
    const descending = filter.order === order ? !filter.descending : order !== 'arrived'
    select({ requests: { ...filter, order, descending } })
  }
  return (
    <tr aria-rowindex={1}>
      {COLUMNS.map(({ head, order, numeric }) => {
        const sorted = order !== undefined && filter.order === order
        return (
          <th
            key={head}
            scope="col"
            className={numeric === true ? 'number' : ''}
            aria-sort={sorted ? (filter.descending ? 'descending' : 'ascending') : undefined}
          >
            {order === undefined ? (
              <span>{head}</span>
            ) : (
              <button type="button" onClick={() => sort(order)}>
                {head} {sorted ? (filter.descending ? '↓' : '↑') : '↕'}
              </button>
            )}
          </th>
        )
      })}
    </tr>
  )
}

interface CellsProps {
  readonly row: RequestRow
  readonly run: LoadedRun
}

export function Cells({ row, run }: CellsProps): ReactNode {
  return COLUMNS.map(({ head, numeric, cell }) => (
    <td key={head} className={numeric === true ? 'number' : ''}>
      {cell(row, run)}
    </td>
  ))
}
