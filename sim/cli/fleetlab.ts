#!/usr/bin/env node
/** The executable: signals, standard streams and worker threads of this process around `main`. */
import { removePending } from './atomic.ts'
import { processConsole } from './console.ts'
import { EXIT } from './exit.ts'
import { main } from './main.ts'
import { sendConsoleToStandardError } from './policy-console.ts'
import { ignoreBrokenStandardError, watchStandardOutput } from './standard-output.ts'

sendConsoleToStandardError()

const stop = new AbortController()

/** npx passes on the signal that the terminal has already sent to everybody, so one Ctrl-C may arrive twice. */
const SAME_PRESS_MS = 500
let askedAt = 0

/** The first time asks the command to stop; the second does not wait for it. */
function interrupt(): void {
  if (!stop.signal.aborted) {
    askedAt = performance.now()
    stop.abort()
    return
  }
  if (performance.now() - askedAt < SAME_PRESS_MS) return
  removePending()
  process.exit(EXIT.interrupted)
}
process.on('SIGINT', interrupt)
process.on('SIGTERM', interrupt)

const console = processConsole()
const standardOutput = watchStandardOutput(process.stdout, (text) => console.note(text))
ignoreBrokenStandardError(process.stderr)

const code = await main({
  arguments: process.argv.slice(2),
  console,
  signal: stop.signal,
  worker: new URL('./worker.js', import.meta.url),
})
process.exitCode = await standardOutput.end(code)
