/**
 * Where rooms write what happened. It keeps nothing: it checks the order of time, counts, and hands every row to its
 * subscribers (digest, metrics, judges, store …) in the order in which they were given, so a run of ten million
 * requests needs no more memory than its subscribers do.
 */
import { InvariantError } from '../base/assert.ts'
import type { Micros } from '../base/time.ts'
import type { TraceRow, TraceRowKind, TraceSink } from './row.ts'

export type TraceSubscriber = (row: TraceRow) => void

const NOTHING: ReadonlySet<TraceRowKind> = new Set()

export class Trace implements TraceSink {
  private readonly subscribers: readonly TraceSubscriber[]
  private count = 0
  private latest = 0 as Micros
  private closed = false

  /** `without`: kinds of rows that nobody wants. */
  constructor(
    subscribers: readonly TraceSubscriber[],
    private readonly without: ReadonlySet<TraceRowKind> = NOTHING,
  ) {
    this.subscribers = [...subscribers]
  }

  wants(kind: TraceRowKind): boolean {
    return !this.without.has(kind)
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
    if (row.kind === 'run_ended') this.closed = true
    if (this.without.has(row.kind)) return
    this.count += 1
    const { subscribers } = this
    for (let i = 0; i < subscribers.length; i += 1) subscribers[i]!(row)
  }
}
