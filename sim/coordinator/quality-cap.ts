/**
 * The quality concurrency cap (PR 437 and 439; facts: coordinator-control §3.4): no more requests at once than a machine can
 * decode at the floor rate each, times an overcommit. From a static rate on purpose: an overloaded machine that judged
 * itself by what it observes would shrink its cap to one and stay there.
 *
 * Left out: the learned solo medians of a later change; its seeds are here, its samples are not.
 */
import type { CoordinatorSettings } from './config.ts'
import { isDedicated } from './dedicated.ts'
import type { Offer } from './provider-record.ts'
import { qualityConcurrency } from './warm-pool-target.ts'

/**
 * Decode rate of a lone request, tokens/s; 0 = unknown, no cap. A seed for the chip class wins over one for the build. √bandwidth
 * stands in for an unregistered rate of dedicated models only: it reads fast models far too low.
 */
export function soloTps(offer: Offer, settings: CoordinatorSettings): number {
  const { provider, build } = offer
  const seeds = settings.MODEL_SOLO_TPS_SEED
  const seed = seeds[`${build}@${provider.chipFamily} ${provider.chipTier}`] ?? seeds[build]
  if (seed !== undefined) return seed
  if (provider.decodeTps > 0) return provider.decodeTps
  return isDedicated(build, settings) ? provider.staticDecodeTps : 0
}

/** Infinity: not capped. `base`: what the slot or the machine would allow. */
export function qualityCap(offer: Offer, base: number, settings: CoordinatorSettings): number {
  if (!settings.QUALITY_CONCURRENCY_CAP) return Infinity
  const solo_tps = soloTps(offer, settings)
  if (solo_tps <= 0) return Infinity
  const floor_tps = settings.WARM_POOL_DECODE_FLOOR_TPS
  const rows = qualityConcurrency(solo_tps, floor_tps, base, base, settings.BATCH_SLOWDOWN)
  const overcommit =
    settings.QUALITY_CONCURRENCY_CAP_BY_MODEL[offer.build] ?? settings.QUALITY_CONCURRENCY_CAP_OVERCOMMIT
  return Math.max(1, Math.ceil(rows * overcommit))
}
