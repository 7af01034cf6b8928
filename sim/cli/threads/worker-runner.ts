/**
 * Runs jobs on worker threads. Which worker takes which job, and in which order they end, is left open and changes
 * nothing: a job's outcome depends on the job alone, and the lab puts outcomes back into the order of the jobs.
 */
import type { Runner } from '../../lab/runs/ports.ts'
import { runOnThread } from './run-on-thread.ts'
import { withWorkers } from './worker-pool.ts'

/** `note` says what the user should know and no result depends on. */
export function workerRunner(worker: URL, threads: number, note: (text: string) => void): Runner {
  return {
    async run(jobs, onResult, onProgress, signal, onStart) {
      const shares = jobs.map(() => 0)
      const report = (index: number, share: number): void => {
        shares[index] = share
        onProgress(shares.reduce((sum, value) => sum + value, 0) / jobs.length)
      }
      await withWorkers(worker, threads, jobs, signal, async (job, index, perform) => {
        onStart?.(index)
        const hearers = { onProgress: (share: number) => report(index, share), onCrash: note, signal }
        onResult(index, await runOnThread(perform, { kind: 'run', job }, hearers))
        report(index, 1)
      })
    },
  }
}
