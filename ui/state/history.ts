/** Address and state in step: what a user chooses becomes a step that the back button undoes. */
import { formatAddress, parseAddress } from './address.ts'
import { openDraft } from './draft-actions.ts'
import { useDashboard } from './store.ts'

let restoring = false

function restore(): void {
  const { view, selection, theme, source } = parseAddress(location.hash)
  restoring = true
  useDashboard.setState({ view, selection, theme })
  restoring = false
  if (view === 'run' && source !== undefined && useDashboard.getState().draft?.path !== source) void openDraft(source)
}

export function keepAddress(): void {
  const { view, selection, theme } = parseAddress(location.hash)
  useDashboard.setState({ view, selection, theme })
  addEventListener('popstate', restore)
  addEventListener('hashchange', restore)
  useDashboard.subscribe((state, before) => {
    if (restoring) return
    const address = formatAddress(state)
    if (address === location.hash || address === formatAddress(before)) return
    const step = state.view !== before.view || state.selection !== before.selection
    history[step ? 'pushState' : 'replaceState'](null, '', address)
  })
}
