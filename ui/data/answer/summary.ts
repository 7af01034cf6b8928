/** A finished comparison small enough for a first visit: figures and series of every run, no trace. */
import type { CompareResult } from '../../../sim/lab/compare/compare.ts'
import type { RunResult } from '../../../sim/metrics/result.ts'
import type { ScenarioFacts, Texts } from '../../worker/protocol.ts'
import type { RunSeries } from './run-series.ts'

export interface SummaryRun {
  readonly policy: string
  readonly seed: number
  readonly result: RunResult
  /** Every arm has those of its first seed and of a few more: bands need some, not all. */
  readonly series: RunSeries | undefined
}

export interface Summary {
  readonly format: 'fleetlab.summary/1'
  /** As the list of shipped scenarios names it; '': of no scenario that is here. */
  readonly path: string
  readonly compare: CompareResult
  /** Of runs that somebody saved: their arms in order, which colours follow, and the text they are of. */
  readonly arms?: readonly string[]
  readonly facts?: ScenarioFacts
  readonly source?: { readonly text: string; readonly beside: Texts }
  readonly runs: readonly SummaryRun[]
}
