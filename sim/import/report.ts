/** What an import found, took for granted, left out and made: `fleetlab.import/1`. */
import type { ClockKind } from './reading/clock.ts'
import type { ArrivalFigures } from './making/arrival-figures.ts'
import type { LeftOut } from './reading/left-out.ts'
import type { Ending } from './reading/request.ts'
import type { DrawnCounts } from './making/trace-rows.ts'
import type { Closeness, TwinFit } from './making/twin.ts'

export interface FileReport {
  readonly name: string
  readonly format: string
  readonly title: string
  readonly rows: number
}

export interface ModelReport {
  /** As the log has it, or as --model renames it; '': the log names none. */
  readonly name: string
  readonly requests: number
  readonly inCatalog: boolean
}

/** Of what requests hold a number: quantiles of a sample. */
export interface NumberReport {
  readonly known: number
  readonly p50: number | null
  readonly p95: number | null
  readonly max: number | null
}

export interface ImportReport {
  readonly format: 'fleetlab.import/1'
  readonly files: readonly FileReport[]
  readonly clock: ClockKind
  /** Of the first request: a date in UTC, or seconds of a clock of its own. */
  readonly starts: string
  readonly arrivals: ArrivalFigures
  readonly endings: { readonly [ending in Ending]: number }
  readonly models: readonly ModelReport[]
  readonly prompt_tokens: NumberReport
  readonly output_tokens: NumberReport
  readonly ttft_ms: NumberReport
  readonly found: readonly string[]
  readonly assumed: readonly string[]
  readonly left_out: readonly LeftOut[]
  readonly drawn: DrawnCounts
  /** undefined: nothing of the log says how much of a prompt was there before. */
  readonly prefix: { readonly hit_rate: number; readonly shared: number } | undefined
  /** Macs; undefined: the log knows none. */
  readonly macs: number | undefined
  /** undefined: all requests come at one instant. */
  readonly twin: (TwinFit & { readonly closeness: Closeness }) | undefined
  /** Files of the folder. */
  readonly written: readonly string[]
  /** Why there is no scenario, and what would help. */
  readonly missing: readonly string[]
}
