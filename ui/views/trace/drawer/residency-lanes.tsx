/**
 * Who drained and who loaded: a lane per Mac whose builds changed in the window, with a row per build in it; held builds
 * in their colour, loads, fetches and draining as what they are. On the same axis as the charts.
 */
import { type ReactNode, useState } from 'react'
import { setCursor, useCursor } from '../../../charts/time/cursor.ts'
import type { TimeMark } from '../../../charts/time/marked.tsx'
import { Marked } from '../../../charts/time/marked.tsx'
import { formatTime, timeTicks } from '../../../charts/time/time-format.ts'
import type { Residency } from '../../../data/fleet/residency.ts'
import { modelColour } from '../../../parts/colours.ts'
import { modelBehind } from '../tracks/layer-look.ts'
import { Pager } from '../../../parts/pager.tsx'
import { Panel } from '../../../parts/panel.tsx'
import type { LoadedRun, TimeWindow } from '../../../state/dashboard.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { MachineLane, type Pointed } from './residency-lane.tsx'

export interface ResidencyLanesProps {
  readonly run: LoadedRun
  readonly shown: TimeWindow
  readonly marks: readonly TimeMark[]
  readonly order: MacOrder
}

export type MacOrder = 'machine' | 'most_changed'

const PAGE = 24

const KIND_NAMES = { held: 'holds', loading: 'loads', fetching: 'fetches', draining: 'drains for' } as const

export function ResidencyLanes({ run, shown, marks, order }: ResidencyLanesProps): ReactNode {
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
  const about = answer === undefined ? '' : `${answer.changed} of ${all} Macs changed what they hold`
  return (
    <Panel title={`Who drained, who loaded · ${run.policy}`} about={about}>
      {answer?.changed === 0 && <p className="muted">No Mac loaded, unloaded or fetched a build in this window.</p>}
      {answer !== undefined && answer.changed > 0 && <Lanes run={run} answer={answer} shown={shown} marks={marks} />}
      <Pager
        label={`Macs under ${run.policy}`}
        offset={offset}
        size={PAGE}
        total={answer?.changed ?? 0}
        onMove={setOffset}
      />
    </Panel>
  )
}

interface LanesProps extends Omit<ResidencyLanesProps, 'order'> {
  readonly answer: Residency
}

function Lanes({ run, answer, shown, marks }: LanesProps): ReactNode {
  const builds = run.names?.builds ?? []
  const [pointed, setPointed] = useState<Pointed | undefined>()
  const percent = (time_s: number): string => `${((time_s - shown.from_s) / (shown.to_s - shown.from_s)) * 100}%`
  const { step_s, ticks } = timeTicks(shown.from_s, shown.to_s, 7)
  return (
    <div
      className="residency"
      onPointerLeave={() => {
        setPointed(undefined)
        setCursor(undefined)
      }}
    >
      <Marked duration_s={shown.to_s} window={shown} marks={marks}>
        {answer.machines.map((lane) => (
          <MachineLane key={lane.machine} run={run} lane={lane} shown={shown} onPoint={setPointed} />
        ))}
        <Now shown={shown} />
        <div className="lane-axis" aria-hidden="true">
          {ticks.map((time_s) => (
            <span key={time_s} style={{ left: percent(time_s) }}>
              {formatTime(time_s, step_s)}
            </span>
          ))}
        </div>
      </Marked>
      {pointed !== undefined && <LaneTooltip run={run} pointed={pointed} />}
      <div className="legend">
        {builds.map((build) => (
          <span key={build}>
            <span
              className="key"
              style={{ background: modelColour(modelBehind(run.names, build).model, run.names?.models ?? []) }}
            />
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
}

/** Apart from the lanes, which are many: the cursor moves often. */
function Now({ shown }: { readonly shown: TimeWindow }): ReactNode {
  const at_s = useCursor((state) => state.at_s)
  if (at_s === undefined || at_s < shown.from_s || at_s > shown.to_s) return null
  const share = (at_s - shown.from_s) / (shown.to_s - shown.from_s)
  return (
    <div className="now-room" aria-hidden="true">
      <span className="now" style={{ left: `${share * 100}%` }} />
    </div>
  )
}

function LaneTooltip({ run, pointed: { machine, span, left, top } }: LaneTooltipProps): ReactNode {
  const at_s = useCursor((state) => state.at_s)
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
