/** The lab's part of a command: a progress bar, the workers, and what to say when a run of many breaks. */
import type { Result } from '../../base/result.ts'
import type { LabControl, LabPorts } from '../../lab/compare/experiment.ts'
import { type RunJob, JobBugError, type JobDone } from '../../lab/runs/ports.ts'
import { refuse, ReproducibleError } from '../exit.ts'
import { reproduce, type Session, type WhereRunsGo } from '../session.ts'

/**
 * Runs `work` with a bar on standard error, which is gone before anything else is printed; `print` is for what is there
 * to say while the work goes on.
 */
export async function withProgress<T>(
  session: Session,
  label: string,
  work: (onProgress: (share: number) => void, print: (text: string) => void) => Promise<T>,
): Promise<T> {
  const progress = session.console.progress(label)
  const print = (text: string): void => {
    progress.end()
    session.console.print(text)
  }
  try {
    return await work((share) => progress.update(share), print)
  } finally {
    progress.end()
  }
}

/** A comparison or a sweep: bad input and bugs become what the command ends with. */
export async function runInLab<T>(
  session: Session,
  label: string,
  where: WhereRunsGo,
  experiment: (ports: LabPorts, control: LabControl) => Promise<Result<T>>,
  onDone?: (job: RunJob, done: JobDone) => void,
): Promise<T> {
  const ports = session.ports(where)
  try {
    const outcome = await withProgress(session, label, (onProgress) =>
      experiment(ports, { signal: session.signal, onProgress, ...(onDone === undefined ? {} : { onDone }) }),
    )
    if (outcome.ok) return outcome.value
    return refuse(outcome.error)
  } catch (error) {
    if (error instanceof JobBugError) throw new ReproducibleError(error.message, reproduce(error.job))
    throw error
  }
}
