/**
 * The quick check before a request is admitted (§4.2), and the counts the admission pipeline branches on: who was
 * refused by the pool alone (A13), who could load the build from disk (A16), who has vision or tools (A3, A4). The
 * quick check's order differs a little from selection's, and so may its counts.
 */
import type { Micros } from '../../base/time.ts'
import { admits, fitsFreeForLoad, hasWork, orDefaultMaxTokens } from '../view/capacity.ts'
import { isCapacity, quickChecks } from './checks.ts'
import type { Drop, ProviderVerdicts, Preflight } from './decision.ts'
import { explainAdmitted, explainDrop, explainSilent } from './explain/explain.ts'
import { keepsFamily } from '../view/dedicated.ts'
import type { Fleet } from './fleet.ts'
import {
  asPublic,
  baseGates,
  gates,
  isOwnerTraffic,
  outOfReach,
  poolAllows,
  providerGate,
  traitsGate,
} from './gates.ts'
import type { Offer, ProviderRecord, RoutingRequest } from '../view/provider-record.ts'
import { ttftEstimate_ms } from './ttft.ts'

/** §4.2: for prompts of unknown length. */
export const PREFLIGHT_PROMPT_DEFAULT = 500

/**
 * Breakers are ignored here on purpose; the fail-open pass of selection would find the same providers. Ownership plays no
 * part: the owner's own request is asked as anybody's (§17, corrections).
 */
export function preflight(fleet: Fleet, asked: RoutingRequest, explain?: ProviderVerdicts): Preflight {
  const now = fleet.now()
  const request = asPublic(asked)
  const promptTokens = request.promptTokens > 0 ? request.promptTokens : PREFLIGHT_PROMPT_DEFAULT
  // Columns count who could take it; a filter must be asked about each.
  const asksEach = fleet.surfaces?.filters === true
  if (!asksEach && fleet.chooser.takesColumns(request, explain))
    return fleet.chooser.sweeper.preflight(fleet, request, promptTokens)
  const maxTokens = orDefaultMaxTokens(request.maxTokens)
  let candidates = 0
  let capacity = 0
  let tooLarge = 0
  let bestTtft_ms = Infinity
  let allReport = true
  for (const offer of fleet.registry.offers(request.build)) {
    const check = quickCheck(fleet, offer, request, promptTokens, maxTokens, now)
    const filtered = check === undefined ? fleet.surfaces?.refuses(offer, request) : undefined
    const drop = filtered === undefined ? check : 'policy_filter'
    if (drop === undefined) {
      candidates += 1
      if (offer.provider.capacity === undefined) allReport = false
      else bestTtft_ms = Math.min(bestTtft_ms, ttftEstimate_ms(offer, promptTokens, fleet.settings))
      if (explain !== undefined) explainAdmitted(explain, fleet, offer, promptTokens, maxTokens)
      continue
    }
    if (isCapacity(drop) || filtered?.as === 'full') capacity += 1
    else if (drop === 'too_large') tooLarge += 1
    if (explain !== undefined) explainDrop(explain, fleet, offer, request, drop, now)
  }
  if (explain !== undefined) explainSilent(explain, fleet, request)
  const best_ns = Math.trunc(bestTtft_ms * 1e6)
  return { candidates, capacity, tooLarge, bestTtft_ms: allReport && candidates > 0 ? best_ns / 1e6 : -1 }
}

function quickCheck(
  fleet: Fleet,
  offer: Offer,
  request: RoutingRequest,
  promptTokens: number,
  maxTokens: number,
  now: Micros,
): Drop | undefined {
  const gate = outOfReach(offer.provider, request) ?? gates(fleet, 'preflight', offer, request, now, true)
  if (gate !== undefined) return gate
  return (
    quickChecks(fleet, offer, request.requiresVision) ??
    (admits(offer, promptTokens, maxTokens) ? undefined : 'admission')
  )
}

