/**
 * The state that an address carries: `#/answer?source=headline&from=600&to=1200&theme=dark`. A link shows what its
 * sender saw; the back button undoes a step. Pure, both ways.
 */
import { FATES } from '../data/trace/request-facts.ts'
import type { Region } from '../data/trace/populations/region.ts'
import { CAUSES } from '../data/interference/delay-shares.ts'
import type { RequestOrder } from '../data/requests/requests.ts'
import {
  ALL_REQUESTS,
  type DashboardState,
  LANE_ORDERS,
  LANE_SIZES,
  LANE_TRACKS,
  type LaneLook,
  NOTHING_SELECTED,
  PAIRINGS,
  type Recipe,
  type RequestFilter,
  USUAL_LANES,
  type ViewSelection,
  type Theme,
  VIEWS,
  type ViewName,
} from './dashboard.ts'

export interface Address {
  readonly view: ViewName
  /** Path of a shipped scenario to open; undefined: the first visit's summary. */
  readonly source: string | undefined
  /** How the source was run; undefined and '': as the scenario says. */
  readonly policies: readonly string[] | undefined
  readonly seeds: string
  readonly selection: ViewSelection
  /** Playhead, seconds. */
  readonly at_s: number
  /** What was changed in the source's text; undefined: nothing. */
  readonly edit: string | undefined
  /** Texts that only another page had: state/link-pack.ts. */
  readonly pack: string | undefined
  readonly theme: Theme
}

const among = <T extends string>(list: readonly T[], text: string | null | undefined, usual: T): T =>
  list.find((each) => each === text) ?? usual

/** `lanes=busy,heat,names`. */
function lanesOf(text: string | null): LaneLook {
  const [order, track, size] = (text ?? '').split(',')
  return {
    order: among(LANE_ORDERS, order, USUAL_LANES.order),
    track: among(LANE_TRACKS, track, USUAL_LANES.track),
    size: among(LANE_SIZES, size, USUAL_LANES.size),
  }
}

const lanesText = ({ order, track, size }: LaneLook): string | undefined => {
  const text = [order, track, size].join()
  return text === Object.values(USUAL_LANES).join() ? undefined : text
}

/** `600000000,720000000`, the least and most TTFT or how the requests ended after it: all in microseconds. */
function regionOf(text: string | null): Region | undefined {
  const match = /^(\d{1,15}),(\d{1,15})(?:,(\d{1,15}),(\d{1,15})|,([a-z_]+))?$/.exec(text ?? '')
  if (match === null) return undefined
  const [from_us, to_us, least, most] = match.slice(1, 5).map(Number) as [number, number, number, number]
  const fate = FATES.find((each) => each === match[5])
  if (to_us <= from_us || (match[5] !== undefined && fate === undefined)) return undefined
  const ttft = match[3] === undefined ? {} : { ttft_us: [least, most] as const }
  return { from_us, to_us, ...ttft, ...(fate === undefined ? {} : { fate }) }
}

const regionText = ({ from_us, to_us, ttft_us, fate }: Region): string =>
  [...[from_us, to_us, ...(ttft_us ?? [])].map(Math.round), ...(fate === undefined ? [] : [fate])].join()

