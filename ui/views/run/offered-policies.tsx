/** Policies that a link brought, as text to read: nothing of them has run, and nothing does before a press. */
import type { ReactNode } from 'react'
import { Panel } from '../../parts/panel.tsx'
import type { OfferedPolicies as Offered } from '../../state/dashboard.ts'
import { fail } from '../../state/selection-actions.ts'
import { useDashboard } from '../../state/store.ts'

const leaveOut = (): void => useDashboard.setState({ offered: undefined })

export function OfferedPolicies({ offered }: { readonly offered: Offered }): ReactNode {
  const files = Object.entries(offered.texts)
  return (
    <Panel title="This link brings code" about="">
      <div className="stack">
        <p role="alert">
          {files.length === 1 ? 'A policy came' : `${files.length} policy files came`} with the link. It has not run.
          Read it: accepted, it decides for the Macs of this scenario, in this page and nowhere else.
        </p>
        {files.map(([file, text]) => (
          <figure key={file} className="offered">
            <figcaption>
              <strong>{file}</strong>{' '}
              <span className="muted">
                {text.split('\n').length} lines, {text.length.toLocaleString('en-US')} characters
              </span>
            </figcaption>
            <pre tabIndex={0} aria-label={`Text of ${file}`}>
              {text}
            </pre>
          </figure>
        ))}
        <div className="row">
          <button type="button" className="primary" onClick={() => void offered.accept().catch(fail)}>
            Accept it
          </button>
          <button type="button" onClick={leaveOut}>
            Leave it out
          </button>
        </div>
      </div>
    </Panel>
  )
}
