/** All lanes of one run or of two as a picture of their own, under the axis of time. */
import { captioned } from '../../../charts/files/chart-file.ts'
import { drawnSvg } from '../../../charts/files/drawn-svg.ts'
import { formatTime } from '../../../charts/time/time-format.ts'
import type { Moments } from '../../../data/trace/moments.ts'
import { modelColour, resolved } from '../../../parts/colours.ts'
import type { LaneTrack, LoadedRun, TimeWindow } from '../../../state/dashboard.ts'
import type { TraceAxis } from '../axis.ts'
import { AXIS_PX, drawAxis } from '../axis-painter.ts'
import { type BoardPainter, heightOfAll } from './board-painter.ts'
import { TRACK_TEXTS } from './lane-colours.ts'

export interface LanesPicture {
  readonly scenario: string
  readonly boards: readonly { readonly run: LoadedRun; readonly painter: BoardPainter; readonly colour: string }[]
  readonly axis: TraceAxis
  readonly window: TimeWindow
  readonly moments: Moments | undefined
  readonly track: LaneTrack
  readonly stacked: boolean
}

const NAME_PX = 16
const CSS = ['line', 'text', 'muted', 'panel', 'bad', 'sunken'] as const
const PHASES = 'prefill darkest, decode lighter, loading hatched, idle palest'

export function lanesSvg({ scenario, boards, axis, window, moments, track, stacked }: LanesPicture): string {
  const element = document.documentElement
  const css = Object.fromEntries(CSS.map((each) => [each, resolved(element, `var(--${each})`)])) as {
    readonly [C in (typeof CSS)[number]]: string
  }
  const heights = boards.map(({ painter }) => (painter.scene === undefined ? 0 : heightOfAll(painter.scene)))
  const high = AXIS_PX + heights.reduce((sum, height) => sum + NAME_PX + height, 0)
  const svg = drawnSvg(axis.width, high, (context) => {
    drawAxis(context, { axis, moments, warmup_s: moments?.warmup_s, css }, window)
    let top = AXIS_PX
    for (const [i, { run, painter, colour }] of boards.entries()) {
      context.fillStyle = resolved(element, colour)
      context.fillRect(0, top + 4, 8, 8)
      context.fillStyle = css.text
      context.font = '600 11px system-ui, sans-serif'
      context.textAlign = 'left'
      context.textBaseline = 'middle'
      context.fillText(run.policy, 13, top + NAME_PX / 2)
      context.save()
      context.translate(0, top + NAME_PX)
      painter.drawPicture(context)
      context.restore()
      top += NAME_PX + heights[i]!
    }
  })
  const models = boards[0]?.run.names?.models ?? []
  const what = stacked ? 'of each Mac model and phase, pool, heat, memory and queue' : TRACK_TEXTS[track].title
  return captioned(svg, axis.width, high, {
    title: `Macs · ${boards.map(({ run }) => run.policy).join(', ')}, seed ${boards[0]?.run.seed}`,
    about: `${scenario}; ${what}; ${PHASES}; ${formatTime(window.from_s)} – ${formatTime(window.to_s)}`,
    entries: models.map((name) => ({ name, colour: modelColour(name, models) })),
  })
}
