/**
 * The command on a thread of its own, so that this one always hears Ctrl-C: a user's policy that never returns, or a
 * step of ours that takes minutes, holds up its own thread and no signal. Asked to stop, the command first has the time
 * to do so itself; then its thread is ended and what it had half written is removed.
 */
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { removePaths } from '../files/atomic.ts'
import type { CommandData, FromCommand, ToCommand } from './command-messages.ts'
import type { Console } from '../output/console.ts'
import { endingOf, type ExitCode, InterruptedError } from '../exit.ts'
import type { Progress } from '../output/progress.ts'
import { withoutPasswords } from '../queue/address.ts'

export interface HostOptions {
  /** The built entry of the command's thread. */
  readonly thread: URL
  readonly data: CommandData
  readonly console: Console
}

export interface CommandHost {
  /** Asks the command to stop; ends its thread when it does not listen. */
  interrupt(): void
  /** The exit code, once everything has been said. */
  readonly ended: Promise<ExitCode>
}

/** A command that listens stops within one slice of its run loop, some 10 ms; one that does not never will. */
const STOP_WITHIN_MS = 1_000
/** One that has listened and is clearing up. */
const CLEARED_WITHIN_MS = 5_000
/** npx passes on the signal that the terminal has already sent to everybody, so one Ctrl-C may arrive twice. */
const SAME_PRESS_MS = 500
/** No shipped scenario is silent for as long; somebody who waits should know what for. */
const SILENT_FOR_MS = 30_000

export function startCommand({ thread, data, console }: HostOptions): CommandHost {
  const worker = new Worker(thread, {
    workerData: data,
    // What a policy prints is no part of the command's own output.
    stdout: true,
    stdin: true,
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20) },
  })
  worker.stdout.pipe(process.stderr, { end: false })

  const watch = new SilenceWatch(console)
  let pending: readonly string[] = []
  let code: ExitCode | undefined
  let askedAt: number | undefined
  let giveUp: NodeJS.Timeout | undefined
  let failure: unknown
  const end = (): void => void worker.terminate()
  let standardInput: NodeJS.ReadStream | undefined

  worker.on('message', (message: FromCommand) => {
    switch (message.kind) {
      case 'print':
        return console.print(message.text)
      case 'note':
        return watch.around(() => console.note(message.text))
      case 'status':
        return watch.status(message.text)
      case 'progress_begins':
        return watch.begin(message.label)
      case 'progress':
        return watch.update(message.share)
      case 'progress_ends':
        return watch.end()
      case 'pending':
        return void (pending = message.paths)
      case 'reads_standard_input':
        // Not before it asks: an open terminal that nobody reads would keep the process alive.
        standardInput = process.stdin
        return void standardInput.pipe(worker.stdin!)
      case 'stopping':
        // What others wait for on the far end of a connection is given back first.
        clearTimeout(giveUp)
        return void (giveUp = setTimeout(end, CLEARED_WITHIN_MS))
      case 'ended':
        return void (code = message.code)
    }
  })
  worker.on('error', (error) => (failure = error))
  return {
    interrupt() {
      const now = performance.now()
      if (askedAt === undefined) {
        askedAt = now
        const stop: ToCommand = 'stop'
        // A port between threads, not a window: there is no origin to name.
        // eslint-disable-next-line unicorn/require-post-message-target-origin
        worker.postMessage(stop)
        giveUp = setTimeout(end, STOP_WITHIN_MS)
      } else if (now - askedAt >= SAME_PRESS_MS) end()
    },
    ended: new Promise((resolve) => {
      worker.on('exit', () => {
        clearTimeout(giveUp)
        standardInput?.destroy()
        watch.end()
        if (code !== undefined) return resolve(code)
        removePaths(pending)
        const ending = endingOf(
          askedAt === undefined ? (failure ?? new Error('the command ended without a word')) : new InterruptedError(),
          `npx fleetlab ${data.arguments.join(' ')}`,
        )
        for (const line of ending.lines) console.note(withoutPasswords(line))
        resolve(ending.code)
      })
    }),
  }
}

/** The bar, and one sentence when nothing has moved for long. */
class SilenceWatch {
  private bar: Progress | undefined
  private words: string | undefined
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly console: Console) {}

  begin(label: string): void {
    this.bar = this.console.progress(label)
    this.timer = setTimeout(() => {
      this.bar?.end()
      const guess = this.words ?? 'a policy that does not return, or a very large fleet?'
      this.console.note(`${label}: no progress for ${SILENT_FOR_MS / 1_000} s; ${guess}. Ctrl-C stops it`)
    }, SILENT_FOR_MS)
  }

  /** What is said begins at the line that the bar, where there is one, stands on. */
  around(say: () => void): void {
    this.bar?.end()
    say()
    this.bar?.status?.(this.words)
  }

  status(text: string | undefined): void {
    this.words = text
    this.bar?.status?.(text)
  }

  update(share: number): void {
    this.bar?.update(share)
    this.timer?.refresh()
  }

  end(): void {
    this.bar?.end()
    this.bar = undefined
    this.words = undefined
    clearTimeout(this.timer)
  }
}
