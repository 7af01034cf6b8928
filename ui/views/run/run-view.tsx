/** The scenario: which one, edited how, under which policies and seeds it is to run. */
import { lazy, type ReactNode, Suspense, useEffect } from 'react'
import { formatProblem } from '../../../sim/base/result.ts'
import { formatTime } from '../../charts/time/time-format.ts'
import { Empty, Panel } from '../../parts/panel.tsx'
import { parseAddress } from '../../state/address.ts'
import type { EditorDraft } from '../../state/dashboard.ts'
import { changeDraft, editDraft, loadCatalog, openDraft } from '../../state/draft-actions.ts'
import { FIRST_SCENARIO } from '../../state/open-actions.ts'
import { runDraft } from '../../state/run-actions.ts'
import { useDashboard } from '../../state/store.ts'
import { Progress } from '../../shell/toolbar.tsx'
import { ImportedLog } from './imported-log.tsx'
import { OfferedPolicies } from './offered-policies.tsx'
import { OwnPolicies } from './own-policies.tsx'
import { PolicyChoice } from './policy-choice.tsx'
import { ScenarioChoice } from './scenario-choice.tsx'
import './run.css'

const Editor = lazy(() => import('./yaml-editor.tsx'))

export default function RunView(): ReactNode {
  const draft = useDashboard((state) => state.draft)
  const running = useDashboard((state) => state.running)
  const offered = useDashboard((state) => state.offered)
  useEffect(() => {
    void loadCatalog()
    // A link that names a scenario has asked for it already.
    const { source, pack } = parseAddress(location.hash)
    if (useDashboard.getState().draft === undefined && source === undefined && pack === undefined)
      void openDraft(useDashboard.getState().dataset?.path ?? FIRST_SCENARIO)
  }, [])
  if (draft === undefined) return <Empty>Fetching the scenario.</Empty>
  return (
    <div className="run">
      <div className="stack">
        <ImportedLog draft={draft} />
        <Panel title="Scenario" about={draft.facts?.about ?? ''}>
          <div className="stack">
            <ScenarioChoice draft={draft} />
            <Suspense
              fallback={
                <pre className="editor-size" tabIndex={0}>
                  {draft.text}
                </pre>
              }
            >
              <Editor path={draft.path} text={draft.text} problems={draft.problems} onChange={editDraft} />
            </Suspense>
            <Verdict draft={draft} />
          </div>
        </Panel>
      </div>
      <div className="stack">
        {offered !== undefined && <OfferedPolicies offered={offered} />}
        <Panel title="Experiment">
          <div className="stack">
            <PolicyChoice draft={draft} />
            <label className="field">
              <span>Seeds</span>
              <input
                value={draft.seeds}
                placeholder={seedWords(draft)}
                onChange={(event) => changeDraft({ seeds: event.target.value })}
              />
            </label>
            <div className="row">
              {running === undefined ? (
                <button
                  type="button"
                  className="primary"
                  disabled={draft.facts === undefined}
                  onClick={() => void runDraft()}
                >
                  Run
                </button>
              ) : (
                <Progress />
              )}
            </div>
          </div>
        </Panel>
        <OwnPolicies draft={draft} />
      </div>
    </div>
  )
}

const seedWords = ({ facts }: EditorDraft): string =>
  facts === undefined ? 'such as 1-10' : `the scenario’s: ${facts.seeds.join(', ')}`

/** Whether it loads; what it is, or every problem with its place. */
function Verdict({ draft }: { readonly draft: EditorDraft }): ReactNode {
  if (draft.checking) return <p className="verdict muted">Checking …</p>
  const { facts, problems } = draft
  if (facts === undefined)
    return (
      <ul className="verdict problems" role="alert">
        {problems.map((problem) => (
          <li key={formatProblem(problem)}>{formatProblem(problem)}</li>
        ))}
      </ul>
    )
  const warmup = facts.warmup_s === null ? 'warm-up detected' : `warm-up ${formatTime(facts.warmup_s)}`
  return (
    <p className="verdict muted">
      <span className="good">✓</span> {facts.machines} Macs · {facts.models.join(', ')} · {formatTime(facts.duration_s)}{' '}
      · {warmup}
    </p>
  )
}
