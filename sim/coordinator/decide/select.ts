/**
 * Which provider gets a request: the candidates of a scan, narrowed by the selection steps S1 … S8 (§5). Two passes at
 * most: the second ignores the node breakers when nobody else was left, because a bug of the whole fleet must not
 * remove everybody. Costs differing by less than 3 s count as equal on purpose, so that load spreads.
 */
import { Candidates } from './columns/candidates.ts'
import { orDefaultMaxTokens } from '../view/capacity.ts'
import { emptyBreakdown, price } from './cost.ts'
import type { CandidateFate, Decision, ProviderVerdicts } from './decision.ts'
import { explainDrop, explainOutcome, type Tie } from './explain/explain.ts'
import { isDedicated } from '../view/dedicated.ts'
import type { Chooser, Fleet } from './fleet.ts'
import { isOwnerTraffic } from './gates.ts'
import type { Offer, ProviderRecord, RoutingRequest } from '../view/provider-record.ts'
import { Scan } from './scan.ts'
import { isPlain, Sweeper } from './columns/sweep.ts'

/** §5 S5 and S7, inclusive: one more queued request (3,000 ms) is just inside (X9), so a rounding error must not decide; 1 ns is added. */
export const NEAR_TIE_MS = 3_000.000_001

/** `draw` in [0, 1) decides among equals. With `explain`, one verdict per provider is appended; the decision is the same. */
export const select = (fleet: Fleet, request: RoutingRequest, draw: number, explain?: ProviderVerdicts): Decision =>
  fleet.chooser.select(fleet, request, draw, explain)

/** Everybody whom some draw in [0, 1) would have picked, in order of registration. Of the last call of `select`, whose answer this takes. */
export const everyWinner = (fleet: Fleet, decision: Decision): readonly Offer[] => fleet.chooser.everyWinner(decision)

/** Makes the decisions of one fleet, one after the other, in memory that they share. */
export class FleetChooser implements Chooser {
  readonly sweeper = new Sweeper()
  private readonly scan = new Scan()
  /** Of the decision being made. */
  private among = new Candidates()
  /** Indices of the candidates still in play, ascending; the first `inPlaySize` entries. */
  private inPlay = new Int32Array(0)
  private inPlaySize = 0
  /** Somebody wants to know why. */
  private explains = false
  /** What removed a candidate that is no longer in play; kept for explanations. */
  private readonly removedBy: CandidateFate[] = []
  private best_ms = Infinity
  /** Those of them that are no dearer than a near tie; the first `nearTies` entries. */
  private near = new Int32Array(0)
  /** What S1 took off the cost of the one that holds the cache. */
  private discount_ms = 0
  /** That one; -1: nobody. */
  private affine = -1
  private nearTie_ms = NEAR_TIE_MS
  private nearTies = 0
  /** Least loaded of the near ties; -1: nobody is a candidate. */
  private leaderIndex = -1
  /** S8 overrode the draw. */
  private affineWon = false
  /** The policy overrode all of it. */
  private policyPicked = false
  /** By candidate: 1, if still in play. */
  private stillInPlay = new Uint8Array(0)
  private readonly terms = emptyBreakdown()

  /** `walks`: every decision walks the fleet, as explained ones do. */
  constructor(readonly walks: boolean) {}

  /** The columns answer for it; else the fleet is walked. */
  takesColumns(request: RoutingRequest, explain: ProviderVerdicts | undefined): boolean {
    return !this.walks && explain === undefined && isPlain(request)
  }

  select(fleet: Fleet, request: RoutingRequest, draw: number, explain: ProviderVerdicts | undefined): Decision {
    this.among = this.takesColumns(request, explain)
      ? this.sweeper.choose(fleet, request)
      : this.scan.run(fleet, request, false, explain)
    this.narrow(fleet, request, explain)
    const first = this.choose(fleet, request, draw, false, explain)
    if (first.winner !== undefined || first.breakerRejected === 0 || first.capacity > 0 || first.ttft > 0) return first
    const again: ProviderVerdicts | undefined = explain === undefined ? undefined : []
    this.among = this.scan.run(fleet, request, true, again)
    this.narrow(fleet, request, again)
    const second = this.choose(fleet, request, draw, true, again)
    if (second.winner === undefined) return first
    if (explain !== undefined && again !== undefined) explain.splice(0, explain.length, ...again)
    return { ...second, breakerRejected: first.breakerRejected }
  }

  /** The policy's filter, about those that passed everything else. */
  private narrow(fleet: Fleet, request: RoutingRequest, explain: ProviderVerdicts | undefined): void {
    const { surfaces } = fleet
    if (surfaces === undefined) return
    const refused =
      explain === undefined
        ? undefined
        : (offer: Offer) => explainDrop(explain, fleet, offer, request, 'policy_filter', fleet.now())
    surfaces.narrow(this.among, request, refused)
  }

