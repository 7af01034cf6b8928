/** What a check says: file by file, expectation by expectation. */
import type { Problem } from '../../base/result.ts'
import type { GatheredAssumed } from '../compare/assumed.ts'
import type { RunJob } from '../runs/ports.ts'
import type { RowQuestion } from '../runs/row-count.ts'
import type { CheckedBaseline } from './baseline.ts'
import type { Bound, Verdict } from './expectation.ts'
import type { Published } from './published.ts'

/** An expectation as the result names it, and how it went. */
export interface CheckedExpectation extends Verdict {
  readonly policy: string
  readonly metric?: string
  readonly versus?: string
  readonly row?: string
  readonly where?: RowQuestion['where']
  readonly bound: Bound
  readonly confidence?: 0.95
  /** Where the bound comes from, if not from the author. */
  readonly published?: Published
  /** It is about the ratio to the sum of these. */
  readonly over?: readonly string[]
  /** Its place in `expect:`, from 0; the file is that of a base when it is inherited. */
  readonly entry: number
  readonly file: string
  readonly line?: number
}

/** error: bad input, or a bug. failed: an expectation is missed. inconclusive: none is, and of some it cannot be told. */
export type FileVerdict = 'passed' | 'failed' | 'inconclusive' | 'error'

export interface CheckedFile {
  readonly file: string
  /** The scenario's name; absent when it could not be read. */
  readonly scenario?: string
  readonly verdict: FileVerdict
  readonly passed: boolean
  readonly seeds: readonly number[]
  readonly expectations: readonly CheckedExpectation[]
  /** Bad input. */
  readonly problems: readonly Problem[]
  /** Absent: there is none, and none is asked for. */
  readonly baseline?: CheckedBaseline
  /** A run that broke an invariant. */
  readonly bug?: { readonly message: string; readonly job: RunJob }
  readonly warnings: readonly string[]
  /** What the judged figures rest on without anybody knowing it. */
  readonly assumed: readonly GatheredAssumed[]
  /** `wall_s`: from the start of its first run to the end of its last. */
  readonly meta: { readonly [key: string]: string | number }
}

/** A file of a folder that was passed over. */
export interface SkippedFile {
  readonly file: string
  readonly why: string
}

export interface CheckResult {
  readonly format: 'fleetlab.check/1'
  readonly passed: boolean
  readonly files: readonly CheckedFile[]
  readonly skipped: readonly SkippedFile[]
  /** Left out by a filter. */
  readonly left_out: readonly string[]
  /** Not judged, because one before it ended the check. */
  readonly not_run: readonly string[]
  readonly meta: { readonly [key: string]: string | number }
}

/** Bad input, or a bug: nothing was judged. */
export const broken = (file: string, problems: readonly Problem[], scenario?: string): CheckedFile => ({
  file,
  ...(scenario === undefined ? {} : { scenario }),
  verdict: 'error',
  passed: false,
  seeds: [],
  expectations: [],
  problems,
  warnings: [],
  assumed: [],
  meta: {},
})
