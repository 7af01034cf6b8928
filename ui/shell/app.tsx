/** The frame around the views: toolbar, notice, drop target. Each view is fetched when it is first opened. */
import { type ComponentType, lazy, type LazyExoticComponent, type ReactNode, Suspense, useRef } from 'react'
import { useDashboard } from '../state/store.ts'
import { VIEWS, type ViewName } from '../state/dashboard.ts'
import { go, notify } from '../state/selection-actions.ts'
import { Drawer } from './drawer.tsx'
import { DropTarget } from './drop-target.tsx'
import { Toolbar } from './toolbar.tsx'
import { ViewBoundary } from './view-boundary.tsx'

const TITLES: { readonly [V in ViewName]: string } = {
  answer: 'Answer',
  requests: 'Requests',
  interference: 'Interference',
  run: 'Scenario',
}

const PAGES: { readonly [V in ViewName]: LazyExoticComponent<ComponentType> } = {
  answer: lazy(() => import('../views/answer/answer-view.tsx')),
  requests: lazy(() => import('../views/requests/requests-view.tsx')),
  interference: lazy(() => import('../views/interference/interference-view.tsx')),
  run: lazy(() => import('../views/run/run-view.tsx')),
}

export function App(): ReactNode {
  const view = useDashboard((state) => state.view)
  const main = useRef<HTMLElement>(null)
  const Page = PAGES[view]
  return (
    <div className="app">
      {/* A button, because the address after # names the view. */}
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        Skip to {TITLES[view]}
      </button>
      <Toolbar>
        <Tabs view={view} />
      </Toolbar>
      <Notice />
      {/* A drawer stands at the right of the page, never below it. */}
      <div className="body">
        <main ref={main} className="view" tabIndex={-1} aria-label={TITLES[view]}>
          <div id="view" role="tabpanel" aria-labelledby={`tab-${view}`}>
            <ViewBoundary key={view} name={TITLES[view]}>
              <Suspense fallback={<p className="muted">Loading {TITLES[view]}</p>}>
                <Page />
              </Suspense>
            </ViewBoundary>
          </div>
        </main>
        <Drawer />
      </div>
      <DropTarget />
    </div>
  )
}

function Tabs({ view }: { readonly view: ViewName }): ReactNode {
  const step = (by: number): void => {
    const next = VIEWS[(VIEWS.indexOf(view) + by + VIEWS.length) % VIEWS.length]!
    go(next)
    document.querySelector<HTMLElement>(`#tab-${next}`)?.focus()
  }
  return (
    <div className="tabs" role="tablist" aria-label="Views">
      {VIEWS.map((name, i) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={name === view}
          aria-controls="view"
          tabIndex={name === view ? 0 : -1}
          title={`Alt+${i + 1}`}
          onClick={() => go(name)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowRight') step(1)
            if (event.key === 'ArrowLeft') step(-1)
          }}
        >
          {TITLES[name]}
        </button>
      ))}
    </div>
  )
}

function Notice(): ReactNode {
  const notice = useDashboard((state) => state.notice)
  if (notice === undefined) return null
  return (
    <div className={`notice ${notice.tone}`} role={notice.tone === 'error' ? 'alert' : 'status'}>
      <pre>{notice.text}</pre>
      <button type="button" className="plain" onClick={() => notify(undefined)}>
        Dismiss
      </button>
    </div>
  )
}
