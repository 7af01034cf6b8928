/** Runs as they go: charts that fill, and for each finished run its digest, to hold against the command line's. */
import type { ReactNode } from 'react'
import { DataTable, type TableColumn } from '../../parts/data-table.tsx'
import { Empty, Panel } from '../../parts/panel.tsx'
import { AssumedList } from '../../parts/assumed-list.tsx'
import { WarningList } from '../../parts/warning-list.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { useDashboard } from '../../state/store.ts'
import { formatValue } from '../../../sim/report/unit.ts'

const COLUMNS: readonly TableColumn<LoadedRun>[] = [
  { head: 'policy', value: (run) => run.policy },
  { head: 'seed', value: (run) => run.seed, numeric: true },
  { head: 'served', value: (run) => run.result?.requests.served ?? null, numeric: true },
  {
    head: 'of',
    value: (run) => run.result?.requests.arrived ?? null,
    numeric: true,
  },
  {
    head: 'digest',
    value: (run) => run.digest ?? null,
    cell: (run) =>
      run.digest === undefined ? (
        formatValue(run.share, 'share')
      ) : (
        <span className="digest" title={run.digest} data-digest={run.digest}>
          {run.digest.slice(0, 16)}…
        </span>
      ),
  },
]

export function RunResults(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const running = useDashboard((state) => state.running)
  if (dataset === undefined || dataset.kind !== 'simulated')
    return (
      <Panel title="Results">
        <Empty>Charts fill here while it runs. Everything happens in this tab; nothing is sent anywhere.</Empty>
      </Panel>
    )
  return (
    <>
      <WarningList dataset={dataset} />
      <AssumedList dataset={dataset} />
      <Panel title="Runs" about={running === undefined ? 'finished' : 'running'}>
        <DataTable label="Runs" columns={COLUMNS} rows={dataset.runs} keyOf={(run) => run.id} />
      </Panel>
    </>
  )
}
