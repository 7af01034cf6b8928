/** A titled box with a line of explanation, and what stands in it when there is nothing to show. */
import type { ReactNode } from 'react'

export interface PanelProps {
  readonly title: string
  readonly about?: string
  readonly aside?: ReactNode
  readonly children: ReactNode
}

export function Panel({ title, about, aside, children }: PanelProps): ReactNode {
  return (
    <section className="panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {about !== undefined && <span className="muted">{about}</span>}
        {aside}
      </header>
      {children}
    </section>
  )
}

/** Says why there is nothing and what would change that. */
export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }): ReactNode {
  return (
    <div className="empty">
      <p>{children}</p>
      {action}
    </div>
  )
}
