/** How a command ends: the exit codes other programs rely on, and what is said on standard error. */
import { InvariantError } from '../base/assert.ts'
import { BadInputError, type Problem } from '../base/result.ts'

export const EXIT = {
  good: 0,
  /** An expectation or a tolerance failed. */
  failed: 1,
  badInput: 2,
  /** An invariant broke: a bug of ours. */
  bug: 3,
  /** The machine failed us: a full disk, no permission to write. */
  machine: 4,
  /** The runs cannot tell, and it was asked to be told apart from a failure. */
  inconclusive: 5,
  /** 128 + SIGINT, as shells report it. */
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Thrown when the user stopped the command. Its message says what is left of it. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'
  constructor(left = 'nothing was written') {
    super(left)
  }
}

/** The machine would not do what it was asked, and no other input would have been right. */
export class MachineError extends Error {
  override readonly name = 'MachineError'
}

/** Bad input, from anywhere in a command. */
export function refuse(problems: readonly Problem[] | string): never {
  throw new BadInputError(typeof problems === 'string' ? [{ message: problems }] : problems)
}

/** What broke, and the run that shows it again. */
export class ReproducibleError extends Error {
  override readonly name = 'ReproducibleError'
  constructor(
    message: string,
    readonly command: string,
  ) {
    super(message)
  }
}

export interface CommandEnding {
  readonly code: ExitCode
  /** Lines for standard error, without a final newline. */
  readonly lines: readonly string[]
}

const OUT_OF_MEMORY =
  'error: this needs more memory than Node.js may take; make the scenario smaller, use fewer --jobs, or allow more, such as NODE_OPTIONS=--max-old-space-size=8192 (MB)'
const BUG_HELP = 'This is a bug of fleetlab, not of your input. Please report it with the command above.'

/** Every way a command can throw, as an exit code and a message. */
export function endingOf(error: unknown, command: string): CommandEnding {
  if (error instanceof BadInputError)
    return { code: EXIT.badInput, lines: error.message.split('\n').map((line) => `error: ${line}`) }
  if (error instanceof MachineError) return { code: EXIT.machine, lines: [`error: ${error.message}`] }
  if (error instanceof InterruptedError) return { code: EXIT.interrupted, lines: [`interrupted; ${error.message}`] }
  if (error instanceof ReproducibleError) return bug(error.message, error.command)
  if (error instanceof InvariantError) return bug(error.message, command)
  if ((error as { readonly code?: unknown } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return { code: EXIT.badInput, lines: [OUT_OF_MEMORY] }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return bug(text, command)
}

const bug = (message: string, command: string): CommandEnding => ({
  code: EXIT.bug,
  lines: [`bug: ${message}`, `to reproduce: ${command}`, BUG_HELP],
})
