/** What a drag over a strip of time makes of the chosen window. Pure. */
import type { TimeWindow } from '../state/dashboard.ts'

export type BrushPart = 'new' | 'whole' | 'from' | 'to'

/** What a pointer takes hold of. */
export function partAt(window: TimeWindow | undefined, at_s: number, grip_s: number): BrushPart {
  if (window === undefined) return 'new'
  if (Math.abs(at_s - window.from_s) <= grip_s) return 'from'
  if (Math.abs(at_s - window.to_s) <= grip_s) return 'to'
  return at_s > window.from_s && at_s < window.to_s ? 'whole' : 'new'
}

/** The window after a drag; it stays inside the run, and its edges may cross. */
export function moved(
  window: TimeWindow | undefined,
  part: BrushPart,
  start_s: number,
  at_s: number,
  duration_s: number,
): TimeWindow {
  if (window === undefined || part === 'new') return ordered(start_s, at_s)
  if (part === 'from') return ordered(at_s, window.to_s)
  if (part === 'to') return ordered(window.from_s, at_s)
  const by = Math.min(duration_s - window.to_s, Math.max(-window.from_s, at_s - start_s))
  return { from_s: window.from_s + by, to_s: window.to_s + by }
}

const ordered = (a: number, b: number): TimeWindow => ({ from_s: Math.min(a, b), to_s: Math.max(a, b) })
