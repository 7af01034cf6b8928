/** Runs jobs one after another in this thread: for `--jobs 1`, for tests, and for a browser without workers. */
import type { Files, Runner } from './ports.ts'
import { jobRoom, type RoomOptions, type RunHooks } from './job.ts'

export function serialRunner(files: Files, pause: NonNullable<RunHooks['pause']>, options: RoomOptions = {}): Runner {
  return {
    async run(jobs, onResult, onProgress, signal, onStart) {
      const room = jobRoom(files, options)
      for (const [index, job] of jobs.entries()) {
        signal.throwIfAborted()
        onStart?.(index)
        const outcome = await room.run(job, {
          signal,
          pause,
          onProgress: (share) => onProgress((index + share) / jobs.length),
        })
        onResult(index, outcome)
        onProgress((index + 1) / jobs.length)
      }
    },
  }
}
