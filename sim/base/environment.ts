/**
 * Values as an environment file holds them, all of them text: `true`, `1`, `15`, `a,b`, `a=1,b=2`. What has none of these forms
 * is undefined, and stays for whoever asked to refuse: a value that a program would drop without a word is no value.
 */

const TRUE = /^(?:1|t|T|TRUE|true|True)$/
const FALSE = /^(?:0|f|F|FALSE|false|False)$/
/** Some flags are read by a parser that also knows these. */
const ON = /^(?:on|yes)$/i
const OFF = /^(?:off|no)$/i

export type FlagWords = 'plain' | 'on and off'

/** `words` says whether `on`, `yes`, `off` and `no` count; a parser of plain flags takes them for a slip. */
export function flagOf(written: unknown, words: FlagWords = 'plain'): boolean | undefined {
  if (typeof written === 'boolean') return written
  const text = String(written)
  if (TRUE.test(text)) return true
  if (FALSE.test(text)) return false
  if (words === 'plain') return undefined
  if (ON.test(text)) return true
  return OFF.test(text) ? false : undefined
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i

export const numberOf = (text: string): number | undefined => (NUMBER.test(text) ? Number(text) : undefined)

/** `a, b` without empty entries. */
export const listOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')

/** `a=1,b=2`, or with another separator; undefined when an entry has no key, no value, or a key comes twice. */
export function mapOf(text: string, separator: string): { readonly [key: string]: string } | undefined {
  const entries = listOf(text).map((entry) => {
    const at = entry.indexOf(separator)
    return [entry.slice(0, Math.max(0, at)).trim(), at < 0 ? '' : entry.slice(at + separator.length).trim()] as const
  })
  if (entries.some(([key, value]) => key === '' || value === '')) return undefined
  const map = new Map(entries)
  return map.size < entries.length ? undefined : Object.fromEntries(map)
}
