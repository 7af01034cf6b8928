/**
 * What a column of the trace can be: how a cell is kept, what TypeScript calls it, its unit, the words that can stand
 * in it, and what it means. rows/ is written in these words.
 */
import type { BuildId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'

/**
 * micros: whole microseconds, may be negative (-1 = never). u32, i32: whole numbers of 32 bits. int: whole numbers of up
 * to 53 bits (bytes, bit sets). f64: any number but NaN. text: a short, often repeated string.
 */
export type ColumnType = 'micros' | 'u32' | 'i32' | 'int' | 'f64' | 'bool' | 'text'

export type Cell = number | boolean | string

/** Names that a scenario gives. `label`: of a pool. `chip`: of a Mac. `change`: what the timeline does. `metric`: of a policy. */
export type NamedBy = 'serial' | 'model' | 'build' | 'alias' | 'label' | 'chip' | 'change' | 'metric'

export interface NamedTexts {
  readonly by: NamedBy
  /** Nobody and nothing is a value too. */
  readonly orNone: boolean
  /** Several, between commas. */
  readonly several: boolean
  /** Words that stand there as well. */
  readonly also: readonly string[]
}

/** Which texts a column can hold: a closed list, or names that the scenario gives. */
export type TextValues = readonly string[] | NamedTexts
export const isNamed = (values: TextValues): values is NamedTexts => 'by' in values

export interface Column<V extends Cell = Cell> {
  readonly type: ColumnType
  /** '' where the name of the column says it all. */
  readonly about: string
  /** '' for ids, counts and texts. */
  readonly unit: string
  /** Of a text. */
  readonly texts?: TextValues
  /** What a cell is to the compiler; no column has it. */
  readonly holds?: V
}

const plain = <V extends Cell>(type: ColumnType, about: string, unit = ''): Column<V> => ({ type, about, unit })

/** A moment or a time. */
export const micros = (about = ''): Column<Micros> => plain('micros', about, 'µs')
/** -1: it never was. */
export const microsOrNever = (about = ''): Column<Micros | -1> => plain('micros', about, 'µs')
export const id = <I extends number>(about = ''): Column<I> => plain('u32', about)
/** -1: nobody. */
export const idOrNone = <I extends number>(about = ''): Column<I | -1> => plain('i32', about)
/** A whole number from 0. */
export const count = (about = '', unit = ''): Column<number> => plain('u32', about, unit)
/** A whole number that may be negative. */
export const whole = (about = '', unit = ''): Column<number> => plain('i32', about, unit)
/** Whole, beyond 32 bits. */
export const large = (unit: string, about = ''): Column<number> => plain('int', about, unit)
export const real = (unit: string, about = ''): Column<number> => plain('f64', about, unit)
export const flag = (about = ''): Column<boolean> => plain('bool', about)

/** One of the words, and no other. A writer that has a word more does not compile. */
export const oneOf = <const W extends readonly string[]>(words: W, about = ''): Column<W[number]> => ({
  ...plain<W[number]>('text', about),
  texts: words,
})

const named = <V extends string>(by: NamedBy, about: string, more: Partial<NamedTexts>): Column<V> => ({
  ...plain<V>('text', about),
  texts: { by, orNone: false, several: false, also: [], ...more },
})
export const nameOf = (by: NamedBy, about = '', more: Partial<NamedTexts> = {}): Column<string> =>
  named(by, about, more)
export const buildName = (about = ''): Column<BuildId> => named('build', about, {})
/** '': none. */
export const buildOrNone = (about = ''): Column<BuildId | ''> => named('build', about, { orNone: true })

type Columns = { readonly [name: string]: Column }

export interface Kind<C extends Columns = Columns> {
  readonly about: string
  readonly columns: { readonly at: Column<Micros> } & C
}

/** By name. */
export interface Kinds {
  readonly [kind: string]: Kind
}

/** Every row has its time. */
export const kind = <const C extends Columns>(about: string, columns: C): Kind<C> => ({
  about,
  columns: { at: micros(), ...columns },
})

/** What a row of a kind holds. */
export type CellsOf<K extends Kind> = {
  readonly [N in keyof K['columns']]: K['columns'][N] extends Column<infer V> ? V : never
}
