/** INV-4: the coordinator's queue. */
import type { TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

export class QueueDepths extends Judge {
  readonly id = 'INV-4'
  readonly claim = 'a queue is as deep as those who joined and did not leave'
  override readonly kinds: readonly TraceRowKind[] = ['queued', 'dequeued']
  /** Build each request waits for. */
  private readonly waiting = new Map<number, string>()
  private readonly depths = new Map<string, number>()

  row(row: TraceRow): void {
    if (row.kind === 'queued') {
      this.check(!this.waiting.has(row.request), `request ${row.request} waits already`)
      this.waiting.set(row.request, row.build)
      this.settle(row.build, 1, row.depth)
    } else if (row.kind === 'dequeued') {
      const build = this.waiting.get(row.request)
      this.check(
        build === row.build,
        `request ${row.request} left the queue of ${row.build}, it waits for ${build ?? 'nothing'}`,
      )
      this.waiting.delete(row.request)
      this.settle(row.build, -1, row.depth)
    }
  }

  override audit(): void {
    let depth = 0
    for (const waiters of this.depths.values()) depth += waiters
    this.check(depth === this.waiting.size, `${this.waiting.size} wait, the queues hold ${depth}`)
  }

  private settle(build: string, change: number, told: number): void {
    const depth = (this.depths.get(build) ?? 0) + change
    this.depths.set(build, depth)
    this.check(depth === told, `${depth} wait for ${build}, the row says ${told}`)
  }
}
