/**
 * Heartbeats as rows of the trace: what was understood of them (after the clamps), one row for the provider and one per
 * slot. Macs repeat themselves, so a row is written when it says something new; once a minute the provider's row is
 * written all the same, because that is what the real ledger samples, and because a Mac that fell silent must not look
 * like one that has nothing new to say.
 */
import type { ProviderId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { Heartbeat } from '../../protocol/index.ts'
import { type HeartbeatRow, isWritten, type SlotRow, type TraceSink } from '../../trace/row.ts'
import { HEARTBEAT_SAMPLE } from '../../trace/schema.ts'
import type { ProviderRecord, SlotRecord } from '../view/provider-record.ts'

/** free_for_load was not reported. */
const UNREPORTED = -1

interface Heard {
  heartbeat: HeartbeatRow
  sampledAt: Micros
  /** By place in the report. */
  readonly slots: SlotRow[]
}

export class HeartbeatRows {
  private readonly heard = new Map<ProviderId, Heard>()

  constructor(private readonly trace: TraceSink) {}

  /** `repeats`: it says what the one before said, whose rows are written. */
  heartbeat(at: Micros, record: ProviderRecord, status: Heartbeat['status'], repeats: boolean): void {
    const { trace } = this
    if (repeats && at - (this.heard.get(record.id)?.sampledAt ?? -Infinity) < HEARTBEAT_SAMPLE) return
    if (!isWritten(trace, 'heartbeat') && !isWritten(trace, 'slot')) return
    const slots = record.capacity?.slots ?? NO_SLOTS
    const heard = this.provider(at, record, status, slots.length)
    for (let place = 0; place < slots.length; place += 1) {
      const slot = slots[place]!
      const before = heard.slots[place]
      if (before !== undefined && saysTheSame(before, slot)) continue
      const row = slotRow(at, record.id, place, slot)
      heard.slots[place] = row
      trace.emit(row)
    }
  }

  /** What comes next is news again. */
  forget(provider: ProviderId): void {
    this.heard.delete(provider)
  }

  private provider(at: Micros, record: ProviderRecord, status: Heartbeat['status'], slots: number): Heard {
    const heard = this.heard.get(record.id)
    const freeForLoad_gb = record.capacity?.freeForLoad_gb ?? UNREPORTED
    const sampled = heard === undefined || at - heard.sampledAt >= HEARTBEAT_SAMPLE
    if (!sampled) {
      const before = heard.heartbeat
      const isRepeated =
        before.status === status &&
        before.memoryPressure === record.memoryPressure &&
        before.cpuUsage === record.cpuUsage &&
        before.thermalState === record.thermalState &&
        before.gpuMemoryActive_gb === record.gpuActive_gb &&
        before.freeForLoad_gb === freeForLoad_gb &&
        before.slots === slots
      if (isRepeated) return heard
    }
    const heartbeat: HeartbeatRow = {
      kind: 'heartbeat',
      at,
      provider: record.id,
      status,
      memoryPressure: record.memoryPressure,
      cpuUsage: record.cpuUsage,
      thermalState: record.thermalState,
      gpuMemoryActive_gb: record.gpuActive_gb,
      freeForLoad_gb,
      slots,
    }
    this.trace.emit(heartbeat)
    if (heard === undefined) {
      const fresh: Heard = { heartbeat, sampledAt: at, slots: [] }
      this.heard.set(record.id, fresh)
      return fresh
    }
    heard.heartbeat = heartbeat
    if (sampled) heard.sampledAt = at
    heard.slots.length = Math.min(heard.slots.length, slots)
    return heard
  }
}

const NO_SLOTS: readonly SlotRecord[] = []

const saysTheSame = (row: SlotRow, slot: SlotRecord): boolean =>
  row.build === slot.model &&
  row.state === slot.state &&
  row.running === slot.running &&
  row.waiting === slot.waiting &&
  row.activeTokens === slot.activeTokens &&
  row.budgetUsed === slot.activeTokenBudgetUsed &&
  row.budgetMax === slot.activeTokenBudgetMax &&
  row.observedDecodeTps === slot.observedDecodeTps

const slotRow = (at: Micros, provider: ProviderId, place: number, slot: SlotRecord): SlotRow => ({
  kind: 'slot',
  at,
  provider,
  place,
  build: slot.model,
  state: slot.state,
  running: slot.running,
  waiting: slot.waiting,
  activeTokens: slot.activeTokens,
  budgetUsed: slot.activeTokenBudgetUsed,
  budgetMax: slot.activeTokenBudgetMax,
  observedDecodeTps: slot.observedDecodeTps,
})
