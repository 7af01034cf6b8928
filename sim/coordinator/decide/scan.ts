/**
 * One pass over the providers that advertise a build: checks C0 … C9 (§4.2) in the documented order, and the price of those
 * that pass. Every decision can be made this way; plain ones are made from columns instead (sweep.ts), with the same outcome.
 * Requests that single machines out, and those that are to be explained, walk.
 */
import type { Micros } from '../../base/time.ts'
import { admits, orDefaultMaxTokens } from '../view/capacity.ts'
import { Candidates } from './columns/candidates.ts'
import { isCapacity, selectionChecks } from './checks.ts'
import { emptyBreakdown, price } from './cost.ts'
import type { Drop, ProviderVerdicts } from './decision.ts'
import { explainDrop } from './explain/explain.ts'
import type { Fleet } from './fleet.ts'
import { breakerOpen, gates, outOfReach } from './gates.ts'
import type { Offer, RoutingRequest } from '../view/provider-record.ts'

export class Scan {
  readonly found = new Candidates()
  /** Offers that passed the gates; the first `passedCount` entries. */
  private readonly passed: Offer[] = []
  private passedCount = 0
  private readonly terms = emptyBreakdown()

  run(
    fleet: Fleet,
    request: RoutingRequest,
    ignoreBreaker: boolean,
    explain: ProviderVerdicts | undefined,
  ): Candidates {
    const { found } = this
    const places = fleet.registry.offers(request.build).length
    found.reset(places)
    if (found.queue.length < places) {
      found.queue = new Int32Array(places * 2)
      found.pendingTotal = new Int32Array(places * 2)
      found.projectedTps = new Float64Array(places * 2)
    }
    const offers: Offer[] = []
    found.offers = offers
    const now = fleet.now()
    this.passGates(fleet, request, now, ignoreBreaker, explain)
    this.priceThose(fleet, request, now, offers, explain)
    return found
  }

  /** C0 and C1 for everybody; those that pass are left in `passed`. */
  private passGates(
    fleet: Fleet,
    request: RoutingRequest,
    now: Micros,
    ignoreBreaker: boolean,
    explain: ProviderVerdicts | undefined,
  ): void {
    this.passedCount = 0
    for (const offer of fleet.registry.offers(request.build)) {
      let drop = outOfReach(offer.provider, request)
      if (drop === undefined && request.excluded.length > 0 && request.excluded.includes(offer.provider.id)) {
        drop = 'excluded'
      }
      if (drop === undefined) {
        drop = gates(fleet, 'select', offer, request, now, ignoreBreaker)
        if (drop !== undefined && !ignoreBreaker && breakerOpen(offer.provider, now)) this.found.breakerRejected += 1
      }
      if (drop === undefined) this.passed[this.passedCount++] = offer
      else if (explain !== undefined) explainDrop(explain, fleet, offer, request, drop, now)
    }
  }

  /** C2 … C9 for those that passed; candidates are appended. */
  private priceThose(
    fleet: Fleet,
    request: RoutingRequest,
    now: Micros,
    offers: Offer[],
    explain: ProviderVerdicts | undefined,
  ): void {
    const promptTokens = Math.max(0, request.promptTokens)
    const maxTokens = orDefaultMaxTokens(request.maxTokens)
    const { found, passed, terms } = this
    for (let place = 0; place < this.passedCount; place++) {
      const offer = passed[place]!
      let drop = checks(fleet, offer, request, promptTokens, maxTokens)
      if (drop === undefined) {
        price(offer, promptTokens, maxTokens, fleet.settings, terms)
        if (offer.provider.capacity !== undefined) {
          if (terms.ttft_ms < found.bestTtft_ms) found.bestTtft_ms = terms.ttft_ms
          if (request.maxTtft_ms > 0 && terms.ttft_ms > request.maxTtft_ms) drop = 'ttft'
        }
      }
      if (drop === undefined) this.append(offer, offers)
      else {
        this.count(drop)
        if (explain !== undefined) explainDrop(explain, fleet, offer, request, drop, now)
      }
    }
  }

  private append(offer: Offer, offers: Offer[]): void {
    const { found, terms } = this
    const index = found.count
    offers.push(offer)
    found.places[index] = index
    found.cost[index] = terms.cost_ms
    found.queue[index] = terms.effectiveQueue
    found.pendingTotal[index] = offer.provider.pending.size
    found.projectedTps[index] = offer.projectedTps
    found.count = index + 1
  }

  /** §4.2, last column. */
  private count(drop: Drop): void {
    const { found } = this
    if (isCapacity(drop)) found.capacity += 1
    else if (drop === 'too_large') found.tooLarge += 1
    else if (drop === 'vision') found.vision += 1
    else if (drop === 'ttft') found.ttft += 1
  }
}

/** C2 … C8. Counts nothing: who asks about one machine alone has nothing to count. */
export const checks = (
  fleet: Fleet,
  offer: Offer,
  request: RoutingRequest,
  promptTokens: number,
  maxTokens: number,
): Drop | undefined =>
  selectionChecks(fleet, offer, request.requiresVision) ??
  (admits(offer, promptTokens, maxTokens) ? undefined : 'admission')
