/**
 * The state of one Mac in the trace, as it truly is. Changes of one instant become one row, written when everything of
 * that instant has happened, and only if a field differs from the row before.
 *
 * `kvReservedBytes` is need × bytes per token over live requests, KV already written included. The process-wide gate
 * grants nothing that would not fit beside it, and the load gate subtracts it, so weights + kvReserved + OS never
 * exceed what the Mac has. Uncharged by the real program and not in the row: activations, sliding windows, the KV of ghosts.
 */
import { assert } from '../base/assert.ts'
import type { ModelSpec } from '../catalog/model.ts'
import { Priority } from '../kernel/scheduler.ts'
import type { MachineStateRow } from '../trace/row.ts'
import type { Loader } from './loader.ts'
import type { MacOptions } from './machine.ts'
import type { Memory } from './memory.ts'
import type { Requests } from './requests.ts'

interface JournalPorts {
  readonly memory: Memory
  readonly loader: Loader
  readonly requests: Requests
  online(): boolean
  advertises(): readonly ModelSpec[]
}

export class Journal {
  private pending = false
  private last: MachineStateRow | undefined
  /** Bits of all builds this Mac could serve if it were idle. */
  private capable = 0
  private readonly onSettled = () => this.write()

  constructor(
    private readonly options: MacOptions,
    private readonly ports: JournalPorts,
  ) {}

  /** The advertised set changed. */
  advertisedChanged(): void {
    const { memory } = this.ports
    this.capable = 0
    for (const model of this.ports.advertises()) {
      const bit = this.options.buildBit(model.build)
      if (bit >= 0 && bit < this.options.mostBuilds && memory.fitsAlone(model)) this.capable += powerOfTwo(bit)
    }
    this.changed()
  }

  changed(): void {
    if (this.pending) return
    this.pending = true
    this.options.scheduler.schedule(this.options.scheduler.now, Priority.observe, this.onSettled)
  }

  private write(): void {
    this.pending = false
    const { memory, loader, requests } = this.ports
    assert(
      memory.weightsBytes + memory.reservedBytes + memory.osBytes <= memory.totalBytes,
      'INV memory: weights, KV reservations and the OS fit into the Mac',
    )
    const row: MachineStateRow = {
      kind: 'machine_state',
      at: this.options.scheduler.now,
      machine: this.options.machine,
      online: this.ports.online(),
      live: requests.count,
      ghosts: this.ghosts(),
      loading: loader.loading,
      residentBuilds: loader.slots.size,
      weightsBytes: memory.weightsBytes,
      kvReservedBytes: memory.reservedBytes,
      osBytes: memory.osBytes,
      memoryBytes: memory.totalBytes,
      speed_pct: 100,
      squeeze_pct: 100,
      thermalState: 'nominal',
      idleCapable: this.idle() ? this.capable : 0,
    }
    if (this.last !== undefined && sameState(this.last, row)) return
    this.last = row
    this.options.trace.emit(row)
  }

  /** Wholly idle: nothing accepted, nothing loading or unloading, no ghost on the GPU. */
  private idle(): boolean {
    const { loader, requests } = this.ports
    if (!this.ports.online() || requests.count > 0 || loader.loading) return false
    for (const slot of loader.slots.values()) if (slot.unloading) return false
    return this.ghosts() === 0
  }

  private ghosts(): number {
    let ghosts = 0
    for (const slot of this.ports.loader.slots.values()) ghosts += slot.engine.ghostRows
    return ghosts
  }
}

/** Bits are added, not or-ed: 32-bit operators would stop at 31 builds. */
function powerOfTwo(bit: number): number {
  let power = 1
  for (let i = 0; i < bit; i++) power *= 2
  return power
}

function sameState(a: MachineStateRow, b: MachineStateRow): boolean {
  return (
    a.live === b.live &&
    a.ghosts === b.ghosts &&
    a.kvReservedBytes === b.kvReservedBytes &&
    a.idleCapable === b.idleCapable &&
    a.online === b.online &&
    a.loading === b.loading &&
    a.residentBuilds === b.residentBuilds &&
    a.weightsBytes === b.weightsBytes &&
    a.osBytes === b.osBytes &&
    a.speed_pct === b.speed_pct &&
    a.squeeze_pct === b.squeeze_pct &&
    a.thermalState === b.thermalState
  )
}
