#!/usr/bin/env node
/** The executable: signals and standard streams of this process around the command, which runs on a thread of its own. */
import { startCommand } from './threads/command-host.ts'
import { processConsole, isColoured } from './output/console.ts'
import { ignoreBrokenStandardError, watchStandardOutput } from './output/standard-output.ts'

const console = processConsole()
const standardOutput = watchStandardOutput(process.stdout, (text) => console.note(text))
ignoreBrokenStandardError(process.stderr)

const command = startCommand({
  thread: new URL('./command-thread.js', import.meta.url),
  data: { arguments: process.argv.slice(2), coloured: isColoured(), width: console.width },
  console,
})
process.on('SIGINT', command.interrupt)
process.on('SIGTERM', command.interrupt)

process.exitCode = await standardOutput.end(await command.ended)
