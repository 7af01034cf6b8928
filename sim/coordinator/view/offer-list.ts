/** The providers that advertise one build, in order of registration, and which of them have changed since each reader's last look. */
import { must } from '../../base/assert.ts'
import type { Offer, OfferWatcher } from './provider-record.ts'

/** Who keeps figures of offers: decisions, and the warm pool. Each has a bit in `Offer.notedFor`. */
const READERS = { choice: 1, survey: 2 } as const
export type OfferReader = keyof typeof READERS
const ALL = READERS.choice | READERS.survey

export class OfferList implements OfferWatcher {
  readonly offers: Offer[] = []
  /** Goes up whenever a look would find something else than the last one. */
  version = 0
  /** For whom places are other than at the last look. */
  private moved: number = ALL
  private readonly noteds: Record<OfferReader, Offer[]> = { choice: [], survey: [] }

  noted(offer: Offer): void {
    if ((offer.notedFor & READERS.choice) === 0) this.noteds.choice.push(offer)
    if ((offer.notedFor & READERS.survey) === 0) this.noteds.survey.push(offer)
    offer.notedFor = ALL
    this.version += 1
  }

  /** Those that have changed; from now on they may change again. Valid until the next call. */
  takeNoted(reader: OfferReader): readonly Offer[] {
    this.moved &= ~READERS[reader]
    const noteds = this.noteds[reader]
    if (noteds.length === 0) return noteds
    this.noteds[reader] = []
    for (const offer of noteds) offer.notedFor &= ~READERS[reader]
    return noteds
  }

  hasNoted(reader: OfferReader): boolean {
    return this.noteds[reader].length > 0
  }

  /** Everybody is to be looked at, the noted and the others. */
  hasMovedFor(reader: OfferReader): boolean {
    return (this.moved & READERS[reader]) !== 0
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
    offer.notedFor = 0
    this.noteds.choice = this.noteds.choice.filter((other) => other !== offer)
    this.noteds.survey = this.noteds.survey.filter((other) => other !== offer)
    this.renumberFrom(place)
  }

  private renumberFrom(place: number): void {
    for (let i = place; i < this.offers.length; i++) this.offers[i]!.place = i
    this.moved = ALL
    this.version += 1
  }
}