  everyWinner({ winner }: Decision): readonly Offer[] {
    if (winner === undefined) return []
    if (this.affineWon || this.policyPicked) return [winner]
    const equals: Offer[] = []
    for (let place = 0; place < this.inPlaySize; place++) {
      const index = this.inPlay[place]!
      if (this.isEqual(index, this.leaderIndex)) equals.push(this.offerAt(index))
    }
    return equals
  }

  private choose(
    fleet: Fleet,
    request: RoutingRequest,
    draw: number,
    failOpen: boolean,
    explain: ProviderVerdicts | undefined,
  ): Decision {
    const { among, terms } = this
    this.policyPicked = false
    this.explains = explain !== undefined
    const choice = among.count === 0 ? -1 : this.pick(fleet, request, draw)
    const winner = choice === -1 ? -1 : this.policyPick(fleet, request, choice, draw)
    if (explain !== undefined) {
      explainOutcome(explain, fleet, request, among, this.fatesOf(winner), this.tiesOf(winner), this.best_ms)
    }
    const offer = winner === -1 ? undefined : this.offerAt(winner)
    if (offer !== undefined) {
      price(offer, Math.max(0, request.promptTokens), orDefaultMaxTokens(request.maxTokens), fleet.settings, terms)
    }
    return {
      winner: offer,
      breakdown: offer === undefined ? undefined : { ...terms },
      candidates: among.count,
      capacity: among.capacity,
      tooLarge: among.tooLarge,
      vision: among.vision,
      ttft: among.ttft,
      breakerRejected: among.breakerRejected,
      bestTtft_ms: among.bestTtft_ms === Infinity ? -1 : among.bestTtft_ms,
      nearTies: winner === -1 ? 0 : this.nearTies,
      failOpen,
    }
  }

  /** Whom the policy prefers to the coordinator's choice. */
  private policyPick({ surfaces }: Fleet, request: RoutingRequest, choice: number, draw: number): number {
    if (surfaces === undefined || !surfaces.picks) return choice
    if (this.stillInPlay.length < this.inPlay.length) this.stillInPlay = new Uint8Array(this.inPlay.length)
    const { stillInPlay } = this
    stillInPlay.fill(0, 0, this.among.count)
    for (let place = 0; place < this.inPlaySize; place++) stillInPlay[this.inPlay[place]!] = 1
    const picked = surfaces.pick(this.among, request, {
      choice,
      affine: this.affine,
      discount_ms: this.discount_ms,
      tieBreak: draw,
      inPlay: stillInPlay,
    })
    this.policyPicked = picked !== choice
    return picked
  }

  private offerAt(index: number): Offer {
    return this.among.offers[this.among.places[index]!]!
  }

  /** S1 … S8 over the candidates; returns the winner's index. */
  private pick(fleet: Fleet, request: RoutingRequest, draw: number): number {
    const { among } = this
    const { cost, count, places, queue, pendingTotal } = among
    if (this.inPlay.length < count) {
      this.inPlay = new Int32Array(count * 2)
      this.near = new Int32Array(count * 2)
    }
    this.inPlaySize = count
    for (let index = 0; index < count; index++) this.inPlay[index] = index
    // Conversations with a dedicated family hold no cache anywhere (§17, corrections).
    const isAffine = request.affinity !== -1 && !isDedicated(request.build, fleet.settings)
    const affine = isAffine ? this.applyAffinity(fleet, request) : -1
    this.affine = affine
    fleet.surfaces?.score(among, request, affine, this.discount_ms)
    if (request.preferOwner) {
      this.prefer('not_owned', (index) => isOwnerTraffic(this.providerAt(index), request))
    }
    if (request.avoidVersion !== '') {
      this.prefer('avoided_version', (index) => this.providerAt(index).version !== request.avoidVersion)
    }
    if (request.minDecodeTps > 0) this.preferFast(request.minDecodeTps)

    this.nearTie_ms = fleet.surfaces?.nearTie_ms ?? NEAR_TIE_MS
    const { inPlay, near, nearTie_ms } = this
    const size = this.inPlaySize
    let least = Infinity
    for (let i = 0; i < size; i++) {
      const here = cost[inPlay[i]!]!
      if (here < least) least = here
    }
    this.best_ms = least
    let nearTies = 0
    let leader = -1
    let leaderQueue = 0
    let leaderPending = 0
    let affineIsNear = false
    for (let i = 0; i < size; i++) {
      const index = inPlay[i]!
      if (cost[index]! - least > nearTie_ms) continue
      near[nearTies++] = index
      if (index === affine) affineIsNear = true
      const place = places[index]!
      const here = queue[place]!
      if (leader !== -1 && (here > leaderQueue || (here === leaderQueue && pendingTotal[place]! >= leaderPending)))
        continue
      leader = index
      leaderQueue = here
      leaderPending = pendingTotal[place]!
    }
    this.nearTies = nearTies
    this.leaderIndex = leader
    this.affineWon = affineIsNear
    return affineIsNear ? affine : this.drawAmongEquals(leader, draw)
  }

