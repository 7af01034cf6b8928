/**
 * A request's first decision: admission and, if admitted, selection are one job of the decision server. Both look when
 * service starts; what they found is applied when it ends: an answer, a dispatch, or a place in the queue (facts:
 * coordinator-routing §6, §7 D2–D5).
 */
import type { BuildId } from '../../base/ids.ts'
import { must } from '../../base/assert.ts'
import { millisOf } from '../../base/time.ts'
import { type Admission, admit, type Rejected, tokensOf } from '../decide/admission.ts'
import type { Resolution } from '../decide/aliases.ts'
import type { ArrivalAudience } from './arrival-observer.ts'
import type { Answers } from './answers.ts'
import type { Decision, ProviderVerdicts } from '../decide/decision.ts'
import type { DecisionServer } from './decision-server.ts'
import type { Dispatcher } from './dispatch.ts'
import type { ExplainSink } from '../decide/explain/explain-sink.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { DoorVerdict } from '../../plug/index.ts'
import type { RejectReason } from '../../protocol/index.ts'
import type { OpenRequest } from '../view/open-request.ts'
import type { PassedOver } from '../decide/explain/passed-over.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { Offer } from '../view/provider-record.ts'
import type { Reservations, Selection } from './reservations.ts'
import { ttftRetryAfter } from '../decide/retry-after.ts'
import type { WaitingRoom } from './waiting-room.ts'
import type { PressureEvent } from '../view/warm-pool-pressure.ts'

/** The warm pool, as far as arrivals go. */
interface PressureListener {
  record(build: BuildId, event: PressureEvent): void
  /** It need not wait for its next tick. */
  wake(): void
}

export interface FirstDecisionPorts {
  readonly fleet: Fleet
  readonly outside: CoordinatorPorts
  readonly server: DecisionServer
  readonly reservations: Reservations
  readonly dispatcher: Dispatcher
  readonly room: WaitingRoom
  readonly warmPool: PressureListener
  readonly answers: Answers
  readonly explain: ExplainSink | undefined
  readonly passedOver: PassedOver
  readonly watches: ArrivalAudience
  /** Somebody waits for a build: see whether it can be loaded somewhere. */
  kickSwapPlanner(): void
}

/** Refusals that say what the fleet looks like, not what the request is like. */
const FOR_WANT_OF_A_MACHINE: ReadonlySet<RejectReason> = new Set([
  'machine_busy',
  'model_too_large',
  'no_provider',
  'pool_exhausted',
  'ttft_too_slow',
])

interface AskedAdmission {
  readonly admission: Admission
  /** The policy wants it to wait, whoever could take it. */
  readonly joinsQueue: boolean
}

/** What was found when the decision was made, besides the admission. */
interface Looked {
  readonly selection: Selection | undefined
  readonly joinsQueue: boolean
  readonly verdicts: ProviderVerdicts | undefined
}

export class FirstDecision {
  constructor(private readonly ports: FirstDecisionPorts) {}

  submit(request: OpenRequest): void {
    let admission: Admission | undefined
    let selection: Selection | undefined
    let joinsQueue = false
    const verdicts: ProviderVerdicts | undefined = this.ports.explain?.wants(request.view.id) ? [] : undefined
    const job = {
      cancelled: false,
      scan: () => {
        this.ports.watches.looks()
        const asked = this.askPolicy(request, this.admit(request, verdicts))
        admission = asked.admission
        joinsQueue = asked.joinsQueue
        if (admission.kind === 'admit' && !joinsQueue)
          selection = this.ports.reservations.select(request, request.excluded)
        this.tellLooked(request, admission, selection)
        return this.ports.fleet.registry.offers(request.build).length
      },
      apply: () => {
        request.job = undefined
        this.ports.watches.applies(request.view.id)
        const offer = this.apply(request, must(admission, 'a decision applied before it was made'), {
          selection,
          joinsQueue,
          verdicts,
        })
        this.ports.watches.applied(request.view.id, offer?.provider)
      },
    }
    request.job = job
    this.ports.server.submit(job)
  }

