/**
 * What a Mac tells about itself: the capacity snapshot and the heartbeat around it, provider-runtime.md §7. The
 * snapshot is taken every 2 s and after load, unload, stream start, completion and cancel; the rest of a heartbeat is
 * read when it is sent. So a heartbeat mixes two instants, and that is part of the model.
 */
import type { BuildId } from '../base/ids.ts'
import type { CapacityReport, Heartbeat } from '../protocol/index.ts'
import type { Loader } from './loader.ts'
import type { Memory } from './memory.ts'
import type { Requests } from './requests.ts'
import type { Slot } from './slot.ts'

const GIB = 2 ** 30
/** 1-minute load average over cores. Assumed: a desktop at rest, and one thread that submits GPU work. */
const CPU_IDLE = 0.05
const CPU_SERVING = 0.15

/** By code unit: what Swift's sort of ASCII names gives, in every locale. */
const byName = (a: BuildId, b: BuildId): number => (a < b ? -1 : a > b ? 1 : 0)

export class Capacity {
  private activeBytes = 0
  private peakBytes = 0
  private freeForLoadBytes = 0
  private serving = false

  constructor(
    private readonly memory: Memory,
    private readonly loader: Loader,
    private readonly requests: Requests,
  ) {}

  powerOn(): void {
    this.peakBytes = 0
    this.refresh()
  }

  /** Takes the figures of this instant. */
  refresh(): void {
    const { memory } = this
    this.activeBytes = memory.activeBytes()
    const headroom = memory.kvHeadroomBytes(this.activeBytes)
    this.serving = false
    for (const slot of this.loader.slots.values()) {
      if (slot.unloading) continue
      slot.refresh(headroom)
      if (slot.live.size > 0) this.serving = true
    }
    this.peakBytes = Math.max(this.peakBytes, this.activeBytes)
    const nothingInFlight = this.requests.count === 0 && !this.loader.loading
    this.freeForLoadBytes = memory.freeForLoadBytes(nothingInFlight, this.activeBytes)
  }

  heartbeat(): Heartbeat {
    const resident = this.resident()
    return {
      kind: 'heartbeat',
      status: this.serving ? 'serving' : 'idle',
      activeModel: this.mostRecent(resident),
      warmModels: resident.map((slot) => slot.build).sort(byName),
      // Everything the OS side holds counts as active, wired or compressed; the rest of memory as free.
      memoryPressure: Math.min(1, (this.memory.osBytes + this.memory.activeBytes()) / this.memory.totalBytes),
      cpuUsage: this.serving ? CPU_SERVING : CPU_IDLE,
      // No heat in this model; real Macs mostly report nominal even while throttling (mac-provider.md §6).
      thermalState: 'nominal',
      capacity: this.report(resident),
    }
  }

  private report(resident: readonly Slot[]): CapacityReport {
    return {
      totalMemory_gb: this.memory.totalBytes / GIB,
      gpuMemoryActive_gb: this.activeBytes / GIB,
      gpuMemoryPeak_gb: this.peakBytes / GIB,
      gpuMemoryCache_gb: 0,
      freeForLoad_gb: this.freeForLoadBytes / GIB,
      slots: resident.map((slot) => slot.snapshot()),
    }
  }

  private resident(): Slot[] {
    return [...this.loader.slots.values()].filter((slot) => !slot.unloading)
  }

  /** Among models with accepted requests, else among resident ones. */
  private mostRecent(resident: readonly Slot[]): BuildId | undefined {
    const accepted = resident.filter((slot) => this.requests.acceptedFor(slot.build) > 0)
    let latest: Slot | undefined
    for (const slot of accepted.length > 0 ? accepted : resident) {
      if (latest === undefined || slot.lastActivity > latest.lastActivity) latest = slot
    }
    return latest?.build
  }
}
