/**
 * What a policy sees of a provider: getters over the record, so one object per connection serves every question of the
 * run and never goes stale. It shows no more than `ProviderView` names, and nothing that could be changed: the object is
 * frozen, lists are frozen, slots are copies.
 */
import type { BuildId, ProviderId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { ProviderView, SlotView } from '../../plug/index.ts'
import type { ThermalState } from '../../protocol/index.ts'
import type { CapacityRecord, ProviderRecord, SlotRecord } from './provider-record.ts'

export class RecordView implements ProviderView {
  #record!: ProviderRecord
  readonly #now: () => Micros
  /** The report that `#slots` shows. */
  #capacity: CapacityRecord | undefined
  #slots: readonly SlotView[] | undefined

  constructor(now: () => Micros) {
    this.#now = now
  }

  /** A record holds its view and the view its record; the record is built first. */
  static bind(view: RecordView, record: ProviderRecord): void {
    view.#record = record
    Object.freeze(view)
  }

  get id(): ProviderId {
    return this.#record.id
  }
  get serial(): string {
    return this.#record.serial
  }
  get version(): string {
    return this.#record.version
  }
  get memory_gb(): number {
    return this.#record.memory_gb
  }
  get memoryBandwidth_gbs(): number {
    return this.#record.memoryBandwidth_gbs
  }
  get advertised(): readonly BuildId[] {
    return Object.freeze(this.#record.advertised)
  }
  get observedAt(): Micros | undefined {
    return this.#record.lastHeartbeatAt
  }
  get currentModel(): BuildId | '' {
    return this.#record.currentModel
  }
  get warmModels(): readonly BuildId[] {
    return Object.freeze(this.#record.warmModels)
  }
  get slots(): readonly SlotView[] | undefined {
    const { capacity } = this.#record
    if (capacity !== this.#capacity) {
      this.#capacity = capacity
      this.#slots = capacity === undefined ? undefined : Object.freeze(capacity.slots.map(shownSlot))
    }
    return this.#slots
  }
  get freeForLoad_gb(): number | undefined {
    return this.#record.capacity?.freeForLoad_gb
  }
  get memoryPressure(): number {
    return this.#record.memoryPressure
  }
  get thermalState(): ThermalState {
    return this.#record.thermalState
  }
  get pendingCount(): number {
    return this.#record.pending.size
  }
  get pendingLoad(): BuildId | '' {
    return this.#record.pendingLoadUntil > this.#now() ? this.#record.pendingLoad : ''
  }
  get workedAt(): Micros {
    return this.#record.pending.size > 0 ? this.#now() : this.#record.workedAt
  }
  get maxModelSlots(): number | undefined {
    return this.#record.maxModelSlots
  }
}

const shownSlot = ({ model, state, running, waiting, maxConcurrency }: SlotRecord): SlotView =>
  Object.freeze({ model, state, running, waiting, maxConcurrency })
