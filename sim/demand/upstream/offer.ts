/**
 * Our offer of one model among those of others, as the router sees it: who is asked first, and who is left when we fail
 * (facts: coordinator-control §9.2). Offers are tried in a random order, weighted by price; uptime lowers our weight, an
 * outage or too low an uptime makes us the last resort, and refusals cap what comes to us first.
 *
 * Others are not simulated: one that is given a request serves it or not by a draw. Draws of a user are made when it
 * arrives, as many whatever we did before, so that two policies meet the same luck.
 */
import { ln, pow } from '../../base/math.ts'
import { RecentOutcomes } from '../../base/recent-outcomes.ts'
import { type UptimeStanding, standingOf } from '../../base/uptime.ts'
import type { Micros } from '../../base/time.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import type { RowOf } from '../../trace/schema.ts'
import type { Upstream } from './config.ts'
import { TrafficCap } from './traffic-cap.ts'

/** How an attempt counts in the router's books. */
export type Judged = 'success' | 'failure' | 'refused' | 'ignored'

/** Where a user's request goes. */
export interface Turn {
  /** We are asked; otherwise somebody else has served it. */
  readonly ours: boolean
  /** Before everybody who might serve it. */
  readonly first: boolean
  /** After our failure: whether another provider serves it now. */
  othersServe(): boolean
}

const ELSEWHERE: Turn = { ours: false, first: false, othersServe: () => false }

interface Other {
  readonly weight: number
  readonly success: number
}

/** A place in a weighted random order: the smallest of exponential draws with these rates comes first. */
const placeOf = (u: number, weight: number): number => (weight === 0 ? Infinity : -ln(1 - u) / weight)

export class UpstreamOffer {
  private readonly weight: number
  /** undefined: nothing is known of who else there is. */
  private readonly others: readonly Other[] | undefined
  private readonly recent: RecentOutcomes | undefined
  private readonly lately: RecentOutcomes | undefined
  private readonly cap: TrafficCap | undefined
  private readonly thins: boolean
  private said = ''

  constructor(
    private readonly model: string,
    private readonly settings: Upstream,
    private readonly stream: RandomStream,
    private readonly tell: (view: Omit<RowOf<'router_view'>, 'kind'>) => void,
  ) {
    const offer = Object.hasOwn(settings.offers, model) ? settings.offers[model] : undefined
    const weightOf = (price: number): number => pow(price, -settings.price_exponent)
    this.weight = weightOf(offer?.price ?? 1)
    this.others = offer?.others.map(({ price, success }) => ({ weight: weightOf(price), success }))
    const { outage, standing, cap } = settings
    // A sole provider is asked whatever it is like.
    const competes = this.others === undefined || this.others.length > 0
    this.recent = competes && standing.enabled ? new RecentOutcomes(standing.window) : undefined
    this.cap = competes && cap.enabled ? new TrafficCap(cap) : undefined
    this.lately = (this.others?.length ?? 0) > 0 && outage.window > 0 ? new RecentOutcomes(outage.window) : undefined
    this.thins = this.recent !== undefined || this.cap !== undefined
  }

  /** `elsewhere`: whether another provider would serve it, where nothing is known of who there is. */
  turn(now: Micros, elsewhere: boolean): Turn {
    const { others } = this
    if (others === undefined) return this.turnAmongUnknown(now, elsewhere)
    if (others.length === 0) return { ours: true, first: true, othersServe: () => false }
    return this.turnAmong(now, others)
  }

  ended(now: Micros, judged: Judged): void {
    if (judged === 'success' || judged === 'failure') {
      this.recent?.add(now, judged === 'success')
      this.lately?.add(now, judged === 'success')
    }
    this.cap?.answer(now, judged === 'refused')
    this.report(now)
  }

  private turnAmongUnknown(now: Micros, elsewhere: boolean): Turn {
    const othersServe = (): boolean => elsewhere
    if (!this.thins) return { ours: true, first: true, othersServe }
    const share = this.weightNow(now)
    const u = this.stream.uniform()
    const first = u < this.settings.exploration || (u < share && (this.cap?.admits(now) ?? true))
    this.report(now)
    return !first && elsewhere ? ELSEWHERE : { ours: true, first, othersServe }
  }

  private turnAmong(now: Micros, others: readonly Other[]): Turn {
    const { stream } = this
    const explored = stream.uniform() < this.settings.exploration
    const ownPlace = placeOf(stream.uniform(), this.weight * this.weightNow(now))
    const drawn = others.map(({ weight, success }) => ({
      place: placeOf(stream.uniform(), weight),
      serves: stream.uniform() < success,
    }))
    const wanted = explored || drawn.every(({ place }) => ownPlace < place)
    const first = explored || (wanted && (this.cap?.admits(now) ?? true))
    // Beyond the cap we are not skipped by the one who is first alone, but by all.
    const isBefore = (place: number): boolean => !first && (wanted || place <= ownPlace)
    this.report(now)
    if (drawn.some(({ place, serves }) => isBefore(place) && serves)) return ELSEWHERE
    let round = 0
    return {
      ours: true,
      first,
      othersServe: () => {
        round += 1
        if (round === 1) return drawn.some(({ place, serves }) => !isBefore(place) && serves)
        return others.reduce((served, { success }) => stream.uniform() < success || served, false)
      },
    }
  }

  /** Share of our weight that the router leaves us. */
  private weightNow(now: Micros): number {
    const { standing } = this.settings
    if (this.inOutage(now)) return 0
    switch (this.standing(now)) {
      case 'down':
        return 0
      case 'degraded':
        return standing.degraded_weight
      default:
        return 1
    }
  }

  private standing(now: Micros): UptimeStanding {
    const { recent } = this
    if (recent === undefined) return 'unjudged'
    recent.advance(now)
    return standingOf(recent.successes, recent.failures, this.settings.standing.sample)
  }

  private inOutage(now: Micros): boolean {
    const { lately } = this
    const { below, sample } = this.settings.outage
    if (lately === undefined) return false
    lately.advance(now)
    const judged = lately.successes + lately.failures
    return judged >= sample && lately.successes < below * judged
  }

  private report(now: Micros): void {
    if (!this.thins && this.lately === undefined) return
    const standing = this.standing(now)
    const outage = this.inOutage(now)
    const rate = this.cap?.rate ?? Infinity
    const capPerSecond = rate === Infinity ? -1 : rate
    const said = `${standing} ${outage} ${capPerSecond}`
    if (said === this.said) return
    this.said = said
    this.tell({ at: now, model: this.model, standing, outage, capPerSecond })
  }
}
