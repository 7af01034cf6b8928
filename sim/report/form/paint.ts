/** Tones instead of colours: a report says what a cell means, and whoever prints it (cli, dashboard, a file) decides how that looks. */

export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'bad' | 'warn'

/** Dresses already padded text, so that escape codes never count as width. */
export type Paint = (tone: Tone, text: string) => string

export const plainPaint: Paint = (_tone, text) => text

/** Text with a meaning; a bare string is plain. */
export type TextCell = string | { readonly text: string; readonly tone: Tone }

export const textOf = (cell: TextCell): string => (typeof cell === 'string' ? cell : cell.text)
export const toneOf = (cell: TextCell): Tone => (typeof cell === 'string' ? 'plain' : cell.tone)
export const cell = (text: string, tone: Tone): TextCell => ({ text, tone })
