/**
 * Choosing a machine and holding it, in two steps: `select` looks (a decision on the view of that moment), `take`
 * applies (a second look, then the request counts as pending there). Between the two lies the decision's service time;
 * see decision-server.ts for the race. Queue drains do both at once. The decision's row and its explanation are written
 * when it is applied, because only then is its outcome known.
 */
import { must } from '../../base/assert.ts'
import { hashDraw } from '../../base/hash.ts'
import type { ProviderId } from '../../base/ids.ts'
import { millisOf } from '../../base/time.ts'
import type { DecisionRow } from '../../trace/row.ts'
import type { Decision, Drop, ProviderVerdicts } from '../decide/decision.ts'
import type { DecisionJob } from './decision-server.ts'
import type { ExplainSink } from '../decide/explain/explain-sink.ts'
import type { Fleet } from '../decide/fleet.ts'
import { type AttemptEnding, type OpenRequest, type Racer, racesAtHome } from '../view/open-request.ts'
import type { CoordinatorPorts } from '../ports.ts'
import { preflight } from '../decide/preflight.ts'
import type { Offer, RoutingRequest } from '../view/provider-record.ts'
import { recheck } from '../decide/recheck.ts'
import { select } from '../decide/select.ts'
import { selectionSentence } from '../decide/explain/selection-sentence.ts'

export interface Selection {
  readonly routing: RoutingRequest
  readonly decision: Decision
  /** In [0, 1): decides among equals. */
  readonly draw: number
  /** Machines that were looked at. */
  readonly scanned: number
  /** Only for wanted requests. */
  readonly verdicts: ProviderVerdicts | undefined
}

/** How a selection that found nobody, or lost its machine to the re-check, goes on. */
export type WithoutMachine = Extract<DecisionRow['outcome'], 'queued' | 'rejected' | 'none'>

/** How a selection ended. */
interface Verdict {
  readonly offer: Offer | undefined
  /** What the chosen machine failed at the second look. */
  readonly failed: Drop | undefined
  readonly outcome: DecisionRow['outcome']
}

export class Reservations {
  constructor(
    private readonly fleet: Fleet,
    private readonly seed: number,
    private readonly ports: Pick<CoordinatorPorts, 'now' | 'trace'>,
    private readonly explain: ExplainSink | undefined,
  ) {}

  /** The request as routing sees it now, for its build or another one. */
  routing(request: OpenRequest, excluded: readonly ProviderId[], build = request.build): RoutingRequest {
    const { settings, affinity, surfaces } = this.fleet
    const { view } = request
    return {
      id: view.id,
      build,
      promptTokens: view.estimatedPromptTokens,
      maxTokens: request.maxTokens,
      hasTools: view.hasTools,
      requiresVision: view.requiresVision,
      serials: view.serials,
      account: view.account,
      selfRouteOnly: view.route === 'self' || racesAtHome(request),
      preferOwner: view.route === 'prefer_owner',
      excluded,
      avoidVersion: request.avoidVersion,
      maxTtft_ms: settings.TTFT_HARD_REJECT && view.route === 'public' ? millisOf(request.deadline) : 0,
      minDecodeTps: settings.MIN_DECODE_TPS,
      affinity: affinity.find(view, request.build, this.fleet.now()),
      shown: surfaces?.shown(request),
    }
  }

  /** In [0, 1): decides among equals in the next decision about it. */
  draw(request: OpenRequest): number {
    return hashDraw(this.seed, request.view.id, request.dispatches)
  }

  select(request: OpenRequest, excluded: readonly ProviderId[]): Selection {
    const routing = this.routing(request, excluded)
    const draw = this.draw(request)
    const verdicts: ProviderVerdicts | undefined = this.explain?.wants(request.view.id) ? [] : undefined
    const scanned = this.fleet.registry.offers(request.build).length
    return { routing, decision: select(this.fleet, routing, draw, verdicts), draw, scanned, verdicts }
  }

  /** The same as a job of the decision server. `excluded` is asked when service starts: others may have failed until then. */
  job(request: OpenRequest, excluded: () => readonly ProviderId[], apply: (selection: Selection) => void): DecisionJob {
    let selection: Selection | undefined
    return {
      cancelled: false,
      scan: () => {
        selection = this.select(request, excluded())
        return selection.scanned
      },
      apply: () => apply(must(selection, 'a decision applied before it was made')),
    }
  }

