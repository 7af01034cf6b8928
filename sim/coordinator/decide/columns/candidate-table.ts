/**
 * The providers of one build in typed columns, in order of registration: what a decision needs of each, worked out when the
 * provider changes instead of when it is asked about. A decision reads columns, and only of those whose answer depends on
 * the request (standing.ts); the figures are those of capacity.ts, cost.ts and ttft.ts to the last bit, because sums are
 * formed in the same order.
 *
 * A row is worked out again when its provider was touched (touch.ts), when one of its pauses ends, and with all others when
 * places, settings or aliases change.
 */
import type { Micros } from '../../../base/time.ts'
import { committedTokens, paddedGib } from '../../view/capacity.ts'
import { PENDING_MS, QUEUED_MS } from '../cost.ts'
import { quickChecks, selectionChecks } from '../checks.ts'
import type { Drop } from '../decision.ts'
import type { Fleet } from '../fleet.ts'
import { baseGates, breakerOpen } from '../gates.ts'
import type { OfferList } from '../../view/offer-list.ts'
import { type FleetMedian, type Offer, plainRequest, type RoutingRequest } from '../../view/provider-record.ts'
import { observedOrStatic, staticPrefillTps } from '../../view/rates/rates.ts'
import { ALLOWED, ASKED, GATED, type PoolStanding, REFUSED, Standing } from './standing.ts'

/** How the tokens of a request must fit (§4.4). */
const FITS_ALWAYS = 0
/** Committed and new tokens within the reported budget. */
export const FITS_BUDGET = 1
/** The cache of the new tokens within `room_gb`, or, on an empty machine, with the model and headroom within the memory. */
export const FITS_FREE = 2
export const FITS_EMPTY = 3

/** Of a request: with tools or not, with pictures or not. */
export const shapeOf = ({ hasTools, requiresVision }: RoutingRequest): number =>
  (hasTools ? 1 : 0) + (requiresVision ? 2 : 0)
const SHAPES = 4

function roomFor(places: number): number {
  let room = 64
  while (room < places) room *= 2
  return room
}

export class CandidateTable {
  size = 0
  /** State, queue and pending terms of the cost, added up. */
  base_ms = new Float64Array(0)
  health_ms = new Float64Array(0)
  /** Tokens ahead under a reported budget; -1: they depend on the request (`potential`, `waiting`, `pendingTokens`). */
  backlog = new Float64Array(0)
  potential = new Float64Array(0)
  waiting = new Float64Array(0)
  pendingTokens = new Float64Array(0)
  /** 0: not observed; then the fleet's median of `family`, then `slowedTps`. */
  observedTps = new Float64Array(0)
  slowedTps = new Float64Array(0)
  family = new Int32Array(0)
  prefillTps = new Float64Array(0)
  ttftPrefillTps = new Float64Array(0)
  statePenalty_ms = new Float64Array(0)
  /** What a long prompt pays again; 0 when loaded. */
  coldPenalty_ms = new Float64Array(0)
  ahead = new Float64Array(0)
  /** 1: it reports a capacity. */
  reports = new Uint8Array(0)
  fits = new Uint8Array(0)
  /** FITS_BUDGET: committed tokens; else GB that the model takes. */
  taken = new Float64Array(0)
  room = new Float64Array(0)
  queue = new Int32Array(0)
  pendingTotal = new Int32Array(0)
  projectedTps = new Float64Array(0)
  /** Median decode rates of the chip families as of the last `settle`. */
  medians = new Float64Array(0)

  private expiresAt = new Float64Array(0)
  private nextExpiry = Infinity
  private families: FleetMedian[] = []
  private standings: (Standing | undefined)[] = []
  private settledAt = -Infinity
  /** Whose rows these are; the list may have moved on. */
  private rows: readonly Offer[] = []
  private settings: unknown
  private aliases: unknown
  private capacity = 0

  constructor(
    private readonly fleet: Fleet,
    readonly list: OfferList,
    /** Of all tables so far. */
    private readonly passes: { readonly count: number },
  ) {}

  get offers(): readonly Offer[] {
    return this.list.offers
  }

  /** Brings every row up to date. True when no median has moved since the last time. */
  settle(): boolean {
    const { fleet, list } = this
    const now = fleet.now()
    const aliases = fleet.aliases.views
    if (
      list.hasMovedFor('choice') ||
      now < this.settledAt ||
      this.settings !== fleet.settings ||
      this.aliases !== aliases
    ) {
      this.settings = fleet.settings
      this.aliases = aliases
      this.rebuild(now)
    } else {
      if (list.hasNoted('choice')) for (const offer of list.takeNoted('choice')) this.refresh(offer, now)
      if (now >= this.nextExpiry) this.refreshExpired(now)
    }
    this.settledAt = now
    return this.readMedians()
  }

