/** A text table as a Markdown table, for pull requests. Tones become emphasis where Markdown has one: strong is bold. */
import { markdownText } from './markdown-text.ts'
import { type TextCell, textOf, toneOf } from './paint.ts'
import type { Table } from './table.ts'

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
