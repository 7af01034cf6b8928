/**
 * Tables for notebooks: Apache Parquet, which DuckDB, pandas and Spark read with names, types and units as they were meant.
 * A table is a list of columns, each of which says what it is and where its value comes from; rows are taken one at a time
 * and leave in groups, so that a table of a million rows is never held whole. What is not known is NULL, never 0 or -1.
 */
import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer'
import { assert } from '../../base/assert.ts'

/** whole: 64 bits, exact up to 53. real: any finite number. */
export type ParquetType = 'text' | 'whole' | 'real' | 'flag'

/** Undefined is NULL, as null is. */
export type ParquetValue = string | number | boolean | null | undefined

/** `T` is what a row is made from. */
export interface ParquetColumn<T> {
  /** With its unit, as in the JSON: `ttft_ms`. */
  readonly name: string
  readonly type: ParquetType
  /** For the page on columns. */
  readonly about: string
  readonly value: (of: T) => ParquetValue
}

/** Rows that leave together: a reader skips groups by their bounds, and no more rows than these are held. */
const ROWS_PER_GROUP = 65_536

const PHYSICAL = { text: 'STRING', whole: 'INT64', real: 'DOUBLE', flag: 'BOOLEAN' } as const

/** A value as the writer wants it; a table of wrong types is a bug of ours, and is better found here than in a notebook. */
function stored(value: ParquetValue, { name, type }: Pick<ParquetColumn<never>, 'name' | 'type'>): unknown {
  if (value === undefined || value === null) return null
  const fits =
    type === 'text'
      ? typeof value === 'string'
      : type === 'flag'
        ? typeof value === 'boolean'
        : type === 'whole'
          ? Number.isSafeInteger(value)
          : Number.isFinite(value)
  assert(fits, `column ${name} of a Parquet table is ${type}, not ${String(value)}`)
  return type === 'whole' ? BigInt(value) : value
}

/** Hands its bytes on as groups of rows are complete, and keeps none of them. */
class PassingWriter extends ByteWriter {
  constructor(private readonly pass: (bytes: Uint8Array) => void) {
    super()
  }
  flush(): void {
    if (this.index > 0) this.pass(this.getBytes().slice())
    this.index = 0
  }
  override finish(): void {
    this.flush()
  }
}

export class ParquetTable<T> {
  private readonly writer: ParquetWriter
  private group: unknown[][]

  /** `pass` takes the bytes of the file, in order. */
  constructor(
    private readonly columns: readonly ParquetColumn<T>[],
    pass: (bytes: Uint8Array) => void,
  ) {
    assert(
      new Set(columns.map(({ name }) => name)).size === columns.length,
      'columns of a table have names of their own',
    )
    const columnData = columns.map(({ name, type }) => ({ name, type: PHYSICAL[type], data: [], nullable: true }))
    const schema = schemaFromColumnData({ columnData })
    this.writer = new ParquetWriter({ writer: new PassingWriter(pass), schema, createdBy: 'fleetlab' })
    this.group = columns.map(() => [])
  }

  add(of: T): void {
    for (const [place, column] of this.columns.entries()) this.group[place]!.push(stored(column.value(of), column))
    if (this.group[0]!.length === ROWS_PER_GROUP) this.passGroup()
  }

  /** After the last row. A table without rows is a file with columns. */
  finish(): void {
    if (this.group[0]!.length > 0) this.passGroup()
    void this.writer.finish()
  }

  private passGroup(): void {
    const columnData = this.columns.map(({ name, type }, place) => ({
      name,
      type: PHYSICAL[type],
      data: this.group[place]!,
    }))
    this.group = this.columns.map(() => [])
    void this.writer.write({ columnData, rowGroupSize: ROWS_PER_GROUP })
  }
}

/** A small table as one file. */
export function parquetFile<T>(columns: readonly ParquetColumn<T>[], rows: Iterable<T>): Uint8Array {
  const pieces: Uint8Array[] = []
  const table = new ParquetTable(columns, (bytes) => void pieces.push(bytes))
  for (const row of rows) table.add(row)
  table.finish()
  const file = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    file.set(piece, at)
    at += piece.length
  }
  return file
}
