/** The table twin of the lanes: what each Mac mostly did, interval by interval of the window. */
import { type ReactNode, useMemo, useState } from 'react'
import { formatTime } from '../../../charts/time/time-format.ts'
import { DataTable, type DataColumn } from '../../../parts/data-table.tsx'
import { Pager } from '../../../parts/pager.tsx'
import { Panel } from '../../../parts/panel.tsx'
import type { LoadedRun } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { type LaneInterval, laneIntervals } from '../lanes/lane-intervals.ts'

const PIXELS = 1_200
const PAGE = 40

const number = (head: string, value: (row: LaneInterval) => number): DataColumn<LaneInterval> => ({
  head,
  value,
  numeric: true,
})

export function LanesDrawer({ run }: { readonly run: LoadedRun }): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const [offset, setOffset] = useState(0)
  const { from_s, to_s } = window ?? { from_s: 0, to_s: run.series?.duration_s ?? 0 }
  const [from_us, to_us] = [Math.floor(from_s * 1e6), Math.ceil(to_s * 1e6)]
  const { answer } = useTraceQuery(run, { kind: 'lanes', from_us, to_us, pixels: PIXELS })
  const machines = run.names?.machines ?? []
  const rows = useMemo(
    () => (answer === undefined ? [] : laneIntervals(answer, machines, [...machines.keys()], { from_s, to_s })),
    [answer, machines, from_s, to_s],
  )
  if (answer === undefined) return <p className="muted">Counting</p>
  const step_s = Math.min(1, answer.bucket_us / 1e6)
  const label = `Macs under ${run.policy}`
  const columns: readonly DataColumn<LaneInterval>[] = [
    { head: 'Mac', value: ({ mac }) => mac },
    { ...number('from', (row) => row.from_s), cell: (row) => formatTime(row.from_s, step_s) },
    { ...number('to', (row) => row.to_s), cell: (row) => formatTime(row.to_s, step_s) },
    { head: 'state', value: ({ state }) => state },
    { head: 'model', value: ({ build }) => build },
    { head: 'pool', value: ({ pool }) => pool },
    number('slowed %', ({ heat_pct }) => heat_pct),
    number('memory %', ({ memory_pct }) => memory_pct),
    number('wait', ({ waiting }) => waiting),
  ]
  return (
    <Panel
      title={label}
      about={`what each mostly did, by ${formatTime(answer.bucket_us / 1e6, step_s)}, ${formatTime(from_s)} – ${formatTime(to_s)}`}
    >
      <DataTable
        label={label}
        rows={rows.slice(offset, offset + PAGE)}
        columns={columns}
        keyOf={(row) => `${row.mac} ${row.from_s}`}
      />
      <Pager label={label} offset={offset} size={PAGE} total={rows.length} onMove={setOffset} />
    </Panel>
  )
}
