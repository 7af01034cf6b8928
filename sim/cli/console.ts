/** Standard output and standard error of one command: who may write where, and whether in colour. */
import pico from 'picocolors'
import type { Paint, Tone } from '../report/paint.ts'
import { type Progress, startProgress, watchesProgress } from './progress.ts'

export interface Console {
  /** The result, on standard output. */
  print(text: string): void
  /** Anything else, on standard error. */
  note(text: string): void
  readonly paint: Paint
  /** Columns a table may take; a file or a pipe has no edge. */
  readonly width: number
  progress(label: string): Progress
  /** What the work waits for or is done by, beside the bar that is there; undefined: nothing to say. */
  status?(text: string | undefined): void
}

type Environment = { readonly [name: string]: string | undefined }

/** no-color.org: NO_COLOR wins when it is set and not empty. A log of CI gets colour only when it asks for it. */
export function wantsColour(isTTY: boolean, environment: Environment): boolean {
  if (environment['NO_COLOR']) return false
  if (environment['FORCE_COLOR']) return environment['FORCE_COLOR'] !== '0'
  return isTTY && environment['TERM'] !== 'dumb' && !environment['CI']
}

export function painter(enabled: boolean): Paint {
  const colours = pico.createColors(enabled)
  const dress: { readonly [tone in Tone]: (text: string) => string } = {
    plain: (text) => text,
    strong: colours.bold,
    dim: colours.dim,
    good: colours.green,
    bad: colours.red,
    warn: colours.yellow,
  }
  return (tone, text) => dress[tone](text)
}

/** What a pipe or a file is taken to hold; wide enough for every table without folding arms apart. */
const UNBOUNDED = 1_000

/** Node leaves `isTTY` undefined on pipes and files, whatever its types say. */
const isTerminal = (stream: { readonly isTTY?: boolean }): boolean => stream.isTTY === true

export const isColoured = (): boolean => wantsColour(isTerminal(process.stdout), process.env)

export function processConsole(): Console {
  const { stdout, stderr, env } = process
  return {
    print: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    note: (text) => void stderr.write(text.endsWith('\n') ? text : `${text}\n`),
    paint: painter(isColoured()),
    width: isTerminal(stdout) ? stdout.columns : UNBOUNDED,
    progress(label) {
      const target = {
        isTTY: isTerminal(stderr),
        columns: stderr.columns,
        write: (text: string) => void stderr.write(text),
      }
      return startProgress(label, target, watchesProgress(target, env), () => performance.now())
    },
  }
}
