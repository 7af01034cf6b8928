/** The bench: hands every row to the judges that asked for its kind and says where in the run a claim broke. */
import { InvariantError } from '../../base/assert.ts'
import type { TraceRow } from '../../trace/row.ts'
import type { Judge } from './judge.ts'

/** Architecture rule 7. */
const ROWS_BETWEEN_AUDITS = 10_000

export class Judges {
  private readonly byKind = new Map<string, Judge[]>()
  private rows = 0
  private last: TraceRow | undefined

  constructor(private readonly judges: readonly Judge[]) {}

  /** A subscriber of the trace. Throws InvariantError with the claim, the time and the row. */
  readonly row = (row: TraceRow): void => {
    this.last = row
    const judges = this.byKind.get(row.kind) ?? this.judgesOf(row.kind)
    try {
      for (let i = 0; i < judges.length; i += 1) judges[i]!.row(row)
      this.rows += 1
      if (this.rows % ROWS_BETWEEN_AUDITS === 0) for (const judge of this.judges) judge.audit(row.at)
    } catch (error) {
      this.sentence(error, row)
    }
  }

  /** After the run: the trace must be complete. */
  end(): void {
    const { last } = this
    if (last?.kind !== 'run_ended')
      throw new InvariantError('INV-5 time runs forwards: the trace has no run_ended row at its end')
    try {
      for (const judge of this.judges) judge.end(last.at)
    } catch (error) {
      this.sentence(error, last)
    }
  }

  private judgesOf(kind: TraceRow['kind']): Judge[] {
    const judges = this.judges.filter((judge) => judge.kinds?.includes(kind) ?? true)
    this.byKind.set(kind, judges)
    return judges
  }

  private sentence(error: unknown, row: TraceRow): never {
    if (!(error instanceof InvariantError)) throw error
    throw new InvariantError(`${error.message} (at ${row.at} us, row ${this.rows}: ${JSON.stringify(row)})`)
  }
}
