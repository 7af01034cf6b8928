/** The table twin of a track: what it draws, interval by interval of the window, and the same as a file. */
import { type ReactNode, useMemo, useState } from 'react'
import { download, fileName, textFile } from '../../../charts/files/chart-file.ts'
import { formatTime } from '../../../charts/time/time-format.ts'
import { nameOfLayer, type TrackName, TRACKS } from '../../../data/trace/tracks/track-scenes.ts'
import { DataTable, type DataColumn } from '../../../parts/data-table.tsx'
import { Pager } from '../../../parts/pager.tsx'
import { Panel } from '../../../parts/panel.tsx'
import type { LoadedRun } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { type TrackInterval, intervalsIn, requestsIn, trackCsv } from '../tracks/track-csv.ts'
import { valueText } from '../tracks/track-scale.ts'
import { sceneOf } from '../tracks/track-painter.ts'
import { useTraceRuns } from '../use-trace-runs.ts'

/** Intervals of a window are some hundreds: as many as a screen draws. */
const PIXELS = 1_200
const PAGE = 40

function RunTable({ run, track }: { readonly run: LoadedRun; readonly track: TrackName }): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const model = useDashboard((state) => state.selection.requests.model)
  const [offset, setOffset] = useState(0)
  const { title, about, unit } = TRACKS[track]
  const { from_s, to_s } = window ?? { from_s: 0, to_s: run.series?.duration_s ?? 0 }
  const [from_us, to_us] = [Math.floor(from_s * 1e6), Math.ceil(to_s * 1e6)]
  const { answer } = useTraceQuery(run, {
    kind: 'tracks',
    from_us,
    to_us,
    pixels: PIXELS,
    ...(model === undefined ? {} : { model }),
  })
  const scene = answer === undefined ? undefined : sceneOf(answer, track)
  const lines = useMemo(() => (scene === undefined ? [] : intervalsIn(scene, { from_s, to_s })), [scene, from_s, to_s])
  if (scene === undefined) return <p className="muted">Counting</p>
  const step_s = scene.grid.bucket_us / 1e6
  const columns: readonly DataColumn<TrackInterval>[] = [
    { head: 'from', value: ({ at_us }) => at_us, cell: ({ at_us }) => formatTime(at_us / 1e6, step_s), numeric: true },
    ...(scene.shape === 'heat'
      ? [{ head: 'served', value: ({ bucket }: TrackInterval) => requestsIn(scene, bucket) ?? null, numeric: true }]
      : []),
    ...scene.layers.map(
      (layer): DataColumn<TrackInterval> => ({
        head: nameOfLayer(layer, TRACKS[track]),
        value: ({ bucket }) => (Number.isFinite(layer.values[bucket]!) ? layer.values[bucket]! : null),
        cell: ({ bucket }) => (Number.isFinite(layer.values[bucket]!) ? valueText(unit, layer.values[bucket]!) : '–'),
        numeric: true,
      }),
    ),
  ]
  const save = (): void =>
    download(
      fileName(`${title} ${run.policy} seed ${run.seed}.csv`),
      textFile(trackCsv(track, [{ run: `${run.policy} seed ${run.seed}`, scene }], { from_s, to_s }), 'text/csv'),
    )
  return (
    <Panel
      title={`${title} · ${run.policy}`}
      about={`${about}; by ${formatTime(step_s, Math.min(1, step_s))}, ${formatTime(from_s)} – ${formatTime(to_s)}${model === undefined ? '' : `, of ${model}`}`}
      aside={
        <button type="button" aria-label={`CSV of ${title} under ${run.policy}`} onClick={save}>
          CSV
        </button>
      }
    >
      {scene.layers.length === 0 ? (
        <p className="muted">Nothing of the kind happened.</p>
      ) : (
        <DataTable
          label={`${title} under ${run.policy}`}
          rows={lines.slice(offset, offset + PAGE)}
          columns={columns}
          keyOf={({ bucket }) => bucket}
        />
      )}
      <Pager
        label={`${title} under ${run.policy}`}
        offset={offset}
        size={PAGE}
        total={lines.length}
        onMove={setOffset}
      />
    </Panel>
  )
}

export function TableDrawer({ track }: { readonly track: TrackName }): ReactNode {
  const runs = useTraceRuns()
  const shown = [runs?.base, runs?.chosen].filter((run) => run !== undefined)
  return (
    <div className="stack">
      {shown.map((run) => (
        <RunTable key={`${run.id} ${track}`} run={run} track={track} />
      ))}
    </div>
  )
}
