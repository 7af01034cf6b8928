/** Axes of a chart over time: few ticks, on whole minutes or hours, with the unit on every figure. */
import type { ScaleLinear } from 'd3'
import type { ReactNode } from 'react'
import { formatTime, timeTicks } from './time-format.ts'

export interface ChartAxesProps {
  readonly x: ScaleLinear<number, number>
  readonly y: ScaleLinear<number, number>
  readonly width: number
  readonly height: number
  format(value: number): string
}

/** A time and its neighbours do not touch. */
const PX_PER_TIME = 70

export function ChartAxes({ x, y, width, height, format }: ChartAxesProps): ReactNode {
  const [from_s = 0, to_s = 1] = x.domain()
  const { step_s, ticks } = timeTicks(from_s, to_s, Math.max(2, Math.floor(width / PX_PER_TIME)))
  return (
    <>
      {y.ticks(4).map((value) => (
        <g key={value} className="tick" transform={`translate(0,${y(value)})`}>
          <line x2={width} />
          <text x={-6} dy="0.32em" textAnchor="end">
            {format(value)}
          </text>
        </g>
      ))}
      {ticks.map((at) => (
        <text
          key={at}
          x={x(at)}
          y={height + 14}
          textAnchor={x(at) < 15 ? 'start' : x(at) > width - 20 ? 'end' : 'middle'}
        >
          {formatTime(at, step_s)}
        </text>
      ))}
    </>
  )
}
