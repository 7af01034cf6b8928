/** Names of colours. */
import type { ReactNode } from 'react'

export interface LegendEntry {
  readonly name: string
  readonly colour: string
}

export function Legend({ entries }: { readonly entries: readonly LegendEntry[] }): ReactNode {
  return (
    <div className="legend">
      {entries.map(({ name, colour }) => (
        <span key={name}>
          <span className="key" style={{ background: colour }} />
          {name}
        </span>
      ))}
    </div>
  )
}
