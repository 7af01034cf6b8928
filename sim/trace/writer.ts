/**
 * Where rooms write what happened. It keeps nothing: it checks the order of time, counts, and hands every row to its
 * subscribers (digest, metrics, judges, store …) in the order in which they were given, so a run of ten million
 * requests needs no more memory than its subscribers do.
 */
import { InvariantError } from '../base/assert.ts'
import type { Micros } from '../base/time.ts'
import type { TraceRow, TraceSink } from './row.ts'

export type TraceSubscriber = (row: TraceRow) => void

export class Trace implements TraceSink {
  private readonly subscribers: readonly TraceSubscriber[]
  private count = 0
  private latest = 0 as Micros
  private closed = false

  constructor(subscribers: readonly TraceSubscriber[]) {
    this.subscribers = [...subscribers]
  }

  /** Rows so far. */
  get rows(): number {
    return this.count
  }

  /** Time of the last row. */
  get at(): Micros {
    return this.latest
  }

  emit(row: TraceRow): void {
    if (!(row.at >= this.latest)) throw new InvariantError(`INV-5 a row of ${row.at} us after one of ${this.latest} us`)
    if (this.closed) throw new InvariantError(`INV-5 a ${row.kind} row after run_ended`)
    this.latest = row.at
    this.count += 1
    if (row.kind === 'run_ended') this.closed = true
    const { subscribers } = this
    for (let i = 0; i < subscribers.length; i += 1) subscribers[i]!(row)
  }
}
