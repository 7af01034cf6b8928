/** What every command is given: where to print, how to stop, and how to say which command it was. */
import type { LabPorts } from '../lab/compare/experiment.ts'
import type { RunJob } from '../lab/runs/ports.ts'
import type { ValidationJob, ValidationJobResult } from '../evidence/validate/validate.ts'
import type { Console } from './output/console.ts'
import type { ExitCode } from './exit.ts'
import type { Outputs } from './output/output.ts'

/** As options say it. */
export interface WhereRunsGo {
  /** Worker threads. */
  readonly jobs: number
  /** The address of a queue whose workers do the runs instead. */
  readonly queue?: string
  /** The folder of a journal: runs that it has are not done again, and those that are done are added. */
  readonly resume?: string
}

export interface Session {
  readonly console: Console
  readonly signal: AbortSignal
  /** As one would type it again. */
  readonly command: string
  /** All that comes on it, read when asked for. */
  standardInput(): AsyncIterable<Uint8Array>
  /** Every file that an option names. */
  readonly outputs: Outputs
  /** The lab's ports: files, policies, and where runs are done. */
  ports(where: WhereRunsGo): LabPorts
  /** The built worker thread; absent where everything runs in this one. */
  readonly thread: URL | undefined
  /** Replications of queues, in any order, on that many workers. */
  validate(
    jobs: readonly ValidationJob[],
    workers: number,
    onProgress: (share: number) => void,
  ): Promise<readonly ValidationJobResult[]>
  /** Says how the command ended; EXIT.good unless told. */
  finish(code: ExitCode): void
}

const PLAIN_WORD = /^[\w@%+=:,./-]+$/

/** As one would type it in a POSIX shell. */
export const shellWord = (text: string): string =>
  PLAIN_WORD.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(' ')

/** The command that runs one job alone, with the judges on. */
export function reproduce(job: RunJob): string {
  const policy = job.policy.kind === 'code' ? job.policy.file : job.policy.name
  return shellLine([
    'npx',
    'fleetlab',
    'run',
    job.scenario,
    '--policy',
    policy,
    '--seed',
    String(job.seed),
    ...job.settings.flatMap((setting) => ['--set', setting]),
    '--verify',
  ])
}
