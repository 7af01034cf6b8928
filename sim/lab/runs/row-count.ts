/**
 * Counts rows of the trace as they stream by, for expectations such as "mac-a was told to hold gemma at least once".
 * A question names columns as the trace has them; providers and machines may be named by serial, because a scenario
 * knows its Macs by name and a run numbers them.
 */
import type { TraceRow } from '../../trace/row.ts'
import { cellsOf } from '../../trace/schema.ts'

/** Ids that a serial may stand for. */
export const NAMED_BY_SERIAL: ReadonlySet<string> = new Set(['provider', 'machine'])

export interface RowQuestion {
  /** A kind of trace row. */
  readonly row: string
  /** Column → value it must have. */
  readonly where: { readonly [column: string]: string | number | boolean }
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
