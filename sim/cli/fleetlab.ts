#!/usr/bin/env node
/** The executable: signals and standard streams of this process around the command, which runs on a thread of its own. */
import { startCommand } from './command-host.ts'
import { processConsole, isColoured } from './console.ts'

const console = processConsole()
const command = startCommand({
  thread: new URL('./command-thread.js', import.meta.url),
  data: { arguments: process.argv.slice(2), coloured: isColoured(), width: console.width },
  console,
})
process.on('SIGINT', command.interrupt)
process.on('SIGTERM', command.interrupt)

/** `fleetlab check … | head` closes our standard output early: nobody reads on, but the exit code is still asked for. */
process.stdout.on('error', (error: { readonly code?: string }) => {
  if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error
})

process.exitCode = await command.ended
