/** TTFT of one model as cumulative curves, all arms on the same logarithmic axis. */
import { line, curveStepAfter, scaleLinear, scaleLog } from 'd3'
import { type PointerEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import { formatValue } from '../../../sim/report/form/unit.ts'
import { formatDuration as duration } from './duration.ts'
import { ChartDownloads } from '../../charts/files/chart-downloads.tsx'
import { LETTER_PX, svgFile } from '../../charts/files/chart-file.ts'
import { ChartReadout } from '../../charts/time/chart-readout.tsx'
import { spread } from '../../charts/line-labels.ts'
import { Legend } from '../../charts/legend.tsx'
import { innerOf, logTicks, Plot, PLOT_MARGIN } from '../../charts/plot.tsx'
import { useWidth } from '../../charts/use-size.ts'
import { type ArmLook, armLook } from '../../parts/colours.ts'
import { Panel } from '../../parts/panel.tsx'
import { armsOf, type Dataset } from '../../state/dashboard.ts'
import { fail, toggleArm } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import {
  type Base,
  type CurveLine,
  type CurvePoint,
  spanMs,
  ttftCsv,
  ttftLines,
  type TracedCurve,
} from './ttft-lines.ts'

const HEIGHT = 390
/** Below it the legend alone says which line is whose. */
const NARROW_PX = 420
/** Of names at the ends of lines. */
const END_MOST_PX = 150
const END_LINE_PX = 14
/** From a line's end to its name. */
const LEADER_PX = 22

export interface TtftDistributionProps {
  readonly dataset: Dataset
  readonly policies: readonly string[]
  readonly model: string
  readonly base: Base
  readonly traced: readonly TracedCurve[]
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

/** The share at a time: the curve's own step, or nothing between the few points that are known. */
function shareAt({ points, source }: CurveLine, ms: number): number | undefined {
  if (source === 'quantiles') return undefined
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (points[middle]!.ttft_ms <= ms) low = middle + 1
    else high = middle
  }
  return low === 0 ? 0 : points[low - 1]!.share
}

const nearest = ({ points }: CurveLine, ms: number): CurvePoint | undefined =>
  points.reduce<CurvePoint | undefined>(
    (best, point) =>
      best === undefined || Math.abs(Math.log(point.ttft_ms / ms)) < Math.abs(Math.log(best.ttft_ms / ms))
        ? point
        : best,
    undefined,
  )

export function TtftDistribution({ dataset, policies, model, base, traced }: TtftDistributionProps): ReactNode {
  const hidden = useDashboard((state) => state.selection.hidden)
  const box = useRef<HTMLDivElement>(null)
  const svg = useRef<SVGSVGElement>(null)
  const width = useWidth(box)
  const [at, setAt] = useState<number | undefined>()
  const lines = useMemo(
    () =>
      ttftLines(
        dataset,
        policies.filter((policy) => !hidden.includes(policy)),
        model,
        base,
        traced,
      ),
    [dataset, policies, hidden, model, base, traced],
  )
  const longest = Math.max(0, ...lines.map(({ policy }) => policy.length))
  const endRoom = width < NARROW_PX || lines.length < 2 ? 0 : Math.min(END_MOST_PX, longest * LETTER_PX + LEADER_PX)
  const inner = innerOf(width, HEIGHT, endRoom)
  const span = spanMs(lines)
  const x = scaleLog([...span], [0, inner.width])
  const y = scaleLinear([0, 1], [inner.height, 0])
  const lookOf = (policy: string): ArmLook => armLook(policy, armsOf(dataset))
  const entries = policies.map((name) => ({ name, ...lookOf(name) }))
  const who = base === 'served' ? 'share of the served' : 'share of all that arrived'
  const caption = {
    title: `TTFT distribution of ${model}, ${who}`,
    about: `${dataset.scenario}; ${sources(lines)}`,
    entries: entries.filter(({ name }) => lines.some(({ policy }) => policy === name)),
  }
  const move = (event: PointerEvent): void => {
    const left = box.current?.getBoundingClientRect().left ?? 0
    const px = event.clientX - left - PLOT_MARGIN.left
    setAt(px < 0 || px > inner.width ? undefined : x.invert(px))
  }
  return (
    <Panel
      title={`TTFT distribution · ${model}`}
      about={sources(lines)}
      aside={
        <ChartDownloads
          name={`${dataset.scenario} ttft ${model}`}
          title={caption.title}
          svg={() => (svg.current === null ? undefined : svgFile(svg.current, caption))}
          csv={() => ttftCsv(lines, model, base)}
          onError={fail}
        />
      }
    >
      {lines.length === 0 ? (
        <p className="muted no-values">Nothing of {model} was served, or every policy is left out.</p>
      ) : (
        <div ref={box} className="plot-box" onPointerMove={move} onPointerLeave={() => setAt(undefined)}>
          <Plot
            svg={svg}
            label={caption.title}
            width={width}
            height={HEIGHT}
            endRoom={endRoom}
            x={{
              scale: x,
              title: 'TTFT (log) →',
              ticks: logTicks(span[0], span[1], inner.width / 48),
              format: duration,
            }}
            y={{
              scale: y,
              title: `↑ ${who} with a first token by then`,
              ticks: [0, 0.25, 0.5, 0.75, 1],
              format: percent,
            }}
          >
            {lines.map((each) => (
              <Curve key={each.policy} line={each} x={x} y={y} look={lookOf(each.policy)} />
            ))}
            {endRoom > 0 && <EndLabels lines={lines} x={x} y={y} inner={inner} room={endRoom} lookOf={lookOf} />}
            {at !== undefined && <line className="cursor" x1={x(at)} x2={x(at)} y2={inner.height} />}
          </Plot>
        </div>
      )}
      <ChartReadout title={at === undefined ? '' : `TTFT ≤ ${duration(at)}`} values={[]} />
      <Legend
        reads
        entries={entries.map((entry) => {
          const each = lines.find(({ policy }) => policy === entry.name)
          return { ...entry, value: each === undefined || at === undefined ? undefined : said(each, at) }
        })}
        hidden={hidden}
        onToggle={toggleArm}
      />
    </Panel>
  )
}

function said(each: CurveLine, at: number): string {
  const share = shareAt(each, at)
  if (share !== undefined) return formatValue(share, 'share')
  const point = nearest(each, at)
  return point === undefined ? '–' : `${formatValue(point.share, 'share')} by ${duration(point.ttft_ms)}`
}

/** Where the lines come from, once each. */
const sources = (lines: readonly CurveLine[]): string =>
  [
    ...new Set(
      lines.map(({ from, source }) =>
        source === 'trace' ? from : `dots are known (${from}), dashes only guide the eye`,
      ),
    ),
  ].join('; ')

interface EndLabelsProps {
  readonly lines: readonly CurveLine[]
  readonly x: (ms: number) => number
  readonly y: (share: number) => number
  readonly inner: { readonly width: number; readonly height: number }
  readonly room: number
  lookOf(policy: string): ArmLook
}

/** Each line's name at its end. Lines that end at the same height are named from the one that reaches furthest downwards. */
function EndLabels({ lines, x, y, inner, room, lookOf }: EndLabelsProps): ReactNode {
  const ends = lines
    .map(({ policy, points }) => ({ policy, left: x(points.at(-1)!.ttft_ms), top: y(points.at(-1)!.share) }))
    .toSorted((a, b) => a.top - b.top || b.left - a.left)
  const places = spread(
    ends.map(({ top }) => top),
    END_LINE_PX,
    [0, inner.height],
  )
  const letters = Math.floor((room - LEADER_PX) / LETTER_PX)
  return (
    <g className="end-labels">
      {ends.map(({ policy, left, top }, i) => {
        const at = places[i]
        if (at === undefined) return null
        const { colour, dash } = lookOf(policy)
        const foot = inner.width + LEADER_PX
        return (
          <g key={policy}>
            <path
              d={`M${left},${top}L${foot - 10},${at}H${foot - 3}`}
              fill="none"
              stroke={colour}
              strokeWidth={1}
              strokeDasharray={dash}
              opacity={0.6}
            />
            <text x={foot} y={at} dy="0.32em">
              {policy.length > letters ? `${policy.slice(0, letters - 1)}…` : policy}
            </text>
          </g>
        )
      })}
    </g>
  )
}

interface CurveProps {
  readonly line: CurveLine
  readonly x: (ms: number) => number
  readonly y: (share: number) => number
  readonly look: ArmLook
}

function Curve({ line: { points, source }, x, y, look: { colour: stroke, dash } }: CurveProps): ReactNode {
  // A logarithm has no zero: what came at once lies on the left edge.
  const place = (ms: number): number => (ms <= 0 ? 0 : Math.max(0, x(ms)))
  const path = line<CurvePoint>(
    (point) => place(point.ttft_ms),
    (point) => y(point.share),
  )
  if (source === 'trace') {
    const first = points[0]!
    const start = { ttft_ms: first.ttft_ms, share: 0 }
    return (
      <path
        d={path.curve(curveStepAfter)([start, ...points]) ?? ''}
        fill="none"
        stroke={stroke}
        strokeWidth={1.6}
        strokeDasharray={dash}
      />
    )
  }
  return (
    <g stroke={stroke} fill={stroke}>
      <path d={path(points as CurvePoint[]) ?? ''} fill="none" strokeDasharray="3 4" strokeWidth={1} />
      {points.map((point) => (
        <g key={`${point.ttft_ms} ${point.share}`}>
          {point.ci95_ms !== undefined && (
            <line x1={place(point.ci95_ms[0])} x2={place(point.ci95_ms[1])} y1={y(point.share)} y2={y(point.share)} />
          )}
          {point.ci95_share !== undefined && (
            <line
              y1={y(Math.max(0, point.ci95_share[0]))}
              y2={y(Math.min(1, point.ci95_share[1]))}
              x1={place(point.ttft_ms)}
              x2={place(point.ttft_ms)}
            />
          )}
          <circle cx={place(point.ttft_ms)} cy={y(point.share)} r={3.5} stroke="none" />
        </g>
      ))}
    </g>
  )
}
