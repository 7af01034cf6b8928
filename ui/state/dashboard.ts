/** What the dashboard knows at any time: its data, what is selected, how it looks. Actions are beside it. */
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import type { Problem } from '../../sim/base/result.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import type { RequestOrder } from '../data/requests/requests.ts'
import type { Cause } from '../data/interference/delay-shares.ts'
import type { RunSeries } from '../data/answer/run-series.ts'
import type { Region } from '../data/trace/populations/region.ts'
import type { ShippedScenario } from '../data/answer/shipped-scenario.ts'
import type { RunNames } from '../../sim/lab/runs/run-names.ts'
import type { EditorCatalog, ScenarioFacts, Texts } from '../worker/protocol.ts'

export const VIEWS = ['answer', 'requests', 'interference', 'run'] as const
export type ViewName = (typeof VIEWS)[number]

/** `ready`: the worker answers queries. `on_demand`: a re-run brings it. `none`: only a file could. */
export type TraceState = 'none' | 'on_demand' | 'loading' | 'ready'

export interface LoadedRun {
  /** `policy/seed`, unique within a dataset. */
  readonly id: string
  readonly policy: string
  readonly seed: number
  /** undefined while it runs, or when only its trace was opened. */
  readonly result: RunResult | undefined
  readonly series: RunSeries | undefined
  readonly names: RunNames | undefined
  readonly digest: string | undefined
  readonly trace: TraceState
  /** While its rows are made: the name by which those so far may be asked about, and how far they are. */
  readonly live?: { readonly rows: string; readonly share: number } | undefined
  /** Of simulated time; 1 when finished. */
  readonly share: number
}

/** What a link must say, beside the scenario's path, for the same runs to be made elsewhere. */
export interface Recipe {
  /** undefined: the scenario's arms. */
  readonly policies: readonly string[] | undefined
  /** As typed; '': the scenario's. */
  readonly seeds: string
  /** The scenario's text was changed. */
  readonly edited: boolean
  /** How, as an address says it; undefined: not at all, or too much for one. */
  readonly edit?: string | undefined
  /** Whatever else the runs were made of and an address can carry: state/link-pack.ts. */
  readonly pack?: string | undefined
  /** So many letters would be too many for an address; a file takes them from the draft that was run. */
  readonly tooLong?: number | undefined
  readonly draft?: EditorDraft | undefined
}

export interface ScenarioSource {
  readonly text: string
  readonly beside: Texts
}

/** Everything that is looked at together: the runs of one scenario. */
export interface Dataset {
  /** Unique in this page: the back button finds by it what was looked at before. */
  readonly id: number
  readonly kind: 'summary' | 'simulated' | 'files'
  readonly scenario: string
  /** Path of the scenario, to run more of it; undefined when only results were opened. */
  readonly path: string | undefined
  /** Of runs made here. */
  readonly recipe?: Recipe
  /** What the scenario says of itself; absent: only results were opened, which say less. */
  readonly facts?: ScenarioFacts
  /** The text that was run, and files that only this page had beside it; absent: only results were opened. */
  readonly source?: ScenarioSource
  /** All arms in the scenario's order, which their colours follow; absent: the order of what was opened. */
  readonly arms?: readonly string[]
  readonly runs: readonly LoadedRun[]
  readonly compare: CompareResult | undefined
}

/** Seconds of simulated time. */
export interface TimeWindow {
  readonly from_s: number
  readonly to_s: number
}

export interface MatrixCell {
  readonly victim: string
  readonly culprit: string
}

/** Which requests are listed, and in which order; the window and the machine of the selection narrow them too. */
export interface RequestFilter {
  readonly outcome: string | undefined
  readonly reason: string | undefined
  readonly model: string | undefined
  readonly user: number | undefined
  readonly order: RequestOrder
  readonly descending: boolean
}

/** Of two runs: one above the other, what the second has more, or only the chosen one. */
export const PAIRINGS = ['pair', 'difference', 'one'] as const
export type Pairing = (typeof PAIRINGS)[number]

/** How lanes of Macs are ordered, coloured and sized. */
export interface LaneLook {
  readonly order: LaneOrder
  readonly track: LaneTrack
  readonly size: LaneSize
}

export const LANE_ORDERS = ['name', 'pool', 'chip', 'busy', 'queue'] as const
export type LaneOrder = (typeof LANE_ORDERS)[number]
export const LANE_TRACKS = ['state', 'pool', 'heat', 'memory', 'queue'] as const
export type LaneTrack = (typeof LANE_TRACKS)[number]
export const LANE_SIZES = ['fit', 'names', 'tracks'] as const
export type LaneSize = (typeof LANE_SIZES)[number]

export const USUAL_LANES: LaneLook = { order: 'name', track: 'state', size: 'fit' }