/** A13: providers that everything but the pool would allow. */
export function poolRejectedCount(fleet: Fleet, request: RoutingRequest): number {
  if (fleet.pool.countsExhausted) return fleet.pool.exhausted(request.build)
  const now = fleet.now()
  let count = 0
  for (const offer of fleet.registry.offers(request.build)) {
    if (outOfReach(offer.provider, request) !== undefined) continue
    if (baseGates(fleet, offer, request, now, true) !== undefined) continue
    if (offer.provider.thermalState === 'critical') continue
    if (request.requiresVision && !offer.isVision) continue
    if (!poolAllows(fleet, 'shed', offer, request)) count += 1
  }
  return count
}

/** A load_model command, or the back-off after one, reserves it. */
export const hasPendingLoad = (provider: ProviderRecord, now: Micros): boolean =>
  provider.pendingLoad !== '' && provider.pendingLoadUntil >= now

/**
 * L6, the strict pool test included. A machine that public traffic cannot use is not warm, whatever it holds: it must not
 * keep the planners from loading the build elsewhere (coordinator-control §2.7).
 */
export function isWarm(fleet: Fleet, offer: Offer): boolean {
  const { provider, build } = offer
  if (providerGate(provider, false, fleet.now()) !== undefined) return false
  const resident = provider.capacity === undefined ? provider.warmModels.includes(build) : offer.loaded
  return (
    resident && keepsFamily(provider, build, fleet.settings) && fleet.pool.ask('warm_count', provider, build).allowed
  )
}

/**
 * L7: providers that could load the build for this request; 0 as soon as any provider is warm. Ownership plays no part, and a
 * machine with work in any slot is no target (§17, corrections).
 */
export function coldSpillCount(fleet: Fleet, asked: RoutingRequest): number {
  const request = asPublic(asked)
  const offers = fleet.registry.offers(request.build)
  for (const offer of offers) if (isWarm(fleet, offer)) return 0
  const now = fleet.now()
  let count = 0
  for (const offer of offers) if (mayColdSpill(fleet, offer, request, now)) count += 1
  return count
}

function mayColdSpill(fleet: Fleet, offer: Offer, request: RoutingRequest, now: Micros): boolean {
  const { provider } = offer
  return (
    outOfReach(provider, request) === undefined &&
    // Not by the clock: a reservation that has run out stands until a planner looks and drops it.
    provider.pendingLoad === '' &&
    gates(fleet, 'cold_spill', offer, request, now, false) === undefined &&
    provider.thermalState !== 'critical' &&
    (!request.requiresVision || offer.isVision) &&
    !offer.loaded &&
    provider.pending.size === 0 &&
    !hasWork(provider) &&
    offer.fitsHardware &&
    fitsFreeForLoad(offer.catalog, provider) &&
    fleet.surfaces?.refuses(offer, request) === undefined
  )
}

export type Capability = 'vision' | 'tools'

/**
 * A3 and A4: is there a provider with this capability for the build? Every provider is asked, and the pool before it is
 * known whether the provider has the build at all (§12.5): the real order, which lets a probe relabel an idle machine
 * for a model it cannot serve (X2). The first hit ends the probe. Trust and challenge are not looked at, the template for
 * tools only, and own machines are not told apart (§17, corrections).
 */
export function hasCapability(fleet: Fleet, request: RoutingRequest, capability: Capability): boolean {
  for (const provider of fleet.registry.providers) {
    if (provider.status === 'offline' || provider.status === 'untrusted') continue
    if (request.serials?.includes(provider.serial) === false) continue
    const owner = isOwnerTraffic(provider, request)
    if (!fleet.pool.askFor('capability_probe', provider, request.build, request.id, owner).allowed) continue
    const offer = provider.offers.get(request.build)
    if (offer === undefined || !offer.advertised) continue
    if (capability === 'vision' ? offer.isVision : traitsGate(offer, true) === undefined) return true
  }
  return false
}
