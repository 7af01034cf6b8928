/** What a view that reads rows shows until the chosen run's trace is there: which run, and how to bring it. */
import type { ReactNode } from 'react'
import { type LoadedRun, policiesOf, seedsOf, selectedRun } from '../state/dashboard.ts'
import { bringTrace } from '../state/run-actions.ts'
import { select } from '../state/selection-actions.ts'
import { useDashboard } from '../state/store.ts'
import { Empty } from './panel.tsx'

/** Chooses the arm and the seed that single-run views show. */
export function RunChoice(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const run = useDashboard(selectedRun)
  if (dataset === undefined || run === undefined) return null
  return (
    <div className="row">
      <select aria-label="Policy" value={run.policy} onChange={(event) => select({ policy: event.target.value })}>
        {policiesOf(dataset).map((policy) => (
          <option key={policy}>{policy}</option>
        ))}
      </select>
      <select aria-label="Seed" value={run.seed} onChange={(event) => select({ seed: Number(event.target.value) })}>
        {seedsOf(dataset).map((seed) => (
          <option key={seed} value={seed}>
            seed {seed}
          </option>
        ))}
      </select>
    </div>
  )
}

export function NeedsTrace({ children }: { readonly children: (run: LoadedRun) => ReactNode }): ReactNode {
  const run = useDashboard(selectedRun)
  const running = useDashboard((state) => state.running)
  if (run === undefined && running !== undefined) return <Empty>The runs are being made; progress is above.</Empty>
  if (run === undefined) return <Empty>No run is open. Run a scenario, or open a trace.fleet.</Empty>
  return (
    <div className="stack">
      <RunChoice />
      {run.trace === 'ready' ? children(run) : <MissingTrace run={run} />}
    </div>
  )
}

/** In place of one run's rows: why they are not here, and how to bring them. */
export function MissingTrace({ run, onAsk }: { readonly run: LoadedRun; onAsk?(): void }): ReactNode {
  const busy = useDashboard((state) => state.running !== undefined)
  if (run.trace === 'loading') return <Empty>The run’s rows are being made; progress is above.</Empty>
  if (run.trace === 'none')
    return (
      <Empty>
        Only this run’s result was opened. Open the trace.fleet beside it: `fleetlab run … --out DIR` writes both.
      </Empty>
    )
  const ask = (): void => {
    onAsk?.()
    void bringTrace(run)
  }
  const bring = (
    <button type="button" className="primary" disabled={busy} onClick={ask}>
      Run it again for its rows
    </button>
  )
  return (
    <Empty action={bring}>
      This finished run was opened without its rows ({run.policy}, seed {run.seed}). Running it again here gives the
      same bytes.
    </Empty>
  )
}