export interface ViewSelection {
  /** Zoomed into; undefined: the whole run. */
  readonly window: TimeWindow | undefined
  /** Arm and seed that single-run views show; undefined: the first. */
  readonly policy: string | undefined
  readonly seed: number | undefined
  readonly pairing: Pairing
  readonly lanes: LaneLook
  /** A second arm to look at in step; undefined: none. */
  readonly beside: string | undefined
  /** Machine number. */
  readonly machine: number | undefined
  readonly request: number | undefined
  /** The run that the drawer's request, Mac or region is of; undefined: the one that is shown. */
  readonly of: string | undefined
  /** Brushed by hand, and looked at in the drawer. */
  readonly region: Region | undefined
  readonly cell: MatrixCell | undefined
  /** Arms that charts leave out. */
  readonly hidden: readonly string[]
  readonly requests: RequestFilter
  /** Which of the causes of delay is looked at; undefined: all. */
  readonly cause: Cause | undefined
}

export interface Playback {
  readonly at_s: number
  readonly playing: boolean
  /** Simulated seconds per second. */
  readonly speed: number
}

export type Theme = 'auto' | 'light' | 'dark'

/** The scenario in the editor and how it is to be run. */
export interface EditorDraft {
  readonly path: string
  readonly text: string
  /** Files that stand beside it in this page alone, by path: those of an imported log. */
  readonly beside: Texts
  /** Policies that were written or opened beside it, by file name. */
  readonly own: Texts
  /** What is wrong with them. */
  readonly ownProblems: { readonly [file: string]: readonly Problem[] }
  /** What the import of a log said; undefined: it is no log's. */
  readonly imported?: string
  /** Differs from what was fetched. */
  readonly edited: boolean
  /** As it was when it was opened. */
  readonly original: string
  readonly facts: ScenarioFacts | undefined
  readonly problems: readonly Problem[]
  readonly checking: boolean
  /** undefined: the scenario's arms. */
  readonly policies: readonly string[] | undefined
  /** As typed, `1-3,7`; '': the scenario's. */
  readonly seeds: string
}

/** Policies that a link brought: texts that nobody has accepted yet, so nothing has evaluated them. */
export interface OfferedPolicies {
  readonly texts: Texts
  /** What is to run with them. */
  accept(): Promise<void>
}

export interface Running {
  /** Of all runs. */
  readonly share: number
  readonly label: string
  /** false: it will end soon, and nothing can stop it. */
  readonly cancellable: boolean
}

export interface Notice {
  readonly tone: 'error' | 'info'
  readonly text: string
}

export interface DashboardState {
  readonly view: ViewName
  readonly theme: Theme
  readonly scenarios: readonly ShippedScenario[]
  readonly catalog: EditorCatalog | undefined
  readonly draft: EditorDraft | undefined
  readonly offered: OfferedPolicies | undefined
  /** The text that was saved last. */
  readonly savedDraft: string | undefined
  readonly dataset: Dataset | undefined
  readonly running: Running | undefined
  readonly selection: ViewSelection
  readonly playback: Playback
  readonly notice: Notice | undefined
}

/** The slowest first: those are what people come for. */
export const ALL_REQUESTS: RequestFilter = {
  outcome: undefined,
  reason: undefined,
  model: undefined,
  user: undefined,
  order: 'ttft',
  descending: true,
}

export const NOTHING_SELECTED: ViewSelection = {
  window: undefined,
  policy: undefined,
  seed: undefined,
  pairing: 'pair',
  lanes: USUAL_LANES,
  beside: undefined,
  machine: undefined,
  request: undefined,
  of: undefined,
  region: undefined,
  cell: undefined,
  hidden: [],
  requests: ALL_REQUESTS,
  cause: undefined,
}

let datasets = 0
export const nextDatasetId = (): number => (datasets += 1)

/** The name by which a run's rows may be asked about; undefined: they are not here. */
export const rowsOf = (run: LoadedRun | undefined): string | undefined =>
  run?.trace === 'ready' ? run.digest : run?.live?.rows

export const runId = (policy: string, seed: number): string => `${policy}/${seed}`

/** Arms that have runs, in the order of `armsOf`. */
export const policiesOf = (dataset: Dataset): readonly string[] => {
  const run = new Set(dataset.runs.map(({ policy }) => policy))
  return armsOf(dataset).filter((arm) => run.has(arm))
}

const arms = new WeakMap<Dataset, readonly string[]>()

/** Every arm of the dataset in the scenario's order, whether or not it ran yet: what `armColour` goes by. */
export function armsOf(dataset: Dataset): readonly string[] {
  const known = arms.get(dataset)
  if (known !== undefined) return known
  const given = [...(dataset.arms ?? []), ...Object.keys(dataset.compare?.policies ?? {})]
  const found = [...new Set([...given, ...dataset.runs.map(({ policy }) => policy)])]
  arms.set(dataset, found)
  return found
}

/** The arm that all others are held against. */
export const baselineOf = (dataset: Dataset): string | undefined => dataset.compare?.baseline ?? armsOf(dataset)[0]

export const seedsOf = (dataset: Dataset): readonly number[] => [...new Set(dataset.runs.map((run) => run.seed))]

/** The run that single-run views show. */
export function selectedRun({ dataset, selection }: DashboardState): LoadedRun | undefined {
  const runs = dataset?.runs ?? []
  const ofPolicy = runs.filter((run) => selection.policy === undefined || run.policy === selection.policy)
  return ofPolicy.find((run) => run.seed === selection.seed) ?? ofPolicy[0] ?? runs[0]
}
