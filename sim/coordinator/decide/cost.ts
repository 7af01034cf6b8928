/**
 * What it would cost to send a request to a provider (§4.7): six terms in milliseconds, lower wins. Written into a
 * struct the caller reuses, because a scan prices hundreds of providers and keeps one breakdown.
 */
import type { CoordinatorSettings } from '../config.ts'
import type { CostBreakdown } from './decision.ts'
import type { Offer } from '../view/provider-record.ts'
import { effectiveDecodeTps, staticPrefillTps, ttftPrefillTps } from '../view/rates/rates.ts'
import { ttftAt_ms } from './ttft.ts'

/** All from §4.7, ms. */
export const QUEUED_MS = 3_000
export const PENDING_MS = 750

export type MutableBreakdown = { -readonly [term in keyof CostBreakdown]: number }

export const emptyBreakdown = (): MutableBreakdown => ({
  state_ms: 0,
  queue_ms: 0,
  pending_ms: 0,
  backlog_ms: 0,
  thisRequest_ms: 0,
  health_ms: 0,
  cost_ms: 0,
  ttft_ms: 0,
  effectiveQueue: 0,
  effectiveTps: 0,
  staticTps: 0,
})

/** Tokens to be decoded before this request gets the machine to itself. */
function backlogTokens(offer: Offer, maxTokens: number): number {
  const { report } = offer
  if (report.activeTokenBudgetMax > 0) return report.activeTokenBudgetUsed + report.queuedTokenBudget
  const reported = report.maxTokensPotential + offer.waiting * maxTokens
  return reported + Math.max(0, offer.pendingTokens - reported)
}

/** Off unless LONG_PROMPT_TOKENS is set. */
function longPromptExtra_ms(offer: Offer, promptTokens: number, settings: CoordinatorSettings): number {
  const weight = Math.max(1, settings.LONG_PROMPT_PREFILL_WEIGHT)
  const prefill_ms = (promptTokens / ttftPrefillTps(offer, settings)) * 1_000
  return (weight - 1) * (prefill_ms + (offer.loaded ? 0 : offer.statePenalty_ms))
}

export function price(
  offer: Offer,
  promptTokens: number,
  maxTokens: number,
  settings: CoordinatorSettings,
  into: MutableBreakdown,
): void {
  const { provider } = offer
  const decodeTps = effectiveDecodeTps(offer, settings)
  const prefillTps = staticPrefillTps(provider, settings)
  const isLong = settings.LONG_PROMPT_TOKENS > 0 && promptTokens >= settings.LONG_PROMPT_TOKENS
  into.effectiveQueue = Math.max(offer.pendingCount, offer.running + offer.waiting)
  into.effectiveTps = decodeTps
  into.staticTps = provider.staticDecodeTps
  into.state_ms = offer.statePenalty_ms
  into.queue_ms = QUEUED_MS * into.effectiveQueue
  into.pending_ms = PENDING_MS * provider.pending.size
  into.backlog_ms = (backlogTokens(offer, maxTokens) / decodeTps) * 1_000
  into.thisRequest_ms =
    (promptTokens / prefillTps) * 1_000 +
    (maxTokens / decodeTps) * 1_000 +
    (isLong ? longPromptExtra_ms(offer, promptTokens, settings) : 0)
  into.health_ms = provider.health_ms
  into.cost_ms =
    into.state_ms + into.queue_ms + into.pending_ms + into.backlog_ms + into.thisRequest_ms + into.health_ms
  into.ttft_ms = provider.capacity === undefined ? 0 : ttftAt_ms(offer, promptTokens, prefillTps, decodeTps)
}
