/**
 * Text of somebody's in a Markdown page: it is shown as it is and means nothing, whatever it holds. As code, because nothing
 * inside code is a mention, a link or an emoji; or as plain words, where a page is read as prose.
 */
import { visible } from '../../base/visible.ts'

/** A bar parts the cells of a table, and a backtick ends code, inside a code span too. */
const ENDS_CODE = /[`|]/

const PLAIN = /[A-Za-z0-9 _-]/

const entities = (text: string): string =>
  Array.from(text, (character) => (PLAIN.test(character) ? character : `&#${character.codePointAt(0)!};`)).join('')

/** One line, safe in a table cell, a heading and a list. */
export function markdownCode(given: string): string {
  const text = visible(given)
  if (text.trim() === '') return text === '' ? '(empty)' : '(blank)'
  return ENDS_CODE.test(text) ? `<code>${entities(text)}</code>` : `\`${text}\``
}

/** Lines as they are, in a block that none of them can end. */
export function markdownBlock(lines: readonly string[]): string {
  const shown = lines.map(visible)
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

/** Begins code, emphasis, HTML, a cell, a formula or an entity wherever it stands. */
const ALWAYS = /[\\`*<>|~$&]/g
/** Inside a word an underscore is a letter. */
const OUTSIDE_WORDS = /(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu
/** Brackets are text until what is in them gets a target. */
const LINK = /\](?=[([:])/g
const IMAGE = /!(?=\[)/g
/** Becomes a link by itself. */
const ADDRESS = /(?<=https?|ftp|mailto|xmpp):|(?<=www)\./gi
const HEADING = /(?<=^|\s)#/g

/** One line of words: a name in a line of ours, or a whole line that holds no Markdown. */
export const markdownText = (text: string): string =>
  visible(text)
    .replaceAll(ALWAYS, String.raw`\$&`)
    .replaceAll(OUTSIDE_WORDS, String.raw`\$&`)
    .replaceAll(LINK, String.raw`\$&`)
    .replaceAll(IMAGE, String.raw`\$&`)
    .replaceAll(ADDRESS, String.raw`\$&`)
    .replaceAll(HEADING, String.raw`\$&`)
