/** One request from arrival to end: where its time went, as a picture by attempt, and every step with its time. */
import { scaleLinear } from 'd3'
import { type ReactNode, useMemo, useRef } from 'react'
import { formatNumber, formatValue } from '../../../sim/report/form/unit.ts'
import { useWidth } from '../../charts/use-size.ts'
import type { RequestLife } from '../../data/requests/request-life.ts'
import { type RequestStory, requestStory, type SpanKind, timeByKind } from '../../data/requests/request-story.ts'
import { Panel } from '../../parts/panel.tsx'

const COLOURS: { readonly [K in SpanKind]: string } = {
  deciding: 'var(--c7)',
  queued: 'var(--state-loading)',
  'on the wire': 'var(--line-strong)',
  'waiting on the Mac': 'var(--c3)',
  prefill: 'var(--state-prefill)',
  decode: 'var(--state-decode)',
}

const LANE_PX = 24
const TOP_PX = 20
const AXIS_PX = 20
/** Thinner spans would be invisible: twenty milliseconds of a minute. */
const SPAN_MIN_PX = 1.5
/** Names of marks nearer than this would overlap. */
const NAME_PX = 66

const secondsText = (us: number): string => `${formatNumber(us / 1e6, 3)} s`

function Timeline({ story }: { readonly story: RequestStory }): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const left = width < 500 ? 96 : 170
  const x = scaleLinear(
    [story.from_us, Math.max(story.to_us, story.from_us + 1)],
    [left, Math.max(left + 1, width - 14)],
  )
  const height = TOP_PX + story.lanes.length * LANE_PX + AXIS_PX
  const bottom = height - AXIS_PX
  const ticks = scaleLinear([story.from_us / 1e6, story.to_us / 1e6], [0, 1]).ticks(
    Math.max(2, Math.floor((width - left) / 90)),
  )
  const words = story.lanes.map(
    ({ name, spans }) =>
      `${name}: ${spans.map(({ kind, from_us, to_us }) => `${kind} ${secondsText(to_us - from_us)}`).join(', ')}`,
  )
  let free = -Infinity
  return (
    <div ref={box} className="life" style={{ height }}>
      <svg width={width} height={height} role="img" aria-label={`Timeline. ${words.join('; ')}`}>
        {ticks.map((tick) => (
          <g key={tick} transform={`translate(${x(tick * 1e6)},0)`}>
            <line y1={TOP_PX} y2={bottom} className="rule" />
            <text y={height - 6} textAnchor="middle">
              {tick === 0 ? '0' : `${tick > 0 ? '+' : ''}${tick} s`}
            </text>
          </g>
        ))}
        {story.lanes.map(({ name, spans }, lane) => (
          <g key={name} transform={`translate(0,${TOP_PX + lane * LANE_PX})`}>
            <text x={0} y={LANE_PX / 2 + 4} className="lane">
              {name}
            </text>
            {spans.map(({ kind, from_us, to_us }) => (
              <rect
                key={`${kind} ${from_us}`}
                x={x(from_us)}
                y={4}
                width={Math.max(SPAN_MIN_PX, x(to_us) - x(from_us))}
                height={LANE_PX - 8}
                fill={COLOURS[kind]}
              >
                <title>{`${kind} ${secondsText(to_us - from_us)}, from ${secondsText(from_us)}`}</title>
              </rect>
            ))}
          </g>
        ))}
        {story.marks.map(({ at_us, name }) => {
          const at = x(at_us)
          const named = at - free > NAME_PX
          if (named) free = at
          return (
            <g key={`${name} ${at_us}`} transform={`translate(${at},0)`}>
              <line y1={TOP_PX - 6} y2={bottom} className="mark" />
              {named && (
                <text
                  y={11}
                  textAnchor={at > width - 60 ? 'end' : at < left + 20 ? 'start' : 'middle'}
                  className="name"
                >
                  {name}
                </text>
              )}
              <title>{`${name} ${secondsText(at_us)}`}</title>
            </g>
          )
        })}
      </svg>
    </div>
  )
}

export function RequestLifePanel({
  life,
  aside,
}: {
  readonly life: RequestLife
  readonly aside: ReactNode
}): ReactNode {
  const story = useMemo(() => requestStory(life), [life])
  const { request, model, outcome, reason, status, ttft_us } = life.summary
  const end = outcome === '' ? 'in flight when the run ended' : outcome
  const why = reason === '' ? '' : ` ${status} ${reason}`
  const first = ttft_us === null ? '' : ` · first token after ${formatValue(ttft_us / 1000, 'ms')}`
  return (
    <Panel title={`Request ${request}`} about={`${model} · ${end}${why}${first}`} aside={aside}>
      <div className="legend">
        {timeByKind(story).map(({ kind, us }) => (
          <span key={kind}>
            <span className="key" style={{ background: COLOURS[kind] }} />
            {kind} {secondsText(us)}
          </span>
        ))}
      </div>
      <Timeline story={story} />
      {/* Scrolls by itself on narrow screens, so it must be reachable by key. */}
      <div className="scroll events" tabIndex={0} role="region" aria-label="Steps of the request">
        <table className="data">
          <thead>
            <tr>
              <th scope="col" className="number">
                since arrival
              </th>
              <th scope="col">what</th>
              <th scope="col">detail</th>
            </tr>
          </thead>
          <tbody>
            {story.events.map(({ at_us, what, detail }, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the steps of a finished request do not move
              <tr key={i}>
                <td className="number mono">{`${at_us < 0 ? '' : '+'}${secondsText(at_us)}`}</td>
                <td>{what}</td>
                <td className="muted">{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
