/**
 * Reported values become trusted ones: every clamp of §1.1 and §1.2 in one place. A provider is somebody else's
 * machine; what it says may be absurd, and must then neither win every request nor poison a sum.
 */
import type { CapacityReport, SlotReport } from '../protocol/index.ts'
import type { CapacityRecord, SlotRecord } from './provider-record.ts'

/** §1.1, §1.2. */
export const LIMITS = {
  memory_gb: 1_024,
  bandwidth_gbs: 2_000,
  prefillTps: 5_000,
  decodeTps: 500,
  maxConcurrency: 24,
  tokensPotential: 1_000_000,
  tokenBudget: 1e10,
  modelLoadTime_ms: 3.6e6,
} as const

/** 0 … max; what is no number, negative or absent counts as 0. */
export function clamp(value: number | undefined, max: number): number {
  if (value === undefined || !(value > 0)) return 0
  return value < max ? value : max
}

/** Out of range means unmeasured, never "as fast as allowed". */
export const measuredPrefillTps = (value: number | undefined): number =>
  value !== undefined && value > 0 && value <= LIMITS.prefillTps ? value : 0

const freeForLoad = (value: number | undefined): number | undefined =>
  value !== undefined && value >= 0 && value <= LIMITS.memory_gb ? value : undefined

function slotRecord(report: SlotReport): SlotRecord {
  return {
    model: report.model,
    state: report.state,
    running: Math.max(0, report.running),
    waiting: Math.max(0, report.waiting),
    maxConcurrency: clamp(report.maxConcurrency, LIMITS.maxConcurrency),
    activeTokens: Math.max(0, report.activeTokens),
    maxTokensPotential: clamp(report.maxTokensPotential, LIMITS.tokensPotential),
    activeTokenBudgetUsed: clamp(report.activeTokenBudgetUsed, LIMITS.tokenBudget),
    activeTokenBudgetMax: clamp(report.activeTokenBudgetMax, LIMITS.tokenBudget),
    queuedTokenBudget: clamp(report.queuedTokenBudget, LIMITS.tokenBudget),
    observedDecodeTps: clamp(report.observedDecodeTps, LIMITS.decodeTps),
    observedPrefillTps: measuredPrefillTps(report.observedPrefillTps),
    kvBytesPerToken: Math.max(0, report.kvBytesPerToken),
    modelLoadTime_ms: clamp(report.modelLoadTime_ms, LIMITS.modelLoadTime_ms),
  }
}

export const capacityRecord = (report: CapacityReport): CapacityRecord => ({
  totalMemory_gb: clamp(report.totalMemory_gb, LIMITS.memory_gb),
  gpuMemoryActive_gb: clamp(report.gpuMemoryActive_gb, LIMITS.memory_gb),
  gpuMemoryPeak_gb: clamp(report.gpuMemoryPeak_gb, LIMITS.memory_gb),
  gpuMemoryCache_gb: clamp(report.gpuMemoryCache_gb, LIMITS.memory_gb),
  freeForLoad_gb: freeForLoad(report.freeForLoad_gb),
  slots: report.slots.map(slotRecord),
})

/** `0.6.3` → one number that compares as versions do; "" and what is no version → -1, below every floor. */
export function versionRank(version: string): number {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version)
  if (match === null) return -1
  return Number(match[1]) * 1e6 + Number(match[2] ?? 0) * 1e3 + Number(match[3] ?? 0)
}
