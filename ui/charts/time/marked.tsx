/** A chart over time with moments marked through it, and the chosen window when the chart itself shows the whole run. */
import type { ReactNode } from 'react'
import type { TimeWindow } from '../../state/dashboard.ts'
import { MARGIN } from './time-chart.tsx'
import './marked.css'

export interface TimeMark {
  readonly at_s: number
  readonly label: string
}

export interface MarkedProps {
  readonly duration_s: number
  /** What the chart shows; absent: the whole run. */
  readonly window?: TimeWindow | undefined
  readonly chosen?: TimeWindow | undefined
  readonly marks?: readonly TimeMark[]
  /** Of the chart, where something stands below it; absent: all there is. */
  readonly height?: number
  readonly children: ReactNode
}

export function Marked({ duration_s, window, chosen, marks = [], height, children }: MarkedProps): ReactNode {
  const shown = window ?? { from_s: 0, to_s: duration_s }
  const percent = (at_s: number): string => `${((at_s - shown.from_s) / (shown.to_s - shown.from_s)) * 100}%`
  const clamp = (at_s: number): number => Math.min(shown.to_s, Math.max(shown.from_s, at_s))
  return (
    <div className="marked">
      {children}
      <div
        className="marks"
        aria-hidden="true"
        style={{
          left: MARGIN.left,
          right: MARGIN.right,
          top: MARGIN.top,
          ...(height === undefined ? { bottom: MARGIN.bottom } : { height: height - MARGIN.top - MARGIN.bottom }),
        }}
      >
        {chosen !== undefined && (
          <>
            <span className="outside" style={{ left: 0, width: percent(clamp(chosen.from_s)) }} />
            <span className="outside" style={{ left: percent(clamp(chosen.to_s)), right: 0 }} />
          </>
        )}
        {marks
          .filter(({ at_s }) => at_s >= shown.from_s && at_s <= shown.to_s)
          .map(({ at_s, label }) => (
            <span key={`${at_s} ${label}`} className="mark" style={{ left: percent(at_s) }} data-label={label} />
          ))}
      </div>
    </div>
  )
}
