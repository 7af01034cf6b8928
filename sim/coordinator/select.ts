/**
 * Which provider gets a request: the candidates of a scan, narrowed by the selection steps S1 … S8 (§5). Two passes at
 * most: the second ignores the node breakers when nobody else was left, because a bug of the whole fleet must not
 * remove everybody. Costs differing by less than 3 s count as equal on purpose, so that load spreads.
 */
import type { ProviderId } from '../base/ids.ts'
import { orDefaultMaxTokens } from './capacity.ts'
import { emptyBreakdown, price } from './cost.ts'
import type { CandidateFate, Decision, Explanation } from './decision.ts'
import { explainOutcome, type Tie } from './explain.ts'
import { isDedicated } from './dedicated.ts'
import type { Fleet } from './fleet.ts'
import { isOwnerTraffic } from './gates.ts'
import type { Offer, RoutingRequest } from './provider-record.ts'
import { scan, scanFleet } from './scan.ts'

/** §5 S5 and S7, inclusive: one more queued request (3,000 ms) is just inside (X9), so a rounding error must not decide; 1 ns is added. */
export const NEAR_TIE_MS = 3_000.000_001

/** Indices of the candidates still in play, ascending; the first `inPlaySize` entries. */
const inPlay: number[] = []
let inPlaySize = 0
/** What removed a candidate that is no longer in play. */
const removedBy: CandidateFate[] = []
let best_ms = Infinity
let nearTies = 0
/** Least loaded of the near ties; -1: nobody is a candidate. */
let leaderIndex = -1
/** S8 overrode the draw. */
let affineWon = false
const terms = emptyBreakdown()

/** `draw` in [0, 1) decides among equals. With `explain`, one verdict per provider is appended; the decision is the same. */
export function select(fleet: Fleet, request: RoutingRequest, draw: number, explain?: Explanation): Decision {
  scanFleet(fleet, request, false, explain)
  const first = choose(fleet, request, draw, false, explain)
  if (first.winner !== undefined || first.breakerRejected === 0 || first.capacity > 0 || first.ttft > 0) return first
  const again: Explanation | undefined = explain === undefined ? undefined : []
  scanFleet(fleet, request, true, again)
  const second = choose(fleet, request, draw, true, again)
  if (second.winner === undefined) return first
  if (explain !== undefined && again !== undefined) explain.splice(0, explain.length, ...again)
  return { ...second, breakerRejected: first.breakerRejected }
}

function choose(
  fleet: Fleet,
  request: RoutingRequest,
  draw: number,
  failOpen: boolean,
  explain: Explanation | undefined,
): Decision {
  const winner = scan.count === 0 ? -1 : pick(fleet, request, draw)
  if (explain !== undefined) {
    explainOutcome(explain, fleet, request, scan, fatesOf(winner), tiesOf(winner), best_ms)
  }
  const offer = winner === -1 ? undefined : scan.offers[winner]!
  if (offer !== undefined) {
    price(offer, Math.max(0, request.promptTokens), orDefaultMaxTokens(request.maxTokens), fleet.settings, terms)
  }
  return {
    winner: offer,
    breakdown: offer === undefined ? undefined : { ...terms },
    candidates: scan.count,
    capacity: scan.capacity,
    tooLarge: scan.tooLarge,
    vision: scan.vision,
    ttft: scan.ttft,
    breakerRejected: scan.breakerRejected,
    bestTtft_ms: scan.bestTtft_ms === Infinity ? -1 : scan.bestTtft_ms,
    nearTies: winner === -1 ? 0 : nearTies,
    failOpen,
  }
}

/** S1 … S8 over the candidates of the scan; returns the winner's index. */
function pick(fleet: Fleet, request: RoutingRequest, draw: number): number {
  inPlaySize = scan.count
  for (let index = 0; index < scan.count; index++) inPlay[index] = index
  // Conversations with a dedicated family hold no cache anywhere (§17, corrections).
  const isAffine = request.affinity !== -1 && !isDedicated(request.build, fleet.settings)
  const affine = isAffine ? applyAffinity(request.affinity, fleet.settings.CACHE_AFFINITY_BONUS_MS) : -1
  if (request.preferOwner) prefer('not_owned', request, isOwned)
  if (request.avoidVersion !== '') prefer('avoided_version', request, isOtherVersion)
  if (request.minDecodeTps > 0) prefer('decode_floor', request, isFast)

  const { cost } = scan
  let least = Infinity
  for (let place = 0; place < inPlaySize; place++) {
    const here = cost[inPlay[place]!]!
    if (here < least) least = here
  }
  best_ms = least
  nearTies = 0
  leaderIndex = -1
  let affineIsNear = false
  for (let place = 0; place < inPlaySize; place++) {
    const index = inPlay[place]!
    if (cost[index]! - least > NEAR_TIE_MS) continue
    nearTies += 1
    if (index === affine) affineIsNear = true
    if (leaderIndex === -1 || isLessLoaded(index, leaderIndex)) leaderIndex = index
  }
  affineWon = affineIsNear
  return affineIsNear ? affine : drawAmongEquals(leaderIndex, draw)
}

