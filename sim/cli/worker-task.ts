/** What goes to a worker and comes back: plain data both ways. */
import type { MessagePort } from 'node:worker_threads'
import type { RunJob, JobOutcome } from '../lab/ports.ts'
import type { ValidationJob, ValidationJobResult } from '../evidence/validate.ts'

export type WorkerTask =
  | {
      readonly kind: 'run'
      readonly job: RunJob
      /** Receives shares of the job that are done, 0 … 1. */
      readonly progress: MessagePort
    }
  | { readonly kind: 'validate'; readonly jobs: readonly ValidationJob[] }

export type TaskOutcome<T extends WorkerTask> = T extends { readonly kind: 'run' }
  ? JobOutcome
  : readonly ValidationJobResult[]
