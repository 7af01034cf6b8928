/** The requests of a region, or those of them that share a value; the slowest first. */
import { type ReactNode, useState } from 'react'
import { formatValue } from '../../../../sim/report/form/unit.ts'
import { formatTime } from '../../../charts/time/time-format.ts'
import type { RequestRow } from '../../../data/requests/requests.ts'
import { DataTable, type DataColumn } from '../../../parts/data-table.tsx'
import { Pager } from '../../../parts/pager.tsx'
import { Panel } from '../../../parts/panel.tsx'
import type { LoadedRun } from '../../../state/dashboard.ts'
import { useDashboard } from '../../../state/store.ts'
import { draw, type DrawerSubject } from '../../../state/trace-state.ts'
import { useTraceQuery } from '../../../state/use-trace-query.ts'
import { regionText } from '../region-text.ts'

const PAGE = 30

const millis = (micros: number | null): string => formatValue(micros === null ? null : micros / 1000, 'ms')

/** How a request ended, in a word. */
const endOf = (row: RequestRow): string => row.reason || row.outcome || 'in flight'

export const REQUEST_COLUMNS: readonly DataColumn<RequestRow>[] = [
  { head: 'request', value: (row) => row.request, numeric: true },
  {
    head: 'arrived',
    value: (row) => row.arrived_us,
    cell: (row) => formatTime(row.arrived_us / 1e6, 0.1),
    numeric: true,
  },
  { head: 'TTFT', value: (row) => row.ttft_us, cell: (row) => millis(row.ttft_us), numeric: true },
  { head: 'model', value: (row) => row.model },
  { head: 'outcome', value: endOf },
  { head: 'duration', value: (row) => row.duration_us, cell: (row) => millis(row.duration_us), numeric: true },
  { head: 'prompt', value: (row) => row.promptTokens, numeric: true },
  { head: 'tokens', value: (row) => row.completionTokens, numeric: true },
]

export function MembersDrawer({
  run,
  of,
}: {
  readonly run: LoadedRun
  readonly of: Extract<DrawerSubject, { readonly kind: 'members' }>
}): ReactNode {
  const model = useDashboard((state) => state.selection.requests.model)
  const [offset, setOffset] = useState(0)
  const { region, attribute, value } = of
  const { answer } = useTraceQuery(run, {
    kind: 'region_requests',
    region,
    ...(model === undefined ? {} : { model }),
    ...(attribute === undefined || value === undefined ? {} : { attribute, value }),
    offset,
    limit: PAGE,
  })
  const about = `${regionText(region)}, under ${run.policy}`
  return (
    <Panel title={attribute === undefined ? 'Requests' : `Requests · ${attribute} ${value ?? ''}`} about={about}>
      {answer?.total === 0 && <p className="muted">None.</p>}
      <DataTable
        label="Requests of the region"
        rows={answer?.rows ?? []}
        columns={REQUEST_COLUMNS}
        keyOf={(row) => row.request}
        onChoose={(row) => draw({ kind: 'request', run: run.id, request: row.request })}
      />
      <Pager label="requests of the region" offset={offset} size={PAGE} total={answer?.total ?? 0} onMove={setOffset} />
    </Panel>
  )
}
