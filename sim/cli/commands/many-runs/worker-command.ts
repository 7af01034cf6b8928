/** `fleetlab worker`: does the runs of experiments that others start with `--queue`. */
import { type Command, Option } from 'commander'
import { must } from '../../../base/assert.ts'
import { buildId } from '../../files/build-id.ts'
import { refuse } from '../../exit.ts'
import { defaultJobs, jobsFlag } from '../../flags.ts'
import { examples } from '../../options.ts'
import { queueAddressOf } from '../../queue/queue-ports.ts'
import type { Session } from '../../session.ts'

interface WorkerOptions {
  readonly queue?: string
  readonly concurrency: number
}

async function workerCommand(session: Session, { queue, concurrency }: WorkerOptions): Promise<void> {
  if (queue === undefined) refuse('say where runs come from, such as --queue redis://localhost:6379')
  const address = queueAddressOf(queue)
  const { runQueueWorker } = await import('../../queue/queue-worker.ts')
  await runQueueWorker({
    address,
    build: buildId(),
    concurrency,
    thread: must(session.thread, 'a worker has threads'),
    signal: session.signal,
    note: (text) => session.console.note(text),
  })
}

export function defineWorker(program: Command, session: Session): void {
  const command = program
    .command('worker')
    .summary('does the runs of experiments that others start with --queue')
    .description(
      'Takes runs of sweep, compare, cliff, tune and capacity from a queue on a Redis or Valkey server, from wherever they were\n' +
        'started, and does them here. It needs none of their files. It must be of the same version as they are.',
    )
    .option('--queue <address>', 'where runs come from, such as redis://localhost:6379 or rediss://user:password@host')
    .addOption(
      new Option('--concurrency <n>', 'runs at a time').argParser(jobsFlag).default(defaultJobs(), 'one per core'),
    )
    .action((options: WorkerOptions) => workerCommand(session, options))
  examples(command, [
    'fleetlab worker --queue redis://localhost:6379',
    'fleetlab worker --queue rediss://lab:secret@redis.example.org:6380/1 --concurrency 8',
  ])
}