  /** After `settle`. */
  standing(shape: number): Standing {
    let standing = this.standings[shape]
    if (standing === undefined) {
      standing = new Standing()
      this.standings[shape] = standing
      standing.reset(this.size)
      const now = this.fleet.now()
      for (const offer of this.offers) this.stand(standing, shape, offer, now)
    }
    return standing
  }

  private rebuild(now: Micros): void {
    const { list } = this
    this.recall()
    list.takeNoted('choice')
    this.size = list.offers.length
    if (this.size > this.capacity) this.allocate(roomFor(this.size))
    this.nextExpiry = Infinity
    this.families = []
    for (const standing of this.standings) standing?.reset(this.size)
    for (const offer of list.offers) this.workOut(offer, now)
    this.rows = [...list.offers]
    this.medians = new Float64Array(this.families.length)
  }

  private refreshExpired(now: Micros): void {
    this.nextExpiry = Infinity
    for (let place = 0; place < this.size; place++) {
      const at = this.expiresAt[place]!
      if (at <= now) this.refresh(this.offers[place]!, now)
      else if (at < this.nextExpiry) this.nextExpiry = at
    }
  }

  private readMedians(): boolean {
    const { families, medians } = this
    let isSame = true
    for (let i = 0; i < families.length; i++) {
      const { median } = families[i]!
      if (medians[i] === median) continue
      medians[i] = median
      isSame = false
    }
    return isSame
  }

  /** Brings what the pool gate last answered about each (Offer.poolRefused) up to the last pass. */
  recall(): void {
    for (let place = 0; place < this.rows.length; place++) this.recallAt(place, this.rows[place]!)
  }

  /** Answers that were remembered instead of asked for were given at the last pass all the same. */
  private recallAt(place: number, offer: Offer): void {
    if (this.fleet.pool.routesBy !== 'provider') return
    for (const standing of this.standings) {
      if (standing === undefined) continue
      const pool = standing.pool(place)
      const pass = standing.lastPass(place)
      if ((pool !== ALLOWED && pool !== REFUSED) || pass <= offer.poolAnsweredAt) continue
      offer.poolRefused = pool === REFUSED
      offer.poolAnsweredAt = pass
    }
  }

  /** The pass that begins does not ask about it. */
  passOver(offer: Offer): void {
    this.recallAt(offer.place, offer)
    offer.poolAnsweredAt = this.passes.count
  }

  private refresh(offer: Offer, now: Micros): void {
    this.recallAt(offer.place, offer)
    this.workOut(offer, now)
  }

  private workOut(offer: Offer, now: Micros): void {
    offer.poolAnsweredAt = this.passes.count
    const { settings } = this.fleet
    const { place, provider, report, running, waiting } = offer
    const queue = Math.max(offer.pendingCount, running + waiting)
    const pending = provider.pending.size
    this.queue[place] = queue
    this.pendingTotal[place] = pending
    this.base_ms[place] = offer.statePenalty_ms + QUEUED_MS * queue + PENDING_MS * pending
    this.health_ms[place] = provider.health_ms
    const hasBudget = report.activeTokenBudgetMax > 0
    this.backlog[place] = hasBudget ? report.activeTokenBudgetUsed + report.queuedTokenBudget : -1
    this.potential[place] = report.maxTokensPotential
    this.waiting[place] = waiting
    this.pendingTokens[place] = offer.pendingTokens
    this.observedTps[place] = report.observedDecodeTps
    const slowed = provider.staticDecodeTps / (1 + settings.BATCH_SLOWDOWN * running)
    this.slowedTps[place] = slowed > 1 ? slowed : 1
    this.family[place] = this.familyOf(offer.fleet)
    const prefillTps = staticPrefillTps(provider, settings)
    this.prefillTps[place] = prefillTps
    this.ttftPrefillTps[place] = observedOrStatic(offer, prefillTps)
    this.statePenalty_ms[place] = offer.statePenalty_ms
    this.coldPenalty_ms[place] = offer.loaded ? 0 : offer.statePenalty_ms
    const active = running + waiting
    this.ahead[place] = offer.pendingCount > active ? waiting + offer.pendingCount - active : waiting
    this.reports[place] = provider.capacity === undefined ? 0 : 1
    this.projectedTps[place] = offer.projectedTps
    this.fit(offer)
    this.expire(offer, now)
    const { standings } = this
    for (let shape = 0; shape < standings.length; shape++) {
      const standing = standings[shape]
      if (standing !== undefined) this.stand(standing, shape, offer, now)
    }
  }

