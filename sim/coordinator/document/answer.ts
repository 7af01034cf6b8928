/**
 * What the coordinator answers to one request of a written state, figure by figure: the doors that a run's requests pass
 * (preflight, selection, probes, cold spill, alias resolution, servability, the planner's order), each asked as the run asks it.
 * What nobody in a run would have asked here is asked without a trace: no label of a pool policy moves by it.
 */
import type { ModelName } from '../../base/ids.ts'
import { resolveModel } from '../decide/aliases.ts'
import { modelCap, orDefaultMaxTokens } from '../view/capacity.ts'
import { emptyBreakdown, price } from '../decide/cost.ts'
import type { DecideAnswer, DecideMachineAnswer } from './format.ts'
import type { Decision, Drop, ProviderVerdicts } from '../decide/decision.ts'
import type { Fleet } from '../decide/fleet.ts'
import { gates } from '../decide/gates.ts'
import { coldSpillCount, hasCapability, isWarm, preflight } from '../decide/preflight.ts'
import type { Offer, ProviderRecord, RoutingRequest } from '../view/provider-record.ts'
import { isCapacity } from '../decide/checks.ts'
import { checks } from '../decide/scan.ts'
import { everyWinner, select } from '../decide/select.ts'
import { unservable } from '../decide/servability.ts'
import { mayLoad } from '../plan/swap-planner.ts'
import { touch } from '../view/touch.ts'

export interface Answered {
  readonly answer: DecideAnswer
  readonly decision: Decision
}

/** Filled with one verdict per machine. */
export interface Verdicts {
  readonly preflight: ProviderVerdicts
  readonly selection: ProviderVerdicts
}

/** `aliases`: names to resolve. Machines are numbered in order of registration. */
export function answerOf(
  fleet: Fleet,
  request: RoutingRequest,
  draw: number,
  aliases: readonly ModelName[],
  verdicts?: Verdicts,
): Answered {
  const unasked = withoutRelabels(fleet, () => ({
    servability: servabilityOf(fleet, request),
    machines: fleet.registry.providers.map((provider) => machineAnswer(fleet, provider, asPlain(request))),
    warm: indices(
      fleet,
      fleet.registry.offers(request.build).filter((offer) => isWarm(fleet, offer)),
    ),
    swap_candidates: indices(
      fleet,
      fleet.registry.offers(request.build).filter((offer) => mayLoad(fleet, offer)),
    ),
    resolve: Object.fromEntries(aliases.map((name) => [name, resolved(fleet, name, request)])),
    probes: {
      vision: hasCapability(fleet, request, 'vision'),
      tools: hasCapability(fleet, request, 'tools'),
    },
    cold_spill_machines: coldSpillCount(fleet, request),
  }))
  const check = preflight(fleet, request, verdicts?.preflight)
  const decision = select(fleet, request, draw, verdicts?.selection)
  const winners = indices(fleet, everyWinner(fleet, decision))
  return {
    decision,
    answer: {
      ...(unasked.servability !== undefined && { servability: unasked.servability }),
      preflight: {
        candidates: check.candidates,
        capacity: check.capacity,
        too_large: check.tooLarge,
        best_ttft_ms: orNull(check.bestTtft_ms),
      },
      machines: unasked.machines,
      selection: {
        candidates: decision.candidates,
        capacity: decision.capacity,
        too_large: decision.tooLarge,
        vision: decision.vision,
        ttft: decision.ttft,
        best_ttft_ms: orNull(decision.bestTtft_ms),
        winners,
      },
      probes: unasked.probes,
      cold_spill_machines: unasked.cold_spill_machines,
      warm: unasked.warm,
      swap_candidates: unasked.swap_candidates,
      resolve: unasked.resolve,
    },
  }
}

const orNull = (figure: number): number | null => (figure === -1 ? null : figure)

const indices = (fleet: Fleet, offers: readonly Offer[]): number[] =>
  offers.map((offer) => fleet.registry.providers.indexOf(offer.provider))

/** Each machine is asked about the request without what it says of particular machines; own ones come first unless it is public. */
const asPlain = (request: RoutingRequest): RoutingRequest => ({
  ...request,
  serials: undefined,
  excluded: [],
  requiresVision: false,
  maxTtft_ms: 0,
  affinity: -1,
  selfRouteOnly: false,
  preferOwner: request.selfRouteOnly || request.preferOwner,
})

function machineAnswer(fleet: Fleet, provider: ProviderRecord, request: RoutingRequest): DecideMachineAnswer {
  const offer = fleet.registry.offerOf(provider, request.build)
  const now = fleet.now()
  const passes = (ignoreBreaker: boolean): boolean =>
    gates(fleet, 'select', offer, request, now, ignoreBreaker) === undefined
  const passesButBreaker = passes(true)
  const gate = { passes_gates: passes(false), passes_gates_but_breaker: passesButBreaker }
  const nothing = { verdict: null, effective_cap: null, projected_decode_tps: null, cost: null }
  if (!passesButBreaker) return { ...gate, ...nothing }
  const promptTokens = Math.max(0, request.promptTokens)
  const maxTokens = orDefaultMaxTokens(request.maxTokens)
  const drop = checks(fleet, offer, request, promptTokens, maxTokens)
  return {
    ...gate,
    verdict: drop === undefined ? 'ok' : verdictOf(drop),
    effective_cap: modelCap(offer),
    projected_decode_tps: offer.projectedTps,
    cost: drop === undefined ? costOf(fleet, offer, promptTokens, maxTokens) : null,
  }
}

function verdictOf(drop: Drop): 'capacity' | 'too_large' | 'drop' {
  if (isCapacity(drop)) return 'capacity'
  return drop === 'too_large' ? 'too_large' : 'drop'
}

function costOf(fleet: Fleet, offer: Offer, promptTokens: number, maxTokens: number): DecideMachineAnswer['cost'] {
  const terms = emptyBreakdown()
  price(offer, promptTokens, maxTokens, fleet.settings, terms)
  return {
    state_ms: terms.state_ms,
    queue_ms: terms.queue_ms,
    pending_ms: terms.pending_ms,
    backlog_ms: terms.backlog_ms,
    this_request_ms: terms.thisRequest_ms,
    health_ms: terms.health_ms,
    total_ms: terms.cost_ms,
    ttft_ms: terms.ttft_ms,
    effective_queue: terms.effectiveQueue,
    effective_tps: terms.effectiveTps,
  }
}

/** undefined: the catalogue does not give the build's context. */
function servabilityOf(fleet: Fleet, request: RoutingRequest): DecideAnswer['servability'] {
  const context = fleet.registry.catalog?.get(request.build)?.contextLimit ?? 0
  return context > 0 ? (unservable(fleet, request) ?? null) : undefined
}

function resolved(fleet: Fleet, name: ModelName, request: RoutingRequest): string | null {
  const resolution = resolveModel(fleet, name, {
    request: request.id,
    serials: request.serials,
    account: request.account,
    selfRouteOnly: request.selfRouteOnly,
    preferOwner: request.preferOwner,
  })
  return resolution.kind === 'build' ? resolution.build : null
}

/** A pool policy may move labels when it is asked; here the question leaves none moved. */
function withoutRelabels<T>(fleet: Fleet, ask: () => T): T {
  const before = fleet.registry.providers.map(({ assignedPool, assignedAt }) => ({ assignedPool, assignedAt }))
  const answer = ask()
  for (const [index, provider] of fleet.registry.providers.entries()) {
    Object.assign(provider, before[index])
    touch(provider)
  }
  return answer
}
