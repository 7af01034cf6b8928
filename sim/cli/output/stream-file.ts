/**
 * Writes to what is there and stays: a descriptor of this process, a pipe, a device, a file of several names. Never
 * blocks in the system: a pipe that nobody reads would otherwise hold up Ctrl-C as well.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Destination } from '../files/atomic.ts'
import { InterruptedError } from '../exit.ts'

export interface StreamOptions {
  readonly signal: AbortSignal
  note(text: string): void
  /** The option and its value. */
  readonly label: string
}

const RETRY_MS = 5
/** Most readers are there at once; later somebody should know what is waited for. */
const SAY_AFTER_TRIES = 200

const codeOf = (error: unknown): string | undefined => (error as { readonly code?: string }).code

async function pause(signal: AbortSignal): Promise<void> {
  await setTimeout(RETRY_MS)
  if (signal.aborted) throw new InterruptedError()
}

/** Opens a pipe as soon as somebody reads from it. */
async function openStream(path: string, isPipe: boolean, { signal, note, label }: StreamOptions): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
    } catch (error) {
      if (!isPipe || codeOf(error) !== 'ENXIO') throw error
    }
    if (tries === SAY_AFTER_TRIES) note(`${label}: waiting for somebody who reads it`)
    await pause(signal)
  }
}

async function writeAll(fd: number, content: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let written = 0; written < content.length; ) {
    try {
      written += writeSync(fd, content, written)
    } catch (error) {
      const code = codeOf(error)
      // The reader has what it wanted, as with `| head`.
      if (code === 'EPIPE') return
      if (code !== 'EAGAIN' && code !== 'EINTR') throw error
      await pause(signal)
    }
  }
}

export async function writeStream(
  destination: Destination,
  content: Uint8Array,
  options: StreamOptions,
): Promise<void> {
  if (destination.kind === 'descriptor') return writeAll(destination.fd, content, options.signal)
  const fd =
    destination.kind === 'stream'
      ? await openStream(destination.path, destination.isPipe, options)
      : openSync(destination.path, constants.O_WRONLY | constants.O_TRUNC)
  try {
    await writeAll(fd, content, options.signal)
  } finally {
    closeSync(fd)
  }
}