const numberOf = (text: string | null): number | undefined => {
  const value = text === null || text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

const ORDERS: readonly RequestOrder[] = ['arrived', 'ttft', 'duration']

/** `sort=-ttft`: descending. */
function filterOf(given: URLSearchParams): RequestFilter {
  const sort = given.get('sort') ?? ''
  const order = ORDERS.find((each) => each === sort.replace(/^-/, ''))
  return {
    outcome: given.get('outcome') ?? undefined,
    reason: given.get('reason') ?? undefined,
    model: given.get('model') ?? undefined,
    user: numberOf(given.get('user')),
    order: order ?? ALL_REQUESTS.order,
    descending: order === undefined ? ALL_REQUESTS.descending : sort.startsWith('-'),
  }
}

function filterEntries({ outcome, reason, model, user, order, descending }: RequestFilter): Entry[] {
  const usual = order === ALL_REQUESTS.order && descending === ALL_REQUESTS.descending
  return [
    ['outcome', outcome],
    ['reason', reason],
    ['model', model],
    ['user', user?.toString()],
    ['sort', usual ? undefined : `${descending ? '-' : ''}${order}`],
  ]
}

type Entry = readonly [name: string, value: string | undefined]

const isView = (text: string): text is ViewName => VIEWS.some((view) => view === text)

/** Pages that links of before may name; each is a part of the one page now. */
const viewOf = (path: string): ViewName => (isView(path) ? path : 'answer')

/** Anything it does not understand is left at its default: an old link still opens. */
export function parseAddress(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?')
  const given = new URLSearchParams(query)
  const [from_s, to_s] = [numberOf(given.get('from')), numberOf(given.get('to'))]
  const [victim, culprit] = [given.get('victim'), given.get('culprit')]
  const theme = given.get('theme')
  return {
    view: viewOf(path),
    source: given.get('source') ?? undefined,
    policies: given.get('arms')?.split(',') ?? undefined,
    seeds: given.get('seeds') ?? '',
    at_s: Math.max(0, numberOf(given.get('at')) ?? 0),
    edit: given.get('edit') ?? undefined,
    pack: given.get('pack') ?? undefined,
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    selection: {
      ...NOTHING_SELECTED,
      window: from_s !== undefined && to_s !== undefined && to_s > from_s ? { from_s, to_s } : undefined,
      policy: given.get('policy') ?? undefined,
      seed: numberOf(given.get('seed')),
      pairing: among(PAIRINGS, given.get('pair'), NOTHING_SELECTED.pairing),
      lanes: lanesOf(given.get('lanes')),
      beside: given.get('beside') ?? undefined,
      machine: numberOf(given.get('machine')),
      request: numberOf(given.get('request')),
      of: given.get('of') ?? undefined,
      region: regionOf(given.get('region')),
      cell: victim !== null && culprit !== null ? { victim, culprit } : undefined,
      hidden: given.getAll('hide'),
      requests: filterOf(given),
      cause: CAUSES.find((cause) => cause === given.get('cause')),
    },
  }
}

const tidy = (seconds: number): string => String(Math.round(seconds * 1000) / 1000)

export function formatAddress(
  state: Pick<DashboardState, 'view' | 'theme' | 'selection' | 'dataset' | 'draft' | 'playback'>,
  more?: LinkTexts,
): string {
  const { selection, dataset } = state
  const { window, cell } = selection
  const entries: Entry[] = [
    ...sourceEntries(state.view === 'run' ? state.draft : undefined, dataset, more),
    ...textEntries(state, more),
    // While it plays, an address would change with every frame.
    ['at', state.playback.playing || state.playback.at_s === 0 ? undefined : tidy(state.playback.at_s)],
    ['from', window && tidy(window.from_s)],
    ['to', window && tidy(window.to_s)],
    ['policy', selection.policy],
    ['seed', selection.seed?.toString()],
    ['beside', selection.beside],
    ['pair', selection.pairing === NOTHING_SELECTED.pairing ? undefined : selection.pairing],
    ['lanes', lanesText(selection.lanes)],
    ['machine', selection.machine?.toString()],
    ['request', selection.request?.toString()],
    ['of', selection.of],
    ['region', selection.region && regionText(selection.region)],
    ['victim', cell?.victim],
    ['culprit', cell?.culprit],
    ...selection.hidden.map((policy): [string, string] => ['hide', policy]),
    ...filterEntries(selection.requests),
    ['cause', selection.cause],
    ['theme', state.theme === 'auto' ? undefined : state.theme],
  ]
  const given = new URLSearchParams(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
  const query = given.toString().replaceAll('%2F', '/').replaceAll('%2C', ',')
  return `#/${state.view}${query === '' ? '' : `?${query}`}`
}

/** What of the editor's text and of policies an address takes along; beside what the state says of runs. */
export type LinkTexts = Pick<Recipe, 'edit' | 'pack'>

const textEntries = (
  { view, dataset }: Pick<DashboardState, 'view' | 'dataset'>,
  more: LinkTexts | undefined,
): Entry[] => {
  const { edit, pack } = more ?? (view === 'run' ? undefined : dataset?.recipe) ?? {}
  return [
    ['edit', edit],
    ['pack', pack],
  ]
}

const isShipped = (path: string | undefined): path is string => path?.startsWith('scenarios/') === true

/** Only shipped scenarios have a path that others can follow; any other is in the pack, or nowhere. */
function sourceEntries(
  draft: DashboardState['draft'],
  dataset: DashboardState['dataset'],
  more: LinkTexts | undefined,
): Entry[] {
  if (draft !== undefined && (isShipped(draft.path) || more?.pack !== undefined))
    return recipeEntries(draft.path, draft)
  const { recipe } = dataset ?? {}
  if (dataset?.kind !== 'simulated' || dataset.path === undefined) return []
  const has = more ?? recipe
  const needs = recipe?.edited === true || recipe?.policies?.some((name) => name.startsWith('./')) === true
  // What no address can carry: the source alone would bring other runs.
  if ((needs || !isShipped(dataset.path)) && has?.edit === undefined && has?.pack === undefined) return []
  return recipeEntries(dataset.path, recipe)
}

const recipeEntries = (path: string, recipe: Pick<Recipe, 'policies' | 'seeds'> | undefined): Entry[] => [
  ['source', isShipped(path) ? path : undefined],
  ['arms', recipe?.policies?.join(',')],
  ['seeds', recipe?.seeds === '' ? undefined : recipe?.seeds],
]

/** Longer ones are packed. */
const EDIT_MAX = 600

/** What was changed, as one span: `START.REMOVED.TEXT`. undefined: too much for an address as it stands. */
export function editOf(original: string, text: string): string | undefined {
  const edit = spanOf(original, text)
  return encodeURIComponent(edit).length > EDIT_MAX ? undefined : edit
}

export function spanOf(original: string, text: string): string {
  let start = 0
  while (start < original.length && original[start] === text[start]) start += 1
  let end = 0
  const most = Math.min(original.length, text.length) - start
  while (end < most && original.at(-1 - end) === text.at(-1 - end)) end += 1
  return `${start}.${original.length - end - start}.${text.slice(start, text.length - end)}`
}

/** undefined: it is no edit, or not of this text. */
export function edited(original: string, edit: string): string | undefined {
  const match = /^(\d+)\.(\d+)\.([^]*)$/.exec(edit)
  if (match === null) return undefined
  const [start, removed] = [Number(match[1]), Number(match[2])]
  if (start + removed > original.length) return undefined
  return original.slice(0, start) + match[3] + original.slice(start + removed)
}
