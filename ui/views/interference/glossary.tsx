/** What causes, culprits and the diagonal mean, in words. */
import type { ReactNode } from 'react'
import { CAUSE_WORDS, OTHER_CULPRITS } from './words.ts'

export function Glossary(): ReactNode {
  return (
    <details className="panel glossary" open>
      <summary>How to read it</summary>
      <p>
        For each served request: its latency minus its time alone on the same Mac, idle, cool and with the model loaded,
        is split among causes and culprits. A row is the model that was delayed, a column who delayed it; outlined cells
        are a model’s own other requests. Refused requests do not appear, so a policy can look better here by refusing.
      </p>
      <dl>
        {CAUSE_WORDS.map(({ cause, name, colour, about }) => (
          <div key={cause}>
            <dt>
              <span className="key" style={{ background: colour }} />
              {name}
            </dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
      <dl>
        {Object.entries(OTHER_CULPRITS).map(([culprit, { name, about }]) => (
          <div key={culprit}>
            <dt>{name}</dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
