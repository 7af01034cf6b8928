/** A text table as HTML: the same cells, tones as classes. Wide ones scroll by themselves, so that the page does not. */
import { type TextCell, textOf, toneOf } from '../form/paint.ts'
import type { Table, TableColumn } from '../form/table.ts'
import { html, type Markup } from './markup.ts'

/** A head of more characters is a name, and may take more lines. */
const LONG = 30

const classOf = (column: TableColumn, cell: TextCell): string =>
  [column.align === 'right' ? 'right' : '', toneOf(cell) === 'plain' ? '' : toneOf(cell)].filter(Boolean).join(' ')

const cellOf = (column: TableColumn, cell: TextCell): Markup =>
  html`<td class="${classOf(column, cell)}"><bdi>${textOf(cell).trim()}</bdi></td>`

export function tableMarkup({ columns, rows }: Table): Markup {
  const heads = columns.map(
    (column) =>
      html`<th scope="col" class="${classOf(column, '')}${column.head.length > LONG ? ' long' : ''}"><bdi>${column.head.trim()}</bdi></th>`,
  )
  const lines = rows.map((row) => html`<tr>${columns.map((column, place) => cellOf(column, row[place] ?? ''))}</tr>`)
  return html`<div class="scroll" tabindex="0"><table><thead><tr>${heads}</tr></thead><tbody>${lines}</tbody></table></div>`
}
