/** Requests: the list, narrowed and ordered by what the address says; the chosen one opens in the drawer. */
import type { ReactNode } from 'react'
import { NeedsTrace } from '../../parts/needs-trace.tsx'
import { Empty, Panel } from '../../parts/panel.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { useDashboard } from '../../state/store.ts'
import { FilterBar } from './filter-bar.tsx'
import { RequestList } from './request-list.tsx'
import './requests.css'

function Requests({ run }: { readonly run: LoadedRun }): ReactNode {
  const request = useDashboard((state) => state.selection.request)
  return (
    <>
      <Panel title="Requests" about="Enter or a click opens one; heads with an arrow sort">
        <FilterBar run={run} />
        <RequestList run={run} />
      </Panel>
      {request === undefined && (
        <Empty>Choose a request: its life, and why it went where it went, opens at the right.</Empty>
      )}
    </>
  )
}

export default function RequestsView(): ReactNode {
  return <NeedsTrace>{(run) => <Requests run={run} />}</NeedsTrace>
}
