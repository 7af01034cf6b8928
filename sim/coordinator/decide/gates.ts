/**
 * May this provider be considered at all? G1 … G12 of §3 in order, one function for selection, preflight, cold spill and
 * re-check, because the real system's worst disagreements were between copies of this list. G1 is the registry's index:
 * whoever is scanned advertises the build.
 */
import type { Micros } from '../../base/time.ts'
import type { Surface } from '../../plug/index.ts'
import { fitsFreeForLoad } from '../view/capacity.ts'
import type { Drop } from './decision.ts'
import { keepsFamily } from '../view/dedicated.ts'
import type { Fleet } from './fleet.ts'
import { versionRank } from '../view/intake.ts'
import { type Offer, type ProviderRecord, type RoutingRequest, TRUST_RANK } from '../view/provider-record.ts'

/** §3 G11. */
export const TOOLS_VERSION_FLOOR = '0.6.3'
const TOOLS_VERSION_RANK = versionRank(TOOLS_VERSION_FLOOR)

/** The owner's own traffic on the owner's own machine. */
export const isOwnerTraffic = (provider: ProviderRecord, request: RoutingRequest): boolean =>
  request.account !== '' && provider.account === request.account && (request.selfRouteOnly || request.preferOwner)

/** The same request as anybody's: several doors do not know whose it is (§17, corrections). */
export const asPublic = (request: RoutingRequest): RoutingRequest =>
  request.selfRouteOnly || request.preferOwner ? { ...request, selfRouteOnly: false, preferOwner: false } : request

/** C0, before the gates: nothing is counted. */
export function outOfReach(provider: ProviderRecord, request: RoutingRequest): Drop | undefined {
  if (request.selfRouteOnly && !isOwnerTraffic(provider, request)) return 'not_owned'
  if (request.serials?.includes(provider.serial) === false) return 'not_listed'
  return undefined
}

export const breakerOpen = (provider: ProviderRecord, now: Micros): boolean => provider.breakerOpenUntil > now

export const isChallengeFresh = (provider: ProviderRecord, now: Micros): boolean => now <= provider.challengeFreshUntil

/** G5 … G10: the provider itself, whatever the build. Probes and the loaders ask this alone. */
export function providerGate(provider: ProviderRecord, owner: boolean, now: Micros): Drop | undefined {
  if (provider.status === 'offline' || provider.status === 'untrusted') return 'status'
  if (provider.servesPublic) return isChallengeFresh(provider, now) ? undefined : 'challenge'
  if (provider.privateOnly && !owner) return 'private_only'
  if (!owner && TRUST_RANK[provider.trust] < TRUST_RANK.hardware) return 'trust'
  if (!provider.runtimeVerified) return 'runtime'
  if (!provider.privateTextOk) return 'private_text'
  return isChallengeFresh(provider, now) ? undefined : 'challenge'
}

/** G11. */
export function traitsGate(offer: Offer, hasTools: boolean): Drop | undefined {
  if (offer.templateRenderOk === false) return 'template_broken'
  return hasTools && offer.provider.versionRank < TOOLS_VERSION_RANK ? 'tools_version' : undefined
}

/** G1 … G11: everything but the pool. */
export function baseGates(
  fleet: Fleet,
  offer: Offer,
  request: RoutingRequest,
  now: Micros,
  ignoreBreaker: boolean,
): Drop | undefined {
  if (!offer.advertised) return 'catalog'
  const owner = isOwnerTraffic(offer.provider, request)
  if (!owner && !keepsFamily(offer.provider, offer.build, fleet.settings)) return 'dedicated'
  if (offer.loadCooldownUntil > now) return 'load_cooldown'
  if ((request.hasTools ? offer.errorCooldownUntil.tools : offer.errorCooldownUntil.base) > now) return 'error_cooldown'
  if (!ignoreBreaker && breakerOpen(offer.provider, now)) return 'breaker'
  const standing = providerGate(offer.provider, owner, now)
  return standing === undefined ? traitsGate(offer, request.hasTools) : standing
}

/** Whether a planner could load the build there, pools and reservations aside; resident or idle models may be given up. */
export function couldLoad(fleet: Fleet, offer: Offer): boolean {
  const { provider, build, catalog } = offer
  const now = fleet.now()
  return (
    offer.advertised &&
    offer.loadCooldownUntil <= now &&
    provider.thermalState !== 'critical' &&
    providerGate(provider, false, now) === undefined &&
    keepsFamily(provider, build, fleet.settings) &&
    offer.fitsHardware &&
    fitsFreeForLoad(catalog, provider)
  )
}

/** G12. */
export const poolAllows = (fleet: Fleet, surface: Surface, offer: Offer, request: RoutingRequest): boolean =>
  fleet.pool.askFor(surface, offer.provider, offer.build, request.id, isOwnerTraffic(offer.provider, request)).allowed

/** G1 … G12. The pool is asked last, and only about providers that pass the rest: asking may relabel. */
export function gates(
  fleet: Fleet,
  surface: Surface,
  offer: Offer,
  request: RoutingRequest,
  now: Micros,
  ignoreBreaker: boolean,
): Drop | undefined {
  const drop = baseGates(fleet, offer, request, now, ignoreBreaker)
  if (drop !== undefined) return drop
  offer.poolRefused = !poolAllows(fleet, surface, offer, request)
  offer.poolAnsweredAt = fleet.chooser.sweeper.passes.count
  return offer.poolRefused ? 'pool' : undefined
}
