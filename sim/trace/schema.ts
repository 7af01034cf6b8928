/**
 * Everything that can happen in a run: rows/ declares each kind of row, by subject, and nothing else does. Its type, the digest,
 * the store, the trace file, what expectations may name and docs/trace.md follow from it. The trace is the only thing metrics,
 * judges, ledgers and screens may read, and its digest is the identity of a run, so a row holds numbers, booleans and short
 * repeated strings only. Kinds are numbered in the order in which they stand here, columns in that of their declaration.
 */
import { type Cell, type CellsOf, type ColumnType, isNamed, kind, type Kinds, nameOf } from './column.ts'
import { MAC_ROWS } from './rows/macs.ts'
import { PLAN_ROWS, UNLOAD_COMMAND } from './rows/plans.ts'
import { PROVIDER_ROWS } from './rows/providers.ts'
import { REQUEST_ROWS } from './rows/requests.ts'
import { RUN_ROWS } from './rows/run.ts'

const SCHEMA = {
  ...REQUEST_ROWS,
  ...PROVIDER_ROWS,
  ...PLAN_ROWS,
  timeline: kind('The operator changed something.', { what: nameOf('change') }),
  ...MAC_ROWS,
  ...RUN_ROWS,
  unload_command: UNLOAD_COMMAND,
} as const satisfies Kinds

type Schema = typeof SCHEMA
export type TraceRowKind = keyof Schema
/** A row is flat: its kind, its time and its cells. */
export type RowOf<K extends TraceRowKind> = K extends TraceRowKind ? { readonly kind: K } & CellsOf<Schema[K]> : never
export type TraceRow = RowOf<TraceRowKind>
export type ColumnNames<K extends TraceRowKind> = keyof Schema[K]['columns'] & string

/** The declaration, for loops: what a kind is called is known only when it is asked for. */
export const KINDS: Kinds = SCHEMA

/** The words that can stand in a text with a closed list of them. */
export function wordsOf<K extends TraceRowKind>(kindName: K, column: ColumnNames<K>): readonly string[] {
  const texts = KINDS[kindName]!.columns[column]?.texts
  return texts === undefined || isNamed(texts) ? [] : texts
}

/** A heartbeat is written at least so often: what the real ledger samples. Microseconds. */
export const HEARTBEAT_SAMPLE = 60_000_000

/** One kind, laid out for loops. `index` is the kind's number in encodings: its place in SCHEMA. */
export interface KindLayout {
  readonly kind: TraceRowKind
  readonly index: number
  readonly names: readonly string[]
  readonly types: readonly ColumnType[]
}

export const LAYOUTS: readonly KindLayout[] = Object.entries(KINDS).map(([name, { columns }], index) => ({
  kind: name as TraceRowKind,
  index,
  names: Object.keys(columns),
  types: Object.values(columns).map(({ type }) => type),
}))

/** The value of a column by name: rows are flat, so this is all that loops over columns need. */
export const cellsOf = (row: TraceRow): { readonly [column: string]: Cell } => row
