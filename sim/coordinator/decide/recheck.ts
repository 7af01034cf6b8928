/**
 * The last look before a request is reserved (§5): between choosing and reserving, a label may have moved. Only what can
 * change without a message is asked again: gates, headroom, slot state, vision.
 */
import { hasHeadroom } from '../view/capacity.ts'
import type { Drop } from './decision.ts'
import type { Fleet } from './fleet.ts'
import { gates } from './gates.ts'
import type { Offer, RoutingRequest } from '../view/provider-record.ts'

/** undefined: reserve it. `ignoreBreaker`: the decision came from the fail-open pass. */
export function recheck(fleet: Fleet, offer: Offer, request: RoutingRequest, ignoreBreaker: boolean): Drop | undefined {
  const gate = gates(fleet, 'recheck', offer, request, fleet.now(), ignoreBreaker)
  if (gate !== undefined) return gate
  if (!hasHeadroom(offer)) return 'headroom'
  if (offer.state === 'reloading' || offer.state === 'crashed') return 'slot_state'
  if (request.requiresVision && !offer.isVision) return 'vision'
  return fleet.surfaces?.refuses(offer, request) === undefined ? undefined : 'policy_filter'
}
