/** Replications of queues on worker threads, in batches, because one takes less time than a message. */
import type { ValidationJob, ValidationJobResult } from '../lab/validate.ts'
import { withWorkers } from './worker-pool.ts'

/** Large enough to hide the message, small enough for a bar that moves. */
const BATCH = 10

export async function validateOnWorkers(
  worker: URL,
  threads: number,
  jobs: readonly ValidationJob[],
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<readonly ValidationJobResult[]> {
  const batches = Array.from({ length: Math.ceil(jobs.length / BATCH) }, (_, i) =>
    jobs.slice(i * BATCH, (i + 1) * BATCH),
  )
  const results: (readonly ValidationJobResult[])[] = batches.map(() => [])
  let done = 0
  await withWorkers(worker, threads, batches, signal, async (batch, index, perform) => {
    results[index] = await perform({ kind: 'validate', jobs: batch })
    done += 1
    onProgress(done / batches.length)
  })
  return results.flat()
}
