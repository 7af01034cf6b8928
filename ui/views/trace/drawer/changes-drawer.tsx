/** Who drained, who loaded, what was fetched and offered, whose label moved: every change of the window, and labels in sum. */
import { type ReactNode, useState } from 'react'
import { CHANGE_GROUPS, type ChangeGroup, type FleetChange } from '../../../data/fleet/fleet-changes.ts'
import { GROUP_NAMES, wordsOfChange } from '../../../data/trace/change-words.ts'
import { formatTime } from '../../../charts/time/time-format.ts'
import { Choice } from '../../../parts/choice.tsx'
import { DataTable } from '../../../parts/data-table.tsx'
import { Pager } from '../../../parts/pager.tsx'
import { Panel } from '../../../parts/panel.tsx'
import type { LoadedRun } from '../../../state/dashboard.ts'
import { setPlayback } from '../../../state/selection-actions.ts'
import { useDashboard } from '../../../state/store.ts'
import { draw } from '../../../state/trace-state.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { LabelMoves } from './label-moves.tsx'
import { type MacOrder, ResidencyLanes } from './residency-lanes.tsx'

const PAGE = 30
const ORDERS = [
  { value: 'machine', name: 'by number' },
  { value: 'most_changed', name: 'most changed first' },
] as const
const GROUPS = Object.keys(CHANGE_GROUPS) as ChangeGroup[]

export function ChangesDrawer({ run }: { readonly run: LoadedRun }): ReactNode {
  const window = useDashboard((state) => state.selection.window)
  const [order, setOrder] = useState<MacOrder>('machine')
  const { answer: moments } = useTraceQuery(run, { kind: 'moments' })
  const [group, setGroup] = useState<ChangeGroup | undefined>()
  const shown = window ?? { from_s: 0, to_s: run.series?.duration_s ?? 0 }
  const key = `${run.id} ${shown.from_s} ${shown.to_s} ${group ?? ''}`
  const [page, setPage] = useState({ key, offset: 0 })
  const offset = page.key === key ? page.offset : 0
  const { answer } = useTraceQuery(run, {
    kind: 'fleet_changes',
    from_us: shown.from_s * 1e6,
    to_us: shown.to_s * 1e6,
    ...(group === undefined ? {} : { group }),
    offset,
    limit: PAGE,
  })
  if (answer === undefined) return null
  const all = GROUPS.reduce((sum, each) => sum + answer.counts[each], 0)
  const options = [
    { value: undefined, name: `all ${all}` },
    ...GROUPS.map((each) => ({ value: each, name: `${GROUP_NAMES[each]} ${answer.counts[each]}` })),
  ]
  return (
    <div className="stack">
      <Panel
        title={`Changes · ${run.policy}`}
        about={`${formatTime(shown.from_s)} – ${formatTime(shown.to_s)}, in order of time; choose one to open its Mac or request`}
      >
        <Choice label={`Kind of change under ${run.policy}`} options={options} chosen={group} onChoose={setGroup} />
        {answer.total === 0 ? (
          <p className="muted">Nothing of this kind in the window.</p>
        ) : (
          <ChangeTable run={run} rows={answer.rows.map((each, i) => ({ ...each, place: offset + i }))} />
        )}
        <Pager
          label={`changes under ${run.policy}`}
          offset={offset}
          size={PAGE}
          total={answer.total}
          onMove={(next) => setPage({ key, offset: next })}
        />
      </Panel>
      <Choice<MacOrder> label="Order of Macs" options={ORDERS} chosen={order} onChoose={setOrder} />
      <ResidencyLanes
        key={`${run.id} ${shown.from_s} ${shown.to_s} ${order}`}
        run={run}
        shown={shown}
        marks={moments?.operator ?? []}
        order={order}
      />
      <LabelMoves run={run} />
    </div>
  )
}

interface Listed extends FleetChange {
  readonly place: number
}

function ChangeTable({ run, rows }: { readonly run: LoadedRun; readonly rows: readonly Listed[] }): ReactNode {
  const open = ({ row, machine }: Listed): void => {
    setPlayback({ at_s: row.at / 1e6, playing: false })
    if (row.kind === 'relabel' && row.request >= 0) draw({ kind: 'request', run: run.id, request: row.request })
    else if (machine !== null) draw({ kind: 'machine', run: run.id, machine })
  }
  return (
    <DataTable
      label={`Changes under ${run.policy}`}
      rows={rows}
      keyOf={({ place }) => place}
      onChoose={open}
      columns={[
        { head: 'time', value: ({ row }) => row.at, cell: ({ row }) => formatTime(row.at / 1e6, 0.1), numeric: true },
        {
          head: 'Mac',
          value: ({ machine }) => (machine === null ? '' : (run.names?.machines[machine]?.serial ?? machine)),
        },
        { head: 'build or pool', value: ({ row }) => wordsOfChange(row).subject },
        { head: 'what happened', value: ({ row }) => wordsOfChange(row).words },
      ]}
    />
  )
}
