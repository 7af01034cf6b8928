/** Names of colours; where told, each a switch that leaves its marks out. */
import type { ReactNode } from 'react'

export interface LegendEntry {
  readonly name: string
  readonly colour: string
  readonly dashed?: boolean
}

export interface LegendProps {
  readonly entries: readonly LegendEntry[]
  /** Names of those left out. */
  readonly hidden?: readonly string[]
  onToggle?(name: string): void
}

const swatch = ({ colour, dashed }: LegendEntry): ReactNode =>
  dashed === undefined ? (
    <span className="key" style={{ background: colour }} />
  ) : (
    <span className="key-line" style={{ borderTop: `2px ${dashed ? 'dashed' : 'solid'} ${colour}` }} />
  )

export function Legend({ entries, hidden = [], onToggle }: LegendProps): ReactNode {
  return (
    <div className="legend">
      {entries.map((entry) =>
        onToggle === undefined ? (
          <span key={entry.name}>
            {swatch(entry)}
            {entry.name}
          </span>
        ) : (
          <button
            key={entry.name}
            type="button"
            aria-pressed={!hidden.includes(entry.name)}
            title={hidden.includes(entry.name) ? `Show ${entry.name}` : `Hide ${entry.name}`}
            onClick={() => onToggle(entry.name)}
          >
            {swatch(entry)}
            {entry.name}
          </button>
        ),
      )}
    </div>
  )
}
