/**
 * Aligned text tables: two spaces between columns, a rule below the head, numbers to the right. Hand-written because
 * npm's table printers draw boxes, and a box around every number is what keeps the eye from running down a column.
 */
import { visible } from '../../base/visible.ts'
import { type TextCell, type Paint, plainPaint, textOf as rawTextOf, toneOf } from './paint.ts'

export interface TableColumn {
  readonly head: string
  readonly align: 'left' | 'right'
}

export interface Table {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly (readonly TextCell[])[]
}

export interface TitledTable {
  readonly title: string
  readonly table: Table
}

const GAP = '  '

/** A name that holds the end of a line must not end this one. */
const textOf = (cell: TextCell): string => visible(rawTextOf(cell))

/** Code points, which is the width of everything we print. */
const widthOf = (text: string): number => Array.from(text).length

function pad(text: string, width: number, align: TableColumn['align']): string {
  const spaces = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + spaces : spaces + text
}

/** How wide each column is. A row may be shorter than the head; what is missing is empty. */
function columnWidths(table: Table): number[] {
  return table.columns.map((column, index) =>
    table.rows.reduce(
      (width, row) => Math.max(width, widthOf(textOf(row[index] ?? ''))),
      widthOf(visible(column.head)),
    ),
  )
}

export function tableWidth(table: Table): number {
  const widths = columnWidths(table)
  return widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1)
}

/** Lines without a final newline and without trailing blanks. */
export function formatTable(table: Table, paint: Paint = plainPaint): string {
  const widths = columnWidths(table)
  const line = (cells: readonly TextCell[]): string => {
    const last = cells.reduce<number>((found, entry, index) => (textOf(entry) === '' ? found : index), -1)
    return table.columns
      .slice(0, last + 1)
      .map((column, index) => {
        const entry = cells[index] ?? ''
        const text = pad(textOf(entry), widths[index]!, column.align)
        return paint(toneOf(entry), index === last ? text.trimEnd() : text)
      })
      .join(GAP)
  }
  const head = line(table.columns.map((column) => ({ text: column.head, tone: 'strong' })))
  const rule = paint('dim', widths.map((width) => '─'.repeat(width)).join(GAP))
  return [head, rule, ...table.rows.map(line)].join('\n')
}
