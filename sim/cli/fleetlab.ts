#!/usr/bin/env node
/** The executable: signals, standard streams and worker threads of this process around `main`. */
import { removePending } from './atomic.ts'
import { processConsole } from './console.ts'
import { EXIT } from './exit.ts'
import { main } from './main.ts'

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

/** `fleetlab check … | head` closes our standard output early: nobody reads on, but the exit code is still asked for. */
process.stdout.on('error', (error: { readonly code?: string }) => {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
})

process.exitCode = await main({
  arguments: process.argv.slice(2),
  console: processConsole(),
  signal: stop.signal,
  worker: new URL('./worker.js', import.meta.url),
})
