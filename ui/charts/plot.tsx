/** Axes of a chart that is not over time, with a title on each. Everything is SVG, so that it can be taken along as a file. */
import type { ReactNode, Ref } from 'react'

export interface PlotScale {
  (value: number): number
  ticks(count: number): number[]
}

export interface PlotAxis {
  readonly scale: PlotScale
  readonly title: string
  readonly ticks: readonly number[]
  format(value: number): string
}

export interface PlotProps {
  readonly svg: Ref<SVGSVGElement>
  readonly label: string
  readonly width: number
  readonly height: number
  /** At the right, for names at the ends of lines. */
  readonly endRoom?: number
  readonly x: PlotAxis
  readonly y: PlotAxis
  readonly children: ReactNode
}

export const PLOT_MARGIN = { left: 62, right: 14, top: 20, bottom: 38 } as const

export const innerOf = (
  width: number,
  height: number,
  endRoom = 0,
): { readonly width: number; readonly height: number } => ({
  width: Math.max(1, width - PLOT_MARGIN.left - PLOT_MARGIN.right - endRoom),
  height: height - PLOT_MARGIN.top - PLOT_MARGIN.bottom,
})

export function Plot({ svg, label, width, height, endRoom, x, y, children }: PlotProps): ReactNode {
  const inner = innerOf(width, height, endRoom)
  return (
    <svg ref={svg} className="plot" width={width} height={height} role="group" aria-label={label}>
      <g transform={`translate(${PLOT_MARGIN.left},${PLOT_MARGIN.top})`}>
        {y.ticks.map((value) => (
          <g key={value} className="tick" transform={`translate(0,${y.scale(value)})`}>
            <line x2={inner.width} />
            <text x={-7} dy="0.32em" textAnchor="end">
              {y.format(value)}
            </text>
          </g>
        ))}
        {x.ticks.map((value) => (
          <g key={value} className="tick" transform={`translate(${x.scale(value)},0)`}>
            <line y2={inner.height} />
            <text y={inner.height + 14} textAnchor="middle">
              {x.format(value)}
            </text>
          </g>
        ))}
        <text className="axis-title" x={-PLOT_MARGIN.left + 2} y={-9}>
          {y.title}
        </text>
        <text className="axis-title" x={inner.width} y={inner.height + 31} textAnchor="end">
          {x.title}
        </text>
        {children}
      </g>
    </svg>
  )
}

const DECADE = [1, 2, 5]

/** 1, 2 and 5 of every power of ten between, or powers alone when those would crowd. */
export function logTicks(from: number, to: number, most: number): number[] {
  const found: number[] = []
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1)
    for (const step of DECADE) found.push(step * 10 ** power)
  const inside = found.filter((value) => value >= from * 0.999 && value <= to * 1.001)
  return inside.length <= most
    ? inside
    : inside.filter((value) => Number.isInteger(Number(Math.log10(value).toFixed(9))))
}
