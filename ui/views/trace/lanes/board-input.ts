/** Hands on lanes: a drag pans, the wheel with Ctrl zooms, a click opens a Mac at a moment, keys do all of it. */
import type { KeyboardEvent, PointerEvent } from 'react'
import { setCursor } from '../../../charts/time/cursor.ts'
import { setPlayback } from '../../../state/selection-actions.ts'
import { plotWidth, timeAt } from '../axis.ts'
import type { Camera } from '../camera.ts'
import { cameraKey } from '../camera-keys.ts'
import type { BoardFocus, BoardPainter } from './board-painter.ts'
import { laneAt } from './lane-layout.ts'

/** Shorter drags are clicks. */
const DRAG_MIN_PX = 4

interface Drag {
  readonly x: number
  readonly y: number
  readonly from_s: number
  readonly scroll_px: number
  moved: boolean
}

export class BoardInput {
  private drag: Drag | undefined

  constructor(
    private readonly painter: BoardPainter,
    private readonly camera: Camera,
    private readonly scroller: HTMLElement,
    private readonly onFocus: (focus: BoardFocus | undefined) => void,
    private readonly onOpen: (machine: number) => void,
  ) {}

  readonly wheel = (event: WheelEvent): void => {
    const { camera } = this
    const layout = this.painter.scene?.layout
    if (layout === undefined) return
    const sideways = event.shiftKey ? event.deltaX + event.deltaY : event.deltaX
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault()
      camera.move(camera.window.from_s + (sideways / plotWidth(layout)) * camera.span_s)
      return
    }
    // Without it the lanes and the page scroll, as anywhere.
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    camera.zoomAround(timeAt(layout, camera.window, this.place(event).x), Math.exp(event.deltaY * 0.0022))
  }

  down(event: PointerEvent): void {
    const { x, y } = this.place(event)
    this.scroller.setPointerCapture(event.pointerId)
    this.drag = { x, y, from_s: this.camera.window.from_s, scroll_px: this.painter.scroll_px, moved: false }
  }

  move(event: PointerEvent): void {
    const { x, y } = this.place(event)
    const { drag, camera } = this
    const layout = this.painter.scene?.layout
    if (layout === undefined) return
    if (drag === undefined) return this.point(x, y)
    if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) < DRAG_MIN_PX) return
    drag.moved = true
    this.onFocus(undefined)
    camera.move(drag.from_s - ((x - drag.x) / plotWidth(layout)) * camera.span_s)
    this.scroller.scrollTop = drag.scroll_px - (y - drag.y)
  }

  up(event: PointerEvent): void {
    const { drag } = this
    this.drag = undefined
    const { scene } = this.painter
    if (drag === undefined || drag.moved || scene === undefined) return
    const { x, y } = this.place(event)
    const lane = laneAt(scene.layout, this.painter.scroll_px, y)
    if (lane === undefined) return
    this.onOpen(scene.order[lane]!)
    if (x >= scene.layout.gutter_px) setPlayback({ at_s: timeAt(scene.layout, this.camera.window, x) })
  }

  leave(): void {
    if (this.drag !== undefined) return
    this.onFocus(undefined)
    setCursor(undefined)
  }

  /** True when the key was one of ours. */
  key(event: KeyboardEvent): boolean {
    const layout = this.painter.scene?.layout
    switch (event.key) {
      case 'ArrowUp':
        this.step(-1)
        return true
      case 'ArrowDown':
        this.step(1)
        return true
      case 'Enter':
        this.open()
        return true
      default:
        return layout !== undefined && cameraKey(event, this.camera, plotWidth(layout))
    }
  }

  private step(by: number): void {
    const { scene, focus } = this.painter
    if (scene === undefined || scene.order.length === 0) return
    const chosen = scene.chosen === undefined ? -1 : scene.order.indexOf(scene.chosen)
    const before = focus?.lane ?? (chosen >= 0 ? chosen : by > 0 ? -1 : scene.order.length)
    const lane = Math.min(scene.order.length - 1, Math.max(0, before + by))
    const { lane_px, height } = scene.layout
    const top = lane * lane_px
    const { scrollTop } = this.scroller
    const room = height
    if (top < scrollTop) this.scroller.scrollTop = top
    else if (top + lane_px > scrollTop + room) this.scroller.scrollTop = top + lane_px - room
    this.onFocus({ lane, at_s: this.camera.at_s })
  }

  private open(): void {
    const { focus, scene } = this.painter
    const machine = focus === undefined ? undefined : scene?.order[focus.lane]
    if (machine !== undefined) this.onOpen(machine)
  }

  private point(x: number, y: number): void {
    const layout = this.painter.scene!.layout
    const lane = laneAt(layout, this.painter.scroll_px, y)
    const at_s = x < layout.gutter_px ? this.camera.at_s : timeAt(layout, this.camera.window, x)
    setCursor(x < layout.gutter_px ? undefined : at_s)
    this.onFocus(lane === undefined ? undefined : { lane, at_s })
  }

  private place(event: { readonly clientX: number; readonly clientY: number }): { x: number; y: number } {
    const { left, top } = this.scroller.getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }
}
