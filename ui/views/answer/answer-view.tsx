/** The instrument, one scroll: the answer, the evidence it rests on, and the trace of what happened. */
import { lazy, type ReactNode, Suspense } from 'react'
import { Empty } from '../../parts/panel.tsx'
import { go } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { EvidenceSection } from '../evidence/evidence-section.tsx'
import { AnswerBlock } from './answer-block.tsx'

const TraceView = lazy(async () => ({ default: (await import('../trace/trace-view.tsx')).TraceView }))

export default function AnswerView(): ReactNode {
  const dataset = useDashboard((state) => state.dataset)
  const running = useDashboard((state) => state.running !== undefined)
  if (dataset === undefined) return <Empty>The headline scenario’s finished run is on its way.</Empty>
  const choose = (
    <button type="button" onClick={() => go('run')}>
      Choose a scenario
    </button>
  )
  if (dataset.runs.length === 0 && dataset.compare === undefined)
    return running ? (
      <Empty>The first run is under way.</Empty>
    ) : (
      <Empty action={choose}>No run has anything to show yet.</Empty>
    )
  return (
    <div className="stack">
      <AnswerBlock dataset={dataset} />
      <EvidenceSection key={dataset.id} dataset={dataset} />
      <Suspense fallback={<p className="muted">Loading the trace</p>}>
        <TraceView />
      </Suspense>
    </div>
  )
}
