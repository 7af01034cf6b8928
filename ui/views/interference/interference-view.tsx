/** Interference: who delayed whom in the chosen window, in seconds. */
import type { ReactNode } from 'react'
import { DataTable } from '../../parts/data-table.tsx'
import { NeedsTrace } from '../../parts/needs-trace.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { formatValue } from '../../../sim/report/unit.ts'

const PARTS = ['gpu_s', 'memory_s', 'thermal_s', 'load_s', 'queue_s'] as const

function Matrix({ run }: { readonly run: LoadedRun }): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const from_us = (window?.from_s ?? run.result?.warmup_s ?? 0) * 1e6
  const to_us = (window?.to_s ?? run.series?.duration_s ?? 0) * 1e6
  const { answer } = useTraceQuery(run, { kind: 'interference', from_us, to_us })
  const rows = Object.entries(answer ?? {}).flatMap(([victim, culprits]) =>
    Object.entries(culprits).map(([culprit, parts]) => ({ victim, culprit, parts })),
  )
  return (
    <Panel title="Delay by victim and culprit" about="seconds, over the served that arrived in the window">
      <DataTable
        label="Interference"
        rows={rows}
        keyOf={(row) => `${row.victim} ${row.culprit}`}
        columns={[
          { head: 'victim', value: (row) => row.victim },
          { head: 'culprit', value: (row) => row.culprit },
          ...PARTS.map((part) => ({
            head: part.replace('_s', ''),
            value: (row: (typeof rows)[number]) => row.parts[part],
            cell: (row: (typeof rows)[number]) => formatValue(row.parts[part], 's'),
            numeric: true,
          })),
        ]}
      />
    </Panel>
  )
}

export default function InterferenceView(): ReactNode {
  return <NeedsTrace>{(run) => <Matrix run={run} />}</NeedsTrace>
}
