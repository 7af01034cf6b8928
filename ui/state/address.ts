/**
 * The state that an address carries: `#/overview?source=headline&from=600&to=1200&theme=dark`. A link shows what its
 * sender saw; the back button undoes a step. Pure, both ways.
 */
import { CAUSES } from '../data/delay-shares.ts'
import { type DashboardState, NOTHING_SELECTED, type Selection, type Theme, VIEWS, type ViewName } from './dashboard.ts'

export interface Address {
  readonly view: ViewName
  /** Path of a shipped scenario to open; undefined: the first visit's summary. */
  readonly source: string | undefined
  readonly selection: Selection
  readonly theme: Theme
}

const numberOf = (text: string | null): number | undefined => {
  const value = text === null || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

const isView = (text: string): text is ViewName => VIEWS.some((view) => view === text)

/** Anything it does not understand is left at its default: an old link still opens. */
export function parseAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?')
  const given = new URLSearchParams(query)
  const [from_s, to_s] = [numberOf(given.get('from')), numberOf(given.get('to'))]
  const [victim, culprit] = [given.get('victim'), given.get('culprit')]
  const theme = given.get('theme')
  return {
    view: isView(path) ? path : 'overview',
    source: given.get('source') ?? undefined,
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    selection: {
      ...NOTHING_SELECTED,
      window: from_s !== undefined && to_s !== undefined && to_s > from_s ? { from_s, to_s } : undefined,
      policy: given.get('policy') ?? undefined,
      seed: numberOf(given.get('seed')),
      beside: given.get('beside') ?? undefined,
      machine: numberOf(given.get('machine')),
      request: numberOf(given.get('request')),
      cell: victim !== null && culprit !== null ? { victim, culprit } : undefined,
      cause: CAUSES.find((cause) => cause === given.get('cause')),
    },
  }
}

const tidy = (seconds: number): string => String(Math.round(seconds * 1000) / 1000)

export function formatAddress(
  state: Pick<DashboardState, 'view' | 'theme' | 'selection' | 'dataset' | 'draft'>,
): string {
  const { selection, dataset } = state
  const { window, cell } = selection
  const entries: [string, string | undefined][] = [
    ['source', sourceOf(state.view === 'run' ? state.draft?.path : undefined, dataset)],
    ['from', window && tidy(window.from_s)],
    ['to', window && tidy(window.to_s)],
    ['policy', selection.policy],
    ['seed', selection.seed?.toString()],
    ['beside', selection.beside],
    ['machine', selection.machine?.toString()],
    ['request', selection.request?.toString()],
    ['victim', cell?.victim],
    ['culprit', cell?.culprit],
    ['cause', selection.cause],
    ['theme', state.theme === 'auto' ? undefined : state.theme],
  ]
  const given = new URLSearchParams(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
  const query = given.toString().replaceAll('%2F', '/')
  return `#/${state.view}${query === '' ? '' : `?${query}`}`
}

function sourceOf(draft: string | undefined, dataset: DashboardState['dataset']): string | undefined {
  if (draft?.startsWith('scenarios/')) return draft
  return dataset?.kind === 'simulated' && dataset.path?.startsWith('scenarios/') ? dataset.path : undefined
}
