/**
 * A judge watches one invariant, with books of its own: it shares no code with the rooms it judges and sees only what
 * they wrote down. The list of invariants, with their reasons, is docs/invariants.md.
 */
import { InvariantError } from '../../base/assert.ts'
import type { TraceRow, TraceRowKind } from '../../trace/row.ts'

export abstract class Judge {
  /** As docs/invariants.md numbers it. */
  abstract readonly id: string
  /** The invariant in a few words. */
  abstract readonly claim: string
  /** Kinds of rows it must see; undefined: all. */
  readonly kinds: readonly TraceRowKind[] | undefined = undefined

  abstract row(row: TraceRow): void

  /** Every 10^4 rows: adds the books up, and forgets what cannot matter any more. */
  audit(_at: number): void {
    // Most judges have nothing to add up.
  }

  /** After `run_ended`. */
  end(at: number): void {
    this.audit(at)
  }

  protected broken(what: string): never {
    throw new InvariantError(`${this.id} ${this.claim}: ${what}`)
  }

  protected check(holds: boolean, what: string): void {
    if (!holds) this.broken(what)
  }
}
