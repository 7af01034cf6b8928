/** Paints one track of one run, or of the difference of two, whenever the camera moved: what is drawn is made by pure functions. */
import { prepared } from '../../../charts/canvas.ts'
import type { Moments } from '../../../data/trace/moments.ts'
import { differenceOf, type TrackName, TRACKS, type TrackScene } from '../../../data/trace/tracks/track-scenes.ts'
import type { Tracks } from '../../../data/trace/tracks/tracks.ts'
import { SCALE_PX, type TraceAxis } from '../axis.ts'
import type { Camera, Painter } from '../camera.ts'
import { drawTrack, heightOf, type TrackColours, type TrackFrame, type TrackOptions } from './draw-track.ts'
import { scaleOf, type TrackScale } from './track-scale.ts'
import type { WindowTiles } from '../window-tiles.ts'

export interface TrackSide {
  readonly tiles: WindowTiles<Tracks>
  readonly moments: Moments | undefined
  /** undefined: not known. */
  readonly warmup_s: number | undefined
}

export interface TrackInput {
  readonly name: TrackName
  readonly axis: TraceAxis
  readonly height: number
  /** The run that is drawn; of a difference, the second. */
  readonly side: TrackSide
  /** The other of a pair, for a common scale; of a difference, the first. */
  readonly other: TrackSide | undefined
  readonly signed: boolean
  readonly colours: TrackColours
}

const scenes = new WeakMap<Tracks, Map<TrackName, TrackScene>>()

/** Made once per tile. */
export function sceneOf(tile: Tracks, name: TrackName): TrackScene {
  const own = scenes.get(tile) ?? new Map<TrackName, TrackScene>()
  scenes.set(tile, own)
  const known = own.get(name)
  if (known !== undefined) return known
  const made = TRACKS[name].scene(tile)
  own.set(name, made)
  return made
}

export interface Drawn {
  readonly scene: TrackScene
  readonly scale: TrackScale
}

/** Beyond so many in sight, faults are marked on the axis only: lines through every track would hide the tracks. */
const FAULT_LINES_MAX = 60

/** A picture of a track, some windows wide. */
interface Strip {
  readonly canvas: HTMLCanvasElement
  readonly drawn: Drawn
  readonly colours: TrackColours
  readonly width: number
  readonly height: number
  readonly span_s: number
  readonly from_s: number
}

const STRIP_WINDOWS = 2

