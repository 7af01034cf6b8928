/**
 * Runs jobs on worker threads. Which worker takes which job, and in which order they end, is left open and changes
 * nothing: a job's outcome depends on the job alone, and the lab puts outcomes back into the order of the jobs.
 */
import { MessageChannel } from 'node:worker_threads'
import type { Runner } from '../lab/ports.ts'
import { withWorkers } from './worker-pool.ts'

export function workerRunner(worker: URL, threads: number): Runner {
  return {
    async run(jobs, onResult, onProgress, signal, onStart) {
      const shares = jobs.map(() => 0)
      const report = (index: number, share: number): void => {
        shares[index] = share
        onProgress(shares.reduce((sum, value) => sum + value, 0) / jobs.length)
      }
      await withWorkers(worker, threads, jobs, signal, async (job, index, perform) => {
        const { port1, port2 } = new MessageChannel()
        port1.on('message', (share: number) => report(index, share))
        port1.unref()
        onStart?.(index)
        try {
          onResult(index, await perform({ kind: 'run', job, progress: port2 }, [port2]))
          report(index, 1)
        } finally {
          port1.close()
        }
      })
    },
  }
}
