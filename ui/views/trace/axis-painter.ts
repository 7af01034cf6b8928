/** The axis above all tracks: times, the warm-up, and what happened from outside: operator's moments by number, faults by a wedge. */
import { prepared } from '../../charts/canvas.ts'
import { formatTime, timeTicks } from '../../charts/time/time-format.ts'
import { ENDS_OF_FAULTS, type Moments } from '../../data/trace/moments.ts'
import type { TimeWindow } from '../../state/dashboard.ts'
import { plotWidth, type TraceAxis, xOf } from './axis.ts'
import type { Camera, Painter } from './camera.ts'

export const AXIS_PX = 40
const MOMENTS_Y = 11
const TICKS_Y = 31
const BADGE_PX = 14

export interface AxisInput {
  readonly axis: TraceAxis
  readonly moments: Moments | undefined
  readonly warmup_s: number | undefined
  readonly css: { readonly [name in 'line' | 'text' | 'muted' | 'panel' | 'bad' | 'sunken']: string }
}

export class AxisPainter implements Painter {
  input: AxisInput | undefined

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly camera: Camera,
  ) {}

  settle(): void {}

  paint(): void {
    const { input, camera } = this
    if (input === undefined || input.axis.width === 0) return
    const context = prepared(this.canvas, input.axis.width, AXIS_PX)
    if (context !== undefined) drawAxis(context, input, camera.window)
  }
}

export function drawAxis(context: CanvasRenderingContext2D, input: AxisInput, window: TimeWindow): void {
  const { axis, css, moments, warmup_s } = input
  context.font = '11px system-ui, sans-serif'
  context.textBaseline = 'middle'
  const x = (at_s: number): number => xOf(axis, window, at_s)
  context.save()
  context.beginPath()
  context.rect(axis.gutter_px - 1, 0, plotWidth(axis) + 1, AXIS_PX)
  context.clip()
  if (warmup_s !== undefined && warmup_s > window.from_s) {
    context.fillStyle = css.sunken
    context.fillRect(axis.gutter_px, 0, Math.max(0, x(warmup_s) - axis.gutter_px), AXIS_PX)
    if (x(warmup_s) - axis.gutter_px > 60) {
      context.fillStyle = css.muted
      context.textAlign = 'right'
      context.fillText('warm-up', x(warmup_s) - 5, MOMENTS_Y)
    }
  }
  drawTicks(context, input, window)
  if (moments !== undefined) drawFaults(context, moments, css, { x, window })
  for (const { at_s, label } of moments?.operator ?? []) {
    if (at_s < window.from_s || at_s > window.to_s) continue
    badge(context, x(at_s), label, css)
  }
  context.restore()
  context.strokeStyle = css.line
  context.beginPath()
  context.moveTo(axis.gutter_px, AXIS_PX - 0.5)
  context.lineTo(axis.width, AXIS_PX - 0.5)
  context.stroke()
}

function drawTicks(context: CanvasRenderingContext2D, { axis, css }: AxisInput, window: TimeWindow): void {
  const most = Math.max(2, Math.floor(plotWidth(axis) / 80))
  const { step_s, ticks } = timeTicks(window.from_s, window.to_s, most)
  for (const at_s of ticks) {
    const at = Math.round(xOf(axis, window, at_s)) + 0.5
    context.strokeStyle = css.line
    context.beginPath()
    context.moveTo(at, TICKS_Y + 4)
    context.lineTo(at, AXIS_PX)
    context.stroke()
    context.fillStyle = css.muted
    context.textAlign = at - axis.gutter_px < 20 ? 'left' : at > axis.width - 24 ? 'right' : 'center'
    context.fillText(formatTime(at_s, step_s), at, TICKS_Y - 3)
  }
}

/** One wedge per pixel, however many faults: full for what broke, hollow for what was well again. */
function drawFaults(
  context: CanvasRenderingContext2D,
  { faultAt_us, faultWhat, faults }: Moments,
  css: AxisInput['css'],
  { x, window }: { x(at_s: number): number; readonly window: TimeWindow },
): void {
  const drawn = new Set<string>()
  context.fillStyle = css.bad
  context.strokeStyle = css.bad
  for (let i = 0; i < faultAt_us.length; i += 1) {
    const at_s = faultAt_us[i]! / 1e6
    if (at_s < window.from_s || at_s > window.to_s) continue
    const ends = ENDS_OF_FAULTS.has(faults[faultWhat[i]!]!)
    const at = Math.round(x(at_s))
    const key = `${at} ${ends}`
    if (drawn.has(key)) continue
    drawn.add(key)
    context.beginPath()
    context.moveTo(at - 4, MOMENTS_Y - 4)
    context.lineTo(at + 4, MOMENTS_Y - 4)
    context.lineTo(at, MOMENTS_Y + 4)
    context.closePath()
    if (ends) context.stroke()
    else context.fill()
  }
}

function badge(context: CanvasRenderingContext2D, x: number, label: string, css: AxisInput['css']): void {
  const width = Math.max(BADGE_PX, label.length * 7 + 6)
  context.fillStyle = css.text
  context.beginPath()
  context.roundRect(x - width / 2, MOMENTS_Y - BADGE_PX / 2, width, BADGE_PX, 3)
  context.fill()
  context.fillStyle = css.panel
  context.textAlign = 'center'
  context.fillText(label, x, MOMENTS_Y + 0.5)
}
