/**
 * The rows of a run under way, indexed for screens again and again while they grow: the same queries answer for half a run
 * as for a whole one. Indexing costs time that the run does not get, so the more it costs the less often it is done.
 */
import { type TraceIndex, traceIndex } from '../data/trace/trace-index.ts'
import type { LiveRows } from './experiment.ts'

/** Of the worker's time, one part in so many. */
const ONE_PART_OF = 8

export class LiveIndex {
  private index: TraceIndex | undefined
  private builtAt = 0
  private spent = 0

  constructor(private readonly rows: () => LiveRows | undefined) {}

  /** Of the rows until now, or until shortly before. */
  ask<A>(question: (index: TraceIndex) => A): A {
    const began = performance.now()
    const due = this.index === undefined || began - this.builtAt > this.spent * ONE_PART_OF
    if (due) this.renew(began)
    const index = this.index
    if (index === undefined) throw new Error('this run keeps no rows')
    const answer = question(index)
    this.spent += performance.now() - began
    return answer
  }

  private renew(now: number): void {
    const rows = this.rows()
    if (rows === undefined) return
    this.index = traceIndex(rows.store, rows.names, rows.facts, rows.at_us)
    this.builtAt = now
    this.spent = 0
  }
}
