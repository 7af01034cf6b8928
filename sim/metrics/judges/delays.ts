/** INV-17: a Mac says where all of a finished attempt's time went, and nothing else. */
import { NANOS_PER_MICRO } from '../../base/time.ts'
import type { TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

const CREDIT = 'prefix_hit'

export class DelaysAddUp extends Judge {
  readonly id = 'INV-17'
  readonly claim =
    'time alone and the shares of all culprits add up to the stay of a finished attempt, to the nanosecond'
  override readonly kinds: readonly TraceRowKind[] = ['delay', 'work']
  /** Shares written so far for the attempt whose `work` row comes next, by machine. */
  private readonly written = new Map<number, { readonly request: number; readonly attempt: number; sum: number }>()

  row(row: TraceRow): void {
    if (row.kind === 'delay') {
      const { machine, request, attempt, culprit } = row
      const parts = [row.gpu_ns, row.memory_ns, row.thermal_ns, row.load_ns, row.queue_ns]
      const sum = parts.reduce((total, part) => total + part, 0)
      const least = Math.min(...parts)
      this.check(least >= 0 || culprit === CREDIT, `request ${request} was delayed by ${least} ns by ${culprit}`)
      const open = this.written.get(machine)
      if (open === undefined) this.written.set(machine, { request, attempt, sum })
      else {
        this.check(
          open.request === request && open.attempt === attempt,
          `shares of request ${request} have no work row`,
        )
        open.sum += sum
      }
    } else if (row.kind === 'work') {
      const open = this.written.get(row.machine)
      this.written.delete(row.machine)
      const shares = open?.sum ?? 0
      if (row.outcome !== 'finished')
        return this.check(open === undefined, `unfinished work of ${row.request} has shares`)
      const stay = (row.at - row.receivedAt) * NANOS_PER_MICRO
      this.check(
        row.solo_ns > 0 && row.solo_ns + shares === stay,
        `request ${row.request} stayed ${stay} ns, of which ${row.solo_ns} alone and ${shares} delayed`,
      )
    }
  }

  override end(at: number): void {
    super.end(at)
    for (const { request } of this.written.values()) this.broken(`shares of request ${request} have no work row`)
  }
}
