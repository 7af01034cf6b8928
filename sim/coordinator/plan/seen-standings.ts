/**
 * How the machines of one build stood when the warm pool last looked, by place in order of registration. A machine is looked at
 * again when something of it changed (touch.ts), when a pause of it ends, or when the operator changes a setting.
 */
import type { Micros } from '../../base/time.ts'
import type { CoordinatorSettings } from '../config.ts'
import type { Offer } from '../view/provider-record.ts'

/** W1: warm, with room or without; could be warmed; neither. */
export type WarmStanding = 'warm' | 'saturated' | 'cold' | 'none'

export class SeenStandings {
  private readonly offers: Offer[] = []
  private readonly versions: number[] = []
  private readonly standings: WarmStanding[] = []
  /** The first instant at which it may stand otherwise without a change. */
  private readonly until: number[] = []
  private settings: CoordinatorSettings | undefined

  of(
    place: number,
    offer: Offer,
    settings: CoordinatorSettings,
    now: Micros,
    standingNow: (offer: Offer) => WarmStanding,
  ): WarmStanding {
    if (this.settings !== settings) {
      this.settings = settings
      this.offers.length = 0
    }
    if (this.offers[place] === offer && this.versions[place] === offer.version && now < this.until[place]!) {
      return this.standings[place]!
    }
    const standing = standingNow(offer)
    this.offers[place] = offer
    this.versions[place] = offer.version
    this.standings[place] = standing
    this.until[place] = Math.min(
      later(offer.loadCooldownUntil, now),
      // The last instant of freshness is fresh.
      later(offer.provider.challengeFreshUntil + 1, now),
    )
    return standing
  }
}

const later = (at: number, now: Micros): number => (at > now ? at : Infinity)
