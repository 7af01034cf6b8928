/** Entry of a worker thread: runs tasks, one at a time, and keeps the scenarios it has loaded. */
import { setImmediate } from 'node:timers/promises'
import type { JobRoom } from '../../lab/runs/job.ts'
import type { Files, JobOutcome } from '../../lab/runs/ports.ts'
import type { ValidationJobResult } from '../../evidence/validate/validate.ts'
import { nodeFiles } from '../files/files.ts'
import { sendConsoleToStandardError } from '../policy-files/policy-console.ts'
import { nodeRoom } from './node-room.ts'
import type { Luggage, RunTask, WorkerTask } from './worker-task.ts'

sendConsoleToStandardError()

const own = nodeRoom(nodeFiles)

/** Of several producers at once each has its own files under, maybe, the same names. */
const rooms = new Map<string, JobRoom>()
const ROOMS_KEPT = 4

function roomOf(luggage: Luggage | undefined): JobRoom {
  if (luggage === undefined) return own
  const { digest, paths } = luggage
  const known = rooms.get(digest)
  if (known !== undefined) return known
  const files: Files = {
    read: async (name) => {
      const path = paths.get(name)
      return path === undefined ? undefined : nodeFiles.read(path)
    },
    resolve: (from, relative) => nodeFiles.resolve(from, relative),
    sha256: nodeFiles.sha256,
  }
  const room = nodeRoom(files)
  rooms.set(digest, room)
  const [oldest] = rooms.keys()
  if (rooms.size > ROOMS_KEPT && oldest !== undefined) rooms.delete(oldest)
  return room
}

async function runJob({ job, luggage, progress }: RunTask): Promise<JobOutcome> {
  try {
    return await roomOf(luggage).run(job, {
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
  const { runValidationJobs } = await import('../../evidence/validate/validate.ts')
  return runValidationJobs(task.jobs)
}
