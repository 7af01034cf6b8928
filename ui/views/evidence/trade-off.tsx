/** Trade-off: what a policy refuses against how long the served wait, with intervals both ways; colour says policy, shape says model. */
import {
  type ScaleLinear,
  scaleLinear,
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from 'd3'
import { type ReactNode, useMemo, useRef, useState } from 'react'
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import { goodDirection } from '../../../sim/metrics/index.ts'
import { intervalWords } from '../../../sim/report/form/interval-words.ts'
import { formatMean, formatValue, type Unit } from '../../../sim/report/form/unit.ts'
import { ChartDownloads } from '../../charts/files/chart-downloads.tsx'
import { LETTER_PX, svgFile } from '../../charts/files/chart-file.ts'
import { ChartReadout } from '../../charts/time/chart-readout.tsx'
import { Legend } from '../../charts/legend.tsx'
import { beside, type Mark as PlacedMark } from '../../charts/line-labels.ts'
import { innerOf, Plot } from '../../charts/plot.tsx'
import { useWidth } from '../../charts/use-size.ts'
import { armColour } from '../../parts/colours.ts'
import { Panel } from '../../parts/panel.tsx'
import { fail, toggleArm } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { formatDuration } from './duration.ts'
import { AXES, pathOf, reach, tradeOff, tradeOffCsv, type TradeOffPoint, unitOfMetric } from './trade-off-data.ts'

const SHAPES = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar, symbolWye]
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

const titleOf = (metric: string): string => AXES.find((axis) => axis.metric === metric)?.title ?? metric

const most = (values: readonly TradeOffPoint['x'][], unit: Unit): number =>
  unit === 'share' ? Math.min(1, reach(values)) : reach(values)

interface TradeOffProps {
  readonly compare: CompareResult
  /** Of the dataset: colours go by them. */
  readonly arms: readonly string[]
}

