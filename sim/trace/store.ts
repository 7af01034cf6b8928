/**
 * Rows kept: one table per kind, one growable typed array per column, texts interned, and the kinds in order of
 * writing so that the stream can be read back as it was. Screens read the columns directly; a million rows take about
 * 60 MB instead of the several hundred that objects would.
 */
import { InvariantError, must } from '../base/assert.ts'
import type { Cell, ColumnType } from './column.ts'
import { cellsOf, type ColumnNames, type KindLayout, LAYOUTS, type TraceRow, type TraceRowKind } from './schema.ts'

export type ColumnArray = Float64Array | Uint32Array | Int32Array | Uint8Array

const FIRST_CAPACITY = 256

/** A typed array that doubles. */
class Column {
  constructor(
    readonly type: ColumnType,
    /** Room beyond the table's length holds zeros. */
    public values: ColumnArray = newArray(type, FIRST_CAPACITY),
  ) {}

  grow(): void {
    const wider = newArray(this.type, Math.max(FIRST_CAPACITY, this.values.length * 2))
    wider.set(this.values)
    this.values = wider
  }
}

/** Texts are stored as numbers of the dictionary. */
export function newArray(type: ColumnType, length: number): ColumnArray {
  switch (type) {
    case 'micros':
    case 'int':
    case 'f64':
      return new Float64Array(length)
    case 'u32':
    case 'text':
      return new Uint32Array(length)
    case 'i32':
      return new Int32Array(length)
    case 'bool':
      return new Uint8Array(length)
  }
}

/** All rows of one kind. */
export class KindTable {
  private readonly columns: readonly Column[]
  private rows = 0

  constructor(
    readonly layout: KindLayout,
    contents?: { readonly rows: number; readonly columns: readonly ColumnArray[] },
  ) {
    this.columns = layout.types.map((type, i) => new Column(type, contents?.columns[i]))
    this.rows = contents?.rows ?? 0
  }

  get length(): number {
    return this.rows
  }

  append(row: TraceRow, texts: TextTable): void {
    const cells = cellsOf(row)
    const { names } = this.layout
    const at = this.rows
    for (let i = 0; i < names.length; i += 1) {
      const column = this.columns[i]!
      if (at >= column.values.length) column.grow()
      const cell = cells[names[i]!]!
      column.values[at] = typeof cell === 'number' ? cell : typeof cell === 'string' ? texts.intern(cell) : cell ? 1 : 0
    }
    this.rows = at + 1
  }

  /** By place in the layout; texts as dictionary numbers. Valid until the next row is appended. */
  values(column: number): ColumnArray {
    return must(this.columns[column], 'a column of the layout').values.subarray(0, this.rows)
  }

  read(index: number, texts: TextTable): TraceRow {
    const cells: { [column: string]: Cell } = { kind: this.layout.kind }
    const { names, types } = this.layout
    for (let i = 0; i < names.length; i += 1) {
      const value = this.columns[i]!.values[index]!
      const type = types[i]!
      cells[names[i]!] = type === 'text' ? texts.text(value) : type === 'bool' ? value !== 0 : value
    }
    return cells as unknown as TraceRow
  }
}

/** The dictionary: numbers in order of first use. */
export class TextTable {
  private readonly numbers = new Map<string, number>()
  readonly list: string[] = []

  constructor(texts: readonly string[] = []) {
    for (const text of texts) this.intern(text)
  }

  intern(text: string): number {
    const known = this.numbers.get(text)
    if (known !== undefined) return known
    this.numbers.set(text, this.list.length)
    return this.list.push(text) - 1
  }

  text(number: number): string {
    return must(this.list[number], 'a text of the dictionary')
  }
}

export class TraceStore {
  private readonly byKind: ReadonlyMap<TraceRowKind, KindTable>
  private order: Uint8Array
  private count: number

  constructor(
    readonly texts: TextTable = new TextTable(),
    contents?: { readonly tables: readonly KindTable[]; readonly order: Uint8Array },
  ) {
    const tables = contents?.tables ?? LAYOUTS.map((layout) => new KindTable(layout))
    this.byKind = new Map(tables.map((table) => [table.layout.kind, table]))
    this.order = contents?.order ?? new Uint8Array(FIRST_CAPACITY)
    this.count = contents?.order.length ?? 0
  }

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    const table = this.table(row.kind)
    table.append(row, this.texts)
    if (this.count >= this.order.length) {
      const wider = new Uint8Array(Math.max(FIRST_CAPACITY, this.order.length * 2))
      wider.set(this.order)
      this.order = wider
    }
    this.order[this.count++] = table.layout.index
  }

  get rows(): number {
    return this.count
  }

  /** Kind of every row, as indices into LAYOUTS. */
  get kinds(): Uint8Array {
    return this.order.subarray(0, this.count)
  }

  table(kind: TraceRowKind): KindTable {
    return must(this.byKind.get(kind), 'every kind has a table')
  }

  /** One column of one kind, e.g. `column('gpu_busy', 'since')`; texts as numbers of `texts`. */
  column<K extends TraceRowKind>(kind: K, name: ColumnNames<K>): ColumnArray {
    const table = this.table(kind)
    return table.values(table.layout.names.indexOf(name))
  }

  /** Every row as it was written, in order. */
  *[Symbol.iterator](): IterableIterator<TraceRow> {
    const cursors = new Uint32Array(LAYOUTS.length)
    const tables = LAYOUTS.map((layout) => this.table(layout.kind))
    for (let i = 0; i < this.count; i += 1) {
      const kind = this.order[i]!
      const table = tables[kind]
      if (table === undefined) throw new InvariantError(`row ${i} has no kind`)
      yield table.read(cursors[kind]!++, this.texts)
    }
  }
}
