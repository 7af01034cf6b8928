/**
 * The first-token estimate (§4.6) and its deadline (§1.4). Everyone ahead is assumed to have the arriving request's
 * prompt length; running decodes and token reservations are not charged.
 */
import type { Micros } from '../../base/time.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { Offer } from '../view/provider-record.ts'
import { effectiveDecodeTps, observedOrStatic, staticPrefillTps } from '../view/rates/rates.ts'

/** 0 when the provider reports no capacity: nothing is known, so nothing is held against it. */
export function ttftEstimate_ms(offer: Offer, promptTokens: number, settings: CoordinatorSettings): number {
  if (offer.provider.capacity === undefined) return 0
  return ttftAt_ms(offer, promptTokens, staticPrefillTps(offer.provider, settings), effectiveDecodeTps(offer, settings))
}

/** The same for a provider that reports, with its rates known: a scan needs them for the cost anyway. */
export function ttftAt_ms(offer: Offer, promptTokens: number, staticPrefill: number, decodeTps: number): number {
  const prefill_ms = (promptTokens / observedOrStatic(offer, staticPrefill)) * 1_000
  const active = offer.running + offer.waiting
  const ahead = offer.pendingCount > active ? offer.waiting + offer.pendingCount - active : offer.waiting
  return offer.statePenalty_ms + ahead * prefill_ms + prefill_ms + 1_000 / decodeTps
}

/** 5 s + 1 ms per prompt token by default. */
export const ttftDeadline = (promptTokens: number, settings: CoordinatorSettings): Micros =>
  Math.round(settings.TTFT_LIVE_DEADLINE_BASE_MS * 1_000 + settings.TTFT_DEADLINE_PER_TOKEN * promptTokens) as Micros