  /** The machine, now holding the request; undefined when there was none or it failed the second look. */
  take(
    request: OpenRequest,
    selection: Selection,
    phase: DecisionRow['phase'],
    without: WithoutMachine = 'none',
  ): Offer | undefined {
    const { decision, routing } = selection
    const { winner } = decision
    const failed = winner === undefined ? undefined : recheck(this.fleet, winner, routing, decision.failOpen)
    const offer = failed === undefined ? winner : undefined
    if (offer !== undefined) this.hold(request, offer)
    // A drain asks about every waiter at every heartbeat; only those it could place are news.
    if (offer !== undefined || phase !== 'queue_drain') {
      this.record(request, selection, phase, { offer, failed, outcome: offer === undefined ? without : 'selected' })
    }
    return offer
  }

  /** Not pending any more. */
  release(request: OpenRequest, offer: Offer): void {
    this.fleet.registry.removePending(offer.provider, request.view.id)
    const { surfaces } = this.fleet
    if (surfaces?.reserves === true) surfaces.unreserved(this.routingTo(request, offer), offer)
  }

  /** An attempt has ended, and is not pending any more. */
  tellEnded(racer: Racer, ending: AttemptEnding): void {
    const { surfaces } = this.fleet
    if (surfaces?.learns === true) surfaces.ended(racer, this.routingTo(racer.request, racer.offer), ending)
  }

  private routingTo(request: OpenRequest, { build }: Offer): RoutingRequest {
    return this.routing(request, request.excluded, build)
  }

  /** D9: with nothing else to go by, full machines make it a 429 and the lack of machines a 503. */
  hasCapacityRejections(request: OpenRequest): boolean {
    return preflight(this.fleet, this.routing(request, [])).capacity > 0
  }

  private hold(request: OpenRequest, offer: Offer): void {
    this.fleet.registry.addPending(offer.provider, {
      request: request.view.id,
      build: offer.build,
      promptTokens: request.view.estimatedPromptTokens,
      maxTokens: request.maxTokens,
    })
    const { surfaces } = this.fleet
    if (surfaces?.reserves === true) surfaces.reserved(this.routingTo(request, offer), offer)
  }

  private record(request: OpenRequest, selection: Selection, phase: DecisionRow['phase'], verdict: Verdict): void {
    const { decision, routing, verdicts } = selection
    const { breakdown } = decision
    const { offer, failed, outcome } = verdict
    const at = this.ports.now()
    const attempt = request.dispatches
    this.ports.trace.emit({
      kind: 'decision',
      at,
      request: request.view.id,
      attempt,
      phase,
      build: request.build,
      outcome,
      provider: offer?.provider.id ?? -1,
      recheck: failed ?? '',
      candidates: decision.candidates,
      capacityRejections: decision.capacity,
      tooLargeRejections: decision.tooLarge,
      bestTtft_ms: decision.bestTtft_ms,
      visionRejections: decision.vision,
      ttftRejections: decision.ttft,
      nearTies: decision.nearTies,
    })
    if (decision.winner !== undefined && breakdown !== undefined) {
      const provider = decision.winner.provider.id
      // Written out, like every row of each request: a spread costs ten times as much.
      this.ports.trace.emit({
        kind: 'priced',
        at,
        request: request.view.id,
        attempt,
        provider,
        state_ms: breakdown.state_ms,
        queue_ms: breakdown.queue_ms,
        pending_ms: breakdown.pending_ms,
        backlog_ms: breakdown.backlog_ms,
        thisRequest_ms: breakdown.thisRequest_ms,
        health_ms: breakdown.health_ms,
        cost_ms: breakdown.cost_ms,
        ttft_ms: breakdown.ttft_ms,
        effectiveQueue: breakdown.effectiveQueue,
        effectiveTps: breakdown.effectiveTps,
        staticTps: breakdown.staticTps,
      })
    }
    if (verdicts === undefined || this.explain === undefined) return
    this.explain.note({
      kind: 'decision',
      at,
      request: request.view.id,
      phase,
      build: request.build,
      outcome,
      provider: offer?.provider.id ?? -1,
      breakdown,
      draw: selection.draw,
      ...(decision.winner !== undefined && { secondLook: failed ?? 'passed' }),
      ...(offer !== undefined && {
        reserved: { promptTokens: request.view.estimatedPromptTokens, maxTokens: request.maxTokens },
      }),
      why: selectionSentence(this.fleet, routing, decision, verdict),
      verdicts,
    })
  }
}
