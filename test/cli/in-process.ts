/** The command line in this thread: what it prints, what it notes, how it ends. Paths must be absolute, because threads share one folder. */
import type { Console } from '../../sim/cli/output/console.ts'
import { main } from '../../sim/cli/main.ts'
import { plainPaint } from '../../sim/report/form/paint.ts'

export interface InProcess {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface Watching {
  readonly signal?: AbortSignal
  /** Each text on standard error, as it comes. */
  onNote?(text: string): void
  /** Each text on standard output, as it comes. */
  onPrint?(text: string): void
}

const line = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

export async function fleetlab(
  words: readonly string[],
  { signal, onNote, onPrint }: Watching = {},
): Promise<InProcess> {
  let out = ''
  let err = ''
  const console: Console = {
    print(text) {
      out += line(text)
      onPrint?.(text)
    },
    note(text) {
      err += line(text)
      onNote?.(text)
    },
    paint: plainPaint,
    width: 1_000,
    progress: () => ({ update() {}, end() {} }),
  }
  const code = await main({
    arguments: words,
    console,
    signal: signal ?? new AbortController().signal,
    worker: undefined,
  })
  return { code, out, err }
}
