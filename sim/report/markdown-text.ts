/**
 * Text of somebody's in a Markdown page: it is shown as it is and means nothing, whatever it holds. As code, because nothing
 * inside code is a mention, a link or an emoji.
 */

/** Would end a line, act on a terminal, or turn the order of letters round. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu

export const spelt = (text: string): string =>
  text.replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)!.toString(16).toUpperCase()}}`)

/** A bar parts the cells of a table, and a backtick ends code, inside a code span too. */
const ENDS_CODE = /[`|]/

const PLAIN = /[A-Za-z0-9 _-]/

const entities = (text: string): string =>
  Array.from(text, (character) => (PLAIN.test(character) ? character : `&#${character.codePointAt(0)!};`)).join('')

/** One line, safe in a table cell, a heading and a list. */
export function markdownCode(given: string): string {
  const text = spelt(given)
  if (text.trim() === '') return text === '' ? '(empty)' : '(blank)'
  return ENDS_CODE.test(text) ? `<code>${entities(text)}</code>` : `\`${text}\``
}

/** Lines as they are, in a block that none of them can end. */
export function markdownBlock(lines: readonly string[]): string {
  const shown = lines.map(spelt)
  const longest = Math.max(2, ...shown.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)))
  const fence = '`'.repeat(longest + 1)
  return [`${fence}text`, ...shown, fence].join('\n')
}

/** For the target of a link, relative to the page. */
export const markdownTarget = (path: string): string =>
  path
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(/[!'()*]/g, (c) => `%${c.codePointAt(0)!.toString(16).toUpperCase()}`),
    )
    .join('/')
