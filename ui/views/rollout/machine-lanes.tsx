/**
 * Who drained and who loaded: a lane per Mac whose builds changed in the window, with a row per build in it; held builds
 * in their colour, loads, fetches and draining as what they are. On the same axis as the charts.
 */
import { type PointerEvent, type ReactNode, useState } from 'react'
import { setCursor, useCursor } from '../../charts/cursor.ts'
import type { TimeMark } from '../../charts/marked.tsx'
import { Marked } from '../../charts/marked.tsx'
import { formatTime, timeTicks } from '../../charts/time-format.ts'
import type { MachineSpans, Residency, Span } from '../../data/residency.ts'
import { colour } from '../../parts/colours.ts'
import { Pager } from '../../parts/pager.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { LoadedRun, TimeWindow } from '../../state/dashboard.ts'
import { goTo } from '../../state/selection-actions.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'

export interface MachineLanesProps {
  readonly run: LoadedRun
  readonly shown: TimeWindow
  readonly marks: readonly TimeMark[]
  readonly order: LaneOrder
}

export type LaneOrder = 'machine' | 'most_changed'

const PAGE = 24
const ROW_PX = 6
const LANE_MIN_PX = 18

const KIND_NAMES = { held: 'holds', loading: 'loads', fetching: 'fetches', draining: 'drains for' } as const

export function MachineLanes({ run, shown, marks, order }: MachineLanesProps): ReactNode {
  const [offset, setOffset] = useState(0)
  const { answer } = useTraceQuery(run, {
    kind: 'residency',
    from_us: shown.from_s * 1e6,
    to_us: shown.to_s * 1e6,
    order,
    offset,
    limit: PAGE,
  })
  const all = run.names?.machines.length ?? 0
  const about =
    answer === undefined ? run.policy : `${run.policy}; ${answer.changed} of ${all} Macs changed what they hold`
  return (
    <Panel title="Who drained, who loaded" about={about}>
      {answer?.changed === 0 && <p className="muted">No Mac loaded, unloaded or fetched a build in this window.</p>}
      {answer !== undefined && answer.changed > 0 && <Lanes run={run} answer={answer} shown={shown} marks={marks} />}
      <Pager label="Macs" offset={offset} size={PAGE} total={answer?.changed ?? 0} onMove={setOffset} />
    </Panel>
  )
}

interface LanesProps extends Omit<MachineLanesProps, 'order'> {
  readonly answer: Residency
}

interface Pointed {
  readonly machine: number
  readonly span: Span | undefined
  readonly left: number
  readonly top: number
}

function Lanes({ run, answer, shown, marks }: LanesProps): ReactNode {
  const builds = run.names?.builds ?? []
  const [pointed, setPointed] = useState<Pointed | undefined>()
  const at_s = useCursor((state) => state.at_s)
  const percent = (time_s: number): string => `${((time_s - shown.from_s) / (shown.to_s - shown.from_s)) * 100}%`
  const { step_s, ticks } = timeTicks(shown.from_s, shown.to_s, 7)
  const move = (event: PointerEvent<HTMLElement>, machine: MachineSpans): void => {
    const box = event.currentTarget.getBoundingClientRect()
    const share = (event.clientX - box.left) / box.width
    const time_s = shown.from_s + share * (shown.to_s - shown.from_s)
    setCursor(time_s)
    const row = Math.floor(((event.clientY - box.top) / box.height) * builds.length)
    const here = machine.spans.filter(({ from_us, to_us }) => from_us <= time_s * 1e6 && to_us >= time_s * 1e6)
    const span = here.findLast(({ build }) => build === row) ?? here.at(-1)
    const outer = event.currentTarget.closest('.lanes')?.getBoundingClientRect()
    setPointed({
      machine: machine.machine,
      span,
      left: event.clientX - (outer?.left ?? 0),
      top: event.clientY - (outer?.top ?? 0),
    })
  }
  return (
    <div
      className="lanes"
      onPointerLeave={() => {
        setPointed(undefined)
        setCursor(undefined)
      }}
    >
      <Marked duration_s={shown.to_s} window={shown} marks={marks}>
        {answer.machines.map((machine) => {
          const serial = run.names?.machines[machine.machine]?.serial ?? String(machine.machine)
          const height = Math.max(LANE_MIN_PX, builds.length * ROW_PX)
          return (
            <div key={machine.machine} className="lane" style={{ height }}>
              <button
                type="button"
                title={`Open ${serial} in Fleet`}
                onClick={() => goTo('fleet', { machine: machine.machine, policy: run.policy, seed: run.seed })}
              >
                {serial}
              </button>
              <div className="track" onPointerMove={(event) => move(event, machine)}>
                {machine.spans.map((span) => (
                  <span
                    key={`${span.kind} ${span.build} ${span.from_us}`}
                    className={`span ${span.kind}`}
                    style={{
                      left: percent(Math.max(shown.from_s, span.from_us / 1e6)),
                      right: `calc(100% - ${percent(Math.min(shown.to_s, span.to_us / 1e6))})`,
                      top: `${(Math.max(0, span.build) / builds.length) * 100}%`,
                      height: `${100 / builds.length}%`,
                      ['--build' as string]: colour(span.build),
                    }}
                  />
                ))}
                {at_s !== undefined && at_s >= shown.from_s && at_s <= shown.to_s && (
                  <span className="now" style={{ left: percent(at_s) }} />
                )}
              </div>
            </div>
          )
        })}
        <div className="lane-axis" aria-hidden="true">
          {ticks.map((time_s) => (
            <span key={time_s} style={{ left: percent(time_s) }}>
              {formatTime(time_s, step_s)}
            </span>
          ))}
        </div>
      </Marked>
      {pointed !== undefined && <LaneTooltip run={run} pointed={pointed} at_s={at_s} />}
      <div className="legend">
        {builds.map((build, i) => (
          <span key={build}>
            <span className="key" style={{ background: colour(i) }} />
            holds {build}
          </span>
        ))}
        {(['loading', 'fetching', 'draining'] as const).map((kind) => (
          <span key={kind}>
            <span className={`key span ${kind}`} style={{ ['--build' as string]: 'var(--c7)' }} />
            {kind}
          </span>
        ))}
      </div>
    </div>
  )
}

interface LaneTooltipProps {
  readonly run: LoadedRun
  readonly pointed: Pointed
  readonly at_s: number | undefined
}

function LaneTooltip({ run, pointed: { machine, span, left, top }, at_s }: LaneTooltipProps): ReactNode {
  const build = span === undefined ? '' : (run.names?.builds[span.build] ?? '')
  return (
    <div className="tooltip" style={{ left: Math.max(0, left - 120), top: top + 16 }}>
      <strong>{run.names?.machines[machine]?.serial}</strong> {at_s !== undefined && formatTime(at_s)}
      <br />
      {span === undefined ? 'holds nothing here' : `${KIND_NAMES[span.kind]} ${build}`}
      {span !== undefined && (
        <>
          <br />
          {formatTime(span.from_us / 1e6)} – {formatTime(span.to_us / 1e6)}
          {span.why !== '' && ` · ${span.why}`}
        </>
      )}
    </div>
  )
}
