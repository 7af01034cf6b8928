/** One run in this thread, with a bar; what went wrong with it is what the command ends with. */
import { setImmediate } from 'node:timers/promises'
import { BadInputError } from '../../base/result.ts'
import type { RunHooks } from '../../lab/runs/job.ts'
import type { JobDone, RunJob } from '../../lab/runs/ports.ts'
import { ReproducibleError } from '../exit.ts'
import { nodeFiles } from '../files/files.ts'
import { reproduce, type Session } from '../session.ts'
import { withProgress } from './lab-session.ts'
import { nodeRoom } from './node-room.ts'

export async function runHere(
  session: Session,
  job: RunJob,
  label: string,
  hooks: Omit<RunHooks, 'signal' | 'onProgress' | 'pause'>,
): Promise<JobDone> {
  const outcome = await withProgress(session, label, (onProgress) =>
    nodeRoom(nodeFiles).run(job, {
      ...hooks,
      signal: session.signal,
      onProgress,
      pause: async () => await setImmediate(),
    }),
  )
  if (outcome.kind === 'bad_input') throw new BadInputError(outcome.problems)
  if (outcome.kind === 'bug') throw new ReproducibleError(outcome.message, reproduce(job))
  return outcome
}
