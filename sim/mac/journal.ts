/**
 * The state of one Mac in the trace, as it truly is. Changes of one instant become one row, written when everything of
 * that instant has happened, and only if a field differs from the row before.
 *
 * Two accounts are in it. What is really held adds up to the byte: OS, weights, KV, scratch, files and free are the
 * memory plus what had to be compressed. `kvReservedBytes` is what the program has promised: need × bytes per token
 * over live requests, KV already written included, never more than fits beside the weights. Activations, sliding
 * windows and the KV of ghosts were promised to nobody, and the OS side drifts, so promises kept do not prevent
 * over-commit.
 */
import { assert, must } from '../base/assert.ts'
import type { ModelSpec } from '../catalog/model.ts'
import type { ThermalState } from '../protocol/index.ts'
import { isWritten, type MachineStateRow } from '../trace/row.ts'
import type { Loader } from './loading/loader.ts'
import type { MacOptions } from './machine.ts'
import type { Memory } from './memory/memory.ts'
import type { InferenceJobs } from './program/inference-jobs.ts'

/** What it looks at. They tell it of changes themselves, so it is there before them. */
export interface JournalParts {
  readonly memory: Memory
  readonly squeeze: { readonly pct: number }
  readonly climate: { readonly speed_pct: number; readonly reported: ThermalState }
  readonly loader: Loader
  readonly requests: InferenceJobs
  /** The Mac has been part of the fleet at some time if `number` is above 0; told of every change before the look at the end of the instant. */
  readonly connection: { readonly number: number; readonly connected: boolean; happened(): void }
  /** Asleep it is not online; stalled it would not answer. */
  readonly faults: { readonly asleep: boolean; readonly stalled: boolean }
  readonly offer: { readonly advertised: readonly ModelSpec[] }
  /** `unread`: requests that wait for the program to look at them. */
  readonly inbox: { readonly loop: { readonly unread: number } }
}

export class Journal {
  private pending = false
  private last: MachineStateRow | undefined
  /** Bits of all builds this Mac could serve if it were idle. */
  private capable = 0
  private known: JournalParts | undefined

  constructor(private readonly options: MacOptions) {}

  watch(parts: JournalParts): void {
    this.known = parts
  }

  private get parts(): JournalParts {
    return must(this.known, 'journal: a Mac has parts before anything happens to it')
  }

  /** The advertised set changed. */
  advertisedChanged(): void {
    const { memory } = this.parts
    this.capable = 0
    for (const model of this.parts.offer.advertised) {
      const bit = this.options.buildBit(model.build)
      if (bit >= 0 && memory.fitsAlone(model)) this.capable += powerOfTwo(bit)
    }
    this.changed()
  }

  changed(): void {
    this.parts.connection.happened()
    if (this.pending || !isWritten(this.options.trace, 'machine_state')) return
    this.pending = true
    this.options.scheduler.atEndOfInstant(this)
  }

  /** At the end of an instant in which something has changed. */
  look(): void {
    this.pending = false
    const { parts } = this
    const { memory, loader, requests, connection, faults } = parts
    if (connection.number === 0) return
    const online = connection.connected && !faults.asleep
    const { ledger } = memory
    assert(
      ledger.weightsBytes + memory.reservedBytes <= ledger.totalBytes,
      'INV-10 weights and KV reservations fit into the Mac',
    )
    const { last } = this
    const ghosts = this.ghosts()
    const idleCapable = online && this.idle(ghosts) ? this.capable : 0
    // KV, scratch, files and free move with every step, so they are written along but make no row of their own.
    if (
      last !== undefined &&
      last.live === requests.count &&
      last.unread === parts.inbox.loop.unread &&
      last.ghosts === ghosts &&
      last.kvReservedBytes === memory.reservedBytes &&
      last.idleCapable === idleCapable &&
      last.online === online &&
      last.loading === loader.loading &&
      last.residentBuilds === loader.slots.length &&
      last.weightsBytes === ledger.weightsBytes &&
      last.osBytes === ledger.osBytes &&
      last.speed_pct === parts.climate.speed_pct &&
      last.squeeze_pct === parts.squeeze.pct &&
      last.thermalState === parts.climate.reported
    )
      return
    ledger.advance()
    this.last = {
      kind: 'machine_state',
      at: this.options.scheduler.now,
      machine: this.options.machine,
      online,
      live: requests.count,
      unread: parts.inbox.loop.unread,
      ghosts,
      loading: loader.loading,
      residentBuilds: loader.slots.length,
      weightsBytes: ledger.weightsBytes,
      kvReservedBytes: memory.reservedBytes,
      osBytes: ledger.osBytes,
      memoryBytes: ledger.totalBytes,
      kvBytes: ledger.kvBytes,
      scratchBytes: ledger.activationBytes + ledger.poolBytes,
      fileBytes: ledger.fileBytes,
      freeBytes: ledger.freeBytes,
      compressedBytes: ledger.compressedBytes,
      speed_pct: parts.climate.speed_pct,
      squeeze_pct: parts.squeeze.pct,
      thermalState: parts.climate.reported,
      idleCapable,
    }
    this.options.trace.emit(this.last)
  }

  /** Of one that is online. Wholly idle: nothing accepted, nothing loading or unloading, no ghost on the GPU. */
  private idle(ghosts: number): boolean {
    const { loader, requests, faults } = this.parts
    if (faults.stalled || requests.count > 0 || loader.loading) return false
    for (const slot of loader.slots) if (slot.unloading) return false
    return ghosts === 0
  }

  private ghosts(): number {
    let ghosts = 0
    for (const slot of this.parts.loader.slots) ghosts += slot.engine.ghostRows
    return ghosts
  }
}

/** Bits are added, not or-ed: 32-bit operators would stop at 31 builds. */
function powerOfTwo(bit: number): number {
  let power = 1
  for (let i = 0; i < bit; i++) power *= 2
  return power
}
