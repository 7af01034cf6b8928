/**
 * Markdown for pull requests: text that stays text whatever it holds, and a text table as a Markdown table. Tones become
 * emphasis where Markdown has one: strong is bold.
 */
import { visible } from '../base/visible.ts'
import { type TextCell, textOf, toneOf } from './paint.ts'
import type { Table } from './table.ts'

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

/**
 * The one place where what somebody else wrote is made fit for Markdown. For a whole line of ours that holds no Markdown, or
 * for a name in one that does.
 */
export const markdownText = (text: string): string =>
  visible(text)
    .replaceAll(ALWAYS, String.raw`\$&`)
    .replaceAll(OUTSIDE_WORDS, String.raw`\$&`)
    .replaceAll(LINK, String.raw`\$&`)
    .replaceAll(IMAGE, String.raw`\$&`)
    .replaceAll(ADDRESS, String.raw`\$&`)
    .replaceAll(HEADING, String.raw`\$&`)

function markdownCell(entry: TextCell): string {
  const text = markdownText(textOf(entry))
  return toneOf(entry) === 'strong' && text !== '' ? `**${text}**` : text
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

export function markdownTable(table: Table): string {
  return [
    row(table.columns.map((column) => markdownText(column.head))),
    row(table.columns.map((column) => (column.align === 'right' ? '---:' : '---'))),
    ...table.rows.map((cells) => row(table.columns.map((_, index) => markdownCell(cells[index] ?? '')))),
  ].join('\n')
}
