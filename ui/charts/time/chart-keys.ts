/** What keys do on a chart over time: arrows move the moment that is read, plus and minus zoom around it, Escape shows all. */
import type { TimeWindow } from '../../state/dashboard.ts'

/** Of a zoom, undefined is all. */
export type KeyMove = { readonly cursor_s: number } | { readonly zoom: TimeWindow | undefined }

export interface KeyScope {
  readonly at_s: number | undefined
  readonly shown: TimeWindow
  readonly duration_s: number
  readonly step_s: number
}

/** undefined: the key is none of the chart's. */
export function keyMove(key: string, { at_s, shown, duration_s, step_s }: KeyScope): KeyMove | undefined {
  const now = at_s ?? shown.from_s
  const zoomBy = (factor: number): KeyMove => {
    const half = ((shown.to_s - shown.from_s) * factor) / 2
    const from_s = Math.max(0, now - half)
    const to_s = Math.min(duration_s, now + half)
    return { zoom: from_s === 0 && to_s === duration_s ? undefined : { from_s, to_s } }
  }
  switch (key) {
    case 'ArrowRight':
      return { cursor_s: Math.min(shown.to_s, now + step_s) }
    case 'ArrowLeft':
      return { cursor_s: Math.max(shown.from_s, now - step_s) }
    case '+':
      return zoomBy(0.5)
    case '-':
      return zoomBy(2)
    case 'Escape':
      return { zoom: undefined }
    default:
      return undefined
  }
}
