/**
 * Counts rows of the trace as they stream by, for expectations such as "mac-a was told to hold gemma at least once".
 * A question names columns as the trace has them; providers and machines may be named by serial, because a scenario
 * knows its Macs by name and a run numbers them.
 */
import type { Problem } from '../base/result.ts'
import type { TraceRow } from '../trace/row.ts'
import { cellsOf, SCHEMA } from '../trace/schema.ts'

export interface RowQuestion {
  /** A kind of trace row. */
  readonly row: string
  /** Column → value it must have. */
  readonly where: { readonly [column: string]: string | number | boolean }
}

/** Ids that a serial may stand for. */
const NAMED_BY_SERIAL: ReadonlySet<string> = new Set(['provider', 'machine'])

const list = (names: readonly string[]): string => names.join(', ')

/** What is wrong with a question; empty when it can be asked. */
export function rowQuestionProblems(question: RowQuestion, file: string, path: string): Problem[] {
  const columns = Object.entries(SCHEMA).find(([kind]) => kind === question.row)?.[1]
  if (columns === undefined) {
    return [
      {
        file,
        path: `${path}.row`,
        message: `"${question.row}" is no kind of row; there are ${list(Object.keys(SCHEMA))}`,
      },
    ]
  }
  return Object.keys(question.where)
    .filter((column) => !(column in columns))
    .map((column) => ({
      file,
      path: `${path}.where.${column}`,
      message: `${question.row} rows have no "${column}"; they have ${list(Object.keys(columns))}`,
    }))
}

export interface RowCounter {
  observe(row: TraceRow): void
  /** One count per question, in their order. */
  counts(): readonly number[]
}

export function rowCounter(questions: readonly RowQuestion[]): RowCounter {
  const counts = questions.map(() => 0)
  const wanted = questions.map(({ where }) => Object.entries(where))
  const serials = { provider: new Map<number, string>(), machine: new Map<number, string>() }

  const matches = (row: TraceRow, conditions: readonly (readonly [string, string | number | boolean])[]): boolean => {
    const cells = cellsOf(row)
    return conditions.every(([column, value]) => {
      const found = cells[column]
      if (found === value) return true
      if (typeof value !== 'string' || typeof found !== 'number' || !NAMED_BY_SERIAL.has(column)) return false
      return serials[column as 'provider' | 'machine'].get(found) === value
    })
  }

  return {
    observe(row) {
      if (row.kind === 'registered') {
        serials.provider.set(row.provider, row.serial)
        serials.machine.set(row.machine, row.serial)
      }
      for (const [index, question] of questions.entries()) {
        if (question.row === row.kind && matches(row, wanted[index]!)) counts[index]! += 1
      }
    },
    counts: () => counts,
  }
}