  /** §4.4 but for the request's tokens; see `admits`. */
  private fit(offer: Offer): void {
    const { place, provider, report } = offer
    const size_gb = offer.catalog === undefined ? 0 : offer.catalog.size_gb
    if (report.activeTokenBudgetMax > 0) {
      this.setFit(place, FITS_BUDGET, committedTokens(offer), report.activeTokenBudgetMax)
    } else if (size_gb <= 0 || provider.totalMemory_gb <= 0) this.setFit(place, FITS_ALWAYS, 0, 0)
    else if (offer.loaded || provider.pending.size > 0) {
      this.setFit(place, FITS_FREE, offer.loaded ? 0 : size_gb, provider.totalMemory_gb - provider.gpuActive_gb)
    } else if (provider.capacity?.freeForLoad_gb === undefined) {
      this.setFit(place, FITS_EMPTY, size_gb, provider.totalMemory_gb)
    } else this.setFit(place, FITS_ALWAYS, 0, 0)
  }

  private setFit(place: number, fits: number, taken: number, room: number): void {
    this.fits[place] = fits
    this.taken[place] = taken
    this.room[place] = room
  }

  /** A pause that ends changes verdicts without a message. */
  private expire(offer: Offer, now: Micros): void {
    const { provider, errorCooldownUntil } = offer
    let at = Infinity
    at = soonest(at, offer.loadCooldownUntil, now)
    at = soonest(at, errorCooldownUntil.base, now)
    at = soonest(at, errorCooldownUntil.tools, now)
    at = soonest(at, provider.breakerOpenUntil, now)
    at = soonest(at, provider.challengeFreshUntil + 1, now)
    if (provider.pendingLoad !== '') at = soonest(at, provider.pendingLoadUntil, now)
    this.expiresAt[offer.place] = at
    if (at < this.nextExpiry) this.nextExpiry = at
  }

  private stand(standing: Standing, shape: number, offer: Offer, now: Micros): void {
    const { fleet } = this
    const request = REQUESTS[shape]!
    const isRefused = baseGates(fleet, offer, request, now, true) !== undefined
    const unfit = coldUnfit(offer)
    standing.set(offer.place, {
      quick: quickChecks(fleet, offer, request.requiresVision) ?? unfit,
      choice: selectionChecks(fleet, offer, request.requiresVision) ?? unfit,
      pool: isRefused ? GATED : this.poolOf(offer),
      breakerOpen: breakerOpen(offer.provider, now),
    })
  }

  private poolOf({ provider, build }: Offer): PoolStanding {
    const { pool } = this.fleet
    if (pool.routesBy === 'nothing') return ALLOWED
    if (pool.routesBy === undefined) return ASKED
    const { allowed, relabel } = pool.peek('select', provider, build)
    if (relabel !== undefined && relabel !== provider.assignedPool) return ASKED
    return allowed ? ALLOWED : REFUSED
  }

  private familyOf(median: FleetMedian): number {
    const { families } = this
    const known = families.indexOf(median)
    return known === -1 ? families.push(median) - 1 : known
  }

  private allocate(capacity: number): void {
    this.capacity = capacity
    const floats = (): Float64Array<ArrayBuffer> => new Float64Array(capacity)
    this.base_ms = floats()
    this.health_ms = floats()
    this.backlog = floats()
    this.potential = floats()
    this.waiting = floats()
    this.pendingTokens = floats()
    this.observedTps = floats()
    this.slowedTps = floats()
    this.family = new Int32Array(capacity)
    this.prefillTps = floats()
    this.ttftPrefillTps = floats()
    this.statePenalty_ms = floats()
    this.coldPenalty_ms = floats()
    this.ahead = floats()
    this.reports = new Uint8Array(capacity)
    this.fits = new Uint8Array(capacity)
    this.taken = floats()
    this.room = floats()
    this.queue = new Int32Array(capacity)
    this.pendingTotal = new Int32Array(capacity)
    this.projectedTps = floats()
    this.expiresAt = floats()
  }
}

const soonest = (at: number, until: number, now: number): number => (until > now && until < at ? until : at)

/** A load that does not fit what the provider says is free fits no request, however short (§4.4 B1). */
function coldUnfit({ provider, report, catalog, loaded }: Offer): Drop | undefined {
  if (report.activeTokenBudgetMax > 0 || loaded || provider.pending.size > 0) return undefined
  const size_gb = catalog === undefined ? 0 : catalog.size_gb
  if (size_gb <= 0 || provider.totalMemory_gb <= 0) return undefined
  const free_gb = provider.capacity?.freeForLoad_gb
  return free_gb === undefined || paddedGib(size_gb) <= free_gb ? undefined : 'admission'
}

/** One public request of each shape. The build plays no part in the gates that are asked with it. */
const REQUESTS: readonly RoutingRequest[] = Array.from({ length: SHAPES }, (_, shape) =>
  plainRequest('' as RoutingRequest['build'], { hasTools: (shape & 1) !== 0, requiresVision: (shape & 2) !== 0 }),
)
