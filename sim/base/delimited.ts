/**
 * Tables as text: comma, semicolon, tab or bar between cells, quotes where a cell holds one of them. Lines come in one
 * after the other, so a table of any size is read without being held. A line without a quote is only split; what holds
 * quotes is csv-parse's business, on as many lines as the quotes span.
 */
import { parse } from 'csv-parse/browser/esm/sync'

export type Separator = ',' | ';' | '\t' | '|'
const SEPARATORS: readonly Separator[] = [',', ';', '\t', '|']

/** A cell of several lines is text, and no text is that long: a quote was never closed. */
const RECORD_LINES_MAX = 10_000

/** The one that makes most cells of the first line. */
export function separatorOf(header: string): Separator {
  const outsideQuotes = header.replaceAll(/"[^"]*"/g, '')
  const count = (separator: Separator): number => outsideQuotes.split(separator).length
  return SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best))
}

export const withoutMark = (text: string): string => text.replace(/^\uFEFF/, '')

/** A record, the line it begins on (from 1), and how many it takes; cells undefined: its quotes do not fit. */
export interface DelimitedRecord {
  readonly line: number
  readonly lines: number
  readonly cells: readonly string[] | undefined
}

const quotesIn = (text: string): number => {
  let count = 0
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) count++
  return count
}

export class DelimitedLines {
  private open: string[] = []
  private line = 0

  /** A quote is one where it opens a cell; elsewhere it is a character like others, such as inches. */
  private readonly quoted: RegExp

  constructor(private readonly separator: Separator) {
    this.quoted = new RegExp(`(?:^|[${separator}]) *"`)
  }

  /** The record that this line completes; undefined: it is blank, or the record goes on. */
  next(text: string): DelimitedRecord | undefined {
    this.line += 1
    const line = text.endsWith('\r') ? text.slice(0, -1) : text
    if (this.open.length === 0) {
      if (isBlank(line)) return undefined
      if (!this.quoted.test(line)) return { line: this.line, lines: 1, cells: line.split(this.separator) }
    }
    this.open.push(line)
    // Quotes come in pairs: an odd number means that a cell goes on in the next line.
    const isComplete = this.open.reduce((sum, each) => sum + quotesIn(each), 0) % 2 === 0
    if (isComplete || this.open.length > RECORD_LINES_MAX) return this.close()
    return undefined
  }

  /** What the last line left open. */
  end(): DelimitedRecord | undefined {
    return this.open.length === 0 ? undefined : this.close()
  }

  private close(): DelimitedRecord {
    const lines = this.open.length
    const text = this.open.join('\n')
    this.open = []
    return { line: this.line - lines + 1, lines, cells: quotedCells(text, this.separator) }
  }
}

const isBlank = (line: string): boolean => line.trim() === ''

function quotedCells(text: string, separator: Separator): readonly string[] | undefined {
  try {
    const records = parse(text, { delimiter: separator, trim: true, relax_column_count: true })
    return records[0]
  } catch {
    return undefined
  }
}

/** Where each column of a header stands; names are compared without case and blanks around them. */
export class Header {
  readonly names: readonly string[]
  private readonly places: ReadonlyMap<string, number>

  constructor(cells: readonly string[]) {
    this.names = cells.map((cell) => withoutMark(cell).trim())
    const places = new Map<string, number>()
    for (const [place, name] of this.names.entries()) {
      const key = name.toLowerCase()
      if (!places.has(key)) places.set(key, place)
    }
    this.places = places
  }

  place(name: string): number | undefined {
    return this.places.get(name.toLowerCase())
  }

  /** What a row holds beyond the last column must be blank, as trailing separators make it. */
  fits(cells: readonly string[]): boolean {
    if (cells.length < this.names.length) return false
    for (let i = this.names.length; i < cells.length; i++) if (cells[i]!.trim() !== '') return false
    return true
  }
}