  private providerAt(index: number): ProviderRecord {
    return this.offerAt(index).provider
  }

  /** S1. Returns the candidate that holds the cache, -1 when it is none. */
  private applyAffinity(fleet: Fleet, { affinity, build }: RoutingRequest): number {
    const { cost, count, offers, places } = this.among
    const holder = affinity === -1 ? undefined : fleet.registry.get(affinity)?.offers.get(build)
    if (holder === undefined) return -1
    for (let index = 0; index < count; index++) {
      if (offers[places[index]!] !== holder) continue
      this.discount_ms = Math.min(fleet.settings.CACHE_AFFINITY_BONUS_MS, cost[index]!)
      cost[index]! -= this.discount_ms
      return index
    }
    return -1
  }

  /** A soft filter: keeps those for which `wanted` holds, or all when it holds for none. */
  private prefer(removal: CandidateFate, wanted: (index: number) => boolean): void {
    const { inPlay } = this
    let kept = 0
    for (let place = 0; place < this.inPlaySize; place++) if (wanted(inPlay[place]!)) kept += 1
    if (kept === 0 || kept === this.inPlaySize) return
    kept = 0
    for (let place = 0; place < this.inPlaySize; place++) {
      const index = inPlay[place]!
      if (wanted(index)) inPlay[kept++] = index
      else this.removedBy[index] = removal
    }
    this.inPlaySize = kept
  }

  /** The same by the decode floor; everybody is asked of every decision, so no call for each. */
  private preferFast(floor_tps: number): void {
    const { inPlay, inPlaySize, near } = this
    const { places, projectedTps } = this.among
    let kept = 0
    for (let i = 0; i < inPlaySize; i++) {
      const index = inPlay[i]!
      if (projectedTps[places[index]!]! >= floor_tps) near[kept++] = index
    }
    if (kept === 0 || kept === inPlaySize) return
    if (this.explains) this.noteSlow(floor_tps)
    // The near ties are yet to be found: until then their room holds who is left.
    this.inPlay = near
    this.near = inPlay
    this.inPlaySize = kept
  }

  private noteSlow(floor_tps: number): void {
    const { places, projectedTps } = this.among
    for (let i = 0; i < this.inPlaySize; i++) {
      const index = this.inPlay[i]!
      if (projectedTps[places[index]!]! < floor_tps) this.removedBy[index] = 'decode_floor'
    }
  }

  /** S7. */
  private drawAmongEquals(leader: number, draw: number): number {
    const { near, nearTies } = this
    let equals = 0
    for (let i = 0; i < nearTies; i++) if (this.isEqual(near[i]!, leader)) equals += 1
    let skip = Math.floor(draw * equals)
    for (let i = 0; i < nearTies; i++) {
      const index = near[i]!
      if (this.isEqual(index, leader) && skip-- === 0) return index
    }
    return leader
  }

  private isEqual(index: number, leader: number): boolean {
    const { cost, places, queue, pendingTotal } = this.among
    const here = places[index]!
    const there = places[leader]!
    return (
      queue[here] === queue[there] &&
      pendingTotal[here] === pendingTotal[there] &&
      cost[index]! - this.best_ms <= this.nearTie_ms &&
      Math.abs(cost[index]! - cost[leader]!) <= this.nearTie_ms
    )
  }

  /** For an explanation, after `pick`. */
  private fatesOf(winner: number): CandidateFate[] {
    const { count, cost } = this.among
    const fates: CandidateFate[] = []
    const stillInPlay = new Set(count === 0 ? [] : this.inPlay.subarray(0, this.inPlaySize))
    for (let index = 0; index < count; index++) {
      if (index === winner) fates.push('winner')
      else if (!stillInPlay.has(index)) fates.push(this.removedBy[index]!)
      else if (this.policyPicked) fates.push('not_picked')
      else fates.push(cost[index]! - this.best_ms > this.nearTie_ms ? 'dearer' : 'lost_tie')
    }
    return fates
  }

  /** For an explanation, after `pick`. */
  private tiesOf(winner: number): Tie[] {
    const { count, cost } = this.among
    const ties: Tie[] = Array.from({ length: count }, () => 'none')
    if (winner === -1) return ties
    for (let place = 0; place < this.inPlaySize; place++) {
      const index = this.inPlay[place]!
      if (cost[index]! - this.best_ms > this.nearTie_ms) continue
      ties[index] = this.isEqual(index, this.leaderIndex) ? 'equal' : 'near'
    }
    return ties
  }
}
