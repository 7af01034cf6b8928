/** Replications of queues on worker threads; those on the kernel alone in batches, because one takes less time than a message. */
import type { ValidationJob, ValidationJobResult } from '../../evidence/validate/validate.ts'
import { withWorkers } from './worker-pool.ts'

/** Large enough to hide the message, small enough for a bar that moves. */
const BATCH: Readonly<Record<ValidationJob['scope'], number>> = { kernel: 10, stack: 1 }

/** The long ones first, so that no worker is left alone with one at the end. */
const SCOPES = ['stack', 'kernel'] as const

export async function validateOnWorkers(
  worker: URL,
  threads: number,
  jobs: readonly ValidationJob[],
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<readonly ValidationJobResult[]> {
  const batches = SCOPES.flatMap((scope) =>
    inBatches(
      jobs.filter((job) => job.scope === scope),
      BATCH[scope],
    ),
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

const inBatches = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size))