export function TradeOff({ compare, arms }: TradeOffProps): ReactNode {
  const refuses = reach(tradeOff(compare, 'rate_429', 'rate_429').map((point) => point.x)) > 0
  const [chosenX, setX] = useState<string | undefined>()
  // Where nobody refuses, what was served in time is what tells policies apart.
  const x = chosenX ?? (refuses ? 'rate_429' : 'goodput')
  const [y, setY] = useState('ttft_ms.p95')
  const [without, setWithout] = useState<readonly string[]>([])
  const hidden = useDashboard((state) => state.selection.hidden)
  const box = useRef<HTMLDivElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const width = useWidth(box)
  const [at, setAt] = useState<TradeOffPoint | undefined>()
  const policies = Object.keys(compare.policies)
  const points = useMemo(
    () => tradeOff(compare, x, y).filter(({ policy, model }) => !hidden.includes(policy) && !without.includes(model)),
    [compare, x, y, hidden, without],
  )
  const inner = innerOf(width, HEIGHT)
  const [unitX, unitY] = [unitOfMetric(x), unitOfMetric(y)]
  const mostX = most(
    points.map((point) => point.x),
    unitX,
  )
  const mostY = most(
    points.map((point) => point.y),
    unitY,
  )
  const scaleX = scaleLinear([0, mostX || (unitX === 'share' ? 0.05 : 1)], [0, inner.width])
  const scaleY = scaleLinear([0, mostY || 1], [inner.height, 0])
  // An axis of shares does not go on beyond all.
  if (unitX !== 'share' || mostX < 0.9) scaleX.nice(5)
  if (unitY !== 'share' || mostY < 0.9) scaleY.nice(5)
  const entries = policies.map((name) => ({ name, colour: armColour(name, arms) }))
  const marks = points.map(({ policy, x: across, y: up }) => ({
    policy,
    x: scaleX(across.mean),
    y: scaleY(up.mean),
    width: policy.length * LETTER_PX + 2,
  }))
  const caption = {
    title: `${titleOf(x)} against ${titleOf(y)}`,
    about: `${compare.scenario.name}; means of ${compare.seeds.length} seeds${intervalWords(compare.seeds.length, ', bars are 95 % intervals')}; ${compare.models
      .map((model, i) => `${SHAPE_NAMES[i % SHAPES.length]}: ${model}`)
      .join(', ')}`,
    entries: entries.filter((entry) => !hidden.includes(entry.name)),
  }
  const toggle = (name: string): void =>
    setWithout(without.includes(name) ? without.filter((each) => each !== name) : [...without, name])
  return (
    <Panel
      title="Trade-off"
      about={`a mark per policy and model${compare.seeds.length > 1 ? intervalWords(compare.seeds.length, ', bars are 95 % intervals') : '; one seed, so no intervals'}`}
      aside={
        <ChartDownloads
          name={`${compare.scenario.name} trade-off`}
          title={caption.title}
          svg={() => (svg.current === null ? undefined : svgFile(svg.current, caption))}
          csv={() => tradeOffCsv(points, x, y)}
          onError={fail}
        />
      }
    >
      <div className="row axis-choices">
        <AxisSelect label="Horizontal" value={x} onChange={setX} />
        <AxisSelect label="Vertical" value={y} onChange={setY} />
      </div>
      {!refuses && (
        <p className="muted no-values">
          No policy answers 429 here{chosenX === undefined ? ', so goodput takes its place on the axis' : ''}.
        </p>
      )}
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
              shape={SHAPES[compare.models.indexOf(point.model) % SHAPES.length]!}
              label={`${point.policy}, ${point.model}: ${titleOf(x)} ${formatMean(point.x, unitX)}, ${titleOf(y)} ${formatMean(point.y, unitY)}`}
              onPoint={setAt}
            />
          ))}
          <MarkLabels marks={marks} height={inner.height} width={inner.width} />
        </Plot>
      </div>
      {at !== undefined && points.includes(at) ? (
        <ChartReadout
          title={`${at.policy} · ${at.model}`}
          values={[
            { name: titleOf(x), text: formatMean(at.x, unitX) },
            { name: titleOf(y), text: formatMean(at.y, unitY) },
          ]}
        />
      ) : (
        <ChartReadout title="" values={[]} />
      )}
      <div className="row legends">
        <Legend entries={entries} hidden={hidden} onToggle={toggleArm} />
        <ShapeLegend models={compare.models} hidden={without} onToggle={toggle} />
      </div>
    </Panel>
  )
}

const SHAPE_NAMES = ['circle', 'square', 'triangle', 'diamond', 'star', 'wye']

interface AxisSelectProps {
  readonly label: string
  readonly value: string
  onChange(metric: string): void
}

function AxisSelect({ label, value, onChange }: AxisSelectProps): ReactNode {
  return (
    <label className="muted">
      {label}{' '}
      <select aria-label={`${label} axis`} value={value} onChange={(event) => onChange(event.target.value)}>
        {AXES.map(({ metric, title }) => (
          <option key={metric} value={metric}>
            {title}
          </option>
        ))}
      </select>
    </label>
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
  readonly shape: (typeof SHAPES)[number]
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

interface ShapeLegendProps {
  readonly models: readonly string[]
  readonly hidden: readonly string[]
  onToggle(model: string): void
}

function ShapeLegend({ models, hidden, onToggle }: ShapeLegendProps): ReactNode {
  return (
    <div className="legend">
      {models.map((model, i) => (
        <button key={model} type="button" aria-pressed={!hidden.includes(model)} onClick={() => onToggle(model)}>
          <svg className="key-shape" width={12} height={12} aria-hidden="true">
            <path d={symbol(SHAPES[i % SHAPES.length], 50)() ?? ''} transform="translate(6,6)" fill="currentColor" />
          </svg>
          {model}
        </button>
      ))}
    </div>
  )
}
