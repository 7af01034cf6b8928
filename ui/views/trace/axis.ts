/** Where time stands across the trace: one gutter for names, then one axis for every track and every lane. */
import type { TimeWindow } from '../../state/dashboard.ts'

/** Names and values stand here; scales at its right end. Where there is room, names of models in full. */
const GUTTER_PX = 232
const WIDE_GUTTER_PX = 304
const WIDE_PX = 1_100
/** A phone has the scale here; names stand above their tracks. */
const NARROW_GUTTER_PX = 50
export const SCALE_PX = 44
const NARROW_PX = 640

export interface TraceAxis {
  readonly width: number
  readonly gutter_px: number
  readonly narrow: boolean
}

export function axisOf(width: number): TraceAxis {
  const narrow = width < NARROW_PX
  return { width, gutter_px: narrow ? NARROW_GUTTER_PX : width < WIDE_PX ? GUTTER_PX : WIDE_GUTTER_PX, narrow }
}

export const plotWidth = ({ width, gutter_px }: Pick<TraceAxis, 'width' | 'gutter_px'>): number =>
  Math.max(1, width - gutter_px)

export const xOf = (axis: Pick<TraceAxis, 'width' | 'gutter_px'>, window: TimeWindow, at_s: number): number =>
  axis.gutter_px + ((at_s - window.from_s) / (window.to_s - window.from_s)) * plotWidth(axis)

export const timeAt = (axis: Pick<TraceAxis, 'width' | 'gutter_px'>, window: TimeWindow, x: number): number => {
  const share = Math.min(1, Math.max(0, (x - axis.gutter_px) / plotWidth(axis)))
  return window.from_s + share * (window.to_s - window.from_s)
}