/** S1. Returns the candidate that holds the cache, -1 when it is none. */
function applyAffinity(provider: ProviderId, bonus_ms: number): number {
  for (let index = 0; index < scan.count; index++) {
    if (scan.offers[index]!.provider.id !== provider) continue
    scan.cost[index]! -= Math.min(bonus_ms, scan.cost[index]!)
    return index
  }
  return -1
}

/** A soft filter: keeps those for which `wanted` holds, or all when it holds for none. */
function prefer(removal: CandidateFate, request: RoutingRequest, wanted: Wanted): void {
  let kept = 0
  for (let place = 0; place < inPlaySize; place++) if (wanted(inPlay[place]!, request)) kept += 1
  if (kept === 0 || kept === inPlaySize) return
  kept = 0
  for (let place = 0; place < inPlaySize; place++) {
    const index = inPlay[place]!
    if (wanted(index, request)) inPlay[kept++] = index
    else removedBy[index] = removal
  }
  inPlaySize = kept
}

type Wanted = (index: number, request: RoutingRequest) => boolean
const isOwned: Wanted = (index, request) => isOwnerTraffic(scan.offers[index]!.provider, request)
const isOtherVersion: Wanted = (index, request) => scan.offers[index]!.provider.version !== request.avoidVersion
const isFast: Wanted = (index, request) => scan.projectedTps[index]! >= request.minDecodeTps

const isLessLoaded = (index: number, than: number): boolean =>
  scan.queue[index]! < scan.queue[than]! ||
  (scan.queue[index] === scan.queue[than] && scan.pendingTotal[index]! < scan.pendingTotal[than]!)

/** S7. */
function drawAmongEquals(leader: number, draw: number): number {
  let equals = 0
  for (let place = 0; place < inPlaySize; place++) if (isEqual(inPlay[place]!, leader)) equals += 1
  let skip = Math.floor(draw * equals)
  for (let place = 0; place < inPlaySize; place++) {
    const index = inPlay[place]!
    if (isEqual(index, leader) && skip-- === 0) return index
  }
  return leader
}

const isEqual = (index: number, leader: number): boolean =>
  scan.queue[index] === scan.queue[leader] &&
  scan.pendingTotal[index] === scan.pendingTotal[leader] &&
  scan.cost[index]! - best_ms <= NEAR_TIE_MS &&
  Math.abs(scan.cost[index]! - scan.cost[leader]!) <= NEAR_TIE_MS

/** Everybody whom some draw in [0, 1) would have picked, in order of registration. Of the last call of `select`, whose answer this takes. */
export function everyWinner({ winner }: Decision): readonly Offer[] {
  if (winner === undefined) return []
  if (affineWon) return [winner]
  return inPlay
    .slice(0, inPlaySize)
    .filter((index) => isEqual(index, leaderIndex))
    .map((index) => scan.offers[index]!)
}

/** For an explanation, after `pick`. */
function fatesOf(winner: number): CandidateFate[] {
  const fates: CandidateFate[] = []
  const stillInPlay = new Set(scan.count === 0 ? [] : inPlay.slice(0, inPlaySize))
  for (let index = 0; index < scan.count; index++) {
    if (index === winner) fates.push('winner')
    else if (!stillInPlay.has(index)) fates.push(removedBy[index]!)
    else fates.push(scan.cost[index]! - best_ms > NEAR_TIE_MS ? 'dearer' : 'lost_tie')
  }
  return fates
}

/** For an explanation, after `pick`. */
function tiesOf(winner: number): Tie[] {
  const ties: Tie[] = Array.from({ length: scan.count }, () => 'none')
  if (winner === -1) return ties
  for (let place = 0; place < inPlaySize; place++) {
    const index = inPlay[place]!
    if (scan.cost[index]! - best_ms > NEAR_TIE_MS) continue
    ties[index] = isEqual(index, leaderIndex) ? 'equal' : 'near'
  }
  return ties
}
