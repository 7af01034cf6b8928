/**
 * The quality concurrency cap (PR 437 and 439; facts: coordinator-control §3.4): no more requests at once than a machine can
 * decode at the floor rate each, times an overcommit. From a static rate on purpose: an overloaded machine that judged
 * itself by what it observes under load would shrink its cap to one and stay there.
 *
 * The rate is that of the build where it is known: learnt from lone requests (PR 524, solo-rates.ts), else seeded by the
 * operator. The registered rate is the machine's, whatever model it was measured with.
 */
import type { CoordinatorSettings } from '../../config.ts'
import { isDedicated } from '../dedicated.ts'
import type { Offer } from '../provider-record.ts'
import type { SoloRates } from './solo-rates.ts'

/**
 * coordinator-routing §10 W6: rows a machine may batch and still decode at `floor_tps` each, when b rows run at solo / (1 + slowdown x b).
 * `cap` 0 = unknown.
 */
export function qualityConcurrency(
  solo_tps: number,
  floor_tps: number,
  cap: number,
  fallback: number,
  slowdown: number,
): number {
  const limit = Math.max(1, cap > 0 ? cap : fallback)
  if (floor_tps <= 0 || solo_tps <= 0 || slowdown <= 0) return limit
  if (solo_tps <= floor_tps) return 1
  const rows = Math.floor((solo_tps / floor_tps - 1) / slowdown)
  return Math.min(limit, Math.max(1, rows))
}

/**
 * Decode rate of a lone request, tokens/s; 0 = unknown, no cap. What this chip class has shown; else what the slowest class
 * has, no more than the seed; else the seed, for the class before one for the build; else what the machine registered.
 * √bandwidth stands in for an unregistered rate of dedicated models only: it reads fast models far too low.
 */
function soloTps(offer: Offer, solo: SoloRates, settings: CoordinatorSettings): number {
  const { provider, build } = offer
  const { MODEL_SOLO_TPS_SEED, QUALITY_CAP_PER_MODEL_TPS, QUALITY_CAP_SOLO_MIN_SAMPLES } = settings
  const { chipClass } = provider
  const own = QUALITY_CAP_PER_MODEL_TPS ? solo.ofClass(build, chipClass, QUALITY_CAP_SOLO_MIN_SAMPLES) : 0
  if (own > 0) return own
  const seed = MODEL_SOLO_TPS_SEED[`${build}@${chipClass}`] ?? MODEL_SOLO_TPS_SEED[build]
  if (QUALITY_CAP_PER_MODEL_TPS) {
    const slowest = solo.slowest(build, QUALITY_CAP_SOLO_MIN_SAMPLES)
    if (slowest > 0) return Math.min(slowest, seed ?? Infinity)
  }
  if (seed !== undefined) return seed
  if (provider.decodeTps > 0) return provider.decodeTps
  return isDedicated(build, settings) ? provider.staticDecodeTps : 0
}

/** What lone requests have shown plays a part in caps. */
export const capsGoByRates = (settings: CoordinatorSettings): boolean =>
  settings.QUALITY_CONCURRENCY_CAP && settings.QUALITY_CAP_PER_MODEL_TPS

/** Infinity: not capped. `base`: what the slot or the machine would allow. */
export function qualityCap(offer: Offer, base: number, solo: SoloRates, settings: CoordinatorSettings): number {
  if (!settings.QUALITY_CONCURRENCY_CAP) return Infinity
  const solo_tps = soloTps(offer, solo, settings)
  if (solo_tps <= 0) return Infinity
  const floor_tps = settings.WARM_POOL_DECODE_FLOOR_TPS
  const rows = qualityConcurrency(solo_tps, floor_tps, base, base, settings.BATCH_SLOWDOWN)
  const overcommit =
    settings.QUALITY_CONCURRENCY_OVERCOMMIT_BY_MODEL[offer.build] ?? settings.QUALITY_CONCURRENCY_OVERCOMMIT
  return Math.max(1, Math.ceil(rows * overcommit))
}
