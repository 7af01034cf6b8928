/** What the importer found in a log that was dropped, and the offer to replay it. */
import type { ReactNode } from 'react'
import { Panel } from '../../parts/panel.tsx'
import type { EditorDraft } from '../../state/dashboard.ts'
import { runDraft } from '../../state/run-actions.ts'
import { useDashboard } from '../../state/store.ts'

export function ImportedLog({ draft }: { readonly draft: EditorDraft }): ReactNode {
  const running = useDashboard((state) => state.running)
  if (draft.imported === undefined) return null
  return (
    <Panel
      title="Imported log"
      about="what was found, assumed and left out"
      aside={
        <button
          type="button"
          className="primary"
          disabled={draft.facts === undefined || running !== undefined}
          onClick={() => void runDraft()}
        >
          Replay it
        </button>
      }
    >
      <pre className="imported" tabIndex={0} aria-label="Report of the import">
        {draft.imported}
      </pre>
    </Panel>
  )
}
