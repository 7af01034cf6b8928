/**
 * What the lab is handed from outside. It decides which runs are needed and what they mean; where they run (this
 * thread, worker threads, Web Workers) and where files come from (a disk, the network) is its caller's business.
 */
import type { Problem, Result } from '../../base/result.ts'
import type { RunResult } from '../../metrics/result.ts'
import type { PairedSamples } from '../../metrics/index.ts'
import type { Explanation, ExplainRequest, Simulated } from '../../simulation.ts'
import type { RowQuestion } from './row-count.ts'

export type { Files } from '../../scenario/index.ts'
export type { Explanation } from '../../simulation.ts'
/** A coordinator's state, written down as `fleetlab.decide/1`. */
export type StateDocument = Simulated['states'][number]

/** A policy in a form that can be sent to a worker. */
export type PolicySource =
  | { readonly kind: 'builtin'; readonly name: string }
  /** `file` is how the user named it, `code` the bundled script. */
  | {
      readonly kind: 'code'
      readonly file: string
      readonly code: string
      /** Where its lines come from; absent: unknown. */
      readonly places?: PolicyPlaces
      /** What it was made of; absent: unknown. */
      readonly files?: readonly string[]
    }

/** Of each line of a script, the user's file and the line there; null: none of the user's. */
export interface PolicyPlaces {
  readonly files: readonly string[]
  readonly lines: readonly (readonly [file: number, line: number] | null)[]
}

/** One run, as plain data. */
export interface RunJob {
  /** As `Files` knows it. */
  readonly scenario: string
  /** `path=value`, in order. */
  readonly settings: readonly string[]
  readonly policy: PolicySource
  /** The arm's name, which results carry. */
  readonly policyName: string
  readonly seed: number
  /** Run the judges of the invariants along. */
  readonly verify: boolean
  /** Rows to count. */
  readonly rows: readonly RowQuestion[]
  /** Send back the first tokens of every user's request, for pairing. */
  readonly wantsSamples: boolean
  readonly explain?: ExplainRequest
}

export interface JobDone {
  readonly kind: 'done'
  readonly result: RunResult
  readonly samples: PairedSamples | undefined
  /** One per question of the job. */
  readonly rowCounts: readonly number[]
  readonly explanation: Explanation | undefined
}

/** Plain data, because the class of an error is lost on the way between threads. */
export type JobOutcome =
  | JobDone
  | { readonly kind: 'bad_input'; readonly problems: readonly Problem[] }
  | { readonly kind: 'bug'; readonly message: string }

export interface Runner {
  /**
   * Runs every job; `onResult` is called once per job, in whatever order they end, and `onStart` when it begins. Rejects
   * only when `signal` aborts or a worker dies.
   */
  run(
    jobs: readonly RunJob[],
    onResult: (index: number, outcome: JobOutcome) => void,
    onProgress: (share: number) => void,
    signal: AbortSignal,
    onStart?: (index: number) => void,
  ): Promise<void>
}

/** Turns what a user calls a policy (a built-in's name, a path) into something a worker can run. */
export type PolicyResolver = (reference: string) => Promise<Result<PolicySource>>

/** A run of a set met a bug of ours: which one, so that it can be shown again. */
export class JobBugError extends Error {
  override readonly name = 'JobBugError'
  constructor(
    message: string,
    readonly job: RunJob,
  ) {
    super(message)
  }
}
