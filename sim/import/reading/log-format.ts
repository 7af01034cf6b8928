/**
 * What the importer knows of one kind of log. A format is told by its content: each says how sure it is of a sample, the
 * surest reads. To add one: a file beside these, and a line in `formats/index.ts`.
 */
import type { TimeUnit } from '../../base/cell.ts'
import type { LeftOutReason } from './left-out.ts'
import type { Draft } from './request.ts'
import type { LogRow } from './row.ts'

/** How a log is written down. */
export type LogShape = 'table' | 'lines' | 'document'

/** The beginning of a log. */
export interface Sample {
  readonly shape: LogShape
  /** Column names of a table, or the fields of the first documents, in lower case. */
  readonly fields: ReadonlySet<string>
  /** The first rows. */
  readonly rows: readonly LogRow[]
}

/** What the format itself says of its times. `tell`: it does not, and the content or the user must. */
export interface TimeRule {
  readonly unit: TimeUnit | 'tell'
  readonly clock: 'epoch' | 'relative' | 'tell'
  /** Timestamps without a zone are meant so; the sentence says why. undefined: the user must tell. */
  readonly utcBecause?: string
}

/** Sentences about what the log does not say and the importer takes for granted, each once, with how many rows it touched. */
export interface Notes {
  assume(sentence: string): void
  find(sentence: string): void
}

export interface LogReader {
  readonly time: TimeRule
  /** A row as a request, or why it is none. */
  read(row: LogRow): Draft | LeftOutReason
  /** What there is to say once all rows are read. */
  end?(): void
}

export interface LogFormat {
  /** As `--as` has it. */
  readonly name: string
  readonly title: string
  /** 0: not this format; 1: nothing else looks so. */
  sniff(sample: Sample): number
  /** Where a document keeps its rows, when not in a list at its top; undefined: not there. */
  rowsOf?(document: unknown): readonly unknown[] | undefined
  /** What to say when no row has a time. */
  readonly withoutTimes?: string
  open(sample: Sample, notes: Notes): LogReader
}

/** How many of the names the sample has, of all. */
export function shareOf(sample: Sample, names: readonly string[]): number {
  return names.filter((name) => sample.fields.has(name.toLowerCase())).length / names.length
}

/** 1 when all are there; 0 otherwise. */
export const hasAll = (sample: Sample, ...names: readonly string[]): boolean => shareOf(sample, names) === 1
