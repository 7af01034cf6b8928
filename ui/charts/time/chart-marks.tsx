/** What a chart over time has drawn on its canvas: bands under lines, clipped to the axes. */
import type { ScaleLinear } from 'd3'
import { type ReactNode, useEffect, useRef } from 'react'
import { resolved } from '../../parts/colours.ts'
import { prepared } from '../canvas.ts'
import type { ChartLine } from './chart-line.ts'
import { drawBand, drawLine } from './draw-lines.ts'

export interface ChartMarksProps {
  readonly lines: readonly ChartLine[]
  /** Their bands lie on each other and are the data; else they are ranges around it. */
  readonly stack: boolean
  readonly x: ScaleLinear<number, number>
  readonly y: ScaleLinear<number, number>
  /** Of all of it, and of what the axes enclose. */
  readonly width: number
  readonly height: number
  readonly inner: { readonly width: number; readonly height: number }
  readonly margin: { readonly left: number; readonly top: number }
  /** Drawn anew when one of these is another. */
  readonly renewedBy: readonly unknown[]
}

export function ChartMarks({
  lines,
  stack,
  x,
  y,
  width,
  height,
  inner,
  margin,
  renewedBy,
}: ChartMarksProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const element = canvas.current
    const context = element === null ? undefined : prepared(element, width, height)
    if (element === null || context === undefined || width === 0) return
    context.save()
    context.translate(margin.left, margin.top)
    context.beginPath()
    context.rect(0, -margin.top, inner.width, inner.height + margin.top)
    context.clip()
    for (const line of lines) drawBand(context, line, { x, y }, resolved(element, line.colour), stack ? 0.75 : 0.1)
    if (!stack) for (const line of lines) drawLine(context, line, { x, y }, resolved(element, line.colour))
    context.restore()
    // Scales are made from these.
  }, [width, height, stack, ...renewedBy])
  return <canvas ref={canvas} aria-hidden="true" />
}
