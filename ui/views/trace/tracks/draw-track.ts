/** Draws one track: a pure function of a scene, a frame and colours. Ground and gridlines first, data over them. */
import { HEAT_BINS, heatShare } from '../../../data/trace/tracks/ttft-heat.ts'
import type { TimeGrid } from '../../../data/trace/tracks/time-grid.ts'
import type { Layer, TrackScene } from '../../../data/trace/tracks/track-scenes.ts'
import type { TimeWindow } from '../../../state/dashboard.ts'

export interface TrackFrame {
  readonly left: number
  readonly width: number
  readonly top: number
  readonly height: number
  readonly window: TimeWindow
}

export interface LayerPaint {
  readonly fill: string | CanvasPattern
  readonly stroke: string
  readonly dash: readonly number[]
}

export interface TrackColours {
  readonly line: string
  readonly muted: string
  readonly text: string
  readonly sunken: string
  /** Red, green, blue of the fullest cell of a heat map. */
  readonly heat: readonly [number, number, number]
  paint(layer: Layer): LayerPaint
}

export interface TrackOptions {
  /** Value at the upper edge; the lower is 0, of differences minus the upper. */
  readonly most: number
  readonly signed: boolean
  /** Where there are gridlines, beside 0. */
  readonly ticks: readonly { readonly value: number; readonly text: string }[]
  /** Arrivals before it are in no figure; 0: none, or not known. */
  readonly warmup_s: number
  /** Of the whole run. */
  readonly duration_s: number
}

/** Steps of a known value: runs of places with data. */
function stretches(values: ArrayLike<number>, from: number, to: number): [number, number][] {
  const found: [number, number][] = []
  for (let i = from; i < to; i += 1) {
    if (!Number.isFinite(values[i]!)) continue
    const last = found.at(-1)
    if (last !== undefined && last[1] === i - 1) last[1] = i
    else found.push([i, i])
  }
  return found
}

/** Places of the intervals that a window shows. */
function seen({ start_us, bucket_us, buckets }: TimeGrid, { from_s, to_s }: TimeWindow): readonly [number, number] {
  const first = Math.floor((from_s * 1e6 - start_us) / bucket_us)
  const last = Math.ceil((to_s * 1e6 - start_us) / bucket_us)
  return [Math.max(0, first), Math.min(buckets, Math.max(0, last))]
}

export const heightOf = (
  shape: TrackScene['shape'],
  value: number,
  { most, signed }: Pick<TrackOptions, 'most' | 'signed'>,
): number => {
  if (signed) return 0.5 + value / (2 * most)
  return shape === 'heat' ? heatShare(value) : value / most
}

