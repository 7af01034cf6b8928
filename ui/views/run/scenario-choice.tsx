/** Chooses among the shipped scenarios, by folder. Own files come by the header's Open or by dropping them. */
import type { ReactNode } from 'react'
import type { EditorDraft } from '../../state/dashboard.ts'
import { openDraft } from '../../state/draft-actions.ts'
import { useDashboard } from '../../state/store.ts'

export function ScenarioChoice({ draft }: { readonly draft: EditorDraft }): ReactNode {
  const scenarios = useDashboard((state) => state.scenarios)
  const folders = [...new Set(scenarios.map(({ folder }) => folder))]
  const isShipped = scenarios.some(({ path }) => path === draft.path)
  return (
    <label className="field">
      <span>Scenario</span>
      <select value={draft.path} onChange={(event) => void openDraft(event.target.value)}>
        {!isShipped && <option value={draft.path}>{draft.path}</option>}
        {folders.map((folder) => (
          <optgroup key={folder} label={folder}>
            {scenarios
              .filter((scenario) => scenario.folder === folder)
              .map(({ path, name, about }) => (
                <option key={path} value={path} title={about}>
                  {name}
                </option>
              ))}
          </optgroup>
        ))}
      </select>
      {draft.edited && isShipped && (
        <button type="button" onClick={() => void openDraft(draft.path)}>
          Undo edits
        </button>
      )}
    </label>
  )
}
