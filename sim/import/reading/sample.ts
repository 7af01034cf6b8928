/** How a log is written down, and its first rows: all that is looked at to tell what it is. */
import { DelimitedLines, Header, separatorOf, type Separator, withoutMark } from '../../base/delimited.ts'
import { logFormats } from '../formats/index.ts'
import type { LogFormat, Sample, LogShape } from './log-format.ts'
import { DocumentRow, type LogRow, TableRow } from './row.ts'

const ROWS = 200

export interface Sampled {
  readonly sample: Sample
  /** Of a table. */
  readonly table: { readonly separator: Separator; readonly header: Header } | undefined
}

/** A whole document, or what one line of many holds, as rows. */
export function rowsOf(value: unknown, formats: readonly LogFormat[]): readonly unknown[] {
  for (const format of formats) {
    const rows = format.rowsOf?.(value)
    if (rows !== undefined) return rows
  }
  if (!Array.isArray(value)) return [value]
  return (value as readonly unknown[]).flatMap((each) => (Array.isArray(each) ? [each] : rowsOf(each, formats)))
}

export function shapeOf(head: string, isWhole: boolean): LogShape {
  const text = withoutMark(head).trimStart()
  if (!/^[[{]/.test(text)) return 'table'
  const [first = '', second] = text.split('\n').filter((line) => line.trim() !== '')
  // One document on one line is both; only what is a list must be taken whole.
  const isLine = parsedObject(first) !== undefined
  if (isLine && (second === undefined ? isWhole : /^\s*\{/.test(second))) return 'lines'
  // A log whose first line was cut.
  if (second !== undefined && /^\s*\{/.test(second) && first.startsWith('{') && parsedObject(second) !== undefined)
    return 'lines'
  return 'document'
}

export function parsedObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Of a table or of lines. */
export function sampleOfLines(
  head: string,
  shape: 'table' | 'lines',
  formats: readonly LogFormat[] = logFormats,
): Sampled {
  const lines = withoutMark(head).split('\n')
  if (shape === 'lines') {
    const values = lines.flatMap((line) => {
      const value = line.trim() === '' ? undefined : parsedObject(line)
      return value === undefined ? [] : rowsOf(value, formats)
    })
    return { sample: sampleOfValues(values, 'lines'), table: undefined }
  }
  const start = lines.findIndex((line) => line.trim() !== '')
  const first = (lines[start] ?? '').replace(/\r$/, '')
  const separator = separatorOf(first)
  const records = new DelimitedLines(separator)
  const header = new Header(records.next(first)?.cells ?? [])
  const rows: LogRow[] = []
  for (const line of lines.slice(start + 1)) {
    if (rows.length === ROWS) break
    const record = records.next(line)
    if (record?.cells !== undefined && header.fits(record.cells))
      rows.push(new TableRow(record.line, header, record.cells))
  }
  const fields = new Set(header.names.map((name) => name.toLowerCase()))
  return { sample: { shape, fields, rows }, table: { separator, header } }
}

export function sampleOfValues(values: readonly unknown[], shape: 'lines' | 'document'): Sample {
  const rows = values.slice(0, ROWS).filter((value) => typeof value === 'object' && value !== null)
  const fields = new Set(rows.flatMap((row) => Object.keys(row).map((name) => name.toLowerCase())))
  return { shape, fields, rows: rows.map((row, i) => new DocumentRow(i + 1, row)) }
}
