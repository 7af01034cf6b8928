/**
 * One pass over the providers that advertise a build: checks C0 … C9 (§4.2) and the price of those that pass. This is
 * the coordinator's hot loop (60 to 1,000 providers per decision), so it allocates nothing: candidates live in arrays
 * that every scan reuses. A decision never runs inside another one.
 */
import type { Micros } from '../base/time.ts'
import { admits, hasHeadroom, orDefaultMaxTokens, refusesCold } from './capacity.ts'
import { emptyBreakdown, price } from './cost.ts'
import type { Drop, Explanation } from './decision.ts'
import { explainDrop } from './explain.ts'
import type { Fleet } from './fleet.ts'
import { breakerOpen, gates, outOfReach } from './gates.ts'
import type { Offer, RoutingRequest } from './provider-record.ts'

/** Candidates the arrays hold at first; they double when a fleet has more. */
const ROOM = 1_024

/** One pass over the fleet. */
export interface Scan {
  /** Candidates in order of registration; only the first `count` entries are of this scan. */
  readonly offers: Offer[]
  cost: Float64Array
  queue: Int32Array
  pendingTotal: Int32Array
  projectedTps: Float64Array
  count: number
  capacity: number
  tooLarge: number
  vision: number
  ttft: number
  breakerRejected: number
  bestTtft_ms: number
}

export const scan: Scan = {
  offers: [],
  cost: new Float64Array(ROOM),
  queue: new Int32Array(ROOM),
  pendingTotal: new Int32Array(ROOM),
  projectedTps: new Float64Array(ROOM),
  count: 0,
  capacity: 0,
  tooLarge: 0,
  vision: 0,
  ttft: 0,
  breakerRejected: 0,
  bestTtft_ms: Infinity,
}
/** Offers that passed the gates; the first `passedCount` entries. */
const passed: Offer[] = []
let passedCount = 0
const terms = emptyBreakdown()

export function scanFleet(
  fleet: Fleet,
  request: RoutingRequest,
  ignoreBreaker: boolean,
  explain: Explanation | undefined,
): void {
  scan.count = 0
  scan.capacity = 0
  scan.tooLarge = 0
  scan.vision = 0
  scan.ttft = 0
  scan.breakerRejected = 0
  const now = fleet.now()
  passGates(fleet, request, now, ignoreBreaker, explain)
  priceThose(fleet, request, now, explain)
}

/** C0 and C1 for everybody; those that pass are left in `passed`. */
function passGates(
  fleet: Fleet,
  request: RoutingRequest,
  now: Micros,
  ignoreBreaker: boolean,
  explain: Explanation | undefined,
): void {
  passedCount = 0
  for (const offer of fleet.registry.offers(request.build)) {
    let drop = outOfReach(offer.provider, request)
    if (drop === undefined && request.excluded.length > 0 && request.excluded.includes(offer.provider.id)) {
      drop = 'excluded'
    }
    if (drop === undefined) {
      drop = gates(fleet, 'select', offer, request, now, ignoreBreaker)
      if (drop !== undefined && !ignoreBreaker && breakerOpen(offer.provider, now)) scan.breakerRejected += 1
    }
    if (drop === undefined) passed[passedCount++] = offer
    else if (explain !== undefined) explainDrop(explain, fleet, offer, request, drop, now)
  }
}

/** C2 … C9 for those that passed; candidates are appended to the scan. */
function priceThose(fleet: Fleet, request: RoutingRequest, now: Micros, explain: Explanation | undefined): void {
  const promptTokens = Math.max(0, request.promptTokens)
  const maxTokens = orDefaultMaxTokens(request.maxTokens)
  const { settings } = fleet
  let bestTtft_ms = Infinity
  for (let place = 0; place < passedCount; place++) {
    const offer = passed[place]!
    let drop = checks(fleet, offer, request, promptTokens, maxTokens)
    if (drop === undefined) {
      price(offer, promptTokens, maxTokens, settings, terms)
      if (offer.provider.capacity !== undefined) {
        if (terms.ttft_ms < bestTtft_ms) bestTtft_ms = terms.ttft_ms
        if (request.maxTtft_ms > 0 && terms.ttft_ms > request.maxTtft_ms) drop = 'ttft'
      }
    }
    if (drop === undefined) append(offer)
    else {
      count(drop)
      if (explain !== undefined) explainDrop(explain, fleet, offer, request, drop, now)
    }
  }
  scan.bestTtft_ms = bestTtft_ms
}

function append(offer: Offer): void {
  const index = scan.count
  if (index === scan.cost.length) grow()
  scan.offers[index] = offer
  scan.cost[index] = terms.cost_ms
  scan.queue[index] = terms.effectiveQueue
  scan.pendingTotal[index] = offer.provider.pending.size
  scan.projectedTps[index] = offer.projectedTps
  scan.count = index + 1
}

function grow(): void {
  const { cost, queue, pendingTotal, projectedTps } = scan
  scan.cost = new Float64Array(cost.length * 2)
  scan.cost.set(cost)
  scan.queue = new Int32Array(queue.length * 2)
  scan.queue.set(queue)
  scan.pendingTotal = new Int32Array(pendingTotal.length * 2)
  scan.pendingTotal.set(pendingTotal)
  scan.projectedTps = new Float64Array(projectedTps.length * 2)
  scan.projectedTps.set(projectedTps)
}

/** C2 … C8. Counts nothing: who asks about one machine alone has nothing to count. */
export function checks(
  fleet: Fleet,
  offer: Offer,
  request: RoutingRequest,
  promptTokens: number,
  maxTokens: number,
): Drop | undefined {
  if (request.requiresVision && !offer.isVision) return 'vision'
  if (offer.state === 'reloading' || offer.state === 'crashed') return 'slot_state'
  if (!hasHeadroom(offer)) return 'headroom'
  if (refusesCold(offer, fleet.pool.refusesColdBesideBusy)) return 'busy_other_slot'
  if (offer.provider.thermalState === 'critical') return 'thermal'
  if (!offer.loaded && !offer.fitsHardware) return 'too_large'
  return admits(offer, promptTokens, maxTokens) ? undefined : 'admission'
}

/** §4.2, last column. */
function count(drop: Drop): void {
  if (isCapacity(drop)) scan.capacity += 1
  else if (drop === 'too_large') scan.tooLarge += 1
  else if (drop === 'vision') scan.vision += 1
  else if (drop === 'ttft') scan.ttft += 1
}

/** What counts as lack of room. */
export const isCapacity = (drop: Drop): boolean =>
  drop === 'headroom' || drop === 'busy_other_slot' || drop === 'admission'
