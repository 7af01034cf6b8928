/** Every change in the window in order of time: who loaded, who drained, what was fetched, whose label moved and why. */
import { type ReactNode, useState } from 'react'
import { formatTime } from '../../charts/time-format.ts'
import { CHANGE_GROUPS, type ChangeGroup, type FleetChange } from '../../data/fleet-changes.ts'
import { Choice } from '../../parts/choice.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { Pager } from '../../parts/pager.tsx'
import { Panel } from '../../parts/panel.tsx'
import type { LoadedRun, TimeWindow } from '../../state/dashboard.ts'
import { goTo } from '../../state/selection-actions.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { GROUP_NAMES, wordsOfChange } from '../../data/trace/change-words.ts'

export interface ChangeListProps {
  readonly run: LoadedRun
  readonly shown: TimeWindow
  readonly group: ChangeGroup | undefined
  onGroup(group: ChangeGroup | undefined): void
}

const PAGE = 30
const GROUPS = Object.keys(CHANGE_GROUPS) as ChangeGroup[]

export function ChangeList({ run, shown, group, onGroup }: ChangeListProps): ReactNode {
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
    <Panel title={`Changes · ${run.policy}`} about="in order of time; choose one to open its Mac or request">
      <Choice label={`Kind of change under ${run.policy}`} options={options} chosen={group} onChoose={onGroup} />
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
  )
}

interface Listed extends FleetChange {
  readonly place: number
}

function ChangeTable({ run, rows }: { readonly run: LoadedRun; readonly rows: readonly Listed[] }): ReactNode {
  const open = ({ row, machine }: Listed): void => {
    const here = { policy: run.policy, seed: run.seed }
    if (row.kind === 'relabel' && row.request >= 0) goTo('requests', { ...here, request: row.request })
    else if (machine !== null) goTo('fleet', { ...here, machine })
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
