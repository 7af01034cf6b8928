/** Which arms run: those of the scenario, and any built-in policy beside them. */
import type { ReactNode } from 'react'
import type { EditorDraft } from '../../state/dashboard.ts'
import { changeDraft } from '../../state/draft-actions.ts'
import { useDashboard } from '../../state/store.ts'

export function PolicyChoice({ draft }: { readonly draft: EditorDraft }): ReactNode {
  const catalog = useDashboard((state) => state.catalog)
  const ofScenario = draft.facts?.arms ?? ['open']
  const builtin = (catalog?.policies ?? []).filter(({ name }) => !ofScenario.includes(name))
  const about = new Map(catalog?.policies.map((policy) => [policy.name, policy.about]))
  const own = Object.keys(draft.own)
    .map((file) => `./${file}`)
    .filter((name) => !ofScenario.includes(name))
  const chosen = draft.policies ?? ofScenario
  const toggle = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]
    // In the order shown, the scenario's first: the first is the baseline.
    const all = [...ofScenario, ...own, ...builtin.map((policy) => policy.name)]
    if (next.length > 0) changeDraft({ policies: all.filter((each) => next.includes(each)) })
  }
  return (
    <fieldset className="policies">
      <legend className="muted">Policies; the first is the baseline</legend>
      <div className="chips">
        {[...ofScenario, ...own, ...builtin.map((policy) => policy.name)].map((name) => (
          <label key={name} className="chip" title={about.get(name) ?? 'an arm of this scenario'}>
            <input
              type="checkbox"
              className="visually-hidden"
              checked={chosen.includes(name)}
              onChange={() => toggle(name)}
            />
            {name}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
