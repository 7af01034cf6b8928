/**
 * How fast a provider is thought to be (§4.5). Two prefill rates live side by side on purpose: the cost uses the static
 * one, the first-token estimate the observed one, as in the real system (its own issue 681 calls that a flaw).
 */
import type { CoordinatorSettings } from '../../config.ts'
import type { Offer, ProviderRecord } from '../provider-record.ts'

/** §4.5; also the clamp on registration benchmarks (§1.1). */
const PREFILL_TPS_MAX = 5_000
const PREFILL_DECODE_RATIO_DEFAULT = 12

/** Registered decode rate, else √bandwidth, else 1. Square roots are exact in IEEE 754. */
export function staticDecodeTps(registeredTps: number, memoryBandwidth_gbs: number): number {
  if (registeredTps > 0) return registeredTps
  return memoryBandwidth_gbs > 0 ? Math.sqrt(memoryBandwidth_gbs) : 1
}

export function staticPrefillTps(provider: ProviderRecord, settings: CoordinatorSettings): number {
  if (provider.prefillTps > 0) return provider.prefillTps
  const ratio = settings.PREFILL_DECODE_RATIO
  return provider.staticDecodeTps * (ratio > 0 ? ratio : PREFILL_DECODE_RATIO_DEFAULT)
}

/**
 * What an own observation, the fleet's, or the static rate says of decoding here now. Only the static rate is floored, at 1:
 * an observed 0.3 tok/s is used as it is (§17, corrections).
 */
export function effectiveDecodeTps(
  offer: Offer,
  { BATCH_SLOWDOWN }: Pick<CoordinatorSettings, 'BATCH_SLOWDOWN'>,
): number {
  const observed = offer.report.observedDecodeTps
  const { median } = offer.fleet
  if (observed > 0) return observed
  if (median > 0) return median
  const tps = offer.provider.staticDecodeTps / (1 + BATCH_SLOWDOWN * offer.running)
  return tps > 1 ? tps : 1
}

/** For the first-token estimate. */
export const ttftPrefillTps = (offer: Offer, settings: CoordinatorSettings): number =>
  observedOrStatic(offer, staticPrefillTps(offer.provider, settings))

export function observedOrStatic(offer: Offer, staticTps: number): number {
  const observed = offer.report.observedPrefillTps
  return Math.min(PREFILL_TPS_MAX, observed > 0 ? observed : staticTps)
}

/** Decode rate of a batch of `running` with one more in it. An observed rate is first unwound to a lone request's. */
export function projectedDecodeTps(observedTps: number, staticTps: number, running: number, slowdown: number): number {
  const solo = observedTps > 0 ? observedTps * (1 + slowdown * running) : staticTps
  return solo / (1 + slowdown * (running + 1))
}
