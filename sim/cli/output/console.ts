/** Standard output and standard error of one command: who may write where, and whether in colour. */
import pico from 'picocolors'
import { visibleLines } from '../../base/visible.ts'
import { type Paint, plainPaint, type Tone } from '../../report/form/paint.ts'
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

/** Tones travel inside the text as characters that no text holds, until everything else in it has been made visible. */
const MARKS: { readonly [tone in Exclude<Tone, 'plain'>]: string } = {
  strong: '\uFDD0',
  dim: '\uFDD1',
  good: '\uFDD2',
  bad: '\uFDD3',
  warn: '\uFDD4',
}
const MARK_END = '\uFDDF'
const MARKED = /([\uFDD0-\uFDD4])([^\uFDD0-\uFDDF]*)\uFDDF/g

export function painter(enabled: boolean): Paint {
  if (!enabled) return plainPaint
  return (tone, text) => (tone === 'plain' || text === '' ? text : MARKS[tone] + text + MARK_END)
}

const colours = pico.createColors(true)
const DRESS: ReadonlyMap<string, (text: string) => string> = new Map([
  [MARKS.strong, colours.bold],
  [MARKS.dim, colours.dim],
  [MARKS.good, colours.green],
  [MARKS.bad, colours.red],
  [MARKS.warn, colours.yellow],
])

/** Where all that a terminal shows is made safe: a name that holds an escape sequence is shown, and does nothing. */
export const terminalText = (text: string): string =>
  visibleLines(text).replaceAll(MARKED, (_, mark: string, marked: string) => DRESS.get(mark)!(marked))

/** What a pipe or a file is taken to hold; wide enough for every table without folding arms apart. */
const UNBOUNDED = 1_000

/** Node leaves `isTTY` undefined on pipes and files, whatever its types say. */
const isTerminal = (stream: { readonly isTTY?: boolean }): boolean => stream.isTTY === true

export const isColoured = (): boolean => wantsColour(isTerminal(process.stdout), process.env)

const ended = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)

export function processConsole(): Console {
  const { stdout, stderr, env } = process
  return {
    print: (text) => void stdout.write(terminalText(ended(text))),
    note: (text) => void stderr.write(terminalText(ended(text))),
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
