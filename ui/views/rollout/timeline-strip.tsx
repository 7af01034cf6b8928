/** What the operator changed and when, each with the number that marks it in every chart; choosing one zooms to it. */
import type { ReactNode } from 'react'
import { formatTime } from '../../charts/time-format.ts'
import { Panel } from '../../parts/panel.tsx'
import { zoom } from '../../state/selection-actions.ts'
import type { OperatorChange } from '../../data/trace/change-words.ts'

export interface TimelineStripProps {
  readonly changes: readonly OperatorChange[] | undefined
  readonly duration_s: number
}

/** Long enough to see a fetch and a load after it, short enough to see a minute. */
const AROUND = { before: 0.03, after: 0.12 } as const

export function TimelineStrip({ changes, duration_s }: TimelineStripProps): ReactNode {
  const around = ({ at_s }: OperatorChange): void =>
    zoom({
      from_s: Math.max(0, at_s - AROUND.before * duration_s),
      to_s: Math.min(duration_s, at_s + AROUND.after * duration_s),
    })
  return (
    <Panel title="What the operator changed" about="numbers mark the moments in the charts; choose one to zoom to it">
      {changes === undefined && <p className="muted">The timeline is among the run’s rows.</p>}
      {changes?.length === 0 && (
        <p className="muted">This scenario has no timeline: whatever moves below, demand and the policy moved it.</p>
      )}
      <ol className="timeline">
        {changes?.map((change) => (
          <li key={change.label}>
            <button type="button" onClick={() => around(change)}>
              <span className="badge">{change.label}</span>
              <strong>{formatTime(change.at_s)}</strong>
              <span className="what">{change.words}</span>
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  )
}
