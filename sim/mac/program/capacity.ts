/**
 * What a Mac tells about itself: the capacity snapshot and the heartbeat around it, provider-runtime.md §7. The
 * snapshot is taken every 2 s and after load, unload, stream start, completion and cancel; the rest of a heartbeat is
 * read when it is sent. So a heartbeat mixes two instants, and that is part of the model.
 *
 * A Mac at rest says the same every 5 s. What is the same is sent as the same object, the whole heartbeat or its parts,
 * so that whoever hears it need not look at what has not changed. Nobody may change a message.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { CapacityReport, Heartbeat, SlotReport, ThermalState } from '../../protocol/index.ts'
import type { Liveness } from './liveness.ts'
import type { Loader } from '../loading/loader.ts'
import type { Memory } from '../memory/memory.ts'
import type { InferenceJobs } from './inference-jobs.ts'
import type { Slot } from '../loading/slot.ts'

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
  readonly requests: InferenceJobs
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
  /** The slots below are of these. */
  private listed: readonly Slot[] = []
  private warmModels: readonly BuildId[] = []
  /** What was said last. */
  private said: Heartbeat | undefined

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
    for (const slot of loader.slots) {
      if (slot.unloading) continue
      slot.refresh(headroom, this.parts.clock.now)
      liveness.snapshotTaken(slot)
      if (slot.live.size > 0) this.serving = true
    }
    this.peakBytes = Math.max(this.peakBytes, this.activeBytes)
    // Work in flight is requests only: while a `load_model` runs, idle models still count as evictable.
    this.freeForLoadBytes = memory.freeForLoadBytes(requests.count === 0)
  }

  heartbeat(): Heartbeat {
    const resident = this.resident()
    const status = this.serving ? 'serving' : 'idle'
    const activeModel = this.mostRecent(resident)
    const memoryPressure = this.pressure()
    const thermalState = this.parts.climate.reported
    const capacity = this.parts.legacy ? undefined : this.report(resident)
    const { said, warmModels } = this
    if (
      said !== undefined &&
      said.capacity === capacity &&
      said.warmModels === warmModels &&
      said.status === status &&
      said.activeModel === activeModel &&
      said.memoryPressure === memoryPressure &&
      said.thermalState === thermalState
    )
      return said
    this.said = {
      kind: 'heartbeat',
      status,
      activeModel,
      warmModels,
      memoryPressure,
      cpuUsage: this.serving ? CPU_SERVING : CPU_IDLE,
      thermalState,
      capacity,
    }
    return this.said
  }

  private report(resident: readonly Slot[]): CapacityReport {
    const { activeBytes, peakBytes, poolBytes, freeForLoadBytes } = this
    const said = this.said?.capacity
    const slots = this.slots(resident, said?.slots)
    if (
      said !== undefined &&
      said.slots === slots &&
      said.gpuMemoryActive_gb === activeBytes / GIB &&
      said.gpuMemoryPeak_gb === peakBytes / GIB &&
      said.gpuMemoryCache_gb === poolBytes / GIB &&
      said.freeForLoad_gb === freeForLoadBytes / GIB
    )
      return said
    return {
      totalMemory_gb: this.parts.memory.ledger.totalBytes / GIB,
      gpuMemoryActive_gb: activeBytes / GIB,
      gpuMemoryPeak_gb: peakBytes / GIB,
      gpuMemoryCache_gb: poolBytes / GIB,
      freeForLoad_gb: freeForLoadBytes / GIB,
      slots,
    }
  }

  /** `said`: of the last heartbeat. */
  private slots(resident: readonly Slot[], said: readonly SlotReport[] | undefined): readonly SlotReport[] {
    if (said !== undefined && said.length === resident.length) {
      let same = true
      for (let i = 0; i < said.length; i++) if (said[i] !== resident[i]!.snapshot()) same = false
      if (same) return said
    }
    return resident.map((slot) => slot.snapshot())
  }

  /** Everything the OS side holds counts as active, wired or compressed; pages of files as inactive. */
  private pressure(): number {
    const { ledger } = this.parts.memory
    ledger.advance()
    return ledger.pressure
  }

  /** Not being unloaded; the same list, and that of their names, as long as they are the same. */
  private resident(): readonly Slot[] {
    const { slots } = this.parts.loader
    let count = 0
    let same = true
    for (const slot of slots) if (!slot.unloading && slot !== this.listed[count++]) same = false
    if (same && count === this.listed.length) return this.listed
    this.listed = slots.filter((slot) => !slot.unloading)
    this.warmModels = this.listed.map((slot) => slot.build).sort(byName)
    return this.listed
  }

  /** Among models with accepted requests, else among resident ones. */
  private mostRecent(resident: readonly Slot[]): BuildId | undefined {
    let latest: Slot | undefined
    let latestBusy: Slot | undefined
    for (const slot of resident) {
      if (latest === undefined || slot.lastActivity > latest.lastActivity) latest = slot
      if (this.parts.requests.acceptedFor(slot.build) === 0) continue
      if (latestBusy === undefined || slot.lastActivity > latestBusy.lastActivity) latestBusy = slot
    }
    return (latestBusy ?? latest)?.build
  }
}
