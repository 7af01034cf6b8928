/** The plot of the trade-off: a mark per policy and model between two axes, with its intervals and its name. */
import { type ScaleLinear, scaleLinear, symbol } from 'd3'
import { type ReactNode, type RefObject, useRef } from 'react'
import { goodDirection } from '../../../sim/metrics/index.ts'
import { formatMean, formatValue, type Unit } from '../../../sim/report/form/unit.ts'
import { LETTER_PX } from '../../charts/files/chart-file.ts'
import { beside, type Mark as PlacedMark } from '../../charts/line-labels.ts'
import { innerOf, Plot } from '../../charts/plot.tsx'
import { useWidth } from '../../charts/use-size.ts'
import { armColour } from '../../parts/colours.ts'
import { formatDuration } from './duration.ts'
import { shapeOf, type ModelShape } from './model-shapes.tsx'
import { pathOf, reach, titleOf, type TradeOffPoint, unitOfMetric } from './trade-off-data.ts'

const HEIGHT = 330
const NAME_PX = 13
/** Of a mark, and from it to its name. */
const MARK_PX = 10

/** A tick needs no digits that a figure does. */
const tickText = (value: number, unit: Unit): string =>
  unit === 'ms' ? formatDuration(value) : formatValue(value, unit).replace(/\.0+(?=\D|$)/, '')
/** Which way is better, for those who do not know the figure. */
function wish(metric: string): string {
  const direction = goodDirection(pathOf('m', metric))
  return direction === undefined ? '' : direction === 'up' ? ' (more is better)' : ' (less is better)'
}

/** From 0; an axis of shares does not go on beyond all. */
function scaleOf(values: readonly TradeOffPoint['x'][], unit: Unit, empty: number, range: [number, number]) {
  const most = unit === 'share' ? Math.min(1, reach(values)) : reach(values)
  const scale = scaleLinear([0, most || empty], range)
  return unit !== 'share' || most < 0.9 ? scale.nice(5) : scale
}

export interface TradeOffPlotProps {
  readonly points: readonly TradeOffPoint[]
  /** Metrics of the axes. */
  readonly x: string
  readonly y: string
  readonly models: readonly string[]
  /** Of the dataset: colours go by them. */
  readonly arms: readonly string[]
  readonly svg: RefObject<SVGSVGElement | null>
  onPoint(point: TradeOffPoint | undefined): void
}

export function TradeOffPlot({ points, x, y, models, arms, svg, onPoint }: TradeOffPlotProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const inner = innerOf(width, HEIGHT)
  const [unitX, unitY] = [unitOfMetric(x), unitOfMetric(y)]
  const across = points.map((point) => point.x)
  const up = points.map((point) => point.y)
  const scaleX = scaleOf(across, unitX, unitX === 'share' ? 0.05 : 1, [0, inner.width])
  const scaleY = scaleOf(up, unitY, 1, [inner.height, 0])
  const marks = points.map((point) => ({
    policy: point.policy,
    x: scaleX(point.x.mean),
    y: scaleY(point.y.mean),
    width: point.policy.length * LETTER_PX + 2,
  }))
  return (
    <div ref={box} className="plot-box">
      <Plot
        svg={svg}
        label={`${titleOf(x)} against ${titleOf(y)}, a point per policy and model`}
        width={width}
        height={HEIGHT}
        x={{
          scale: scaleX,
          title: `${titleOf(x)}${wish(x)} →`,
          ticks: scaleX.ticks(5),
          format: (v) => tickText(v, unitX),
        }}
        y={{
          scale: scaleY,
          title: `↑ ${titleOf(y)}${wish(y)}`,
          ticks: scaleY.ticks(5),
          format: (v) => tickText(v, unitY),
        }}
      >
        {points.map((point) => (
          <Mark
            key={`${point.policy} ${point.model}`}
            point={point}
            left={scaleX(point.x.mean)}
            top={scaleY(point.y.mean)}
            bars={{ x: barOf(point.x, scaleX), y: barOf(point.y, scaleY) }}
            colour={armColour(point.policy, arms)}
            shape={shapeOf(models.indexOf(point.model))}
            label={`${point.policy}, ${point.model}: ${titleOf(x)} ${formatMean(point.x, unitX)}, ${titleOf(y)} ${formatMean(point.y, unitY)}`}
            onPoint={onPoint}
          />
        ))}
        <MarkLabels marks={marks} height={inner.height} width={inner.width} />
      </Plot>
    </div>
  )
}

interface Bars {
  readonly x: readonly [number, number] | undefined
  readonly y: readonly [number, number] | undefined
}

/** An interval may reach beyond what a figure can be; the axis ends there. */
function barOf(
  { ci95 }: TradeOffPoint['x'],
  scale: ScaleLinear<number, number>,
): readonly [number, number] | undefined {
  const [, top = 1] = scale.domain()
  const within = (value: number): number => scale(Math.min(top, Math.max(0, value)))
  return ci95 === null ? undefined : [within(ci95[0]), within(ci95[1])]
}

interface MarkProps {
  readonly point: TradeOffPoint
  readonly left: number
  readonly top: number
  readonly bars: Bars
  readonly colour: string
  readonly shape: ModelShape
  readonly label: string
  onPoint(point: TradeOffPoint | undefined): void
}

function Mark({ point, left, top, bars, colour: stroke, shape, label, onPoint }: MarkProps): ReactNode {
  return (
    <g
      className="mark"
      role="img"
      aria-label={label}
      tabIndex={0}
      onPointerEnter={() => onPoint(point)}
      onPointerLeave={() => onPoint(undefined)}
      onFocus={() => onPoint(point)}
      onBlur={() => onPoint(undefined)}
    >
      {bars.x !== undefined && <line x1={bars.x[0]} x2={bars.x[1]} y1={top} y2={top} stroke={stroke} />}
      {bars.y !== undefined && <line y1={bars.y[0]} y2={bars.y[1]} x1={left} x2={left} stroke={stroke} />}
      <path d={symbol(shape, 80)() ?? ''} transform={`translate(${left},${top})`} fill={stroke} />
      {/* Easier to hit than the mark. */}
      <circle cx={left} cy={top} r={11} fill="none" pointerEvents="all" />
    </g>
  )
}

interface MarkLabelsProps {
  readonly marks: readonly (PlacedMark & { readonly policy: string })[]
  readonly width: number
  readonly height: number
}

/** Names beside marks, wherever one has room that no mark and no other name takes. */
function MarkLabels({ marks, width, height }: MarkLabelsProps): ReactNode {
  const places = beside(marks, NAME_PX, MARK_PX, { left: 0, top: 0, width, height })
  return (
    <g className="mark-labels" pointerEvents="none">
      {marks.map(({ policy }, i) => {
        const box = places[i]
        return (
          box !== undefined && (
            // biome-ignore lint/suspicious/noArrayIndexKey: a mark per policy and model, in their order
            <text key={i} x={box.left} y={box.top + box.height / 2} dy="0.32em">
              {policy}
            </text>
          )
        )
      })}
    </g>
  )
}
