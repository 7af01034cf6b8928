/** INV-10, 11, 16: the physical limits of a Mac. */
import type { MachineStateRow, TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

export class MemoryFits extends Judge {
  readonly id = 'INV-10'
  readonly claim = 'weights, KV reservations and the OS fit into the memory of the Mac'
  override readonly kinds: readonly TraceRowKind[] = ['machine_state']

  row(row: TraceRow): void {
    if (row.kind !== 'machine_state') return
    const { weightsBytes, kvReservedBytes, osBytes, memoryBytes } = row
    const negative = Math.min(weightsBytes, kvReservedBytes, osBytes) < 0
    this.check(!negative, `machine ${row.machine} holds a negative amount`)
    const used = weightsBytes + kvReservedBytes + osBytes
    this.check(used <= memoryBytes, `machine ${row.machine} holds ${used} of ${memoryBytes} bytes`)
  }
}

export class GpuBusyOnce extends Judge {
  readonly id = 'INV-11'
  readonly claim = 'busy spans of one GPU neither overlap nor leave the run'
  override readonly kinds: readonly TraceRowKind[] = ['gpu_busy']
  private readonly busyUntil = new Map<number, number>()

  row(row: TraceRow): void {
    if (row.kind !== 'gpu_busy') return
    const before = this.busyUntil.get(row.machine) ?? 0
    this.check(row.since >= before, `machine ${row.machine} is busy from ${row.since} us, and was until ${before} us`)
    this.check(row.since < row.at, `machine ${row.machine} is busy from ${row.since} to ${row.at} us`)
    this.busyUntil.set(row.machine, row.at)
  }
}

export class IdleMeansIdle extends Judge {
  readonly id = 'INV-16'
  readonly claim = 'a Mac called idle and capable is connected, has no request and loads nothing'
  override readonly kinds: readonly TraceRowKind[] = ['machine_state']

  row(row: TraceRow): void {
    if (row.kind !== 'machine_state') return
    this.check(row.idleCapable === 0 || isIdle(row), `machine ${row.machine} is busy or away and called idle`)
  }
}

const isIdle = (row: MachineStateRow): boolean => row.online && row.live === 0 && !row.loading
