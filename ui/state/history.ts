/**
 * Address and state in step: what a user chooses becomes a step that the back button undoes. A step also remembers which
 * dataset it was about, as long as the page lives; after that the address says which runs to make again.
 */
import { type Address, formatAddress, parseAddress } from './address.ts'
import type { DashboardState, Dataset, ViewSelection } from './dashboard.ts'
import { follow } from './open-actions.ts'
import { withoutForgotten } from './forgotten-rows.ts'
import { fail } from './selection-actions.ts'
import { lab, useDashboard } from './store.ts'

/** What a step of the browser's history carries. */
interface Step {
  readonly dataset: number | undefined
}

const { getState, setState } = useDashboard

const seen = new Map<number, Dataset>()
let restoring = false
/** Older ones are made again when somebody goes back so far: rows of twenty runs would fill the memory. */
const SEEN_MAX = 3
let hasStale = false

function remember(dataset: Dataset): void {
  const isNew = !seen.has(dataset.id)
  seen.delete(dataset.id)
  seen.set(dataset.id, dataset)
  if (!isNew || seen.size <= SEEN_MAX) return
  seen.delete(seen.keys().next().value!)
  hasStale = true
}

/** Not while something runs: what it makes may be the same runs, and they are not listed yet. */
function forgetStale({ running }: DashboardState): void {
  if (!hasStale || running !== undefined) return
  hasStale = false
  const runs = [...seen.values()].flatMap((each) => each.runs.flatMap(({ digest }) => digest ?? []))
  void lab.call<'keep'>({ op: 'keep', runs })
}

function restore(step: Step | null): void {
  const address = parseAddress(location.hash)
  const { view, selection, theme, source, at_s } = address
  const { running, dataset: shown, playback } = getState()
  const known = step?.dataset === undefined ? undefined : seen.get(step.dataset)
  restoring = true
  // What runs fills the dataset that is shown; leaving it would lose its runs.
  setState({
    view,
    selection,
    theme,
    playback: { ...playback, at_s },
    dataset: running === undefined && known !== undefined ? withoutForgotten(known) : shown,
  })
  restoring = false
  if (source === undefined && address.pack === undefined) return
  if (view === 'run') {
    const isOther = source !== undefined && getState().draft?.path !== source
    if (isOther || address.edit !== undefined || address.pack !== undefined) follow(address).catch(fail)
  } else if (known === undefined && !isAbout(shown, address)) follow(address).catch(fail)
}

/** Whether the dataset is the one that the address names. */
const isAbout = (dataset: Dataset | undefined, { source, policies, seeds, edit, pack }: Address): boolean =>
  (source === undefined || dataset?.path === source) &&
  dataset?.recipe?.edit === edit &&
  dataset?.recipe?.pack === pack &&
  dataset?.recipe?.policies?.join() === policies?.join() &&
  (dataset?.recipe?.seeds ?? '') === seeds

const onlyPlayed = (state: DashboardState, before: DashboardState): boolean =>
  state.playback !== before.playback && state.selection === before.selection && state.view === before.view

/** Whose the drawer's request is the drawer adds by itself: a step of its own would undo nothing. */
const isChoice = (after: ViewSelection, before: ViewSelection): boolean =>
  after !== before && JSON.stringify({ ...after, of: undefined }) !== JSON.stringify({ ...before, of: undefined })

/** The address follows a playhead that stands: browsers let no page change it with every frame. */
const SETTLED_MS = 400
let settling: ReturnType<typeof setTimeout> | undefined

function settle(): void {
  clearTimeout(settling)
  settling = setTimeout(() => history.replaceState(history.state, '', formatAddress(getState())), SETTLED_MS)
}

export function keepAddress(): void {
  const { view, selection, theme, at_s } = parseAddress(location.hash)
  setState({ view, selection, theme, playback: { ...getState().playback, at_s } })
  addEventListener('popstate', (event) => restore(event.state as Step | null))
  useDashboard.subscribe((state, before) => {
    if (state.dataset !== undefined && state.dataset !== before.dataset) remember(state.dataset)
    forgetStale(state)
    if (restoring) return
    const address = formatAddress(state)
    const replaced = state.dataset?.id !== before.dataset?.id
    if (!replaced && (address === location.hash || address === formatAddress(before))) return
    if (onlyPlayed(state, before)) return settle()
    // A link or the Run view has made this step already: its runs only arrive.
    const { source } = parseAddress(address)
    const isSame = source !== undefined && source === parseAddress(location.hash).source
    const arrives = isSame && (history.state === null || before.dataset?.kind !== 'simulated')
    const another = replaced && before.dataset !== undefined && !arrives
    const step = another || (!replaced && (state.view !== before.view || isChoice(state.selection, before.selection)))
    history[step ? 'pushState' : 'replaceState']({ dataset: state.dataset?.id } satisfies Step, '', address)
  })
}
