/** Requests: the slowest of the chosen window; a chosen one's rows in order. */
import type { ReactNode } from 'react'
import { DataTable } from '../../parts/data-table.tsx'
import { NeedsTrace } from '../../parts/needs-trace.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { formatValue } from '../../../sim/report/unit.ts'

const millis = (micros: number | null): string => formatValue(micros === null ? null : micros / 1000, 'ms')

function Slowest({ run }: { readonly run: LoadedRun }): ReactNode {
  const { window, request } = useDashboard((state) => state.selection)
  const within = window === undefined ? {} : { from_us: window.from_s * 1e6, to_us: window.to_s * 1e6 }
  const list = useTraceQuery(run, { kind: 'requests', ...within, order: 'ttft', descending: true, limit: 50 })
  const life = useTraceQuery(run, request === undefined ? undefined : { kind: 'request_life', request })
  return (
    <>
      {request !== undefined && life.answer !== undefined && (
        <Panel title={`Request ${request}`} about={`${life.answer.rows.length} rows`}>
          <pre>
            {life.answer.rows
              .map(
                (row) => `${((row.at - life.answer!.summary.arrived_us) / 1e6).toFixed(3).padStart(9)} s  ${row.kind}`,
              )
              .join('\n')}
          </pre>
        </Panel>
      )}
      <Panel title="Slowest first tokens" about={`of ${list.answer?.total ?? 0} requests`}>
        <DataTable
          label="Requests"
          filterable
          rows={list.answer?.rows ?? []}
          keyOf={(row) => row.request}
          chosen={request}
          onChoose={(row) => select({ request: row.request })}
          columns={[
            { head: 'request', value: (row) => row.request, numeric: true },
            { head: 'model', value: (row) => row.model },
            { head: 'outcome', value: (row) => row.outcome },
            { head: 'reason', value: (row) => row.reason },
            { head: 'TTFT', value: (row) => row.ttft_us, cell: (row) => millis(row.ttft_us), numeric: true },
            {
              head: 'duration',
              value: (row) => row.duration_us,
              cell: (row) => millis(row.duration_us),
              numeric: true,
            },
            {
              head: 'Mac',
              value: (row) => (row.machine === null ? null : (run.names?.machines[row.machine]?.serial ?? null)),
            },
          ]}
        />
      </Panel>
    </>
  )
}

export default function RequestsView(): ReactNode {
  return <NeedsTrace>{(run) => <Slowest run={run} />}</NeedsTrace>
}
