/** In place of a trace whose rows are not here: its tracks by name and what each tells, so that the press that brings them is worth it. */
import type { ReactNode } from 'react'
import { formatTime, timeTicks } from '../../charts/time/time-format.ts'
import { TRACK_NAMES, TRACKS } from '../../data/trace/tracks/track-scenes.ts'

const ALWAYS = TRACK_NAMES.filter((name) => TRACKS[name].optional !== true)
const TICKS = 7
/** A time beyond it would stand out of the board. */
const LAST_SHARE = 0.94

export function TraceToCome({
  duration_s,
  children,
}: {
  readonly duration_s: number
  /** What brings it. */
  readonly children: ReactNode
}): ReactNode {
  const { ticks, step_s } = timeTicks(0, duration_s, TICKS)
  return (
    <div className="trace-to-come">
      <div className="bring">{children}</div>
      <div className="board">
        <div className="axis muted" aria-hidden="true">
          {ticks
            .filter((at_s) => at_s < LAST_SHARE * duration_s)
            .map((at_s) => (
              <span key={at_s} style={{ left: `${(at_s / duration_s) * 100}%` }}>
                {formatTime(at_s, step_s)}
              </span>
            ))}
        </div>
        <dl aria-label="Tracks to come">
          {ALWAYS.map((name) => (
            <div key={name}>
              <dt>{TRACKS[name].title}</dt>
              <dd className="muted">{TRACKS[name].about}</dd>
            </div>
          ))}
          <div>
            <dt>Macs</dt>
            <dd className="muted">a lane per Mac: its model by hue, what it does by lightness, loads hatched</dd>
          </div>
        </dl>
      </div>
    </div>
  )
}