  private tellLooked(request: OpenRequest, admission: Admission, selection: Selection | undefined): void {
    const { reservations, watches } = this.ports
    if (!watches.isWatching) return
    if (admission.kind === 'reject' && !FOR_WANT_OF_A_MACHINE.has(admission.reason)) return
    const routing = selection?.routing ?? reservations.routing(request, request.excluded)
    watches.looked(request.view.id, routing, selection?.draw ?? 0)
  }

  private admit(request: OpenRequest, verdicts: ProviderVerdicts | undefined): Admission {
    const { fleet, reservations } = this.ports
    const admission = admit({
      fleet,
      request,
      verdicts,
      resolved: (resolution) => this.explainResolution(request, resolution),
      routing: (build) => reservations.routing(request, request.excluded, build),
    })
    if (admission.build !== '') {
      request.build = admission.build
      request.isResolved = true
      fleet.demand?.resolved(request.view.model, request.build)
    }
    return admission
  }

  /** What the policy makes of it: the same or less. */
  private askPolicy(request: OpenRequest, admission: Admission): AskedAdmission {
    const { fleet, reservations } = this.ports
    const isAsked = admission.kind === 'admit' || FOR_WANT_OF_A_MACHINE.has(admission.reason)
    if (fleet.surfaces?.admits !== true || !isAsked) return { admission, joinsQueue: false }
    const routing = reservations.routing(request, request.excluded)
    const answer = fleet.surfaces.admit(routing, this.doorVerdict(request, admission))
    if (typeof answer === 'string') {
      return { admission, joinsQueue: answer === 'queue' && admission.kind === 'admit' }
    }
    const { status, reason = 'policy_refused', retryAfter_s, why = 'the policy does not take it' } = answer
    const { build, check, poolRejected, event } = admission
    const refused: Admission = {
      kind: 'reject',
      build,
      check,
      poolRejected,
      event,
      status,
      reason,
      retryAfter: 'none',
      ...(retryAfter_s === undefined ? {} : { retryAfter_s }),
      why: `Refused by the policy: ${why}.`,
    }
    return { admission: refused, joinsQueue: false }
  }

  private doorVerdict(request: OpenRequest, admission: Admission): DoorVerdict {
    const { check } = admission
    const refusal =
      admission.kind === 'admit'
        ? { status: undefined, reason: undefined, retryAfter_s: undefined }
        : { status: admission.status, reason: admission.reason, retryAfter_s: this.waitOf(request, admission) }
    return {
      admits: admission.kind === 'admit',
      ...refusal,
      candidates: check.candidates,
      full: check.capacity,
      bestTtft_ms: check.bestTtft_ms < 0 ? undefined : check.bestTtft_ms,
    }
  }

  private explainResolution({ view }: OpenRequest, resolution: Resolution): void {
    const { explain, outside } = this.ports
    if (!explain?.wants(view.id)) return
    const isBuild = resolution.kind === 'build'
    explain.note({
      kind: 'resolved',
      at: outside.now(),
      request: view.id,
      name: view.model,
      build: isBuild ? resolution.build : '',
      choice: isBuild ? resolution.choice : 'unavailable',
    })
  }

  private apply(
    request: OpenRequest,
    admission: Admission,
    { selection, joinsQueue, verdicts }: Looked,
  ): Offer | undefined {
    const { answers, warmPool } = this.ports
    this.ports.passedOver.asked(request)
    this.record(request, admission, verdicts)
    if (admission.event !== undefined) {
      warmPool.record(request.build, admission.event)
      warmPool.wake()
    }
    if (admission.kind === 'reject') {
      answers.rejected(request, admission.status, admission.reason, this.waitOf(request, admission))
      return undefined
    }
    const { fleet, outside } = this.ports
    fleet.accounts.admitted(request.view.account, tokensOf(request), outside.now())
    if (!joinsQueue) return this.dispatch(request, must(selection, 'an admitted request has a selection'))
    this.enqueue(request)
    return undefined
  }