class TrackDrawing {
  private readonly perBucket: number

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly scene: TrackScene,
    private readonly frame: TrackFrame,
    private readonly options: TrackOptions,
    private readonly colours: TrackColours,
  ) {
    const { window, width } = frame
    this.perBucket = (scene.grid.bucket_us / 1e6 / (window.to_s - window.from_s)) * width
  }

  draw(): void {
    const { context, frame } = this
    this.ground()
    context.save()
    context.beginPath()
    context.rect(frame.left, frame.top, frame.width, frame.height)
    context.clip()
    if (this.scene.shape === 'stack' && !this.options.signed) this.stack()
    else {
      if (this.scene.shape === 'heat' && !this.options.signed) this.heat()
      for (const layer of this.scene.layers.toReversed()) this.steps(layer)
    }
    context.restore()
  }

  private x(at_us: number): number {
    const { left, width, window } = this.frame
    return left + ((at_us / 1e6 - window.from_s) / (window.to_s - window.from_s)) * width
  }

  private y(value: number): number {
    const { top, height } = this.frame
    return top + height * (1 - heightOf(this.scene.shape, value, this.options))
  }

  private ground(): void {
    const { context, frame, options, colours, scene } = this
    const { left, width, top, height, window } = frame
    context.fillStyle = colours.sunken
    const clamp = (x: number): number => Math.min(left + width, Math.max(left, x))
    // Warm-up is shaded; so is what lies beyond the rows of a run under way.
    const warm = clamp(this.x(options.warmup_s * 1e6))
    if (options.warmup_s > window.from_s) context.fillRect(left, top, warm - left, height)
    const known = clamp(this.x(Math.min(scene.end_us, options.duration_s * 1e6)))
    if (scene.end_us < options.duration_s * 1e6) context.fillRect(known, top, left + width - known, height)
    context.strokeStyle = colours.line
    context.lineWidth = 1
    context.setLineDash([])
    for (const { value } of [...options.ticks, { value: 0 }]) {
      const y = scene.shape === 'heat' && value === 0 && !options.signed ? top + height : this.y(value)
      context.beginPath()
      context.moveTo(left, Math.round(y) - 0.5)
      context.lineTo(left + width, Math.round(y) - 0.5)
      context.stroke()
    }
  }

  private stack(): void {
    const { context, scene, frame, colours } = this
    const { grid, layers, end_us } = scene
    const [first, last] = seen(grid, frame.window)
    const known = Math.min(last, Math.ceil((end_us - grid.start_us) / grid.bucket_us))
    const base = new Float64Array(Math.max(0, known - first))
    for (const layer of layers) {
      const { fill } = colours.paint(layer)
      context.fillStyle = fill
      context.beginPath()
      for (let i = first; i < known; i += 1) {
        const value = layer.values[i]!
        if (!(value > 0)) continue
        const below = base[i - first]!
        const x = this.x(grid.start_us + i * grid.bucket_us)
        const [from, to] = [this.y(below), this.y(below + value)]
        // A pixel at least: one load in a day is to be seen.
        context.rect(x, Math.min(to, from - 1), Math.max(1, this.perBucket + 0.4), Math.max(1, from - to))
        base[i - first] = below + value
      }
      context.fill()
    }
  }

  private steps(layer: Layer): void {
    const { context, scene, frame, colours } = this
    const { grid, end_us } = scene
    const [first, last] = seen(grid, frame.window)
    const known = Math.min(last, Math.ceil((end_us - grid.start_us) / grid.bucket_us))
    const { stroke, dash } = colours.paint(layer)
    context.strokeStyle = stroke
    context.lineWidth = 1.5
    context.setLineDash([...dash])
    context.beginPath()
    for (const [from, to] of stretches(layer.values, first, known)) {
      for (let i = from; i <= to; i += 1) {
        const x = this.x(grid.start_us + i * grid.bucket_us)
        const y = this.y(layer.values[i]!)
        if (i === from) context.moveTo(x, y)
        else context.lineTo(x, y)
        context.lineTo(x + this.perBucket, y)
      }
    }
    context.stroke()
    context.setLineDash([])
  }

  /** Stretched from a picture with a pixel per cell, which is made once for all frames. */
  private heat(): void {
    const { context, scene, frame, colours } = this
    const { heat, heatGrid } = scene
    if (heat === undefined || heatGrid === undefined || heatGrid.buckets === 0) return
    const picture = heatPicture(heat, heatGrid, colours.heat)
    const { window, top, height } = frame
    const from = Math.max(0, (window.from_s * 1e6 - heatGrid.start_us) / heatGrid.bucket_us)
    const to = Math.min(heatGrid.buckets, (window.to_s * 1e6 - heatGrid.start_us) / heatGrid.bucket_us)
    if (to <= from) return
    const x = this.x(heatGrid.start_us + from * heatGrid.bucket_us)
    const right = this.x(heatGrid.start_us + to * heatGrid.bucket_us)
    context.imageSmoothingEnabled = false
    context.drawImage(picture, from, 0, to - from, HEAT_BINS, x, top, right - x, height)
  }
}

const pictures = new WeakMap<Uint32Array, { readonly key: string; readonly canvas: HTMLCanvasElement }>()

/** The first request of a cell is to be seen. */
const FIRST_ALPHA = 0.25

function heatPicture(
  heat: Uint32Array,
  { buckets }: TimeGrid,
  [r, g, b]: readonly [number, number, number],
): HTMLCanvasElement {
  const key = `${r} ${g} ${b}`
  const known = pictures.get(heat)
  if (known?.key === key) return known.canvas
  const canvas = document.createElement('canvas')
  canvas.width = buckets
  canvas.height = HEAT_BINS
  const image = new ImageData(buckets, HEAT_BINS)
  const most = Math.max(
    1,
    heat.reduce((highest, count) => Math.max(highest, count), 0),
  )
  const scale = (1 - FIRST_ALPHA) / Math.max(1e-9, Math.log(most))
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    for (let bin = 0; bin < HEAT_BINS; bin += 1) {
      const count = heat[bucket * HEAT_BINS + bin]!
      if (count === 0) continue
      const place = ((HEAT_BINS - 1 - bin) * buckets + bucket) * 4
      const alpha = most === 1 ? 0.7 : FIRST_ALPHA + scale * Math.log(count)
      image.data.set([r, g, b, Math.round(255 * alpha)], place)
    }
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0)
  pictures.set(heat, { key, canvas })
  return canvas
}

export function drawTrack(
  context: CanvasRenderingContext2D,
  scene: TrackScene,
  frame: TrackFrame,
  options: TrackOptions,
  colours: TrackColours,
): void {
  new TrackDrawing(context, scene, frame, options, colours).draw()
}
