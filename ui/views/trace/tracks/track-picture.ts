/** One track as a picture of its own: the axis, a plot per run with the run's name, as they stand on the board. */
import { captioned, type ChartCaption } from '../../../charts/files/chart-file.ts'
import { drawnSvg } from '../../../charts/files/drawn-svg.ts'
import type { LegendEntry } from '../../../charts/legend.tsx'
import { formatTime } from '../../../charts/time/time-format.ts'
import { nameOfLayer, type TrackName, TRACKS } from '../../../data/trace/tracks/track-scenes.ts'
import { resolved } from '../../../parts/colours.ts'
import type { LoadedRun, TimeWindow } from '../../../state/dashboard.ts'
import { SCALE_PX } from '../axis.ts'
import { AXIS_PX, drawAxis } from '../axis-painter.ts'
import { drawTrack } from './draw-track.ts'
import { layerLook } from './layer-look.ts'
import { texturePicture } from './textures.ts'
import { trackColours } from './track-colours.ts'
import { type Drawn, over, PAD_PX, type TrackSide } from './track-painter.ts'

export interface PicturedRun {
  readonly run: LoadedRun
  readonly side: TrackSide
  readonly drawn: Drawn
  /** CSS. */
  readonly colour: string
  /** `pools`, or `pools minus open`. */
  readonly name: string
}

export interface TrackPicture {
  readonly name: TrackName
  readonly runs: readonly PicturedRun[]
  readonly window: TimeWindow
  readonly duration_s: number
  /** Of the plots. */
  readonly width: number
  readonly height: number
  readonly model: string | undefined
  readonly scenario: string
}

const NAME_PX = 16
const CSS = ['line', 'text', 'muted', 'panel', 'bad', 'sunken'] as const

/** A line or an area by what it stands for, each once. */
function legendOf({ name, runs }: TrackPicture, element: Element): readonly LegendEntry[] {
  const entries = new Map<string, LegendEntry>()
  for (const { run, drawn } of runs)
    for (const layer of drawn.scene.layers) {
      const look = layerLook(layer, run.names)
      const colour = resolved(element, look.colour)
      const isArea = drawn.scene.shape === 'stack' && !drawn.scale.signed
      const shown = isArea
        ? look.texture === 'plain'
          ? {}
          : { picture: texturePicture(colour, look.texture) }
        : { dash: look.dash.join(' ') }
      const title = nameOfLayer(layer, TRACKS[name])
      entries.set(title, { name: title, colour, ...shown })
    }
  return [...entries.values()]
}

export function trackSvg(picture: TrackPicture): string {
  const { name, runs, window, duration_s, width, height, model, scenario } = picture
  const element = document.documentElement
  const css = Object.fromEntries(CSS.map((each) => [each, resolved(element, `var(--${each})`)])) as {
    readonly [C in (typeof CSS)[number]]: string
  }
  const [wide, high] = [width + SCALE_PX, AXIS_PX + runs.length * (NAME_PX + height)]
  const svg = drawnSvg(wide, high, (context) => {
    const { side } = runs[0]!
    const axis = { width: wide, gutter_px: SCALE_PX, narrow: false }
    drawAxis(context, { axis, moments: side.moments, warmup_s: side.warmup_s, css }, window)
    for (const [i, each] of runs.entries()) {
      const colours = trackColours(element, each.run.names, model, context)
      const top = AXIS_PX + i * (NAME_PX + height)
      context.fillStyle = resolved(element, each.colour)
      context.fillRect(SCALE_PX, top + 4, 8, 8)
      context.fillStyle = css.text
      context.font = '600 11px system-ui, sans-serif'
      context.textAlign = 'left'
      context.textBaseline = 'middle'
      context.fillText(each.name, SCALE_PX + 13, top + NAME_PX / 2)
      const frame = { left: SCALE_PX, width, top: top + NAME_PX + PAD_PX, height: height - 2 * PAD_PX, window }
      const options = { ...each.drawn.scale, warmup_s: each.side.warmup_s ?? 0, duration_s }
      drawTrack(context, each.drawn.scene, frame, options, colours)
      over(context, each.drawn, frame, options, { name, side: each.side, colours })
    }
  })
  const { title, about } = TRACKS[name]
  const seeds = [...new Set(runs.map(({ run: { seed } }) => seed))]
  const caption: ChartCaption = {
    title: `${title} · ${runs.map((each) => each.name).join(', ')}, seed ${seeds.join(', ')}`,
    about: `${scenario}; ${about}; ${formatTime(window.from_s)} – ${formatTime(window.to_s)}${model === undefined ? '' : `, of ${model}`}`,
    entries: legendOf(picture, element),
  }
  return captioned(svg, wide, high, caption)
}
