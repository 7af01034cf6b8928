/** The line above the evidence: what it rests on, what it is held against, and how much of it is shown, in which form. */
import type { ReactNode } from 'react'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { chooseBaseline } from '../../state/baseline-actions.ts'
import { useDashboard } from '../../state/store.ts'

export interface EvidenceViews {
  /** All rows, or those that decide. */
  readonly everything: boolean
  readonly asTable: boolean
  setEverything(everything: boolean): void
  setAsTable(asTable: boolean): void
}

export interface EvidenceHeadProps {
  readonly compare: CompareResult
  readonly about: string
  readonly views: EvidenceViews
  /** Further tools. */
  readonly children: ReactNode
}

export function EvidenceHead({ compare, about, views, children }: EvidenceHeadProps): ReactNode {
  const running = useDashboard((state) => state.running !== undefined)
  return (
    <div className="evidence-head">
      <h2>Evidence</h2>
      <span className="muted">{about}</span>
      <span className="tools">
        {Object.keys(compare.policies).length > 1 && (
          <label className="muted">
            against{' '}
            <select
              aria-label="Baseline"
              value={compare.baseline}
              disabled={running}
              onChange={(event) => void chooseBaseline(event.target.value)}
            >
              {Object.keys(compare.policies).map((arm) => (
                <option key={arm}>{arm}</option>
              ))}
            </select>
          </label>
        )}
        <button type="button" aria-pressed={views.everything} onClick={() => views.setEverything(!views.everything)}>
          {views.everything ? 'Fewer rows' : 'More rows'}
        </button>
        <button type="button" aria-pressed={views.asTable} onClick={() => views.setAsTable(!views.asTable)}>
          Table
        </button>
        {children}
      </span>
    </div>
  )
}
