/**
 * Unified memory as the provider program counts it: the gate before a load, and the room for KV. All formulas are
 * provider-runtime 3.2 and 5.2; the bytes they are about are the ledger's. Kept exact on purpose is the double
 * counting of the process-wide KV gate: KV already written is inside the active bytes and still inside the reservations.
 * Activations are counted like that too: MLX's active bytes hold them, and every formula keeps a reserve for them.
 */
import type { ModelSpec } from '../../catalog/model.ts'
import type { MacSettings } from '../config.ts'
import type { MemoryLedger } from './ledger.ts'

/** 1.2 × the size on disk: what gate, start-up scan and pending-load reservation use. */
export const estimatedBytes = (model: ModelSpec, settings: MacSettings): number =>
  Math.round(model.diskBytes.value * settings.weights_padding)

/** Bytes once loaded, whole: the catalog has them in fractions of a GiB, and sums here must come back to zero. */
export const residentBytes = (model: ModelSpec): number => Math.round(model.residentBytes.value)

export class Memory {
  /** min(0.90 RAM, RAM - 2 GiB). */
  readonly capBytes: number
  /** max(4 GiB, RAM - cap): 4 up to 40 GiB, then 10 % of RAM. */
  readonly reserveBytes: number
  /** Outstanding KV reservations of live requests: need × bytes per token. */
  reservedBytes = 0
  /** The running load's reservation, so that nobody grants KV into the room it needs. */
  pendingLoadBytes = 0
  private readonly globalCapBytes: number

  constructor(
    readonly ledger: MemoryLedger,
    private readonly settings: MacSettings,
  ) {
    const { totalBytes } = ledger
    this.capBytes = Math.max(0, Math.min(Math.floor(settings.cap_share * totalBytes), totalBytes - settings.cap_margin))
    this.reserveBytes = Math.max(settings.memory_reserve, totalBytes - this.capBytes)
    this.globalCapBytes = Math.min(this.capBytes, totalBytes - settings.memory_reserve)
  }

  /** mlx_active as of now. Asks every engine, so whoever needs several figures of one instant asks once. */
  activeBytes(): number {
    this.ledger.advance()
    return this.ledger.activeBytes
  }

  /** Requests have let go of their reservations before. */
  processEnded(): void {
    this.pendingLoadBytes = 0
    this.ledger.processEnded()
  }

  /** What the load gate compares with `requiredBytes`. */
  availableBytes(): number {
    this.ledger.advance()
    const { totalBytes, activeBytes, poolBytes, osAvailableBytes } = this.ledger
    const free = Math.min(totalBytes - activeBytes - poolBytes, osAvailableBytes)
    return Math.max(0, free - this.reserveBytes - this.outstandingBytes())
  }

  /** The gate before a load: is there room as it stands, or after a clearing of MLX's pool? */
  hasRoomFor(model: ModelSpec): boolean {
    return this.availableBytes() >= this.requiredBytes(model)
  }

  /** gpt-oss-20b 17.5, gemma-4-26b 4-bit 21.4, 8-bit 35.3 GiB. */
  requiredBytes(model: ModelSpec): number {
    return estimatedBytes(model, this.settings) + this.settings.activation_headroom + this.settings.kv_headroom
  }

  /** Would the gate let it in on this Mac when nothing else is resident and nothing is in flight? */
  fitsAlone(model: ModelSpec): boolean {
    const free = this.ledger.totalBytes - this.ledger.osBytes
    const afterwards = Math.min(this.capBytes, free) - residentBytes(model) - this.settings.activation_headroom
    return free - this.reserveBytes >= this.requiredBytes(model) && afterwards >= this.settings.kv_headroom
  }

  /** Live KV headroom, which the per-model token budget and the check after a load use. */
  kvHeadroomBytes(active = this.activeBytes()): number {
    return this.headroomBelow(this.capBytes, active)
  }

  /** Room for one more reservation at the process-wide gate. */
  grantableBytes(active = this.activeBytes()): number {
    return this.headroomBelow(this.globalCapBytes, active) - this.outstandingBytes()
  }

  /** free_for_load: weights only, to be compared with the padded size. Idle models count as evictable iff nothing is in flight. */
  freeForLoadBytes(nothingInFlight: boolean): number {
    const { totalBytes, activeBytes, poolBytes, osAvailableBytes } = this.ledger
    const evictable = nothingInFlight ? activeBytes + poolBytes : 0
    const free = Math.min(totalBytes, osAvailableBytes + evictable)
    const headroom = this.settings.activation_headroom + this.settings.kv_headroom
    return Math.max(0, free - this.reserveBytes - this.outstandingBytes() - headroom)
  }

  private outstandingBytes(): number {
    return this.reservedBytes + this.pendingLoadBytes
  }

  private headroomBelow(capBytes: number, active: number): number {
    const { poolBytes, osAvailableBytes } = this.ledger
    const free = Math.min(capBytes - active - poolBytes, osAvailableBytes)
    return Math.max(0, free - this.settings.activation_headroom)
  }
}
