/** One request: arrows from station to station (coordinator, queue, attempts), then its life, its explanation, its decisions. */
import { type ReactNode, useMemo, useState } from 'react'
import { formatTime } from '../../../charts/time/time-format.ts'
import { requestStops, type RequestStop } from '../../../data/trace/request-stops.ts'
import { MissingTrace } from '../../../parts/needs-trace.tsx'
import { Empty, Panel } from '../../../parts/panel.tsx'
import { type LoadedRun, rowsOf } from '../../../state/dashboard.ts'
import { setPlayback } from '../../../state/selection-actions.ts'
import { draw } from '../../../state/trace-state.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { DecisionTable } from '../../requests/decision-table.tsx'
import { Explained } from '../../requests/explained.tsx'
import { RequestLifePanel } from '../../requests/request-life-panel.tsx'
import '../../requests/requests.css'
import { bringIntoView } from '../bring-into-view.ts'

export interface RequestDrawerProps {
  readonly run: LoadedRun
  readonly request: number
}

function Stops({ run, stops }: { readonly run: LoadedRun; readonly stops: readonly RequestStop[] }): ReactNode {
  const [place, setPlace] = useState(0)
  const stop = stops[place]
  if (stop === undefined) return null
  const go = (to: number): void => {
    const next = stops[to]
    if (next === undefined) return
    setPlace(to)
    setPlayback({ at_s: next.from_us / 1e6, playing: false })
    bringIntoView(next.from_us / 1e6, next.to_us / 1e6)
  }
  return (
    <div className="stops" role="group" aria-label="Stations of the request">
      <button type="button" aria-label="Station before" disabled={place === 0} onClick={() => go(place - 1)}>
        ←
      </button>
      <div className="stop" aria-live="polite">
        <strong>{stop.title}</strong>
        <span className="muted">
          {formatTime(stop.from_us / 1e6, 0.1)} – {formatTime(stop.to_us / 1e6, 0.1)} · {stop.end} · {place + 1} of{' '}
          {stops.length}
        </span>
      </div>
      <button
        type="button"
        aria-label="Next station"
        disabled={place === stops.length - 1}
        onClick={() => go(place + 1)}
      >
        →
      </button>
      {stop.machine >= 0 && (
        <button type="button" onClick={() => draw({ kind: 'machine', run: run.id, machine: stop.machine })}>
          Open the Mac
        </button>
      )}
    </div>
  )
}

export function RequestDrawer({ run, request }: RequestDrawerProps): ReactNode {
  const { answer, pending, error } = useTraceQuery(run, { kind: 'request_life', request })
  const stops = useMemo(() => (answer === undefined ? [] : requestStops(answer, run.names)), [answer, run.names])
  if (rowsOf(run) === undefined) return <MissingTrace run={run} />
  if (error !== undefined) return <Empty>{error}</Empty>
  if (answer === undefined) return pending ? null : <Empty>This run has no request {request}; they count from 0.</Empty>
  return (
    <div className="stack requests">
      <Stops run={run} stops={stops} />
      <RequestLifePanel life={answer} aside={<span className="muted">{run.policy}</span>} />
      {run.trace === 'ready' && (
        <Panel title="Decision, machine by machine" about="as `--explain` prints it">
          <Explained key={`${run.digest}/${request}`} run={run} request={request} />
        </Panel>
      )}
      <DecisionTable life={answer} />
    </div>
  )
}
