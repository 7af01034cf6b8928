/** Policies of one's own beside the scenario: written or opened here, bundled and judged as on the command line, but for types. */
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { formatProblem } from '../../../sim/base/result.ts'
import { policyText } from '../../../sim/lab/policy/policy-text.ts'
import { Panel } from '../../parts/panel.tsx'
import type { EditorDraft } from '../../state/dashboard.ts'
import { addPolicy, editPolicy, removePolicy } from '../../state/draft-actions.ts'

const PolicyEditor = lazy(() => import('./policy-editor.tsx'))

/** `mine.ts`, `mine-2.ts`. */
function freeName(own: EditorDraft['own']): string {
  for (let i = 1; ; i += 1) {
    const name = i === 1 ? 'mine' : `mine-${i}`
    if (!Object.hasOwn(own, `${name}.ts`)) return name
  }
}

export function OwnPolicies({ draft }: { readonly draft: EditorDraft }): ReactNode {
  const files = Object.keys(draft.own)
  const [asked, setAsked] = useState<string | undefined>()
  const shown = asked !== undefined && files.includes(asked) ? asked : files.at(-1)
  const write = (): void => {
    const name = freeName(draft.own)
    setAsked(`${name}.ts`)
    void addPolicy(`${name}.ts`, policyText(name))
  }
  return (
    <Panel
      title="Policies of your own"
      about="types are checked by `fleetlab policy check`, everything else here"
      aside={
        <button type="button" onClick={write}>
          Write a policy
        </button>
      }
    >
      {shown !== undefined && (
        <div className="stack">
          <div className="row">
            <select aria-label="Policy file" value={shown} onChange={(event) => setAsked(event.target.value)}>
              {files.map((file) => (
                <option key={file}>{file}</option>
              ))}
            </select>
            <button type="button" onClick={() => removePolicy(shown)}>
              Remove
            </button>
          </div>
          <Suspense fallback={<pre className="editor-size">{draft.own[shown]}</pre>}>
            <PolicyEditor
              file={shown}
              text={draft.own[shown] ?? ''}
              problems={draft.ownProblems[shown] ?? []}
              onChange={(text) => editPolicy(shown, text)}
            />
          </Suspense>
          <Verdict problems={draft.ownProblems[shown]} />
        </div>
      )}
    </Panel>
  )
}

function Verdict({ problems }: { readonly problems: EditorDraft['ownProblems'][string] | undefined }): ReactNode {
  if (problems === undefined) return <p className="verdict muted">Checking …</p>
  if (problems.length === 0)
    return (
      <p className="verdict muted">
        <span className="good">✓</span> it bundles, and its surfaces are in order
      </p>
    )
  return (
    <ul className="verdict problems" role="alert">
      {problems.map((problem) => (
        <li key={formatProblem(problem)}>{formatProblem(problem)}</li>
      ))}
    </ul>
  )
}
