/** What goes to a worker and comes back: plain data both ways. */
import type { MessagePort } from 'node:worker_threads'
import type { RunJob, JobOutcome } from '../../lab/runs/ports.ts'
import type { ValidationJob, ValidationJobResult } from '../../evidence/validate/validate.ts'

/** Files of another machine, kept here. */
export interface Luggage {
  /** Names all of them with their contents; equal digests, equal files. */
  readonly digest: string
  /** Where each lies, by the name that the run knows it by. */
  readonly paths: ReadonlyMap<string, string>
}

export interface RunTask {
  readonly kind: 'run'
  readonly job: RunJob
  /** Absent: the job's files are on this disk under their own names. */
  readonly luggage?: Luggage
  /** Receives shares of the job that are done, 0 … 1. */
  readonly progress: MessagePort
}

export type WorkerTask = RunTask | { readonly kind: 'validate'; readonly jobs: readonly ValidationJob[] }

export type TaskOutcome<T extends WorkerTask> = T extends { readonly kind: 'run' }
  ? JobOutcome
  : readonly ValidationJobResult[]
