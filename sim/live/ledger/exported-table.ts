/** One table of the coordinator's ledger, as it exports it: CSV under its own column names (facts: ledger.md). */
import { isNothing, timestampOf, truthOf } from '../../base/cell.ts'
import { DelimitedLines, type DelimitedRecord, Header, separatorOf } from '../../base/delimited.ts'
import { fail, ok, type Result } from '../../base/result.ts'

export class ExportedRow {
  constructor(
    private readonly header: Header,
    private readonly cells: readonly string[],
    /** As it stood in the file. */
    readonly written: string,
  ) {}

  /** undefined: no such column, or nothing in it. */
  text(column: string): string | undefined {
    const place = this.header.place(column)
    const cell = place === undefined ? undefined : this.cells[place]?.trim()
    return cell === undefined || isNothing(cell) ? undefined : cell
  }

  number(column: string): number | undefined {
    const text = this.text(column)
    const value = text === undefined ? Number.NaN : Number(text)
    return Number.isFinite(value) ? value : undefined
  }

  /** A whole number of 0 or more. */
  count(column: string): number | undefined {
    const value = this.number(column)
    return value !== undefined && Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : undefined
  }

  flag(column: string): boolean | undefined {
    const text = this.text(column)
    return text === undefined ? undefined : truthOf(text)
  }

  /** Microseconds since 1970; a time without a zone is taken for UTC, in which programs write ledgers. */
  time_us(column: string): number | undefined {
    const text = this.text(column)
    const time = text === undefined ? undefined : timestampOf(text)
    return time === undefined ? undefined : time.local - (time.ahead ?? 0)
  }
}

export interface ExportedTable {
  /** The line of column names, as it stood. */
  readonly head: string
  readonly rows: readonly ExportedRow[]
}

const NOTHING: ExportedTable = { head: '', rows: [] }

export function readExport(text: string): Result<ExportedTable, string> {
  const lines = text.split(/\r?\n/)
  const first = lines.findIndex((line) => line.trim() !== '')
  if (first < 0) return ok(NOTHING)
  const reader = new DelimitedLines(separatorOf(lines[first]!))
  const rows: ExportedRow[] = []
  let header: Header | undefined
  let wrong: string | undefined
  const take = (record: DelimitedRecord | undefined): void => {
    if (record === undefined || wrong !== undefined) return
    const { cells, line } = record
    if (cells === undefined || (header !== undefined && !header.fits(cells))) {
      wrong = `line ${line} does not have the columns of its first line`
    } else if (header === undefined) {
      header = new Header(cells)
      if (header.place('request_id') === undefined) wrong = 'has no column request_id'
    } else rows.push(new ExportedRow(header, cells, lines.slice(line - 1, line - 1 + record.lines).join('\n')))
  }
  for (const line of lines) take(reader.next(line))
  take(reader.end())
  return wrong === undefined ? ok({ head: lines[first]!, rows }) : fail(wrong)
}

/** The same table with some of its rows, as text. */
export const exportText = ({ head }: ExportedTable, rows: readonly ExportedRow[]): string =>
  [head, ...rows.map(({ written }) => written), ''].join('\n')
