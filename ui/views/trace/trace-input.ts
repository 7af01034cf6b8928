/**
 * Hands on the trace: a drag on the axis scrubs, on a track pans, on the map of TTFT and on refusals chooses a region; the
 * wheel with Ctrl or Shift zooms and pans, without them it scrolls the page as anywhere; keys do all of it.
 */
import type { KeyboardEvent, PointerEvent } from 'react'
import { setCursor } from '../../charts/time/cursor.ts'
import { heatTtft } from '../../data/trace/tracks/ttft-heat.ts'
import type { Region } from '../../data/trace/populations/region.ts'
import type { TrackName } from '../../data/trace/tracks/track-scenes.ts'
import { setPlayback } from '../../state/selection-actions.ts'
import { plotWidth, timeAt, type TraceAxis } from './axis.ts'
import type { Camera } from './camera.ts'
import { cameraKey, zoomBy } from './camera-keys.ts'
import { PAD_PX } from './tracks/track-painter.ts'

/** Shorter drags are clicks. */
const DRAG_MIN_PX = 4
/** Around a click on the map of TTFT. */
const CLICK_PX = 7

/** The plot that a pointer is on. */
export interface Plot {
  readonly track: TrackName
  readonly run: string
  readonly element: HTMLElement
}

export interface Brush {
  readonly plot: Plot
  /** In the plot, pixels. */
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

interface Drag {
  readonly kind: 'pan' | 'scrub' | 'brush'
  readonly x: number
  readonly y: number
  readonly from_s: number
  readonly plot: Plot | undefined
  moved: boolean
}

export interface TraceHands {
  axis(): TraceAxis
  onBrush(brush: Brush | undefined): void
  onRegion(plot: Plot, region: Region): void
}

const BRUSHED: ReadonlySet<TrackName> = new Set<TrackName>(['ttft', 'refusals', 'goodput'])

function plotOf(target: EventTarget | null): Plot | undefined {
  const element = target instanceof Element ? target.closest<HTMLElement>('[data-track]') : null
  const { track, run } = element?.dataset ?? {}
  if (element === null || track === undefined || run === undefined) return undefined
  return { track: track as TrackName, run, element }
}

const within = (value: number, most: number): number => Math.min(most, Math.max(0, value))

export class TraceInput {
  private drag: Drag | undefined

  constructor(
    private readonly camera: Camera,
    private readonly board: HTMLElement,
    private readonly hands: TraceHands,
  ) {}

  /** Not React's, which would be passive: the page would zoom or scroll along. */
  readonly wheel = (event: WheelEvent): void => {
    const axis = this.hands.axis()
    const { camera } = this
    const sideways = event.shiftKey ? event.deltaX + event.deltaY : event.deltaX
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      camera.zoomAround(timeAt(axis, camera.window, this.x(event)), Math.exp(event.deltaY * 0.0022))
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault()
      camera.move(camera.window.from_s + (sideways / plotWidth(axis)) * camera.span_s)
    }
  }

  down(event: PointerEvent): void {
    if (event.button !== 0) return
    const onAxis = event.target instanceof Element && event.target.closest('[data-axis]') !== null
    const plot = plotOf(event.target)
    if (!onAxis && plot === undefined) return
    const kind = onAxis ? 'scrub' : BRUSHED.has(plot!.track) && !event.altKey ? 'brush' : 'pan'
    this.board.setPointerCapture(event.pointerId)
    const { from_s } = this.camera.window
    this.drag = { kind, x: event.clientX, y: event.clientY, from_s, plot, moved: false }
    if (kind === 'scrub') this.scrub(event)
  }

  move(event: PointerEvent): void {
    const { drag, camera } = this
    const axis = this.hands.axis()
    setCursor(this.x(event) < axis.gutter_px ? undefined : timeAt(axis, camera.window, this.x(event)))
    if (drag === undefined) return
    if (drag.kind === 'scrub') return this.scrub(event)
    if (!drag.moved && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < DRAG_MIN_PX) return
    drag.moved = true
    if (drag.kind === 'pan') camera.move(drag.from_s - ((event.clientX - drag.x) / plotWidth(axis)) * camera.span_s)
    else this.hands.onBrush(this.brush(drag, event))
  }

  up(event: PointerEvent): void {
    const { drag } = this
    this.drag = undefined
    if (drag === undefined || drag.kind === 'scrub') return
    const axis = this.hands.axis()
    if (!drag.moved && drag.plot?.track !== 'ttft') {
      setPlayback({ at_s: timeAt(axis, this.camera.window, this.x(event)) })
      return
    }
    if (drag.kind !== 'brush') return
    const brush = drag.moved ? this.brush(drag, event) : this.around(drag)
    this.hands.onBrush(undefined)
    if (brush !== undefined) this.hands.onRegion(brush.plot, this.region(brush))
  }

  cancel(): void {
    this.drag = undefined
    this.hands.onBrush(undefined)
  }

  leave(): void {
    if (this.drag === undefined) setCursor(undefined)
  }

  zoom(factor: number): void {
    zoomBy(this.camera, factor)
  }

  /** True when the key was one of ours. */
  key(event: KeyboardEvent): boolean {
    return cameraKey(event, this.camera, plotWidth(this.hands.axis()))
  }

  private scrub(event: PointerEvent): void {
    setPlayback({ at_s: timeAt(this.hands.axis(), this.camera.window, this.x(event)) })
  }

  private brush({ plot, x, y }: Drag, event: PointerEvent): Brush | undefined {
    if (plot === undefined) return undefined
    const box = plot.element.getBoundingClientRect()
    const [x0, x1] = [x, event.clientX].map((each) => within(each - box.left, box.width)) as [number, number]
    const [y0, y1] = [y, event.clientY].map((each) => within(each - box.top, box.height)) as [number, number]
    const whole = plot.track !== 'ttft'
    return {
      plot,
      left: Math.min(x0, x1),
      width: Math.abs(x1 - x0),
      top: whole ? 0 : Math.min(y0, y1),
      height: whole ? box.height : Math.abs(y1 - y0),
    }
  }

  private around({ plot, x, y }: Drag): Brush | undefined {
    if (plot === undefined) return undefined
    const box = plot.element.getBoundingClientRect()
    return {
      plot,
      left: x - box.left - CLICK_PX,
      width: 2 * CLICK_PX,
      top: y - box.top - CLICK_PX,
      height: 2 * CLICK_PX,
    }
  }

  private region({ plot, left, top, width, height }: Brush): Region {
    const axis = this.hands.axis()
    const { window } = this.camera
    const at = (x: number): number => timeAt(axis, window, axis.gutter_px + x)
    const [from_us, to_us] = [Math.floor(at(left) * 1e6), Math.ceil(at(left + width) * 1e6)]
    if (plot.track === 'refusals') return { from_us, to_us, fate: 'refused' }
    if (plot.track === 'goodput') return { from_us, to_us, fate: 'late' }
    const room = plot.element.clientHeight - 2 * PAD_PX
    const share = (y: number): number => Math.min(1, Math.max(0, 1 - (y - PAD_PX) / room))
    const [low, high] = [share(top + height), share(top)]
    // The scale's ends hold what lies beyond it.
    const least = low <= 0 ? 0 : heatTtft(low)
    const most = high >= 1 ? Number.MAX_SAFE_INTEGER : heatTtft(high)
    return { from_us, to_us, ttft_us: [least, most] }
  }

  private x(event: { readonly clientX: number }): number {
    return event.clientX - this.board.getBoundingClientRect().left
  }
}
