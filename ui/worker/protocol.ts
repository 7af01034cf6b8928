/** What goes to the lab's worker and comes back: plain data and typed arrays both ways. */
import type { Problem } from '../../sim/base/result.ts'
import type { CompareResult } from '../../sim/lab/compare/compare.ts'
import type { Deltas } from '../../sim/lab/estimates/verdict.ts'
import type { SloFigures } from '../../sim/metrics/index.ts'
import type { RunResult } from '../../sim/metrics/result.ts'
import type { RunSeries } from '../data/answer/run-series.ts'
import type { TraceQuery } from '../data/trace/trace-query.ts'
import type { RunNames } from '../../sim/lab/runs/run-names.ts'
import type { TracesPart } from '../data/trace/parting-of-traces.ts'
import type { WorkerExperiment, PolicySeed, RunProgress } from './experiment.ts'

export interface PolicyInfo {
  readonly name: string
  readonly about: string
}

export interface EditorCatalog {
  readonly policies: readonly PolicyInfo[]
  readonly schema: JsonSchemaNode
}

/** As much of JSON Schema as completion needs. */
export interface JsonSchemaNode {
  readonly description?: string
  readonly properties?: { readonly [key: string]: JsonSchemaNode }
  readonly items?: JsonSchemaNode
  readonly anyOf?: readonly JsonSchemaNode[]
  readonly oneOf?: readonly JsonSchemaNode[]
  readonly additionalProperties?: JsonSchemaNode | boolean
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly $ref?: string
  readonly $defs?: { readonly [name: string]: JsonSchemaNode }
}

/** What a scenario that loads says of itself. */
export interface ScenarioFacts {
  readonly name: string
  readonly about: string
  readonly duration_s: number
  readonly warmup_s: number | null
  readonly arms: readonly string[]
  /** What each arm is, in a few words. */
  readonly armWords: { readonly [arm: string]: string }
  readonly slo: SloFigures
  /** What counts as equal in its comparisons. */
  readonly deltas: Deltas
  /** Metrics that its expectations name: what it calls good. */
  readonly named: readonly string[]
  readonly seeds: readonly number[]
  readonly machines: number
  readonly models: readonly string[]
}

export type Checked =
  | { readonly ok: true; readonly facts: ScenarioFacts }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Texts that stand for files of the same path beside the page. */
export interface Texts {
  readonly [path: string]: string
}

/** A file that was dropped. */
export interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

export type ImportedLog =
  | {
      readonly kind: 'imported'
      /** Of the scenario. */
      readonly name: string
      /** What was found, assumed and left out, as the command line prints it. */
      readonly text: string
      /** As `fleetlab import` writes them, by name. */
      readonly files: Texts
    }
  | { readonly kind: 'refused'; readonly text: string }

export interface OpenedTrace {
  readonly run: string
  readonly scenario: string
  readonly policy: string
  readonly seed: number
  readonly digest: string
  readonly names: RunNames
  readonly series: RunSeries
  readonly end_us: number
}

export interface ExplainAnswer {
  /** As `fleetlab run --explain` prints it. */
  readonly text: string
}

