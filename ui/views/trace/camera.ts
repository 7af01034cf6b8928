/**
 * What all tracks and lanes look at: window of time, playhead, scroll. Moves every frame, so it lives outside of
 * React: painters are called once per frame when something changed. The window goes to the dashboard's selection (and
 * the address) when the hand rests, because each of its changes is a step of the back button.
 */
import type { TimeWindow } from '../../state/dashboard.ts'
import { zoom } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'

export interface Painter {
  paint(): void
  /** The window has been still for a moment: fetch what is missing. */
  settle(): void
}

const REST_MS = 180
/** Nothing in a trace is finer than a few of these. */
const NARROWEST_S = 0.05

export class Camera {
  window: TimeWindow
  at_s = 0
  private readonly painters = new Set<Painter>()
  private frame = 0
  private timer: ReturnType<typeof setTimeout> | undefined
  private readonly stop: () => void

  constructor(readonly duration_s: number) {
    const { selection, playback } = useDashboard.getState()
    this.window = this.whole()
    this.at_s = Math.min(playback.at_s, duration_s)
    this.adopt(selection.window)
    this.stop = useDashboard.subscribe((state, before) => {
      if (state.selection.window !== before.selection.window) this.adopt(state.selection.window)
      if (state.playback.at_s !== before.playback.at_s) {
        this.at_s = state.playback.at_s
        this.invalidate()
      }
    })
  }

  get span_s(): number {
    return this.window.to_s - this.window.from_s
  }

  get isWhole(): boolean {
    return this.window.from_s <= 0 && this.window.to_s >= this.duration_s
  }

  join(painter: Painter): () => void {
    this.painters.add(painter)
    this.invalidate()
    return () => void this.painters.delete(painter)
  }

  invalidate(): void {
    if (this.frame !== 0) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      for (const painter of this.painters) painter.paint()
    })
  }

  /** Keeps the width and stays within the run. */
  move(from_s: number, span_s = this.span_s): void {
    const span = Math.min(this.duration_s, Math.max(NARROWEST_S, span_s))
    const from = Math.min(Math.max(0, from_s), this.duration_s - span)
    this.window = { from_s: from, to_s: from + span }
    this.invalidate()
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.rest(), REST_MS)
  }

  /** The moment under the pointer keeps its place. */
  zoomAround(at_s: number, factor: number): void {
    const span = Math.min(this.duration_s, Math.max(NARROWEST_S, this.span_s * factor))
    const share = (at_s - this.window.from_s) / this.span_s
    this.move(at_s - share * span, span)
  }

  close(): void {
    this.stop()
    clearTimeout(this.timer)
    cancelAnimationFrame(this.frame)
  }

  private whole(): TimeWindow {
    return { from_s: 0, to_s: this.duration_s }
  }

  private rest(): void {
    for (const painter of this.painters) painter.settle()
    zoom(this.isWhole ? undefined : this.window)
  }

  /** From another view, or the back button. */
  private adopt(window: TimeWindow | undefined): void {
    if (window === this.window) return
    clearTimeout(this.timer)
    this.window = window ?? this.whole()
    for (const painter of this.painters) painter.settle()
    this.invalidate()
  }
}
