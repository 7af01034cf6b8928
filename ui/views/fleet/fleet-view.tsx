/** Fleet: what each Mac spent its time on in the chosen window. */
import type { ReactNode } from 'react'
import { LANE_STATES } from '../../data/lane-states.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { NeedsTrace } from '../../parts/needs-trace.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { formatValue } from '../../../sim/report/unit.ts'

function Machines({ run }: { readonly run: LoadedRun }): ReactNode {
  const { window, machine } = useDashboard((state) => state.selection)
  const from_us = (window?.from_s ?? 0) * 1e6
  const to_us = (window?.to_s ?? run.series?.duration_s ?? 0) * 1e6
  const { answer } = useTraceQuery(run, { kind: 'lane_shares', from_us, to_us })
  const rows = (run.names?.machines ?? []).map((each, i) => ({ ...each, index: i, shares: answer?.[i] ?? [] }))
  return (
    <Panel title="Macs" about="share of the window in each state">
      <DataTable
        label="Macs"
        filterable
        rows={rows}
        keyOf={(row) => row.index}
        chosen={machine}
        onChoose={(row) => select({ machine: row.index })}
        columns={[
          { head: 'Mac', value: (row) => row.serial },
          { head: 'chip', value: (row) => row.chip },
          {
            head: 'GB',
            value: (row) => row.memoryBytes / 1e9,
            numeric: true,
            cell: (row) => Math.round(row.memoryBytes / 1e9),
          },
          ...LANE_STATES.map((state, i) => ({
            head: state,
            numeric: true,
            value: (row: (typeof rows)[number]) => row.shares[i] ?? null,
            cell: (row: (typeof rows)[number]) => formatValue(row.shares[i], 'share'),
          })),
        ]}
      />
    </Panel>
  )
}

export default function FleetView(): ReactNode {
  return <NeedsTrace>{(run) => <Machines run={run} />}</NeedsTrace>
}
