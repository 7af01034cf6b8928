/** The runs that the figures are of: each with its digest, to hold against the command line's, and its rows or the way to them. */
import { type ReactNode, useState } from 'react'
import { formatValue } from '../../../sim/report/form/unit.ts'
import { DataTable, type DataColumn } from '../../parts/data-table.tsx'
import { type Dataset, type LoadedRun, selectedRun } from '../../state/dashboard.ts'
import { bringAllTraces } from '../../state/run-actions.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'

const ROWS: { readonly [state in LoadedRun['trace']]: string } = {
  ready: 'here',
  loading: 'being made',
  on_demand: 'on demand',
  none: 'not in the file',
}

const COLUMNS: readonly DataColumn<LoadedRun>[] = [
  { head: 'policy', value: (run) => run.policy },
  { head: 'seed', value: (run) => run.seed, numeric: true },
  { head: 'served', value: (run) => run.result?.requests.served ?? null, numeric: true },
  { head: 'of', value: (run) => run.result?.requests.arrived ?? null, numeric: true },
  { head: 'rows', value: (run) => ROWS[run.trace] },
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

export function RunsOfDataset({ dataset }: { readonly dataset: Dataset }): ReactNode {
  const running = useDashboard((state) => state.running !== undefined)
  const chosen = useDashboard((state) => selectedRun(state)?.id)
  const [open, setOpen] = useState(false)
  const { runs } = dataset
  if (runs.length === 0) return null
  const missing = runs.filter(({ trace }) => trace === 'on_demand').length
  const finished = runs.filter(({ share }) => share === 1).length
  const rows = runs.filter(({ trace }) => trace === 'ready').length
  return (
    <details className="more" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Runs: {finished} finished, rows of {rows} here
      </summary>
      {open && (
        <>
          {missing > 0 && dataset.path !== undefined && (
            <p>
              <button type="button" disabled={running} onClick={() => void bringAllTraces()}>
                Keep the rows of {missing === runs.length ? `all ${runs.length} runs` : `the other ${missing} runs`}
              </button>
            </p>
          )}
          <DataTable
            label="Runs"
            columns={COLUMNS}
            rows={runs}
            keyOf={(run) => run.id}
            chosen={chosen}
            onChoose={({ policy, seed }) => select({ policy, seed })}
          />
        </>
      )}
    </details>
  )
}
