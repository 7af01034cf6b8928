/** One row of a log, whatever it is written as, and what its cells say. */
import { isNothing, microsOf, type TimeUnit, truthOf, wholeOf } from '../../base/cell.ts'
import type { Header } from '../../base/delimited.ts'
import type { LogCell } from './request.ts'

export interface LogRow {
  /** In its file, from 1; of a document its place in the list. */
  readonly line: number
  /** By name, whatever its case in a table; of a document also by path, as in `metadata.request_start_ns`. */
  cell(name: string): LogCell
}

/** More tokens than this are no tokens. */
const COUNT_MAX = 1_000_000_000
/** What a whole number is that cannot be one; who reads a row looks for it once, at the end. */
export const BAD_COUNT = Number.NaN

export class TableRow implements LogRow {
  constructor(
    readonly line: number,
    private readonly header: Header,
    private readonly cells: readonly string[],
  ) {}

  cell(name: string): LogCell {
    const place = this.header.place(name)
    if (place === undefined) return undefined
    const text = this.cells[place] ?? ''
    return isNothing(text.trim()) ? null : text
  }
}

export class DocumentRow implements LogRow {
  constructor(
    readonly line: number,
    private readonly value: object,
  ) {}

  cell(name: string): LogCell {
    return valueAt(this.value, name)
  }
}

/** A field by its own name, which may hold points, or by a path of names. */
export function valueAt(value: unknown, name: string): LogCell {
  if (typeof value !== 'object' || value === null) return undefined
  if (Object.hasOwn(value, name)) return (value as { readonly [key: string]: LogCell })[name]
  const point = name.indexOf('.')
  if (point < 0) return undefined
  return valueAt(valueAt(value, name.slice(0, point)), name.slice(point + 1))
}

/** The first of the names that the row has a field for; one that holds something before one that is empty. */
export function firstOf(row: LogRow, names: readonly string[]): LogCell {
  let found: LogCell
  for (const name of names) {
    const cell = row.cell(name)
    if (cell !== undefined && cell !== null) return cell
    if (cell === null) found = null
  }
  return found
}

export function countAt(row: LogRow, ...names: readonly string[]): number | null | undefined {
  const cell = firstOf(row, names)
  if (cell === undefined || cell === null) return cell
  const value = typeof cell === 'string' ? (isNothing(cell.trim()) ? null : wholeOf(cell)) : cell
  if (value === null) return null
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= COUNT_MAX ? value : BAD_COUNT
}

export function textAt(row: LogRow, ...names: readonly string[]): string | null | undefined {
  const cell = firstOf(row, names)
  if (cell === undefined || cell === null) return cell
  if (typeof cell === 'object') return null
  const text = String(cell).trim()
  return isNothing(text) ? null : text
}

export function truthAt(row: LogRow, ...names: readonly string[]): boolean | null | undefined {
  const cell = firstOf(row, names)
  if (cell === undefined || cell === null) return cell
  if (typeof cell === 'boolean') return cell
  return typeof cell === 'object' ? null : (truthOf(String(cell)) ?? null)
}

/** Whole microseconds; what cannot be a span of time is none. */
export function spanAt(row: LogRow, unit: TimeUnit, ...names: readonly string[]): number | null | undefined {
  const cell = firstOf(row, names)
  if (cell === undefined || cell === null) return cell
  return spanOf(cell, unit)
}

export function spanOf(cell: LogCell, unit: TimeUnit): number | null {
  if (typeof cell === 'number') return cell >= 0 ? (microsOf(String(cell), unit) ?? null) : null
  return typeof cell === 'string' ? (microsOf(cell, unit) ?? null) : null
}
