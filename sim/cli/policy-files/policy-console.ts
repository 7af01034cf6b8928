/**
 * What a policy logs goes to standard error, from every thread: standard output is the command's result. Written at once
 * and by itself, because the messages that carry a worker's output to the main thread are lost when it ends.
 */
import { writeSync } from 'node:fs'
import { Console } from 'node:console'
import { Writable } from 'node:stream'

const STDERR = 2
/** A reader that stalls for longer loses lines rather than hold up the run. */
const TRIES_MAX = 1_000
const sleeper = new Int32Array(new SharedArrayBuffer(4))

function writeNow(chunk: Uint8Array): void {
  for (let written = 0, tries = 0; written < chunk.length && tries < TRIES_MAX; ) {
    try {
      written += writeSync(STDERR, chunk, written)
      tries = 0
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'EAGAIN') return
      tries++
      Atomics.wait(sleeper, 0, 0, 1)
    }
  }
}

/** For the first line of a thread; nothing of ours uses the console. */
export function sendConsoleToStandardError(): void {
  const sink = new Writable({
    decodeStrings: true,
    write(chunk: Uint8Array, _, done) {
      writeNow(chunk)
      done()
    },
  })
  globalThis.console = new Console({ stdout: sink, stderr: sink })
}
