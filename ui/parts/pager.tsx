/** Steps through a long list by the page. */
import type { ReactNode } from 'react'

export interface PagerProps {
  readonly label: string
  readonly offset: number
  readonly size: number
  readonly total: number
  onMove(offset: number): void
}

export function Pager({ label, offset, size, total, onMove }: PagerProps): ReactNode {
  if (total <= size && offset === 0) return null
  return (
    <nav className="row muted" aria-label={`Pages of ${label}`}>
      <button type="button" disabled={offset === 0} onClick={() => onMove(Math.max(0, offset - size))}>
        Before
      </button>
      {Math.min(total, offset + 1)} – {Math.min(total, offset + size)} of {total}
      <button type="button" disabled={offset + size >= total} onClick={() => onMove(offset + size)}>
        Next
      </button>
    </nav>
  )
}
