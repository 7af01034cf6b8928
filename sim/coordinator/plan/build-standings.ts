/**
 * How the machines of one build stood when the warm pool last looked, in columns by place, and what they come to: counts,
 * sums and medians. A machine is looked at again when something of it changed (touch.ts), when a pause of it ends, and with all
 * others when places or settings change; so a tick costs what has changed since the last one, not the fleet.
 */
import type { Micros } from '../../base/time.ts'
import type { CoordinatorSettings } from '../config.ts'
import { slotCap } from '../view/capacity.ts'
import type { OfferList } from '../view/offer-list.ts'
import type { Offer, ProviderRecord } from '../view/provider-record.ts'
import { ttftPrefillTps } from '../view/rates/rates.ts'
import { SortedFigures } from './sorted-figures.ts'

/** W1: warm, with room or without; could be warmed; neither. */
export type WarmStanding = 'warm' | 'saturated' | 'cold' | 'none'

/** W1: one build across the fleet at one tick. */
export interface BuildSurvey {
  readonly warm: number
  readonly saturated: number
  readonly running: number
  readonly waiting: number
  readonly eligibleCold: number
  /** Medians of warm and warmable machines. */
  readonly decodeTps: number
  readonly prefillTps: number
  readonly cap: number
}

export class BuildStandings implements BuildSurvey {
  warm = 0
  saturated = 0
  running = 0
  waiting = 0
  eligibleCold = 0
  private readonly offers: Offer[] = []
  private readonly standings: WarmStanding[] = []
  /** What each is counted with. */
  private readonly runningAt: number[] = []
  private readonly waitingAt: number[] = []
  private readonly decodeAt: number[] = []
  private readonly prefillAt: number[] = []
  private readonly capAt: number[] = []
  /** The first instant at which it may stand otherwise without a change. */
  private readonly until: number[] = []
  private nextUntil = Infinity
  private readonly decode = new SortedFigures()
  private readonly prefill = new SortedFigures()
  private readonly caps = new SortedFigures()
  private settings: CoordinatorSettings | undefined

  constructor(private readonly standingOf: (offer: Offer) => WarmStanding) {}

  get decodeTps(): number {
    return this.decode.median
  }
  get prefillTps(): number {
    return this.prefill.median
  }
  get cap(): number {
    return this.caps.median
  }

  /** Those of the highest scores, highest first; among equals the one registered first. */
  bestCold(most: number, scoreOf: (provider: ProviderRecord) => number): readonly ProviderRecord[] {
    const best: ProviderRecord[] = []
    const scores: number[] = []
    for (let place = 0; place < this.offers.length; place++) {
      if (this.standings[place] !== 'cold') continue
      const { provider } = this.offers[place]!
      const score = scoreOf(provider)
      let rank = best.length
      while (rank > 0 && scores[rank - 1]! < score) rank -= 1
      if (rank >= most) continue
      best.splice(rank, 0, provider)
      scores.splice(rank, 0, score)
      best.length = scores.length = Math.min(best.length, most)
    }
    return best
  }

  /** Brings everything up to date, of a list that nobody else reads on the warm pool's behalf. */
  settle(list: OfferList, settings: CoordinatorSettings, now: Micros): void {
    if (list.hasMovedFor('survey') || this.settings !== settings) {
      this.settings = settings
      list.takeNoted('survey')
      this.enterAll(list.offers, settings, now)
      return
    }
    for (const offer of list.takeNoted('survey')) this.renew(offer.place, offer, settings, now)
    if (now < this.nextUntil) return
    this.nextUntil = Infinity
    for (let place = 0; place < this.offers.length; place++) {
      const until = this.until[place]!
      if (until <= now) this.renew(place, this.offers[place]!, settings, now)
      else if (until < this.nextUntil) this.nextUntil = until
    }
  }

  /** Everybody anew. */
  enterAll(offers: readonly Offer[], settings: CoordinatorSettings, now: Micros): void {
    this.clear()
    for (const offer of offers) this.add(offer, settings, now)
  }

  clear(): void {
    this.warm = this.saturated = this.running = this.waiting = this.eligibleCold = 0
    this.offers.length = 0
    this.nextUntil = Infinity
    this.decode.clear()
    this.prefill.clear()
    this.caps.clear()
  }

  /** Behind the last place. */
  add(offer: Offer, settings: CoordinatorSettings, now: Micros): void {
    this.enter(this.offers.length, 'none', offer, settings, now)
  }

  private renew(place: number, offer: Offer, settings: CoordinatorSettings, now: Micros): void {
    const before = this.standings[place]!
    if (before !== 'none') this.count(place, -1)
    this.enter(place, before, offer, settings, now)
  }

  /** `before`: as it stood, and is counted no longer. */
  private enter(place: number, before: WarmStanding, offer: Offer, settings: CoordinatorSettings, now: Micros): void {
    const { provider } = offer
    const standing = this.standingOf(offer)
    this.offers[place] = offer
    this.standings[place] = standing
    const until = Math.min(
      later(offer.loadCooldownUntil, now),
      // The last instant of freshness is fresh.
      later(provider.challengeFreshUntil + 1, now),
    )
    this.until[place] = until
    if (until < this.nextUntil) this.nextUntil = until
    if (standing !== 'none') this.figure(place, before, offer, settings)
    else if (before !== 'none') this.dropFigures(place)
  }

  private figure(place: number, before: WarmStanding, offer: Offer, settings: CoordinatorSettings): void {
    const observed = offer.slot === undefined ? 0 : offer.slot.observedDecodeTps
    const decode = observed > 0 ? observed : offer.provider.staticDecodeTps
    const prefill = ttftPrefillTps(offer, settings)
    // What it could hold, not what the quality cap lets it: the target works out the quality itself (control §2.3).
    const cap = slotCap(offer)
    if (before === 'none') {
      this.decode.add(decode)
      this.prefill.add(prefill)
      this.caps.add(cap)
    } else {
      this.decode.replace(this.decodeAt[place]!, decode)
      this.prefill.replace(this.prefillAt[place]!, prefill)
      this.caps.replace(this.capAt[place]!, cap)
    }
    this.runningAt[place] = offer.running
    this.waitingAt[place] = offer.waiting
    this.decodeAt[place] = decode
    this.prefillAt[place] = prefill
    this.capAt[place] = cap
    this.count(place, 1)
  }

  private dropFigures(place: number): void {
    this.decode.remove(this.decodeAt[place]!)
    this.prefill.remove(this.prefillAt[place]!)
    this.caps.remove(this.capAt[place]!)
  }

  private count(place: number, by: 1 | -1): void {
    const standing = this.standings[place]
    if (standing === 'cold') {
      this.eligibleCold += by
      return
    }
    this.warm += by
    // Requests are whole, so that taking away gives back what was there before.
    this.running += by * this.runningAt[place]!
    this.waiting += by * this.waitingAt[place]!
    if (standing === 'saturated') this.saturated += by
  }
}

const later = (at: number, now: Micros): number => (at > now ? at : Infinity)
