/** Arbitrary rows of every kind, made from the schema, so that a new kind is tested the day it is written. */
import * as fc from 'fast-check'
import type { TraceRow } from '../../sim/trace/row.ts'
import type { ColumnType } from '../../sim/trace/column.ts'
import { type KindLayout, LAYOUTS } from '../../sim/trace/schema.ts'

const arbitraryCell: { readonly [T in ColumnType]: fc.Arbitrary<number | boolean | string> } = {
  micros: fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 45 })),
  u32: fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  i32: fc.oneof(fc.constant(-1), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  int: fc.integer({ min: -(2 ** 52) + 1, max: 2 ** 52 - 1 }),
  f64: fc.oneof(fc.constant(0), fc.integer({ min: -1000, max: 1000 }), fc.double({ noNaN: true })),
  bool: fc.boolean(),
  text: fc.oneof(fc.constantFrom('', 'served', 'gpt-oss-20b'), fc.string({ unit: 'binary', maxLength: 12 })),
}

const rowOf = (layout: KindLayout, cells: readonly (number | boolean | string)[]): object =>
  Object.fromEntries([['kind', layout.kind], ...layout.names.map((name, i) => [name, cells[i]])])

const arbitraryRow = fc
  .constantFrom(...LAYOUTS)
  .chain((layout) => fc.tuple(...layout.types.map((type) => arbitraryCell[type])).map((cells) => rowOf(layout, cells)))

/** Rows in the order of time. */
export const arbitraryRows: fc.Arbitrary<TraceRow[]> = fc
  .array(fc.tuple(arbitraryRow, fc.integer({ min: 0, max: 2 ** 34 })), { maxLength: 60 })
  .map((steps) => {
    let at = 0
    return steps.map(([row, gap]) => Object.assign({}, row, { at: (at += gap) }) as TraceRow)
  })
