/** INV-5: time. */
import type { TraceRow } from '../../trace/row.ts'
import { Judge } from './judge.ts'

export class TimeRunsForwards extends Judge {
  readonly id = 'INV-5'
  readonly claim = 'time runs forwards in whole microseconds and stops at run_ended'
  private at = 0
  private ended = false

  row(row: TraceRow): void {
    this.check(!this.ended, `a ${row.kind} row after run_ended`)
    this.check(Number.isSafeInteger(row.at), `${row.at} is no whole number of microseconds`)
    this.check(row.at >= this.at, `a row of ${row.at} us after one of ${this.at} us`)
    this.at = row.at
    this.ended = row.kind === 'run_ended'
  }
}
