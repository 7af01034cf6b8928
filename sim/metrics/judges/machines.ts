/** INV-10, 11, 16: the physical limits of a Mac. */
import type { MachineStateRow, TraceRow, TraceRowKind } from '../../trace/row.ts'
import { Judge } from './judge.ts'

export class MemoryFits extends Judge {
  readonly id = 'INV-10'
  readonly claim = 'memory adds up to the byte, and weights and KV reservations fit into it'
  override readonly kinds: readonly TraceRowKind[] = ['machine_state']

  row(row: TraceRow): void {
    if (row.kind !== 'machine_state') return
    const { machine, weightsBytes, kvReservedBytes, osBytes, memoryBytes, compressedBytes } = row
    const { kvBytes, scratchBytes, fileBytes, freeBytes } = row
    const amounts = [weightsBytes, kvReservedBytes, osBytes, kvBytes, scratchBytes, fileBytes, freeBytes]
    this.check(Math.min(...amounts, compressedBytes) >= 0, `machine ${machine} holds a negative amount`)
    const held = osBytes + weightsBytes + kvBytes + scratchBytes + fileBytes + freeBytes
    this.check(
      held === memoryBytes + compressedBytes,
      `machine ${machine} accounts for ${held} of ${memoryBytes} bytes, ${compressedBytes} of them compressed`,
    )
    const wasted = compressedBytes > 0 && fileBytes + freeBytes > 0
    this.check(!wasted, `machine ${machine} compresses ${compressedBytes} bytes and has room left`)
    const promised = weightsBytes + kvReservedBytes
    this.check(promised <= memoryBytes, `machine ${machine} promises ${promised} of ${memoryBytes} bytes`)
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
