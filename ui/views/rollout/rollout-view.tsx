/** Rollout: what the timeline changed, and which labels moved. */
import type { ReactNode } from 'react'
import { formatTime } from '../../charts/time-format.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { NeedsTrace } from '../../parts/needs-trace.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'

function Changes({ run }: { readonly run: LoadedRun }): ReactNode {
  const { answer } = useTraceQuery(run, { kind: 'rows', kinds: ['timeline', 'relabel', 'desired_models'], limit: 300 })
  const rows = (answer?.rows ?? []).map((row, i) => {
    const { at, kind, ...rest } = row
    return { i, at, kind, what: Object.values(rest).join(' · ') }
  })
  return (
    <Panel title="Changes" about={`${rows.length} of ${answer?.total ?? 0}`}>
      <DataTable
        label="Changes"
        filterable
        rows={rows}
        keyOf={(row) => row.i}
        columns={[
          { head: 'time', value: (row) => row.at, cell: (row) => formatTime(row.at / 1e6), numeric: true },
          { head: 'kind', value: (row) => row.kind },
          { head: 'what', value: (row) => row.what },
        ]}
      />
    </Panel>
  )
}

export default function RolloutView(): ReactNode {
  return <NeedsTrace>{(run) => <Changes run={run} />}</NeedsTrace>
}
