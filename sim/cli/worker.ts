/** Entry of a worker thread: runs tasks, one at a time, and keeps the scenarios it has loaded. */
import { setImmediate } from 'node:timers/promises'
import { jobRoom } from '../lab/job.ts'
import type { JobOutcome } from '../lab/ports.ts'
import type { ValidationJobResult } from '../evidence/validate.ts'
import { nodeFiles } from './files.ts'
import { sendConsoleToStandardError } from './policy-console.ts'
import type { WorkerTask } from './worker-task.ts'

sendConsoleToStandardError()

const room = jobRoom(nodeFiles)

async function runJob({ job, progress }: Extract<WorkerTask, { kind: 'run' }>): Promise<JobOutcome> {
  try {
    return await room.run(job, {
      // A port between threads, not a window: there is no origin to name.
      // eslint-disable-next-line unicorn/require-post-message-target-origin
      onProgress: (share) => progress.postMessage(share),
      pause: async () => await setImmediate(),
    })
  } finally {
    progress.close()
  }
}

export default async function perform(task: WorkerTask): Promise<JobOutcome | readonly ValidationJobResult[]> {
  if (task.kind === 'run') return runJob(task)
  // Loaded only now: most workers never need it, and it takes longer to load than all the rest.
  const { runValidationJobs } = await import('../evidence/validate.ts')
  return runValidationJobs(task.jobs)
}
