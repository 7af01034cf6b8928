/** Moves the window so that a span of time is seen with what is around it, and no further than needed. */
import { zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'

/** The narrowest that still shows neighbours, in widths of the span. */
const AROUND = 1.5

export function bringIntoView(from_s: number, to_s: number): void {
  const { window } = useDashboard.getState().selection
  if (window === undefined) return
  const span = window.to_s - window.from_s
  if (from_s >= window.from_s && to_s <= window.to_s) return
  const wide = Math.max(span, (to_s - from_s) * AROUND)
  const middle = (from_s + to_s) / 2
  zoom({ from_s: Math.max(0, middle - wide / 2), to_s: middle + wide / 2 })
}
