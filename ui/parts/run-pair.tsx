/** Two runs of the same seed to look at side by side: which ones, and how a user chooses them. */
import type { ReactNode } from 'react'
import { type LoadedRun, policiesOf, selectedRun } from '../state/dashboard.ts'
import { select, zoom } from '../state/selection-actions.ts'
import { useDashboard } from '../state/store.ts'
import { formatTime } from '../charts/time/time-format.ts'
import { RunChoice } from './needs-trace.tsx'
import './run-pair.css'

/** The selected run, and the one beside it if there is one. */
export function useRunPair(): readonly LoadedRun[] {
  const dataset = useDashboard((state) => state.dataset)
  const beside = useDashboard((state) => state.selection.beside)
  const run = useDashboard(selectedRun)
  if (run === undefined) return []
  const other = dataset?.runs.find(
    ({ policy, seed }) => policy === beside && policy !== run.policy && seed === run.seed,
  )
  return other === undefined ? [run] : [run, other]
}

export function PairChoice(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const beside = useDashboard((state) => state.selection.beside)
  const run = useDashboard(selectedRun)
  if (dataset === undefined || run === undefined) return null
  const others = policiesOf(dataset).filter((policy) => policy !== run.policy)
  return (
    <>
      <RunChoice />
      {others.length > 0 && (
        <span className="row">
          <span className="muted">beside</span>
          <select
            aria-label="Beside"
            value={beside !== undefined && others.includes(beside) ? beside : ''}
            onChange={(event) => select({ beside: event.target.value === '' ? undefined : event.target.value })}
          >
            <option value="">no other policy</option>
            {others.map((policy) => (
              <option key={policy}>{policy}</option>
            ))}
          </select>
        </span>
      )}
    </>
  )
}

/** What is zoomed into, and the way back. */
export function WindowWords({ otherwise }: { readonly otherwise: string }): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  if (window === undefined) return <span className="muted">{otherwise}</span>
  const step_s = window.to_s - window.from_s < 10 ? 0.1 : 1
  return (
    <span className="row">
      <strong>
        {formatTime(window.from_s, step_s)} – {formatTime(window.to_s, step_s)}
      </strong>
      <button type="button" onClick={() => zoom(undefined)}>
        Show all
      </button>
    </span>
  )
}

/** Cells of one run below each other, two runs beside each other. */
export function Pair({ sides, children }: { readonly sides: number; readonly children: ReactNode }): ReactNode {
  return (
    <div className="pair" data-sides={sides}>
      {children}
    </div>
  )
}
