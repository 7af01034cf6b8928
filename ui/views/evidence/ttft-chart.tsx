/** TTFT of one model as cumulative curves, all arms on the same logarithmic axis. */
import { line, curveStepAfter, scaleLinear, scaleLog } from 'd3'
import { type PointerEvent, type ReactNode, useMemo, useRef, useState } from 'react'
import { formatValue } from '../../../sim/report/form/unit.ts'
import { formatDuration as duration } from './duration.ts'
import { ChartDownloads } from '../../charts/chart-downloads.tsx'
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
  const inner = innerOf(width, HEIGHT)
  const span = spanMs(lines)
  const x = scaleLog([...span], [0, inner.width])
  const y = scaleLinear([0, 1], [inner.height, 0])
  const lookOf = (policy: string): ArmLook => armLook(policy, armsOf(dataset))
  const colourOf = (policy: string): string => lookOf(policy).colour
  const entries = policies.map((name) => ({ name, colour: colourOf(name) }))
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
          svg={svg}
          caption={caption}
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
            {at !== undefined && <line className="cursor" x1={x(at)} x2={x(at)} y2={inner.height} />}
          </Plot>
          {at !== undefined && (
            <div
              className="tooltip"
              style={
                x(at) > inner.width / 2
                  ? { right: width - x(at) - PLOT_MARGIN.left + 12, top: 24 }
                  : { left: x(at) + PLOT_MARGIN.left + 12, top: 24 }
              }
            >
              <strong>TTFT ≤ {duration(at)}</strong>
              <table>
                <tbody>
                  {lines.map((each) => (
                    <tr key={each.policy}>
                      <td>
                        <span className="key" style={{ background: colourOf(each.policy) }} />
                        {each.policy}
                      </td>
                      <td>{said(each, at)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </div>
      )}
      <Legend entries={entries} hidden={hidden} onToggle={toggleArm} />
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
