/** The instrument, one scroll: the answer, the evidence it rests on, and the trace of what happened. */
import { lazy, type ReactNode, Suspense } from 'react'
import { Empty } from '../../parts/panel.tsx'
import { AssumedList } from '../../parts/assumed-list.tsx'
import { WarningList } from '../../parts/warning-list.tsx'
import { useDashboard } from '../../state/store.ts'
import { EvidenceSection } from '../evidence/evidence-section.tsx'

const TraceView = lazy(async () => ({ default: (await import('../trace/trace-view.tsx')).TraceView }))

export default function AnswerView(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  if (dataset === undefined) return <Empty>The headline scenario’s finished run is on its way.</Empty>
  return (
    <div className="stack">
      <WarningList dataset={dataset} />
      <AssumedList dataset={dataset} />
      <EvidenceSection dataset={dataset} />
      <Suspense fallback={<p className="muted">Loading the trace</p>}>
        <TraceView />
      </Suspense>
    </div>
  )
}
