/** The providers that advertise one build, in order of registration, and which of them have changed since the last look. */
import { must } from '../../base/assert.ts'
import type { Offer, OfferWatcher } from './provider-record.ts'

export class OfferList implements OfferWatcher {
  readonly offers: Offer[] = []
  /** Goes up whenever a look would find something else than the last one. */
  version = 0
  /** Places are other than at the last look. */
  hasMoved = true
  private noteds: Offer[] = []

  noted(offer: Offer): void {
    offer.isNoted = true
    this.noteds.push(offer)
    this.version += 1
  }

  /** Those that have changed; from now on they may change again. Valid until the next call. */
  takeNoted(): readonly Offer[] {
    const noteds = this.noteds
    if (noteds.length === 0) return noteds
    this.noteds = []
    for (const offer of noteds) offer.isNoted = false
    return noteds
  }

  get hasNoted(): boolean {
    return this.noteds.length > 0
  }

  add(offer: Offer): void {
    const { offers } = this
    let place = offers.length
    while (place > 0 && offers[place - 1]!.provider.id > offer.provider.id) place -= 1
    offers.splice(place, 0, offer)
    offer.watcher = this
    this.renumberFrom(place)
  }

  remove(offer: Offer): void {
    if (offer.watcher !== this) return
    const { place } = offer
    must(this.offers[place] === offer ? offer : undefined, 'an offer is where its place says')
    this.offers.splice(place, 1)
    offer.watcher = undefined
    offer.place = -1
    offer.isNoted = false
    this.noteds = this.noteds.filter((other) => other !== offer)
    this.renumberFrom(place)
  }

  private renumberFrom(place: number): void {
    for (let i = place; i < this.offers.length; i++) this.offers[i]!.place = i
    this.hasMoved = true
    this.version += 1
  }
}
