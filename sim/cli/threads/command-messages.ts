/** What the thread that runs the command and the thread that listens to the user say to each other: plain data. */
import type { ExitCode } from '../exit.ts'

/** What the command's thread is given. */
export interface CommandData {
  /** Without node and the script. */
  readonly arguments: readonly string[]
  readonly coloured: boolean
  readonly width: number
}

/** From the command's thread. */
export type FromCommand =
  | { readonly kind: 'print' | 'note'; readonly text: string }
  | { readonly kind: 'progress_begins'; readonly label: string }
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'progress_ends' }
  | { readonly kind: 'status'; readonly text: string | undefined }
  /** Files and folders that must not stay if the command ends now. */
  | { readonly kind: 'pending'; readonly paths: readonly string[] }
  /** It wants what comes on standard input, which only the process itself can read. */
  | { readonly kind: 'reads_standard_input' }
  /** It has heard that it shall stop, and is about it. */
  | { readonly kind: 'stopping' }
  | { readonly kind: 'ended'; readonly code: ExitCode }

/** To it: stop. */
export type ToCommand = 'stop'
