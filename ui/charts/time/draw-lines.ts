/** Draws lines and bands of a chart over time onto a canvas: a pure function of lines, scales and colours. */
import type { ChartLine, Values } from './chart-line.ts'

export interface Scales {
  x(at_s: number): number
  y(value: number): number
}

/** Runs of places with data, as [first, last] pairs. */
function stretches(values: Values): [number, number][] {
  const found: [number, number][] = []
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] === null || values[i] === undefined) continue
    const last = found.at(-1)
    if (last !== undefined && last[1] === i - 1) last[1] = i
    else found.push([i, i])
  }
  return found
}

/** A value stands for its whole interval; a line goes through the middle of it. */
const middle = (line: ChartLine, i: number): number => (i + 0.5) * line.interval_s

export function drawBand(
  context: CanvasRenderingContext2D,
  line: ChartLine,
  scales: Scales,
  colour: string,
  alpha: number,
): void {
  const { low, high } = line
  if (low === undefined || high === undefined) return
  context.fillStyle = colour
  context.globalAlpha = alpha
  for (const [first, last] of stretches(high)) {
    context.beginPath()
    // As steps: each value holds for its interval, and one alone is as wide as that.
    const edge = (i: number): number => scales.x(i * line.interval_s)
    for (let i = first; i <= last; i += 1) {
      context.lineTo(edge(i), scales.y(high[i]!))
      context.lineTo(edge(i + 1), scales.y(high[i]!))
    }
    for (let i = last; i >= first; i -= 1) {
      context.lineTo(edge(i + 1), scales.y(low[i] ?? 0))
      context.lineTo(edge(i), scales.y(low[i] ?? 0))
    }
    context.fill()
  }
  context.globalAlpha = 1
}

export function drawLine(context: CanvasRenderingContext2D, line: ChartLine, scales: Scales, colour: string): void {
  context.strokeStyle = colour
  context.fillStyle = colour
  context.lineWidth = 1.5
  context.lineJoin = 'round'
  context.setLineDash(line.dashed === true ? [4, 3] : [])
  for (const [first, last] of stretches(line.values)) {
    if (first === last) {
      context.beginPath()
      context.arc(scales.x(middle(line, first)), scales.y(line.values[first]!), 2.5, 0, 2 * Math.PI)
      context.fill()
      continue
    }
    context.beginPath()
    for (let i = first; i <= last; i += 1) context.lineTo(scales.x(middle(line, i)), scales.y(line.values[i]!))
    context.stroke()
  }
  context.setLineDash([])
}
