/**
 * The trace: what happened, over one axis of time, for the chosen arm and the one it is held against. A run that is being
 * made grows here as it will stand in the end.
 */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { MissingTrace } from '../../parts/needs-trace.tsx'
import { Empty } from '../../parts/panel.tsx'
import { type LoadedRun, rowsOf } from '../../state/dashboard.ts'
import { bringTrace } from '../../state/run-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { Camera } from './camera.ts'
import { LanesSection } from './lanes/lanes-section.tsx'
import { timeFor } from '../../state/run-speed.ts'
import { MomentList } from './moment-list.tsx'
import { TraceBar } from './trace-bar.tsx'
import { TraceBoard } from './trace-board.tsx'
import { TraceToCome } from './trace-to-come.tsx'
import type { TraceInput } from './trace-input.ts'
import { type TraceRuns, useTraceRuns } from './use-trace-runs.ts'
import './trace.css'

function useCamera(duration_s: number): Camera | undefined {
  const [camera, setCamera] = useState<Camera | undefined>()
  useEffect(() => {
    const made = new Camera(duration_s)
    setCamera(made)
    return () => made.close()
  }, [duration_s])
  return camera
}

/** One run's rows after the other's: there is one simulator. */
async function bringBoth(runs: readonly LoadedRun[]): Promise<void> {
  for (const run of runs) await bringTrace(run)
}

function Missing({ runs, onAsk }: { readonly runs: TraceRuns; onAsk(): void }): ReactNode {
  const busy = useDashboard((state) => state.running !== undefined)
  const { chosen, base } = runs
  const wanted = [chosen, base].filter((run) => run?.trace === 'on_demand').filter((run) => run !== undefined)
  if (wanted.length === 0) return <MissingTrace run={chosen} onAsk={onAsk} />
  const time = timeFor(wanted.reduce((sum, { result }) => sum + (result?.events ?? 0), 0))
  const names = wanted.map(({ policy }) => policy).join(' and ')
  const bring = (): void => {
    onAsk()
    void bringBoth(wanted)
  }
  return (
    <TraceToCome duration_s={chosen.series?.duration_s ?? 1}>
      <h3>What happened, second by second</h3>
      <p>
        These finished runs came without their rows. Running {names} again here, seed {chosen.seed}, gives the same
        bytes
        {time === undefined ? '' : ` and takes ${time}`}; the tracks grow as it runs.
      </p>
      <button type="button" className="primary" disabled={busy} onClick={bring}>
        Show what happened
      </button>
    </TraceToCome>
  )
}

function BringBase({ run }: { readonly run: LoadedRun }): ReactNode {
  const busy = useDashboard((state) => state.running !== undefined)
  if (run.trace !== 'on_demand') return null
  return (
    <p className="row muted">
      {run.policy}, which it is held against, was opened without its rows.
      <button type="button" disabled={busy} onClick={() => void bringTrace(run)}>
        Run it again for them
      </button>
    </p>
  )
}

function Trace({ runs, camera }: { readonly runs: TraceRuns; readonly camera: Camera }): ReactNode {
  const pairing = useDashboard((state) => state.selection.pairing)
  const [input, setInput] = useState<TraceInput | undefined>()
  const { chosen } = runs
  const base = pairing === 'one' || rowsOf(runs.base) === undefined ? undefined : runs.base
  const { answer: moments } = useTraceQuery(chosen, { kind: 'moments' })
  return (
    <>
      <TraceBar runs={runs} camera={camera} moments={moments} input={input} />
      {runs.base !== undefined && pairing !== 'one' && <BringBase run={runs.base} />}
      {moments !== undefined && <MomentList moments={moments} duration_s={camera.duration_s} />}
      {moments?.warmup_s !== undefined && moments.warmup_s > 0 && (
        <p className="muted note">
          The warm-up is shaded: what arrived in it is drawn, and is in no figure and no comparison above.
        </p>
      )}
      <TraceBoard
        runs={{ chosen, base }}
        camera={camera}
        signed={pairing === 'difference'}
        onInput={setInput}
        lanes={(axis) => (
          <LanesSection
            runs={base === undefined ? [chosen] : [base, chosen]}
            camera={camera}
            axis={axis}
            moments={moments}
          />
        )}
      />
    </>
  )
}

function OfRuns({ runs }: { readonly runs: TraceRuns }): ReactNode {
  const camera = useCamera(runs.chosen.series?.duration_s ?? 1)
  const place = useRef<HTMLDivElement>(null)
  const [asked, setAsked] = useState(false)
  const here = rowsOf(runs.chosen) !== undefined && camera !== undefined
  // The button was at the end of the page: what it brings comes into sight while it grows.
  useEffect(() => {
    if (here && asked) place.current?.scrollIntoView()
  }, [here, asked])
  if (rowsOf(runs.chosen) === undefined) return <Missing runs={runs} onAsk={() => setAsked(true)} />
  return camera === undefined ? null : (
    <div ref={place} className={asked ? 'stack whole-page' : 'stack'}>
      <Trace runs={runs} camera={camera} />
    </div>
  )
}

export function TraceView(): ReactNode {
  const runs = useTraceRuns()
  const running = useDashboard((state) => state.running)
  const dataset = useDashboard((state) => state.dataset)
  return (
    <section className="trace" aria-label="Trace">
      {runs === undefined ? (
        <Empty>
          {running === undefined
            ? 'No run is open. Run a scenario, or open a trace.fleet.'
            : 'The first rows are being made; progress is above.'}
        </Empty>
      ) : (
        <OfRuns key={dataset?.id} runs={runs} />
      )}
    </section>
  )
}
