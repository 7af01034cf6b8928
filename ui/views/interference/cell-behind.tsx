/** The Macs and the requests behind the chosen cell, the most delayed first; each opens in its own view. */
import { type ReactNode, useState } from 'react'
import { formatTime } from '../../charts/time/time-format.ts'
import type { Cause } from '../../data/interference/delay-shares.ts'
import type { DelayedRequest, DelayingMachine } from '../../data/interference/interference-cell.ts'
import { DataTable, type DataColumn } from '../../parts/data-table.tsx'
import { Pager } from '../../parts/pager.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { MatrixCell, LoadedRun } from '../../state/dashboard.ts'
import { goTo, select } from '../../state/selection-actions.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import type { InterferenceParts } from '../../../sim/metrics/result.ts'
import { formatDelay, secondsBy } from './delay-matrix.ts'
import { CAUSE_WORDS, nameOfCulprit } from './words.ts'

export interface CellBehindProps {
  readonly run: LoadedRun
  readonly cell: MatrixCell
  readonly cause: Cause | undefined
  readonly from_us: number
  readonly to_us: number
}

const PAGE = 25
const MACHINES = 12

interface HasParts {
  readonly parts: InterferenceParts
}

const delayOf = ({ parts }: HasParts, cause: Cause | undefined): number =>
  cause === undefined
    ? CAUSE_WORDS.reduce((sum, each) => sum + secondsBy(parts, each.cause), 0)
    : secondsBy(parts, cause)

/** The chosen cause, or their sum and then each that occurs. */
function delayColumns<T extends HasParts>(rows: readonly T[], cause: Cause | undefined): DataColumn<T>[] {
  const column = (head: string, value: (row: T) => number): DataColumn<T> => ({
    head,
    value,
    cell: (row) => formatDelay(value(row)),
    numeric: true,
  })
  const occurs = CAUSE_WORDS.filter((words) =>
    rows.some(({ parts }) => formatDelay(secondsBy(parts, words.cause)) !== '0'),
  )
  const each = cause === undefined && occurs.length > 1 ? occurs : []
  return [
    column('delay', (row) => delayOf(row, cause)),
    ...each.map((words) => column(words.name, ({ parts }) => secondsBy(parts, words.cause))),
  ]
}

export function CellBehind({ run, cell, cause, from_us, to_us }: CellBehindProps): ReactNode {
  const key = `${run.id} ${cell.victim} ${cell.culprit} ${cause ?? ''} ${from_us} ${to_us}`
  const [page, setPage] = useState({ key, offset: 0 })
  const offset = page.key === key ? page.offset : 0
  const { answer, error } = useTraceQuery(run, {
    kind: 'interference_cell',
    victim: cell.victim,
    culprit: cell.culprit,
    from_us,
    to_us,
    ...(cause === undefined ? {} : { cause }),
    offset,
    limit: PAGE,
  })
  if (error !== undefined) return <p className="bad">{error}</p>
  if (answer === undefined) return <p className="muted">Adding up.</p>
  const title = `${cell.victim} delayed by ${nameOfCulprit(cell.culprit)}`
  if (answer.total === 0)
    return (
      <Panel title={`Macs and requests · ${run.policy}`}>
        <p className="muted">No request was delayed so in this window.</p>
      </Panel>
    )
  return (
    <div className="stack">
      <Panel title={`Macs · ${run.policy}`} about={macsInWords(answer.machines.length)}>
        <Machines run={run} label={`Macs where ${title}, ${run.policy}`} rows={answer.machines} cause={cause} />
      </Panel>
      <Panel
        title={`Requests · ${run.policy}`}
        about={`${answer.total}, the most delayed first; choose one to open it`}
      >
        <Requests run={run} label={`Requests where ${title}, ${run.policy}`} rows={answer.requests} cause={cause} />
        <Pager
          label={`requests under ${run.policy}`}
          offset={offset}
          size={PAGE}
          total={answer.total}
          onMove={(next) => setPage({ key, offset: next })}
        />
      </Panel>
    </div>
  )
}

const macsInWords = (count: number): string =>
  `${count === 1 ? 'one' : count}${count > MACHINES ? `, the first ${MACHINES}` : ''}; choose one to open it`

interface RowsProps<T> {
  readonly run: LoadedRun
  readonly label: string
  readonly rows: readonly T[]
  readonly cause: Cause | undefined
}

function Machines({ run, label, rows, cause }: RowsProps<DelayingMachine>): ReactNode {
  const machines = run.names?.machines
  return (
    <DataTable
      label={label}
      rows={rows.slice(0, MACHINES)}
      keyOf={(row) => row.machine}
      onChoose={({ machine }) => select({ machine, policy: run.policy, seed: run.seed })}
      columns={[
        { head: 'Mac', value: (row) => machines?.[row.machine]?.serial ?? row.machine },
        { head: 'chip', value: (row) => machines?.[row.machine]?.chip ?? '' },
        { head: 'requests', value: (row) => row.requests, numeric: true },
        ...delayColumns(rows, cause),
      ]}
    />
  )
}

const seconds = (micros: number | null): string => (micros === null ? '–' : formatDelay(micros / 1e6))

function Requests({ run, label, rows, cause }: RowsProps<DelayedRequest>): ReactNode {
  const machines = run.names?.machines
  return (
    <DataTable
      label={label}
      rows={rows}
      keyOf={({ row }) => row.request}
      onChoose={({ row }) => goTo('requests', { request: row.request, policy: run.policy, seed: run.seed })}
      columns={[
        { head: 'request', value: ({ row }) => row.request, numeric: true },
        {
          head: 'arrived',
          value: ({ row }) => row.arrived_us,
          cell: ({ row }) => formatTime(row.arrived_us / 1e6),
          numeric: true,
        },
        {
          head: 'Mac',
          value: ({ row }) => (row.machine === null ? null : (machines?.[row.machine]?.serial ?? row.machine)),
        },
        ...delayColumns(rows, cause),
        { head: 'TTFT', value: ({ row }) => row.ttft_us, cell: ({ row }) => seconds(row.ttft_us), numeric: true },
        {
          head: 'latency',
          value: ({ row }) => row.duration_us,
          cell: ({ row }) => seconds(row.duration_us),
          numeric: true,
        },
      ]}
    />
  )
}
