/**
 * The checks of §4.2 between the gates and the request's lengths, in both of their orders: that of selection (C2 … C7) and
 * that of the quick check. They drop the same providers; which of several reasons is counted depends on the order.
 */
import { hasHeadroom, refusesCold } from '../view/capacity.ts'
import type { Drop } from './decision.ts'
import type { Fleet } from './fleet.ts'
import type { Offer } from '../view/provider-record.ts'

/** Selection's; whether the tokens fit (C8) comes after it. */
export function selectionChecks(fleet: Fleet, offer: Offer, requiresVision: boolean): Drop | undefined {
  if (requiresVision && !offer.isVision) return 'vision'
  if (offer.state === 'reloading' || offer.state === 'crashed') return 'slot_state'
  if (!hasHeadroom(offer)) return 'headroom'
  if (refusesCold(offer, fleet.pool.refusesColdBesideBusy)) return 'busy_other_slot'
  if (offer.provider.thermalState === 'critical') return 'thermal'
  return !offer.loaded && !offer.fitsHardware ? 'too_large' : undefined
}

/** The quick check's; whether the tokens fit comes after it. */
export function quickChecks(fleet: Fleet, offer: Offer, requiresVision: boolean): Drop | undefined {
  if (offer.provider.thermalState === 'critical') return 'thermal'
  if (requiresVision && !offer.isVision) return 'vision'
  if (!hasHeadroom(offer)) return 'headroom'
  if (!offer.loaded && !offer.fitsHardware) return 'too_large'
  if (offer.state === 'reloading' || offer.state === 'crashed') return 'slot_state'
  return refusesCold(offer, fleet.pool.refusesColdBesideBusy) ? 'busy_other_slot' : undefined
}

/** What counts as lack of room. */
export const isCapacity = (drop: Drop): boolean =>
  drop === 'headroom' || drop === 'busy_other_slot' || drop === 'admission'
