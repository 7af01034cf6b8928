/**
 * What a Mac tells about itself: the capacity snapshot and the heartbeat around it, provider-runtime.md §7. The
 * snapshot is taken every 2 s and after load, unload, stream start, completion and cancel; the rest of a heartbeat is
 * read when it is sent. So a heartbeat mixes two instants, and that is part of the model.
 */
import type { BuildId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { CapacityReport, Heartbeat, ThermalState } from '../protocol/index.ts'
import type { Liveness } from './liveness.ts'
import type { Loader } from './loader.ts'
import type { Memory } from './memory.ts'
import type { Requests } from './requests.ts'
import type { Slot } from './slot.ts'

const GIB = 2 ** 30
/** 1-minute load average over cores. Assumed: a desktop at rest, and one thread that submits GPU work. */
export const CPU_IDLE = 0.05
const CPU_SERVING = 0.15

/** By code unit: what Swift's sort of ASCII names gives, in every locale. */
const byName = (a: BuildId, b: BuildId): number => (a < b ? -1 : a > b ? 1 : 0)

interface CapacityParts {
  readonly clock: { readonly now: Micros }
  readonly memory: Memory
  readonly loader: Loader
  readonly requests: Requests
  readonly liveness: Liveness
  readonly climate: { readonly reported: ThermalState }
  /** Its heartbeats say nothing of capacity. */
  readonly legacy: boolean
}

export class Capacity {
  private activeBytes = 0
  private poolBytes = 0
  private peakBytes = 0
  private freeForLoadBytes = 0
  private serving = false

  constructor(private readonly parts: CapacityParts) {}

  powerOn(): void {
    this.peakBytes = 0
    this.refresh()
  }

  /** Takes the figures of this instant. */
  refresh(): void {
    const { memory, loader, liveness, requests } = this.parts
    this.activeBytes = memory.activeBytes()
    this.poolBytes = memory.ledger.poolBytes
    const headroom = memory.kvHeadroomBytes(this.activeBytes)
    this.serving = false
    for (const slot of loader.slots.values()) {
      if (slot.unloading) continue
      slot.refresh(headroom, this.parts.clock.now)
      liveness.look(slot)
      if (slot.live.size > 0) this.serving = true
    }
    this.peakBytes = Math.max(this.peakBytes, this.activeBytes)
    // Work in flight is requests only: while a `load_model` runs, idle models still count as evictable.
    this.freeForLoadBytes = memory.freeForLoadBytes(requests.count === 0)
  }

  heartbeat(): Heartbeat {
    const resident = this.resident()
    return {
      kind: 'heartbeat',
      status: this.serving ? 'serving' : 'idle',
      activeModel: this.mostRecent(resident),
      warmModels: resident.map((slot) => slot.build).sort(byName),
      memoryPressure: this.pressure(),
      cpuUsage: this.serving ? CPU_SERVING : CPU_IDLE,
      thermalState: this.parts.climate.reported,
      capacity: this.parts.legacy ? undefined : this.report(resident),
    }
  }

  private report(resident: readonly Slot[]): CapacityReport {
    return {
      totalMemory_gb: this.parts.memory.ledger.totalBytes / GIB,
      gpuMemoryActive_gb: this.activeBytes / GIB,
      gpuMemoryPeak_gb: this.peakBytes / GIB,
      gpuMemoryCache_gb: this.poolBytes / GIB,
      freeForLoad_gb: this.freeForLoadBytes / GIB,
      slots: resident.map((slot) => slot.snapshot()),
    }
  }

  /** Everything the OS side holds counts as active, wired or compressed; pages of files as inactive. */
  private pressure(): number {
    const { ledger } = this.parts.memory
    ledger.advance()
    return ledger.pressure
  }

  private resident(): Slot[] {
    return [...this.parts.loader.slots.values()].filter((slot) => !slot.unloading)
  }

  /** Among models with accepted requests, else among resident ones. */
  private mostRecent(resident: readonly Slot[]): BuildId | undefined {
    const accepted = resident.filter((slot) => this.parts.requests.acceptedFor(slot.build) > 0)
    let latest: Slot | undefined
    for (const slot of accepted.length > 0 ? accepted : resident) {
      if (latest === undefined || slot.lastActivity > latest.lastActivity) latest = slot
    }
    return latest?.build
  }
}
