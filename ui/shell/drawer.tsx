/**
 * The drawer at the right of the page: what was chosen in the trace, beside it and never below it. It shows one thing at a
 * time and knows the way back; on a phone it covers the page.
 */
import { lazy, type ReactNode, Suspense, useEffect, useRef } from 'react'
import { selectedRun } from '../state/dashboard.ts'
import { useDashboard } from '../state/store.ts'
import { closeDrawer, draw, drawBefore, forgetDrawn, useTrace } from '../state/trace-state.ts'
import { traceRuns } from '../views/trace/use-trace-runs.ts'
import { ViewBoundary } from './view-boundary.tsx'
import './drawer.css'

const CHOSEN = ['request', 'machine', 'region'] as const

const Content = lazy(() => import('../views/trace/drawer/drawer-content.tsx'))

/** An address, a list or a table chooses a request or a Mac: the drawer opens on it. */
function useChosen(): void {
  useEffect(() => {
    const follow = (): void => {
      const state = useDashboard.getState()
      const { request, machine, region, of } = state.selection
      const { drawn } = useTrace.getState()
      // Lists are of the selected run; the trace has one to look at before anything is selected.
      const shown = state.view === 'answer' ? traceRuns(state)?.chosen : selectedRun(state)
      if (shown === undefined) return
      // An address may be about the other run of a pair, which comes later; lists are of the one that is shown.
      const named = drawn === undefined ? of : undefined
      if (named !== undefined && state.dataset?.runs.some(({ id }) => id === named) !== true) return
      const run = named ?? shown.id
      if (request !== undefined) {
        if (drawn?.kind !== 'request' || drawn.request !== request) draw({ kind: 'request', run, request })
      } else if (machine !== undefined) {
        if (drawn?.kind !== 'machine' || drawn.machine !== machine) draw({ kind: 'machine', run, machine })
      } else if (region !== undefined) {
        if (drawn === undefined) draw({ kind: 'region', run, region })
      } else if (drawn?.kind === 'request' || drawn?.kind === 'machine' || drawn?.kind === 'region') closeDrawer()
    }
    follow()
    return useDashboard.subscribe(({ selection, dataset }, before) => {
      if (dataset?.id !== before.dataset?.id) {
        forgetDrawn()
        follow()
      } else if (dataset !== before.dataset && useTrace.getState().drawn === undefined)
        // The runs of a link arrive one by one.
        follow()
      else if (CHOSEN.some((name) => selection[name] !== before.selection[name])) follow()
    })
  }, [])
}

export function Drawer(): ReactNode {
  useChosen()
  const drawn = useTrace((state) => state.drawn)
  const before = useTrace((state) => state.before)
  const box = useRef<HTMLElement>(null)
  const open = drawn !== undefined
  useEffect(() => {
    if (open) box.current?.scrollTo({ top: 0 })
  }, [drawn])
  if (drawn === undefined) return null
  return (
    <aside
      ref={box}
      className="drawer"
      aria-label="Details"
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape') closeDrawer()
      }}
    >
      <div className="drawer-bar">
        <button type="button" className="plain" disabled={before.length === 0} onClick={drawBefore}>
          ← Back
        </button>
        <button type="button" className="plain" aria-label="Close details" onClick={closeDrawer}>
          Close ✕
        </button>
      </div>
      <ViewBoundary key={JSON.stringify(drawn)} name="Details">
        <Suspense fallback={<p className="muted">Opening</p>}>
          <Content drawn={drawn} />
        </Suspense>
      </ViewBoundary>
    </aside>
  )
}