  private enqueue(request: OpenRequest): void {
    const { fleet, room, warmPool } = this.ports
    if (room.enter(request) !== 'queued') return
    warmPool.wake()
    if (fleet.settings.COLD_DISPATCH) this.ports.kickSwapPlanner()
  }

  /** Seconds that the refused client is told to wait. */
  private waitOf(request: OpenRequest, admission: Rejected): number | undefined {
    const { retryAfter, check, soonest_ms = check.bestTtft_ms } = admission
    return admission.retryAfter_s ?? this.retryAfter_s(request, retryAfter, soonest_ms)
  }

  /** D2, D4, D5. The machine that has the request now. */
  private dispatch(request: OpenRequest, selection: Selection): Offer | undefined {
    const { answers, dispatcher, fleet, reservations, room } = this.ports
    const { decision } = selection
    const verdict = withoutMachine(decision)
    const isFull = room.depth(request.build) >= fleet.settings.QUEUE_MAX_DEPTH
    const offer = reservations.take(
      request,
      selection,
      'select',
      verdict === 'queue' && !isFull ? 'queued' : 'rejected',
    )
    if (offer !== undefined) dispatcher.launch(request, offer, false)
    else if (verdict === 'too_large') answers.rejected(request, 503, 'model_too_large', undefined)
    else if (verdict === 'too_slow') {
      const retryAfter_s = this.retryAfter_s(request, 'ttft', decision.bestTtft_ms)
      answers.rejected(request, 429, 'ttft_too_slow', retryAfter_s)
    } else this.enqueue(request)
    return offer
  }

  private retryAfter_s(request: OpenRequest, kind: 'none' | 'base' | 'ttft', bestTtft_ms: number): number | undefined {
    const { room } = this.ports
    if (kind === 'none') return undefined
    if (kind === 'base') return room.retryAfter_s(request.build)
    return ttftRetryAfter(bestTtft_ms, millisOf(request.deadline), room.depth(request.build))
  }

  private record(request: OpenRequest, admission: Admission, verdicts: ProviderVerdicts | undefined): void {
    const { explain, outside } = this.ports
    const { build, check, poolRejected } = admission
    const at = outside.now()
    const outcome = admission.kind === 'admit' ? 'admitted' : 'rejected'
    outside.trace.emit({
      kind: 'preflight',
      at,
      request: request.view.id,
      build,
      outcome,
      candidates: check.candidates,
      capacityRejections: check.capacity,
      tooLargeRejections: check.tooLarge,
      bestTtft_ms: check.bestTtft_ms,
      poolRejections: poolRejected,
    })
    if (explain === undefined || verdicts === undefined) return
    const id = request.view.id
    if (admission.kind === 'admit' && admission.fallbackFrom !== undefined && build !== '') {
      explain.note({ kind: 'fallback', at, request: id, from: admission.fallbackFrom, to: build, why: admission.why })
    }
    explain.note({
      kind: 'decision',
      at,
      request: id,
      phase: 'preflight',
      build,
      outcome,
      provider: -1,
      breakdown: undefined,
      why: admission.why,
      verdicts,
    })
  }
}

/**
 * D2. A winner that was lost to the re-check leaves its counters, and they are read as if there had been none: somebody
 * else who was too slow makes it a 429, although the lost one was not (the real code does not ask for candidates there).
 */
function withoutMachine(decision: Decision): 'too_large' | 'too_slow' | 'queue' {
  const { candidates, capacity, tooLarge, ttft } = decision
  if (tooLarge > 0 && candidates === 0 && capacity === 0 && ttft === 0) return 'too_large'
  return ttft > 0 ? 'too_slow' : 'queue'
}
