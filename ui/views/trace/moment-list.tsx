/** What the operator did and what went wrong, as a list that folds: numbers mark the moments in every track. */
import type { ReactNode } from 'react'
import { formatTime } from '../../charts/time/time-format.ts'
import type { Moments } from '../../data/trace/moments.ts'
import { setPlayback, zoom } from '../../state/selection-actions.ts'

export interface MomentListProps {
  readonly moments: Moments
  readonly duration_s: number
}

/** Long enough to see a fetch and a load after it, short enough to see a minute. */
const AROUND = { before: 0.03, after: 0.12 } as const

/** Faults by kind: one line each. */
function faultWords({ faultWhat, faults }: Moments): string {
  const counts = faults.map((_, place) => faultWhat.filter((what) => what === place).length)
  return faults.map((fault, place) => `${counts[place]} ${fault}`).join(', ')
}

export function MomentList({ moments, duration_s }: MomentListProps): ReactNode {
  const { operator } = moments
  if (operator.length === 0 && moments.faults.length === 0) return null
  const around = (at_s: number): void => {
    setPlayback({ at_s, playing: false })
    zoom({
      from_s: Math.max(0, at_s - AROUND.before * duration_s),
      to_s: Math.min(duration_s, at_s + AROUND.after * duration_s),
    })
  }
  return (
    <section className="moments" aria-label="What happened from outside">
      <ol>
        {operator.map(({ at_s, label, words }) => (
          <li key={label}>
            <button type="button" onClick={() => around(at_s)}>
              <span className="badge">{label}</span> <strong>{formatTime(at_s)}</strong>{' '}
              <span className="what">{words}</span>
            </button>
          </li>
        ))}
      </ol>
      {moments.faults.length > 0 && (
        <p className="muted">
          <span className="wedge" aria-hidden="true" /> faults: {faultWords(moments)}
        </p>
      )}
    </section>
  )
}
