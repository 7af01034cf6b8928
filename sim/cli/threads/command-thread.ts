/** Entry of the command's own thread: `main`, with its output and its signals by way of the thread that started it. */
import { parentPort, workerData } from 'node:worker_threads'
import { must } from '../../base/assert.ts'
import { onPendingChange } from '../files/atomic.ts'
import type { CommandData, FromCommand, ToCommand } from './command-messages.ts'
import { type Console, painter } from '../output/console.ts'
import { main } from '../main.ts'
import { sendConsoleToStandardError } from '../policy-files/policy-console.ts'

sendConsoleToStandardError()

/** The bar is redrawn less often than this. */
const SHARE_EVERY_MS = 50

const port = must(parentPort, 'the command runs on a thread of its own')
const { arguments: words, coloured, width } = workerData as CommandData

function say(message: FromCommand): void {
  // A port between threads, not a window: there is no origin to name.
  // eslint-disable-next-line unicorn/require-post-message-target-origin
  port.postMessage(message)
}

const console: Console = {
  print: (text) => say({ kind: 'print', text }),
  note: (text) => say({ kind: 'note', text }),
  paint: painter(coloured),
  width,
  status: (text) => say({ kind: 'status', text }),
  progress(label) {
    let saidAt = -Infinity
    say({ kind: 'progress_begins', label })
    return {
      update(share) {
        const now = performance.now()
        if (now - saidAt < SHARE_EVERY_MS) return
        saidAt = now
        say({ kind: 'progress', share })
      },
      end: () => say({ kind: 'progress_ends' }),
    }
  },
}

const stop = new AbortController()
port.on('message', (message: ToCommand) => {
  if (message !== 'stop') return
  say({ kind: 'stopping' })
  stop.abort()
})
// Listening alone keeps no thread alive.
port.unref()
onPendingChange((paths) => say({ kind: 'pending', paths }))

const code = await main({
  arguments: words,
  console,
  signal: stop.signal,
  standardInput() {
    say({ kind: 'reads_standard_input' })
    return process.stdin
  },
  worker: new URL('./worker.js', import.meta.url),
})
say({ kind: 'ended', code })
