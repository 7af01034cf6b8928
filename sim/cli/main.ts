/** One invocation: arguments in, exit code out. Everything a command can throw ends here. */
import { setImmediate } from 'node:timers/promises'
import { CommanderError } from 'commander'
import type { Runner } from '../lab/runs/ports.ts'
import { serialRunner } from '../lab/runs/serial-runner.ts'
import { removePending } from './files/atomic.ts'
import type { Console } from './output/console.ts'
import { endingOf, EXIT, type ExitCode, InterruptedError } from './exit.ts'
import { nodeFiles } from './files/files.ts'
import { withJournal } from './files/journal.ts'
import { Outputs } from './output/output.ts'
import { resolvePolicy } from './policy-files/policy-source.ts'
import { buildProgram, endingOfCommander, parseWords } from './program.ts'
import { withoutPasswords } from './queue/address.ts'
import { type QueuePorts, queuePorts } from './queue/queue-ports.ts'
import { type Session, shellLine } from './session.ts'
import { NODE } from './threads/node-room.ts'
import { validateOnWorkers } from './threads/validation-runner.ts'
import { workerRunner } from './threads/worker-runner.ts'

export interface Invocation {
  /** Without node and the script. */
  readonly arguments: readonly string[]
  readonly console: Console
  readonly signal: AbortSignal
  /** Asked for by a command that reads standard input; the process's own unless told. */
  standardInput?(): AsyncIterable<Uint8Array>
  /** The built worker thread; undefined runs everything in this thread. */
  readonly worker: URL | undefined
}

/** One worker is none: this thread runs the jobs itself. */
function runnerFor({ worker, console }: Invocation, jobs: number): Runner {
  if (worker !== undefined && jobs > 1) return workerRunner(worker, jobs, (text) => console.note(text))
  return serialRunner(nodeFiles, async () => await setImmediate(), NODE)
}

export async function main(invocation: Invocation): Promise<ExitCode> {
  const { console, signal } = invocation
  let code: ExitCode = EXIT.good
  let elsewhere: QueuePorts | undefined
  const outputs = new Outputs({ signal, note: (text) => console.note(text) })
  const session: Session = {
    // A file that was sent to standard output has it for itself.
    console: { ...console, print: (text) => (outputs.standardOutputTaken ? console.note(text) : console.print(text)) },
    signal,
    command: withoutPasswords(shellLine(['npx', 'fleetlab', ...invocation.arguments])),
    standardInput: () => invocation.standardInput?.() ?? process.stdin,
    outputs,
    ports({ jobs, queue, resume }) {
      if (queue !== undefined) elsewhere = queuePorts(queue, console)
      const ports = elsewhere?.ports ?? { files: nodeFiles, runner: runnerFor(invocation, jobs), resolvePolicy }
      return resume === undefined ? ports : withJournal(ports, resume)
    },
    thread: invocation.worker,
    async validate(jobs, workers, onProgress) {
      const { worker } = invocation
      if (worker !== undefined) return validateOnWorkers(worker, workers, jobs, onProgress, signal)
      const { runValidationJobs } = await import('../evidence/validate/validate.ts')
      return runValidationJobs(jobs)
    },
    finish: (ending) => void (code = ending),
  }
  try {
    try {
      await parseWords(buildProgram(session), invocation.arguments)
    } finally {
      await elsewhere?.close()
    }
    return code
  } catch (thrown) {
    removePending()
    const error = signal.aborted && !(thrown instanceof InterruptedError) ? new InterruptedError() : thrown
    const ending =
      error instanceof CommanderError
        ? endingOfCommander(error, invocation.arguments)
        : endingOf(error, session.command)
    for (const line of ending.lines) console.note(withoutPasswords(line))
    return ending.code
  }
}
