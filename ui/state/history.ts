/**
 * Address and state in step: what a user chooses becomes a step that the back button undoes. A step also remembers which
 * dataset it was about, as long as the page lives; after that the address says which runs to make again.
 */
import { type Address, formatAddress, parseAddress } from './address.ts'
import type { Dataset } from './dashboard.ts'
import { openDraft } from './draft-actions.ts'
import { followLink } from './open-actions.ts'
import { fail } from './selection-actions.ts'
import { useDashboard } from './store.ts'

/** What a step of the browser's history carries. */
interface Step {
  readonly dataset: number | undefined
}

const { getState, setState } = useDashboard

const seen = new Map<number, Dataset>()
let restoring = false

function restore(step: Step | null): void {
  const address = parseAddress(location.hash)
  const { view, selection, theme, source } = address
  const { running, dataset: shown } = getState()
  const known = step?.dataset === undefined ? undefined : seen.get(step.dataset)
  restoring = true
  // What runs fills the dataset that is shown; leaving it would lose its runs.
  setState({ view, selection, theme, dataset: running === undefined ? (known ?? shown) : shown })
  restoring = false
  if (source === undefined) return
  if (view === 'run') {
    if (getState().draft?.path !== source) void openDraft(source)
  } else if (known === undefined && !isAbout(shown, address)) followLink(address).catch(fail)
}

/** Whether the dataset is the one that the address names. */
const isAbout = (dataset: Dataset | undefined, { source, policies, seeds }: Address): boolean =>
  dataset?.path === source &&
  dataset?.recipe?.policies?.join() === policies?.join() &&
  (dataset?.recipe?.seeds ?? '') === seeds

export function keepAddress(): void {
  const { view, selection, theme } = parseAddress(location.hash)
  setState({ view, selection, theme })
  addEventListener('popstate', (event) => restore(event.state as Step | null))
  useDashboard.subscribe((state, before) => {
    if (state.dataset !== undefined) seen.set(state.dataset.id, state.dataset)
    if (restoring) return
    const address = formatAddress(state)
    const replaced = state.dataset?.id !== before.dataset?.id
    if (!replaced && (address === location.hash || address === formatAddress(before))) return
    // A link or the Run view has made this step already: its runs only arrive.
    const { source } = parseAddress(address)
    const arrives = source !== undefined && source === parseAddress(location.hash).source
    const another = replaced && before.dataset !== undefined && !arrives
    const step = another || (!replaced && (state.view !== before.view || state.selection !== before.selection))
    history[step ? 'pushState' : 'replaceState']({ dataset: state.dataset?.id } satisfies Step, '', address)
  })
}
