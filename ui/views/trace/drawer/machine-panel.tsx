/** One opened Mac: its slots, heat, memory and queue over the window, its labels, and the requests sent to it. */
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { formatTime } from '../../../charts/time/time-format.ts'
import { useWidth } from '../../../charts/use-size.ts'
import { DataTable } from '../../../parts/data-table.tsx'
import { Panel } from '../../../parts/panel.tsx'
import { useThemeName } from '../../../shell/theme.ts'
import type { LoadedRun, TimeWindow } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { draw } from '../../../state/trace-state.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import type { MachineName } from '../../../../sim/lab/runs/run-names.ts'
import { gibibytes } from '../gibibytes.ts'
import { REQUEST_COLUMNS } from './members-drawer.tsx'
import { AREA_PX, drawStrips, SLOT_PX, STRIP_TRACKS, topOf } from './strip-painter.ts'

export interface MachinePanelProps {
  readonly run: LoadedRun
  readonly machine: number
}

interface PartProps extends MachinePanelProps {
  readonly window: TimeWindow
}

const PAGE = 50
const LABELS_SHOWN = 100
const STRIP_PIXELS = 600

const UNITS = { heat: '% lost', memory: '% used', queue: 'wait' } as const

function Strips({ run, machine, window }: PartProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const width = useWidth(box)
  const theme = useThemeName()
  const at_s = useDashboard((state) => state.playback.at_s)
  const from_us = Math.floor(window.from_s * 1e6)
  const to_us = Math.ceil(window.to_s * 1e6)
  const slots = useTraceQuery(run, { kind: 'machine_slots', machine, from_us, to_us }).answer ?? []
  const lanes = useTraceQuery(run, { kind: 'lanes', machines: [machine], from_us, to_us, pixels: STRIP_PIXELS }).answer
  useEffect(() => {
    if (canvas.current !== null) drawStrips(canvas.current, width, { window, slots, lanes, at_s, names: run.names })
  }, [width, window, slots, lanes, at_s, theme, run.names])
  return (
    <div className="strips">
      <div className="strip-names">
        {slots.map(({ build }) => (
          <div key={build} style={{ height: SLOT_PX }} title={build}>
            {build}
          </div>
        ))}
        {STRIP_TRACKS.map((track) => (
          <div key={track} style={{ height: AREA_PX }}>
            {track}
            <span className="muted">
              up to {topOf(lanes, track)} {UNITS[track]}
            </span>
          </div>
        ))}
      </div>
      <div ref={box} className="strip-box">
        <canvas ref={canvas} role="img" aria-label="Slots, heat, memory and queue over the window" />
      </div>
    </div>
  )
}

/** What runs and waits on the Mac at the playhead, each a way to its request. */
function Now({ run, machine }: { readonly run: LoadedRun; readonly machine: number }): ReactNode {
  // As often as anybody reads: each is a question to the worker.
  const at_s = useDashboard((state) => Math.round(state.playback.at_s * 4) / 4)
  const playing = useDashboard((state) => state.playback.playing)
  const { answer } = useTraceQuery(run, playing ? undefined : { kind: 'machine_moment', machine, at_us: at_s * 1e6 })
  if (answer === undefined) return null
  return (
    <div className="now">
      <h3>At {formatTime(at_s, 0.1)}</h3>
      <p className="muted">
        {answer.pool === '' ? 'in no pool' : `pool ${answer.pool}`}
        {answer.slots.map(({ build, state, rows }) => ` · ${build} ${state}${rows > 0 ? `, ${rows} running` : ''}`)}
      </p>
      {answer.requests.length > 0 && (
        <div className="row">
          {answer.requests.map(({ request, phase }) => (
            <button key={request} type="button" onClick={() => draw({ kind: 'request', run: run.id, request })}>
              {request} <span className="muted">{phase}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  )
}

function Requests({ run, machine, window }: PartProps): ReactNode {
  const [page, setPage] = useState(0)
  const request = useDashboard((state) => state.selection.request)
  const within = { from_us: Math.floor(window.from_s * 1e6), to_us: Math.ceil(window.to_s * 1e6) }
  useEffect(() => setPage(0), [machine, within.from_us, within.to_us])
  const { answer } = useTraceQuery(run, {
    kind: 'requests',
    machine,
    ...within,
    offset: page * PAGE,
    limit: PAGE,
  })
  const total = answer?.total ?? 0
  const last = Math.max(0, Math.ceil(total / PAGE) - 1)
  return (
    <>
      <div className="row">
        <h3>Requests sent here</h3>
        <span className="muted">
          {total === 0 ? 'none' : `${page * PAGE + 1} – ${Math.min(total, (page + 1) * PAGE)} of ${total}`}
        </span>
        {last > 0 && (
          <>
            <button type="button" disabled={page === 0} onClick={() => setPage(page - 1)}>
              Earlier
            </button>
            <button type="button" disabled={page >= last} onClick={() => setPage(page + 1)}>
              Later
            </button>
          </>
        )}
      </div>
      {total > 0 && (
        <DataTable
          label="Requests of this Mac"
          rows={answer?.rows ?? []}
          columns={REQUEST_COLUMNS}
          keyOf={(row) => row.request}
          chosen={request}
          onChoose={(row) => draw({ kind: 'request', run: run.id, request: row.request })}
        />
      )}
    </>
  )
}

function Labels({ run, machine, window }: PartProps): ReactNode {
  const within = { from_us: Math.floor(window.from_s * 1e6), to_us: Math.ceil(window.to_s * 1e6) }
  const { answer = [] } = useTraceQuery(run, { kind: 'machine_labels', machine, ...within })
  return (
    <>
      <h3>Label changes</h3>
      {answer.length === 0 ? (
        <p className="muted">None in this window.</p>
      ) : (
        <ul className="labels">
          {answer.slice(0, LABELS_SHOWN).map((row, i) => (
            <li key={i}>
              <span className="clock">{formatTime(row.at / 1e6, 0.1)}</span> {row.from || 'none'} → {row.to || 'none'}{' '}
              <span className="muted">
                by {row.surface}
                {row.request >= 0 ? ` for request ${row.request}` : ''}
              </span>
            </li>
          ))}
          {answer.length > LABELS_SHOWN && <li className="muted">and {answer.length - LABELS_SHOWN} more</li>}
        </ul>
      )}
    </>
  )
}

/** With what of it nobody gave. */
const chipText = ({ chip, derived = [] }: MachineName): string =>
  derived.length === 0 ? chip : `${chip} (derived: ${derived.join(', ')})`

export function MachinePanel({ run, machine }: MachinePanelProps): ReactNode {
  const zoomed = useDashboard((state) => state.selection.window)
  const name = run.names?.machines[machine]
  if (name === undefined) return null
  const window = zoomed ?? { from_s: 0, to_s: run.series?.duration_s ?? 1 }
  return (
    <Panel
      title={name.serial}
      about={`${chipText(name)} · ${gibibytes(name.memoryBytes)} · ${name.chassis} · ${run.policy} · ${formatTime(window.from_s)} – ${formatTime(window.to_s)}`}
    >
      <div className="stack">
        <Now run={run} machine={machine} />
        <Strips run={run} machine={machine} window={window} />
        <div>
          <Labels run={run} machine={machine} window={window} />
        </div>
        <div>
          <Requests run={run} machine={machine} window={window} />
        </div>
      </div>
    </Panel>
  )
}
