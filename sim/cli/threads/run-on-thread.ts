/**
 * One run on a worker thread, and once more when the thread dies of it: what took it may have been another run's hunger for
 * memory. What dies twice is not tried for ever.
 */
import { MessageChannel } from 'node:worker_threads'
import type { JobOutcome, RunJob } from '../../lab/runs/ports.ts'
import { MachineError } from '../exit.ts'
import type { Perform } from './worker-pool.ts'
import type { RunTask } from './worker-task.ts'

export interface RunHearers {
  readonly onProgress: (share: number) => void
  /** In words for the user, once per thread that died and whose run is run again. */
  readonly onCrash: (text: string) => void
  readonly signal: AbortSignal
}

/** After its last word a thread's answer is as good as there. */
const ANSWER_WITHIN_MS = 60_000

export const runInWords = ({ policyName, seed }: Pick<RunJob, 'policyName' | 'seed'>): string =>
  `the run of ${policyName} with seed ${seed}`

export async function runOnThread(
  perform: Perform,
  task: Omit<RunTask, 'progress'>,
  hearers: RunHearers,
): Promise<JobOutcome> {
  try {
    return await once(perform, task, hearers)
  } catch (error) {
    hearers.signal.throwIfAborted()
    hearers.onCrash(`a worker thread died in ${runInWords(task.job)} (${reasonOf(error)}); the run is done once more`)
  }
  try {
    return await once(perform, task, hearers)
  } catch (error) {
    hearers.signal.throwIfAborted()
    // The advice for this one is the same wherever memory ends.
    if (codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY') throw error
    throw new MachineError(`a worker thread died twice in ${runInWords(task.job)}: ${reasonOf(error)}`)
  }
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown } | undefined)?.code
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Rejects when the thread dies: a run itself never throws. */
async function once(
  perform: Perform,
  task: Omit<RunTask, 'progress'>,
  { onProgress, signal }: RunHearers,
): Promise<JobOutcome> {
  const { port1, port2 } = new MessageChannel()
  const lost = new AbortController()
  let timer: NodeJS.Timeout | undefined
  port1.on('message', onProgress)
  // A thread that leaves without an error answers nobody: its end of the channel is all that tells.
  port1.on('close', () => {
    timer = setTimeout(() => lost.abort(), ANSWER_WITHIN_MS)
  })
  port1.unref()
  try {
    return await perform({ ...task, progress: port2 }, [port2], AbortSignal.any([signal, lost.signal]))
  } catch (error) {
    throw lost.signal.aborted && !signal.aborted ? new Error('it ended without an answer') : error
  } finally {
    port1.removeAllListeners('close')
    clearTimeout(timer)
    port1.close()
  }
}