export class TrackPainter implements Painter {
  input: TrackInput | undefined
  /** Out of sight nothing is painted. */
  inSight = true
  private strip: Strip | undefined
  /** Of the frame before: while it stays, a hand pans. */
  private span_s = 0
  private latest: { readonly name: TrackName; readonly drawn: Drawn } | undefined

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly camera: Camera,
  ) {}

  settle(): void {}

  paint(): void {
    const { input, camera } = this
    if (input === undefined || !this.inSight) return
    const { axis, height } = input
    const width = axis.width - axis.gutter_px
    const context = prepared(this.canvas, width + SCALE_PX, height)
    if (context === undefined || width <= 0) return
    const found = this.compose(input)
    if (found === undefined) return
    const { scene, scale } = found
    const { window } = camera
    const frame = { left: SCALE_PX, width, top: PAD_PX, height: height - 2 * PAD_PX, window }
    const options = { ...scale, warmup_s: input.side.warmup_s ?? 0, duration_s: camera.duration_s }
    const strip = this.stripFor(found, frame, options, input)
    if (strip === undefined) drawTrack(context, scene, frame, options, input.colours)
    else {
      // On whole pixels of the screen, or neighbours would run into each other.
      const ratio = devicePixelRatio
      const from = Math.round(((window.from_s - strip.from_s) / strip.span_s) * width * ratio)
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)]
      context.drawImage(strip.canvas, from, 0, wide, high, SCALE_PX, 0, width, height)
    }
    this.scaleTexts(context, scene, scale, frame.height, input.colours)
    this.marks(context, frame, input)
  }

  private compose({ name, side, other, signed }: TrackInput): Drawn | undefined {
    const { window } = this.camera
    const tile = side.tiles.over(window)
    const made = tile === undefined ? undefined : composed(name, tile, other?.tiles.over(window), signed)
    // Tiles of two runs come one after the other: until both are there, the picture before stays.
    if (made === undefined && this.latest?.name === name && this.latest.drawn.scale.signed === signed)
      return this.latest.drawn
    this.latest = made === undefined ? undefined : { name, drawn: made }
    return made
  }

  /** While a hand pans, the same picture is moved: drawn once, wider than the window, and again when its edge comes near. */
  private stripFor(drawn: Drawn, frame: TrackFrame, options: TrackOptions, { colours }: TrackInput): Strip | undefined {
    const { from_s, to_s } = frame.window
    const span_s = to_s - from_s
    const pans = Math.abs(span_s - this.span_s) < span_s * 1e-9
    this.span_s = span_s
    if (!pans) return undefined
    const known = this.strip
    const suits =
      known?.drawn === drawn &&
      known.colours === colours &&
      known.width === frame.width &&
      known.height === frame.height &&
      Math.abs(known.span_s - span_s) < span_s * 1e-9 &&
      from_s >= known.from_s &&
      to_s <= known.from_s + span_s * STRIP_WINDOWS
    if (suits) return known
    const begin_s = from_s - (span_s * (STRIP_WINDOWS - 1)) / 2
    const canvas = known?.canvas ?? document.createElement('canvas')
    const context = prepared(canvas, frame.width * STRIP_WINDOWS, frame.height + 2 * PAD_PX)
    if (context === undefined) return undefined
    const window = { from_s: begin_s, to_s: begin_s + span_s * STRIP_WINDOWS }
    drawTrack(context, drawn.scene, { ...frame, left: 0, width: frame.width * STRIP_WINDOWS, window }, options, colours)
    const { width, height } = frame
    this.strip = { canvas, drawn, colours, width, height, span_s, from_s: begin_s }
    return this.strip
  }

  private scaleTexts(
    context: CanvasRenderingContext2D,
    { shape }: TrackScene,
    scale: TrackScale,
    height: number,
    { muted }: TrackColours,
  ): void {
    context.fillStyle = muted
    context.font = '10px system-ui, sans-serif'
    context.textAlign = 'right'
    context.textBaseline = 'middle'
    let above = -Infinity
    for (const { value, text } of scale.ticks) {
      const y = PAD_PX + height * (1 - heightOf(shape, value, scale))
      if (Math.abs(y - above) < 11) continue
      above = y
      context.fillText(text, SCALE_PX - 5, Math.min(PAD_PX + height - 4, Math.max(PAD_PX + 4, y)))
    }
  }

  private marks(
    context: CanvasRenderingContext2D,
    {
      left,
      width,
      height,
      window,
    }: { left: number; width: number; height: number; window: { from_s: number; to_s: number } },
    { side: { moments }, colours }: TrackInput,
  ): void {
    if (moments === undefined) return
    const x = (at_s: number): number => left + ((at_s - window.from_s) / (window.to_s - window.from_s)) * width
    const line = (at_s: number): void => {
      context.beginPath()
      context.moveTo(Math.round(x(at_s)) + 0.5, 0)
      context.lineTo(Math.round(x(at_s)) + 0.5, height + 2 * PAD_PX)
      context.stroke()
    }
    const inSight = (at_s: number): boolean => at_s >= window.from_s && at_s <= window.to_s
    context.lineWidth = 1
    context.strokeStyle = colours.text
    context.globalAlpha = 0.55
    for (const { at_s } of moments.operator) if (inSight(at_s)) line(at_s)
    const faults = Array.from(moments.faultAt_us, (at) => at / 1e6).filter(inSight)
    if (faults.length <= FAULT_LINES_MAX) {
      context.strokeStyle = colours.muted
      context.setLineDash([2, 3])
      for (const at_s of faults) line(at_s)
    }
    context.setLineDash([])
    context.globalAlpha = 1
  }
}

export const PAD_PX = 3

interface Composed {
  readonly beside: Tracks | undefined
  readonly drawn: Drawn | undefined
}

const composedOf = new WeakMap<Tracks, Map<string, Composed>>()

/** What is drawn of a tile, alone or with another; made once for both. undefined: of a difference one side is missing. */
export function composed(
  name: TrackName,
  tile: Tracks,
  beside: Tracks | undefined,
  signed: boolean,
): Drawn | undefined {
  const own = composedOf.get(tile) ?? new Map<string, Composed>()
  composedOf.set(tile, own)
  const key = `${name} ${signed}`
  const known = own.get(key)
  if (known !== undefined && known.beside === beside) return known.drawn
  const drawn = compose(name, tile, beside, signed)
  own.set(key, { beside, drawn })
  return drawn
}

function compose(name: TrackName, tile: Tracks, beside: Tracks | undefined, signed: boolean): Drawn | undefined {
  const { unit } = TRACKS[name]
  const own = sceneOf(tile, name)
  if (!signed) {
    const together = beside === undefined ? [own] : [own, sceneOf(beside, name)]
    return { scene: own, scale: scaleOf(unit, together, false) }
  }
  const scene = beside === undefined ? undefined : differenceOf(sceneOf(beside, name), own)
  return scene === undefined ? undefined : { scene, scale: scaleOf(unit, [scene], true) }
}
