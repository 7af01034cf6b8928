/** Requests: the list, narrowed and ordered by what the address says; below it the chosen one's life and decisions. */
import type { ReactNode } from 'react'
import { NeedsTrace } from '../../parts/needs-trace.tsx'
import { Empty, Panel } from '../../parts/panel.tsx'
import type { LoadedRun } from '../../state/dashboard.ts'
import { select } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { useTraceQuery } from '../../state/use-trace-query.ts'
import { DecisionTable } from './decision-table.tsx'
import { Explained } from './explained.tsx'
import { FilterBar } from './filter-bar.tsx'
import { RequestLifePanel } from './request-life-panel.tsx'
import { RequestList } from './request-list.tsx'
import './requests.css'

function Chosen({ run, request }: { readonly run: LoadedRun; readonly request: number }): ReactNode {
  const { answer, pending, error } = useTraceQuery(run, { kind: 'request_life', request })
  const close = (
    <button type="button" className="plain aside" onClick={() => select({ request: undefined })}>
      Close
    </button>
  )
  if (error !== undefined) return <Empty>{error}</Empty>
  if (answer === undefined)
    return pending ? null : <Empty action={close}>This run has no request {request}; they count from 0.</Empty>
  return (
    <>
      <RequestLifePanel life={answer} aside={close} />
      <Panel title="Decision, machine by machine" about="as `--explain` prints it">
        <Explained key={`${run.digest}/${request}`} run={run} request={request} />
      </Panel>
      <DecisionTable life={answer} />
    </>
  )
}

function Requests({ run }: { readonly run: LoadedRun }): ReactNode {
  const request = useDashboard((state) => state.selection.request)
  return (
    <>
      <Panel title="Requests" about="Enter or a click opens one; heads with an arrow sort">
        <FilterBar run={run} />
        <RequestList run={run} />
      </Panel>
      {request === undefined ? (
        <Empty>Choose a request to see its life and why it went where it went.</Empty>
      ) : (
        <Chosen run={run} request={request} />
      )}
    </>
  )
}

export default function RequestsView(): ReactNode {
  return <NeedsTrace>{(run) => <Requests run={run} />}</NeedsTrace>
}
