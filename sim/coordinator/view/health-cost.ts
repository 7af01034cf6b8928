/** What a machine's condition adds to the cost of every request (coordinator-routing §4.7): worked out once per heartbeat. */
import type { ThermalState } from '../../protocol/index.ts'

/** All from §4.7, ms. */
const MEMORY_PRESSURE_MS = 4_000
const CPU_MS = 1_500
const GPU_MEMORY_MS = 5_000
/** Critical is excluded before any cost is asked for. */
const THERMAL_MS: { readonly [state in ThermalState]: number } = {
  nominal: 0,
  fair: 2_000,
  serious: 8_000,
  critical: 0,
}

/** Depends on the last heartbeat only. */
export function healthCost_ms(
  memoryPressure: number,
  cpuUsage: number,
  thermalState: ThermalState,
  gpuActive_gb: number,
  totalMemory_gb: number,
): number {
  const gpuShare = totalMemory_gb > 0 ? Math.min(1, Math.max(0, gpuActive_gb / totalMemory_gb)) : 0
  return MEMORY_PRESSURE_MS * memoryPressure + CPU_MS * cpuUsage + THERMAL_MS[thermalState] + GPU_MEMORY_MS * gpuShare
}
