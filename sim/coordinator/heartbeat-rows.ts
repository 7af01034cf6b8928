/**
 * A heartbeat as rows of the trace: what was understood of it (after the clamps), one row for the provider and one per
 * slot.
 */
import type { Micros } from '../base/time.ts'
import type { Heartbeat } from '../protocol/index.ts'
import type { TraceSink } from '../trace/row.ts'
import type { ProviderRecord } from './provider-record.ts'

/** free_for_load was not reported. */
const UNREPORTED = -1

export function emitHeartbeat(trace: TraceSink, at: Micros, record: ProviderRecord, status: Heartbeat['status']): void {
  const provider = record.id
  trace.emit({
    kind: 'heartbeat',
    at,
    provider,
    status,
    memoryPressure: record.memoryPressure,
    cpuUsage: record.cpuUsage,
    thermalState: record.thermalState,
    gpuMemoryActive_gb: record.gpuActive_gb,
    freeForLoad_gb: record.capacity?.freeForLoad_gb ?? UNREPORTED,
  })
  if (record.capacity === undefined) return
  for (const slot of record.capacity.slots) {
    trace.emit({
      kind: 'slot',
      at,
      provider,
      build: slot.model,
      state: slot.state,
      running: slot.running,
      waiting: slot.waiting,
      activeTokens: slot.activeTokens,
      budgetUsed: slot.activeTokenBudgetUsed,
      budgetMax: slot.activeTokenBudgetMax,
      observedDecodeTps: slot.observedDecodeTps,
    })
  }
}
