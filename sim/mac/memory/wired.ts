/**
 * Wired memory: how much macOS lets the GPU hold at once, and that the driver lets go of an idle model's weights,
 * whose next step pays for mapping them again (mac-provider 4).
 */
import { ln } from '../../base/math.ts'
import { NANOS_PER_MICRO } from '../../base/time.ts'
import type { ModelSpec } from '../../catalog/model.ts'
import type { MacSettings } from '../config.ts'
import type { EngineOptions } from '../engine/gpu-engine.ts'

const GIB = 2 ** 30

/** Working-set shares before macOS 26: 2/3 of 16 and 32 GB, 3/4 of 64 GB; the step in between is assumed at 36 GB. */
const SMALL_SHARE = 2 / 3
const LARGE_SHARE = 3 / 4
const SMALL_MAX_BYTES = 36 * GIB
/** From macOS 26 on: 0.74 measured at 16 GB, 0.84 at 128 GB. */
const NEW_SHARE_AT_16 = 0.74
const NEW_SHARE_AT_128 = 0.84

/** Bytes the GPU may have wired. Between the two measured sizes of macOS 26 the share grows with each doubling: assumed. */
export function wiredLimitBytes(memoryBytes: number, macos: number): number {
  if (macos < 26) return Math.floor(memoryBytes * (memoryBytes <= SMALL_MAX_BYTES ? SMALL_SHARE : LARGE_SHARE))
  const doublings = ln(memoryBytes / (16 * GIB)) / ln(2)
  const along = Math.min(1, Math.max(0, doublings / 3))
  return Math.floor(memoryBytes * (NEW_SHARE_AT_16 + along * (NEW_SHARE_AT_128 - NEW_SHARE_AT_16)))
}

/** What certain steps of an engine cost beyond the law of steps: the first one, unless `warm`, and the first after long idling. */
export function oneOffCosts(model: ModelSpec, settings: MacSettings, warm: boolean): EngineOptions {
  const firstStepExtraNanos = warm ? 0 : settings.load.warm_up * NANOS_PER_MICRO
  const { after, rate } = settings.unwire
  if (after === 0) return { firstStepExtraNanos }
  // Bytes over GB/s are nanoseconds.
  const wakeExtraNanos = Math.round(model.residentBytes.value / rate)
  return { firstStepExtraNanos, idleAfter_us: after, wakeExtraNanos }
}
