/**
 * Reported values become trusted ones: every clamp of §1.1 and §1.2 in one place. A provider is somebody else's
 * machine; what it says may be absurd, and must then neither win every request nor poison a sum.
 */
import type { CapacityReport, SlotReport } from '../../protocol/index.ts'
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

/** Out of range means unmeasured, never "as fast as allowed". Of slots alone: a registered rate is clamped (§17, corrections). */
const measuredPrefillTps = (value: number | undefined): number =>
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

/** A report and what was understood of it. */
export interface HeardCapacity {
  readonly report: CapacityReport
  readonly record: CapacityRecord
}

/** `last`: of the same provider. A slot that is reported as the same object is the same record. */
export const capacityRecord = (report: CapacityReport, last?: HeardCapacity): CapacityRecord => ({
  totalMemory_gb: clamp(report.totalMemory_gb, LIMITS.memory_gb),
  gpuMemoryActive_gb: clamp(report.gpuMemoryActive_gb, LIMITS.memory_gb),
  gpuMemoryPeak_gb: clamp(report.gpuMemoryPeak_gb, LIMITS.memory_gb),
  gpuMemoryCache_gb: clamp(report.gpuMemoryCache_gb, LIMITS.memory_gb),
  freeForLoad_gb: freeForLoad(report.freeForLoad_gb),
  slots: report.slots.map((slot, place) =>
    last?.report.slots[place] === slot ? last.record.slots[place]! : slotRecord(slot),
  ),
})

/**
 * `0.6.3` → one number that compares as versions do. "" → -1, below every floor. A segment that is no number counts as 0,
 * so `0.6.3-rc1` is 0.6.0 and what is no version at all is 0.0.0; `V` counts as `v` (§17, corrections).
 */
export function versionRank(version: string): number {
  if (version === '') return -1
  const [major = 0, minor = 0, patch = 0] = version
    .replace(/^v/i, '')
    .split('.')
    .map((segment) => (/^\d+$/.test(segment) ? Number(segment) : 0))
  return major * 1e6 + minor * 1e3 + patch
}
