/** A chart over time as a file: axes, lines or stacked bands, caption. The page's own chart draws the same lines on a canvas. */
import { scaleLinear } from 'd3'
import { resolved } from '../../parts/colours.ts'
import { captioned, type ChartCaption } from '../files/chart-file.ts'
import { type ChartLine, peakOf, stacked } from './chart-line.ts'
import { drawBand, drawLine } from './draw-lines.ts'
import { drawnSvg } from '../files/drawn-svg.ts'
import { formatTime, timeTicks } from './time-format.ts'

export interface TimeChartFile {
  readonly lines: readonly ChartLine[]
  readonly duration_s: number
  readonly stack: boolean
  /** Of the axis; undefined: what the lines reach. */
  readonly top: number | undefined
  readonly warmup_s: number
  format(value: number): string
}

const [WIDTH, HEIGHT] = [960, 260]
const MARGIN = { left: 60, right: 12, top: 8, bottom: 24 } as const
const TICKS = 10

const css = (variable: string): string => resolved(document.documentElement, variable)

export function timeChartSvg(chart: TimeChartFile, caption: ChartCaption): string {
  const { duration_s, stack, top, warmup_s, format } = chart
  const lines = stack ? stacked(chart.lines) : chart.lines
  const [width, height] = [WIDTH - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom]
  const x = scaleLinear([0, duration_s], [0, width])
  const y = scaleLinear([0, top ?? (peakOf(lines, 0, duration_s) || 1)], [height, 0])
  const svg = drawnSvg(WIDTH, HEIGHT, (context) => {
    context.translate(MARGIN.left, MARGIN.top)
    context.fillStyle = css('var(--sunken)')
    if (warmup_s > 0) context.fillRect(0, 0, x(warmup_s), height)
    context.font = '11px system-ui, sans-serif'
    context.textBaseline = 'middle'
    context.strokeStyle = css('var(--line)')
    context.fillStyle = css('var(--muted)')
    for (const value of y.ticks(4)) {
      context.beginPath()
      context.moveTo(0, y(value))
      context.lineTo(width, y(value))
      context.stroke()
      context.textAlign = 'right'
      context.fillText(format(value), -6, y(value))
    }
    const { step_s, ticks } = timeTicks(0, duration_s, TICKS)
    for (const at_s of ticks) {
      context.textAlign = at_s === 0 ? 'left' : x(at_s) > width - 24 ? 'right' : 'center'
      context.fillText(formatTime(at_s, step_s), x(at_s), height + 13)
    }
    for (const line of lines) drawBand(context, line, { x, y }, css(line.colour), stack ? 0.75 : 0.1)
    if (!stack) for (const line of lines) drawLine(context, line, { x, y }, css(line.colour))
  })
  return captioned(svg, WIDTH, HEIGHT, caption)
}