export type LabRequest =
  | { readonly op: 'catalog' }
  | { readonly op: 'check'; readonly path: string; readonly texts: Texts }
  | {
      readonly op: 'experiment'
      readonly request: WorkerExperiment
      readonly texts: Texts
      /** `1-3,7`; '': those of the request. */
      readonly seedList: string
      /** `first-seed`: of every arm, which is what screens open first; `all` costs 60 bytes per row. */
      readonly traces: 'first-seed' | 'all'
    }
  | { readonly op: 'open_trace'; readonly bytes: Uint8Array }
  | { readonly op: 'import'; readonly logs: readonly NamedBytes[] }
  | { readonly op: 'query'; readonly run: string; readonly query: TraceQuery }
  | { readonly op: 'explain'; readonly run: string; readonly request: number }
  /** The rows of these runs stay; all others go. */
  | { readonly op: 'keep'; readonly runs: readonly string[] }
  /** As `fleetlab run --out` writes `trace.fleet`. */
  | { readonly op: 'save_trace'; readonly run: string; readonly of: SavedTraceOf }
  /** As `fleetlab policy check`, but for types and runs. */
  | { readonly op: 'check_policy'; readonly file: string; readonly texts: Texts }
  /** Where two scenarios differ beside their arms. */
  | { readonly op: 'differences'; readonly before: string; readonly after: string }
  /** Of runs made elsewhere or before: their figures, which take longer than a page may stand still. */
  | {
      readonly op: 'compare'
      readonly results: readonly RunResult[]
      /** undefined: the first policy. */
      readonly baseline: string | undefined
      /** undefined: those of a scenario that names none. */
      readonly deltas: Deltas | undefined
    }
  /** Where two runs whose rows are here part; `besideReal`: one of them is of a real coordinator. */
  | { readonly op: 'parting'; readonly a: string; readonly b: string; readonly besideReal: boolean }

/** What the file says of its run. */
export interface SavedTraceOf {
  readonly scenario: string
  readonly policy: string
  readonly seed: number
}

export type LabAnswer = {
  readonly catalog: EditorCatalog
  readonly check: Checked
  readonly experiment: ExperimentAnswer
  readonly open_trace: OpenedTrace
  readonly import: ImportedLog
  readonly query: unknown
  readonly explain: ExplainAnswer
  readonly keep: undefined
  readonly save_trace: Uint8Array<ArrayBuffer>
  readonly differences: readonly string[]
  readonly check_policy: readonly Problem[]
  /** undefined: they share no seed. */
  readonly compare: CompareResult | undefined
  /** undefined: they never part. */
  readonly parting: TracesPart | undefined
}

export type ExperimentAnswer =
  | { readonly kind: 'done'; readonly compare: CompareResult }
  | { readonly kind: 'bad_input'; readonly problems: readonly Problem[] }
  | { readonly kind: 'cancelled' }

export interface RunDone extends PolicySeed {
  readonly result: RunResult
  readonly series: RunSeries
  readonly names: RunNames
  readonly hasTrace: boolean
}

/** A run that is being made, as far as it is. */
export interface RunUnderWay extends Omit<RunProgress, 'series' | 'live'> {
  readonly series: RunSeries
  /** By this name its rows so far may be asked about; undefined: it keeps none. */
  readonly live: string | undefined
  /** undefined: it keeps no rows, so nobody needs them yet. */
  readonly names: RunNames | undefined
}

export type LabEvent =
  /** Of a long answer that is not an experiment's. */
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'progress'; readonly progress: RunUnderWay }
  | { readonly kind: 'run'; readonly run: RunDone }
  /** Of the seeds so far. */
  | { readonly kind: 'compare'; readonly compare: CompareResult }

/** Explaining stopped because nobody waits for it any more. */
export const STOPPED = 'stopped'

/** To the worker. */
export type ToWorker =
  | { readonly kind: 'call'; readonly id: number; readonly base: string; readonly request: LabRequest }
  | { readonly kind: 'cancel'; readonly id: number }

/** From the worker. */
export type FromWorker =
  /** Rows that are not kept any longer, because later ones need the room. */
  | { readonly kind: 'forgot'; readonly runs: readonly string[] }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'event'; readonly id: number; readonly event: LabEvent }

/** Names a run's trace: by its digest, which is what the trace is. */
export const traceName = (digest: string): string => digest

/** Names the rows of a run under way, which has no digest yet. */
export const liveName = ({ policy, seed }: PolicySeed): string => `under way: ${policy}/${seed}`

/** What a query is answered that asks for rows which the worker has no more, such as those of a run that has just ended under another name. */
export const ROWS_GONE = 'the trace of this run is not here; run it first'
