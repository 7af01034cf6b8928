/**
 * Runs a list of jobs and returns their outcomes in the order of the list, whatever the number of workers. A failure
 * stops the rest: a comparison with a hole in it is none.
 */
import { must } from '../../base/assert.ts'
import { BadInputError } from '../../base/result.ts'
import { type RunJob, JobBugError, type JobDone, type JobOutcome, type Runner } from './ports.ts'

export interface RunAllOptions {
  readonly runner: Runner
  readonly signal: AbortSignal
  readonly onProgress: (share: number) => void
  /** As soon as a run is done, in no particular order; for writing results as they come. */
  readonly onDone?: (job: RunJob, done: JobDone) => void
}

export async function runAll(jobs: readonly RunJob[], options: RunAllOptions): Promise<readonly JobDone[]> {
  const outcomes: (JobOutcome | undefined)[] = jobs.map(() => undefined)
  const stop = new AbortController()
  const failed = (): number => outcomes.findIndex((outcome) => outcome !== undefined && outcome.kind !== 'done')
  try {
    await options.runner.run(
      jobs,
      (index, outcome) => {
        outcomes[index] = outcome
        if (outcome.kind === 'done') options.onDone?.(jobs[index]!, outcome)
        else stop.abort()
      },
      options.onProgress,
      AbortSignal.any([options.signal, stop.signal]),
    )
  } catch (error) {
    if (failed() < 0) throw error
  }
  const index = failed()
  if (index >= 0) throwOutcome(jobs[index]!, outcomes[index]!)
  return outcomes.map((outcome) => must(outcome, 'a runner left a job without an outcome') as JobDone)
}

function throwOutcome(job: RunJob, outcome: JobOutcome): void {
  if (outcome.kind === 'bad_input') throw new BadInputError(outcome.problems)
  if (outcome.kind === 'bug') throw new JobBugError(outcome.message, job)
}
