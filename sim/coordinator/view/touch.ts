/**
 * Whoever writes into a provider's record or one of its offers anything that a decision may read says so here, once per
 * change and before the next decision. What decisions keep in columns (candidate-table.ts) is then worked out again.
 */
import type { Offer, ProviderRecord } from './provider-record.ts'

/** Something of the provider changed, or of one of its builds that others of its builds depend on. */
export function touch(provider: ProviderRecord): void {
  for (const offer of provider.offers.values()) touchOffer(offer)
}

/** Something of this build alone changed there. */
function touchOffer(offer: Offer): void {
  offer.version += 1
  if (offer.watcher !== undefined) offer.watcher.noted(offer)
}
