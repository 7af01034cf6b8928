/**
 * Standard output to the last byte: a full disk behind it is said and is an exit code of its own; a reader who went away
 * early, as `| head` does, is neither, and hides no other exit code.
 */
import type { Writable } from 'node:stream'
import { reasonOf } from '../files/attempt.ts'
import { EXIT, type ExitCode } from '../exit.ts'

/** What the shell shows of a write that nobody reads any more. */
const NOBODY_READS: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ECONNRESET'])

export interface StandardOutput {
  /** Waits until everything is written; then the code that the process ends with. */
  end(code: ExitCode): Promise<ExitCode>
}

export function watchStandardOutput(stdout: Writable, note: (text: string) => void): StandardOutput {
  let failure: unknown
  stdout.on('error', (error: { readonly code?: string }) => {
    if (!NOBODY_READS.has(error.code)) failure ??= error
  })
  return {
    async end(code) {
      // The callback of a write comes after all writes before it, and also when the stream is broken.
      await new Promise<void>((resolve) => void stdout.write('', () => resolve()))
      if (failure === undefined) return code
      note(`error: standard output: cannot be written: ${reasonOf(failure)}`)
      return code === EXIT.bug || code === EXIT.interrupted ? code : EXIT.machine
    },
  }
}

/** Standard error that cannot be written leaves nobody to tell. */
export function ignoreBrokenStandardError(stderr: Writable): void {
  stderr.on('error', () => {})
}
