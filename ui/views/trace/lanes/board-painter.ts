/** Draws one board's frame: pictures of lanes stretched to the window, names and the state of now, and the chosen request's way. */
import { prepared } from '../../../charts/canvas.ts'
import type { MachineName } from '../../../../sim/lab/runs/run-names.ts'
import type { Lanes } from '../../../data/fleet/lanes.ts'
import type { LaneTrack } from '../../../state/dashboard.ts'
import { plotWidth, xOf } from '../axis.ts'
import type { Camera, Painter } from '../camera.ts'
import { fromOf, toOf, type WindowTiles } from '../window-tiles.ts'
import { LaneBitmap } from './lane-bitmap.ts'
import { type Palette, word } from './lane-colours.ts'
import { bandsOf, type BoardLayout, STRIPE_PX } from './lane-layout.ts'
import { stateAt } from './tile-moment.ts'

export interface BoardScene {
  readonly layout: BoardLayout
  readonly machines: readonly MachineName[]
  /** Machine of each lane. */
  readonly order: readonly number[]
  readonly track: LaneTrack
  readonly palette: Palette
  readonly chosen: number | undefined
  /** Stays of the chosen request on Macs, in order; none is chosen: empty. */
  readonly way: readonly LaneStay[]
}

export interface LaneStay {
  readonly machine: number
  readonly from_s: number
  readonly to_s: number
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
  private frame = 0
  private readonly stripes = document.createElement('canvas')

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly camera: Camera,
    private readonly tiles: WindowTiles<Lanes>,
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
    if (context !== undefined && layout.width > 0) this.drawAll(context, scene)
  }

  /** Every lane, those below the edge too, drawn elsewhere; a file waits for what frames would show only later. */
  drawPicture(context: CanvasRenderingContext2D): void {
    const { scene, scroll_px } = this
    if (scene === undefined) return
    this.finish(scene)
    this.scroll_px = 0
    this.drawAll(context, { ...scene, layout: { ...scene.layout, height: heightOfAll(scene) } })
    this.scroll_px = scroll_px
  }

  private finish(scene: BoardScene): void {
    for (const { track } of bandsOf(scene.layout, scene.track)) {
      for (const which of ['whole', 'fine'] as const) this.bitmap(scene, which, track)
    }
    for (const bitmap of this.making.values()) while (!bitmap.done) bitmap.advance()
  }

  private drawAll(context: CanvasRenderingContext2D, scene: BoardScene): void {
    const { layout } = scene
    context.imageSmoothingEnabled = false
    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'middle'
    context.save()
    context.beginPath()
    context.rect(0, 0, layout.width, layout.height)
    context.clip()
    this.drawTracks(context, scene)
    this.drawGutter(context, scene)
    this.drawChosen(context, scene)
    this.drawWay(context, scene)
    context.restore()
  }

  private visible({ layout }: BoardScene): readonly [number, number] {
    const first = Math.max(0, Math.floor(this.scroll_px / layout.lane_px))
    const last = Math.ceil((this.scroll_px + layout.height) / layout.lane_px)
    return [first, Math.min(layout.lanes, last)]
  }

  private top({ layout }: BoardScene, lane: number): number {
    return lane * layout.lane_px - this.scroll_px
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
  private bitmap(scene: BoardScene, which: Which, track: LaneTrack): LaneBitmap | undefined {
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
    if (next.done) {
      this.making.delete(key)
      this.shown.set(key, next)
      return next
    }
    this.makeMore()
    return shown
  }

  /** A slice a frame of what is being made; only a finished picture is worth a frame of its own. */
  private makeMore(): void {
    if (this.frame !== 0) return
    this.frame = requestAnimationFrame(() => {
      this.frame = 0
      const next = [...this.making.values()].find(({ done }) => !done)
      if (next === undefined) return
      next.advance()
      if (next.done) this.camera.invalidate()
      else this.makeMore()
    })
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
    const from_s = Math.max(window.from_s, fromOf(tile))
    const to_s = Math.min(window.to_s, toOf(tile))
    if (to_s <= from_s || canvas.height === 0) return
    const bucket_s = tile.bucket_us / 1e6
    const sourceX = (from_s - fromOf(tile)) / bucket_s
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
    tile: Lanes,
    first: number,
    last: number,
  ): void {
    const lanes = last - first
    const image = new ImageData(2, lanes)
    const pixels = new Uint32Array(image.data.buffer)
    for (let i = 0; i < lanes; i += 1) {
      const { state, build, pool } = stateAt(tile, order[first + i]!, this.camera.at_s)
      pixels[i * 2] = pool === 0 ? 0 : palette.tables.pool[pool]!
      pixels[i * 2 + 1] = word((palette.phases[build] ?? palette.phases[0]!)[0][state]!)
    }
    // Setting a size clears.
    this.stripes.width = 2
    this.stripes.height = lanes
    this.stripes.getContext('2d')!.putImageData(image, 0, 0)
    const x = layout.gutter_px - 2 * STRIPE_PX - 4
    const top = first * layout.lane_px - this.scroll_px
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

  /** Where the chosen request was, with an arrow from each Mac to the next. */
  private drawWay(context: CanvasRenderingContext2D, scene: BoardScene): void {
    const { layout, order, palette, way } = scene
    const { window } = this.camera
    const places = way
      .map(({ machine, from_s, to_s }) => ({
        lane: order.indexOf(machine),
        left: Math.max(layout.gutter_px, xOf(layout, window, from_s)),
        right: xOf(layout, window, to_s),
      }))
      .filter(({ lane }) => lane >= 0)
    context.strokeStyle = palette.css.text
    context.fillStyle = palette.css.text
    context.lineWidth = 2
    const height = Math.max(5, layout.lane_px)
    for (const { lane, left, right } of places)
      if (right >= layout.gutter_px)
        context.strokeRect(left, this.top(scene, lane) - 0.5, Math.max(3, right - left), height)
    context.lineWidth = 1.5
    for (let i = 1; i < places.length; i += 1) {
      const [from, to] = [places[i - 1]!, places[i]!]
      const [y0, y1] = [from, to].map(({ lane }) => this.top(scene, lane) + height / 2) as [number, number]
      arrow(context, Math.min(from.right, to.left), y0, to.left, y1)
    }
  }
}

export const heightOfAll = ({ layout }: Pick<BoardScene, 'layout'>): number => layout.lanes * layout.lane_px

const HEAD_PX = 5

function arrow(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  const bend = Math.max(12, Math.abs(x1 - x0) / 2)
  context.beginPath()
  context.moveTo(x0, y0)
  context.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1)
  context.stroke()
  context.beginPath()
  context.moveTo(x1, y1)
  context.lineTo(x1 - HEAD_PX, y1 - HEAD_PX)
  context.lineTo(x1 - HEAD_PX, y1 + HEAD_PX)
  context.closePath()
  context.fill()
}

function fitting(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text
  let length = text.length
  while (length > 1 && context.measureText(`${text.slice(0, length)}…`).width > width) length -= 1
  return `${text.slice(0, length)}…`
}
