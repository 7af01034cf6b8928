/**
 * Which machines never got a request of a build, and why the next one would not go there either. Decisions keep no book
 * of whom they pass over; at each metrics tick the same gates, checks and prices are asked about one request, made like the last
 * one of the build. It looks only: no policy is asked (a question may move a label; what it last answered is kept with
 * the pair), and pairs that have had a request are told no more of. Answers are written when they change.
 */
import type { BuildId } from '../../../base/ids.ts'
import { millisOf, type Micros } from '../../../base/time.ts'
import { isWritten } from '../../../trace/row.ts'
import { orDefaultMaxTokens } from '../../view/capacity.ts'
import { emptyBreakdown, price } from '../cost.ts'
import type { Drop } from '../decision.ts'
import type { Fleet } from '../fleet.ts'
import { baseGates, outOfReach } from '../gates.ts'
import type { OpenRequest } from '../../view/open-request.ts'
import type { CoordinatorPorts } from '../../ports.ts'
import { type Offer, plainRequest, type RoutingRequest } from '../../view/provider-record.ts'
import { checks } from '../scan.ts'
import { NEAR_TIE_MS } from '../select.ts'

/** `equal`: it would do as well as any. */
export type PassedOverReason = Drop | 'decode_floor' | 'dearer' | 'equal'

interface Candidate {
  readonly offer: Offer
  readonly cost_ms: number
}

export class PassedOver {
  /** The last public request of each build, as it was when admission had looked at it. */
  private readonly last = new Map<BuildId, OpenRequest>()
  /** As last written; a connection's goes with its record. */
  private readonly written = new WeakMap<Offer, PassedOverReason>()
  private readonly terms = emptyBreakdown()

  constructor(
    private readonly fleet: Fleet,
    private readonly ports: Pick<CoordinatorPorts, 'trace'>,
  ) {}

  /** Admission has looked at it. */
  asked(request: OpenRequest): void {
    if (request.view.route === 'public') this.last.set(request.build, request)
  }

  report(at: Micros): void {
    if (!isWritten(this.ports.trace, 'passed_over')) return
    for (const [build, request] of this.last) {
      const offers = this.fleet.registry.offers(build)
      if (!offers.some((offer) => !offer.everHeld)) continue
      this.fleet.chooser.sweeper.recall(build)
      this.reportOf(offers, this.likeIt(build, request), at)
    }
  }

  /** Mostly each is dropped for a reason of its own; only one that is not makes all of them be priced. */
  private reportOf(offers: readonly Offer[], request: RoutingRequest, at: Micros): void {
    let isCandidate = false
    for (const offer of offers) {
      if (offer.everHeld) continue
      const drop = this.dropOf(offer, request, at)
      if (drop === undefined) isCandidate = true
      else this.write(offer, drop, at)
    }
    if (isCandidate) this.compare(offers, request, at)
  }

  private compare(offers: readonly Offer[], request: RoutingRequest, at: Micros): void {
    const candidates: Candidate[] = []
    for (const offer of offers) {
      if (this.dropOf(offer, request, at) === undefined) candidates.push({ offer, cost_ms: this.terms.cost_ms })
    }
    const isFast = ({ offer }: Candidate): boolean => offer.projectedTps >= request.minDecodeTps
    const fast = candidates.filter(isFast)
    const inPlay = fast.length > 0 ? fast : candidates
    const least_ms = inPlay.reduce((least, { cost_ms }) => Math.min(least, cost_ms), Infinity)
    for (const candidate of candidates) {
      if (fast.length > 0 && !isFast(candidate)) this.write(candidate.offer, 'decode_floor', at)
      else this.write(candidate.offer, candidate.cost_ms - least_ms > NEAR_TIE_MS ? 'dearer' : 'equal', at)
    }
  }

  /** As selection drops it; the price of one that is not dropped is left in `terms`. */
  private dropOf(offer: Offer, request: RoutingRequest, now: Micros): Drop | undefined {
    const { fleet, terms } = this
    const promptTokens = Math.max(0, request.promptTokens)
    const maxTokens = orDefaultMaxTokens(request.maxTokens)
    const drop =
      outOfReach(offer.provider, request) ??
      baseGates(fleet, offer, request, now, false) ??
      (offer.poolRefused ? 'pool' : checks(fleet, offer, request, promptTokens, maxTokens)) ??
      (offer.policyRefused ? 'policy_filter' : undefined)
    if (drop !== undefined) return drop
    price(offer, promptTokens, maxTokens, fleet.settings, terms)
    const isLate = request.maxTtft_ms > 0 && terms.ttft_ms > request.maxTtft_ms
    return isLate && offer.provider.capacity !== undefined ? 'ttft' : undefined
  }

  private likeIt(build: BuildId, { view, maxTokens, deadline }: OpenRequest): RoutingRequest {
    const { settings } = this.fleet
    return plainRequest(build, {
      promptTokens: view.estimatedPromptTokens,
      maxTokens,
      hasTools: view.hasTools,
      requiresVision: view.requiresVision,
      serials: view.serials,
      maxTtft_ms: settings.TTFT_HARD_REJECT ? millisOf(deadline) : 0,
      minDecodeTps: settings.MIN_DECODE_TPS,
    })
  }

  private write(offer: Offer, reason: PassedOverReason, at: Micros): void {
    if (offer.everHeld || this.written.get(offer) === reason) return
    this.written.set(offer, reason)
    const { provider, build } = offer
    this.ports.trace.emit({ kind: 'passed_over', at, provider: provider.id, build, reason })
  }
}
