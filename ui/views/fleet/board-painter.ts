/** Draws one board's frame: pictures of lanes stretched to the window, names and the state of now, axis and playhead. */
import { prepared } from '../../charts/canvas.ts'
import { formatTime, timeTicks } from '../../charts/time-format.ts'
import type { MachineName } from '../../../sim/lab/run-names.ts'
import type { Camera, Painter } from './camera.ts'
import { LaneBitmap } from './lane-bitmap.ts'
import type { Palette, TrackName } from './lane-colours.ts'
import { AXIS_PX, bandsOf, type BoardLayout, plotWidth, STRIPE_PX, xOf } from './lane-layout.ts'
import type { LaneTiles, Tile } from './lane-tiles.ts'
import { stateAt } from './tile-moment.ts'

export interface BoardScene {
  readonly layout: BoardLayout
  readonly machines: readonly MachineName[]
  /** Machine of each lane. */
  readonly order: readonly number[]
  readonly track: TrackName
  readonly palette: Palette
  readonly chosen: number | undefined
}

/** What the pointer or the keys are on. Shown by elements above the canvas, so that hovering paints no frame. */
export interface BoardFocus {
  readonly lane: number
  readonly at_s: number
}

type Which = 'whole' | 'fine'

export class BoardPainter implements Painter {
  scene: BoardScene | undefined
  focus: BoardFocus | undefined
  scroll_px = 0
  /** Finished pictures, and those being made, by tile and track. */
  private readonly shown = new Map<string, LaneBitmap>()
  private readonly making = new Map<string, LaneBitmap>()
  private readonly stripes = document.createElement('canvas')

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly camera: Camera,
    private readonly tiles: LaneTiles,
  ) {}

  /** All pictures are of another order, theme or run now. The old ones stay until the new ones are done, unless rows moved. */
  renew(rowsMoved: boolean): void {
    this.making.clear()
    if (rowsMoved) this.shown.clear()
    for (const bitmap of this.shown.values()) bitmap.stale = true
    this.camera.invalidate()
  }

  settle(): void {
    const { scene } = this
    if (scene !== undefined) this.tiles.want(this.camera.window, plotWidth(scene.layout))
  }

  paint(): void {
    const { scene } = this
    if (scene === undefined) return
    const { layout } = scene
    const context = prepared(this.canvas, layout.width, layout.height)
    if (context === undefined || layout.width === 0) return
    context.imageSmoothingEnabled = false
    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'middle'
    context.save()
    context.beginPath()
    context.rect(0, AXIS_PX, layout.width, layout.height - AXIS_PX)
    context.clip()
    this.drawTracks(context, scene)
    this.drawGutter(context, scene)
    this.drawChosen(context, scene)
    context.restore()
    this.drawAxis(context, scene)
    this.drawPlayhead(context, scene)
  }

  private visible({ layout }: BoardScene): readonly [number, number] {
    const first = Math.max(0, Math.floor(this.scroll_px / layout.lane_px))
    const last = Math.ceil((this.scroll_px + layout.height - AXIS_PX) / layout.lane_px)
    return [first, Math.min(layout.lanes, last)]
  }

  private top({ layout }: BoardScene, lane: number): number {
    return AXIS_PX + lane * layout.lane_px - this.scroll_px
  }

  private drawTracks(context: CanvasRenderingContext2D, scene: BoardScene): void {
    for (const band of bandsOf(scene.layout, scene.track)) {
      for (const which of ['whole', 'fine'] as const) {
        const bitmap = this.bitmap(scene, which, band.track)
        if (bitmap !== undefined) this.stretch(context, scene, bitmap, band.top_px, band.height_px)
      }
    }
  }

  /** A finished picture of the tile, making a newer one meanwhile. */
  private bitmap(scene: BoardScene, which: Which, track: TrackName): LaneBitmap | undefined {
    const tile = this.tiles[which]
    if (tile === undefined) return undefined
    const key = `${which}/${track}`
    const shown = this.shown.get(key)
    if (shown?.tile === tile && !shown.stale) return shown
    let next = this.making.get(key)
    if (next?.tile !== tile) {
      next = new LaneBitmap(tile, track, scene.order, scene.palette)
      this.making.set(key, next)
    }
    next.advance()
    if (next.done) {
      this.making.delete(key)
      this.shown.set(key, next)
      return next
    }
    this.camera.invalidate()
    return shown
  }

  private stretch(
    context: CanvasRenderingContext2D,
    scene: BoardScene,
    { tile, canvas }: LaneBitmap,
    top_px: number,
    height_px: number,
  ): void {
    const { layout } = scene
    const { window } = this.camera
    const from_s = Math.max(window.from_s, tile.from_s)
    const to_s = Math.min(window.to_s, tile.to_s)
    if (to_s <= from_s || canvas.height === 0) return
    const bucket_s = tile.lanes.bucket_us / 1e6
    const sourceX = (from_s - tile.from_s) / bucket_s
    const sourceWidth = Math.min(canvas.width - sourceX, (to_s - from_s) / bucket_s)
    const x = xOf(layout, window, from_s)
    const width = xOf(layout, window, to_s) - x
    const [first, last] = this.visible(scene)
    if (sourceWidth <= 0 || last <= first) return
    if (height_px === layout.lane_px) {
      const height = (last - first) * layout.lane_px
      context.drawImage(canvas, sourceX, first, sourceWidth, last - first, x, this.top(scene, first), width, height)
      return
    }
    for (let lane = first; lane < last; lane += 1)
      context.drawImage(canvas, sourceX, lane, sourceWidth, 1, x, this.top(scene, lane) + top_px, width, height_px)
  }

  /** Pool and state of the moment of the playhead, and names where there is room. */
  private drawGutter(context: CanvasRenderingContext2D, scene: BoardScene): void {
    const { layout, order, machines, palette } = scene
    const { at_s } = this.camera
    const tile = this.tiles.at(at_s)
    const [first, last] = this.visible(scene)
    const words = layout.gutter_px - 2 * STRIPE_PX - 4
    if (tile !== undefined && last > first) this.drawNow(context, scene, tile, first, last)
    if (!layout.named) return
    for (let lane = first; lane < last; lane += 1) {
      const machine = order[lane]!
      const top = this.top(scene, lane)
      const { serial, chip } = machines[machine]!
      context.textAlign = 'left'
      context.fillStyle = machine === scene.chosen ? palette.css.accent : palette.css.text
      context.fillText(fitting(context, serial, words - 4), 0, top + (layout.stacked ? 11 : layout.lane_px / 2))
      if (!layout.stacked) continue
      context.fillStyle = palette.css.muted
      context.fillText(fitting(context, chip, words - 4), 0, top + 26)
    }
  }

  /** Two columns of pixels, stretched: 500 lanes as rectangles would take a third of the frame. */
  private drawNow(
    context: CanvasRenderingContext2D,
    { layout, order, palette }: BoardScene,
    tile: Tile,
    first: number,
    last: number,
  ): void {
    const lanes = last - first
    const image = new ImageData(2, lanes)
    const pixels = new Uint32Array(image.data.buffer)
    for (let i = 0; i < lanes; i += 1) {
      const { state, pool } = stateAt(tile, order[first + i]!, this.camera.at_s)
      pixels[i * 2] = pool === 0 ? 0 : palette.tables.pool[pool]!
      pixels[i * 2 + 1] = palette.stateWords[state]!
    }
    // Setting a size clears.
    this.stripes.width = 2
    this.stripes.height = lanes
    this.stripes.getContext('2d')!.putImageData(image, 0, 0)
    const x = layout.gutter_px - 2 * STRIPE_PX - 4
    const top = AXIS_PX + first * layout.lane_px - this.scroll_px
    const height = lanes * layout.lane_px
    context.drawImage(this.stripes, 0, 0, 1, lanes, x, top, STRIPE_PX, height)
    context.drawImage(this.stripes, 1, 0, 1, lanes, x + STRIPE_PX + 1, top, STRIPE_PX, height)
  }

  private drawChosen(context: CanvasRenderingContext2D, scene: BoardScene): void {
    const { layout, order, chosen, palette } = scene
    const lane = chosen === undefined ? -1 : order.indexOf(chosen)
    if (lane < 0) return
    context.strokeStyle = palette.css.accent
    context.lineWidth = 2
    const top = this.top(scene, lane)
    context.strokeRect(layout.gutter_px - 0.5, top - 0.5, plotWidth(layout), Math.max(3, layout.lane_px))
  }

  private drawAxis(context: CanvasRenderingContext2D, { layout, palette }: BoardScene): void {
    const { window } = this.camera
    const most = Math.max(2, Math.floor(plotWidth(layout) / 80))
    const { step_s, ticks } = timeTicks(window.from_s, window.to_s, most)
    context.fillStyle = palette.css.muted
    context.strokeStyle = palette.css.line
    context.lineWidth = 1
    context.beginPath()
    for (const at of ticks) {
      const x = Math.round(xOf(layout, window, at)) + 0.5
      context.moveTo(x, AXIS_PX - 4)
      context.lineTo(x, AXIS_PX)
      context.textAlign = x < layout.gutter_px + 24 ? 'left' : x > layout.width - 24 ? 'right' : 'center'
      context.fillText(formatTime(at, step_s), x, 8)
    }
    context.moveTo(layout.gutter_px, AXIS_PX - 0.5)
    context.lineTo(layout.width, AXIS_PX - 0.5)
    context.stroke()
  }

  private drawPlayhead(context: CanvasRenderingContext2D, { layout, palette }: BoardScene): void {
    const { window, at_s } = this.camera
    if (at_s < window.from_s || at_s > window.to_s) return
    const x = xOf(layout, window, at_s)
    context.fillStyle = palette.css.accent
    context.fillRect(x - 1, AXIS_PX, 2, layout.height)
    context.beginPath()
    context.moveTo(x - 6, AXIS_PX - 8)
    context.lineTo(x + 6, AXIS_PX - 8)
    context.lineTo(x, AXIS_PX + 1)
    context.fill()
  }
}

function fitting(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text
  let length = text.length
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length -= 1
  return `${text.slice(0, length)}…`
}
