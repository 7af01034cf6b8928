/**
 * What a parser says of a text that is no program, in the words and with the place that the command line gives. The page has
 * two parsers (one strips types, one counts loops) with words of their own; the bundler there has a third one's.
 */
import { tokTypes } from 'acorn'

export interface SyntaxPlace {
  /** From 1. */
  readonly line: number
  readonly column: number
}

const TOKEN = /^(?:[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*|["'`]|=>|\.\.\.|[=!]==?|[<>]=?|&&|\|\||\?\?|\S)/u

/** `{`, `const`, `EOF`: as the command line's bundler names them. */
function foundAt(text: string, { line, column }: SyntaxPlace): string {
  const lines = text.split('\n')
  const rest = [lines[line - 1]?.slice(column - 1) ?? '', ...lines.slice(line)].join('\n').trimStart()
  const token = TOKEN.exec(rest)?.[0]
  if (token !== undefined && /^[\p{ID_Start}$_]/u.test(token) && !Object.hasOwn(tokTypes, `_${token}`))
    return '`Identifier`'
  return `\`${token ?? 'EOF'}\``
}

/** `said` is a parser's message without its place. */
export function syntaxWords(said: string, text: string, place: SyntaxPlace | undefined): string {
  const expected = /^Unexpected token, expected "(.+)"$/.exec(said)?.[1]
  if (expected !== undefined)
    return `Expected \`${expected}\`${place === undefined ? '' : ` but found ${foundAt(text, place)}`}`
  if (said.startsWith('Unterminated string')) return 'Unterminated string'
  // Names stand between backticks in all that this product says.
  return said.replaceAll(/'([^']*)'/g, '`$1`')
}

/** Enough letters to know a place again. */
const SNIPPET = 24

/**
 * The column in a line as it was written of a column in what the stripper made of it: lines stay, types before it are gone.
 * undefined: the line does not say.
 */
export function columnBefore(made: string, column: number, written: string): number | undefined {
  const snippet = made.slice(column - 1, column - 1 + SNIPPET)
  if (made === written) return column
  if (snippet.trim() === '') return undefined
  const at = written.indexOf(snippet)
  return at >= 0 && at === written.lastIndexOf(snippet) ? at + 1 : undefined
}
