/** Names of colours and dashes; where told, each a switch that leaves its marks out, and with what it says at the pointer. */
import type { ReactNode } from 'react'

export interface LegendEntry {
  readonly name: string
  readonly colour: string
  /** Of a line, as `stroke-dasharray` takes it; absent: it is no line. */
  readonly dash?: string
  /** Of an area with a texture, in files: its picture as a URL. */
  readonly picture?: string
  /** At the pointer. */
  readonly value?: string | undefined
}

export interface LegendProps {
  readonly entries: readonly LegendEntry[]
  /** Names of those left out. */
  readonly hidden?: readonly string[]
  /** It holds values: every entry keeps its place, whatever they are. */
  readonly reads?: boolean
  onToggle?(name: string): void
}

export const KEY_LINE_PX = 20

const swatch = ({ colour, dash }: LegendEntry): ReactNode =>
  dash === undefined ? (
    <span className="key" style={{ background: colour }} />
  ) : (
    <svg className="key-line" width={KEY_LINE_PX} height={4} aria-hidden="true">
      <line x2={KEY_LINE_PX} y1={2} y2={2} stroke={colour} strokeWidth={3} strokeDasharray={dash} />
    </svg>
  )

export function Legend({ entries, hidden = [], reads = false, onToggle }: LegendProps): ReactNode {
  return (
    <div className={reads ? 'legend reads' : 'legend'}>
      {entries.map((entry) => {
        const { name, value } = entry
        const content = (
          <>
            {swatch(entry)}
            {name}
          </>
        )
        return (
          <span key={name}>
            {onToggle === undefined ? (
              content
            ) : (
              <button
                type="button"
                aria-pressed={!hidden.includes(name)}
                title={hidden.includes(name) ? `Show ${name}` : `Hide ${name}`}
                onClick={() => onToggle(name)}
              >
                {content}
              </button>
            )}
            {value !== undefined && <output>{value}</output>}
          </span>
        )
      })}
    </div>
  )
}
