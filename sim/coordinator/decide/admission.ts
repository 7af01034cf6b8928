/**
 * The answer a request gets at the door: A1–A18 in order (facts: coordinator-routing §6). Whoever applies the result answers,
 * records and wakes; what asking settles has happened by then: the request's limit on tokens, labels that the policy moved. A
 * 429 tells the upstream router "not now", a 503 "down", so every line of this file is somebody's uptime.
 *
 * The order is the real one with its known defect: a model that everybody's label excludes is refused (A13) before the
 * alias's previous build is tried, because the fallback (A11) wants a capacity rejection (finding F13).
 */
import type { BuildId } from '../../base/ids.ts'
import { millisOf } from '../../base/time.ts'
import type { AliasView } from '../../plug/index.ts'
import { type Resolution, resolveModel, structurallyRoutable } from './aliases.ts'
import { orDefaultMaxTokens } from '../view/capacity.ts'
import type { ProviderVerdicts, Preflight } from './decision.ts'
import { isDedicated } from '../view/dedicated.ts'
import type { Fleet } from './fleet.ts'
import { outOfReach } from './gates.ts'
import type { OpenRequest } from '../view/open-request.ts'
import { coldSpillCount, hasCapability, poolRejectedCount, preflight } from './preflight.ts'
import type { RoutingRequest } from '../view/provider-record.ts'
import {
  BAD_PARAM,
  BUSY,
  CONTEXT,
  FUNDS,
  NO_PROVIDER,
  NOT_FOUND,
  POOL_EXHAUSTED,
  PROMPT,
  QUOTA,
  type Refusal,
  SHED,
  TOKEN_LIMIT,
  TOO_LARGE,
  TOO_MANY_BYTES,
  TOO_SLOW,
  UNAVAILABLE,
} from './refusals.ts'
import { unservable } from './servability.ts'
import type { PressureEvent } from '../view/warm-pool-pressure.ts'

/** Injected when neither client nor catalog names a limit (§1.4). */
const MAX_OUTPUT_DEFAULT = 8_192

const NOTHING: Preflight = { candidates: 0, capacity: 0, tooLarge: 0, bestTtft_ms: -1 }

interface Checked {
  /** '' when the name resolved to nothing. */
  readonly build: BuildId | ''
  readonly check: Preflight
  /** Providers refused by the pool alone; -1: not counted. */
  readonly poolRejected: number
  /** What the warm pool is told (and woken by). */
  readonly event: PressureEvent | undefined
  /** One sentence for the explanation. */
  readonly why: string
}

export type Admission = Checked &
  (
    | { readonly kind: 'admit'; readonly fallbackFrom: BuildId | undefined }
    | ({
        readonly kind: 'reject'
        /** The soonest first token of any build that was looked at, which is what a client may hope for; absent: the check's. */
        readonly soonest_ms?: number
        /** As a policy says, whatever `retryAfter` would come to. */
        readonly retryAfter_s?: number
      } & Refusal)
  )

export type Rejected = Extract<Admission, { kind: 'reject' }>

export interface AdmissionQuestion {
  readonly fleet: Fleet
  readonly request: OpenRequest
  /** The request as routing sees it, for the build given. */
  routing(build: BuildId): RoutingRequest
  /** Told what the name asked for stands for. */
  resolved(resolution: Resolution): void
  /** Filled by the quick check of each build that was looked at. */
  readonly verdicts: ProviderVerdicts | undefined
}

export function admit(question: AdmissionQuestion): Admission {
  const admission = admitWhateverItsSize(question)
  const { fleet, request } = question
  const { bodyBytes } = request.view
  if (admission.kind === 'reject' || bodyBytes <= fleet.settings.FRAME_LIMIT) return admission
  const why = `The body of ${bodyBytes} bytes is over the frame limit of ${fleet.settings.FRAME_LIMIT} (A18).`
  // What A15 … A17 told the warm pool on the way here was told.
  return refuse(admission.build, TOO_MANY_BYTES, why, admission.check, admission.event)
}

/** A1 … A17. */
function admitWhateverItsSize(question: AdmissionQuestion): Admission {
  const { fleet, request } = question
  const { view } = request
  if (view.malformed) return refuse('', BAD_PARAM, 'The body breaks the rules of the API (A1).')
  const resolution = resolveModel(fleet, view.model, {
    request: view.id,
    serials: view.serials,
    account: view.account,
    selfRouteOnly: view.route === 'self',
    preferOwner: view.route === 'prefer_owner',
  })
  question.resolved(resolution)
  if (resolution.kind === 'unavailable') return refuse('', UNAVAILABLE, `${view.model} resolves to no build (A2).`)
  const { build, alias } = resolution
  const early = refusalByRules(question, build)
  if (early !== undefined) return early
  request.maxTokens = injectedMaxTokens(fleet, request, build)
  if (view.route !== 'public') return judgeByOwnMachines(question, build)

  const check = preflight(fleet, question.routing(build), question.verdicts)
  const fallback = mayFallBack(question, build, check) ? previousBuild(question, build, alias) : undefined
  if (fallback === undefined) return judgeByScan(question, build, alias, check, undefined)
  return judgeByScan(question, fallback.build, alias, fallback.check, build)
}

/** A11: the desired build is there but full. A policy that mends F13 also falls back when its pool has no machine. */
function mayFallBack({ fleet, routing }: AdmissionQuestion, build: BuildId, check: Preflight): boolean {
  if (check.candidates > 0) return false
  return check.capacity > 0 || (fleet.pool.shedsAfterFallback && poolRejectedCount(fleet, routing(build)) > 0)
}

/**
 * A9. Exclusive traffic needs a machine of its own that could ever serve it, and then waits for it; preferring traffic skips
 * A10 … A17. That the refusal is the 503 of an unavailable model is assumed: the facts only say "owner machine checks".
 */
function judgeByOwnMachines(question: AdmissionQuestion, build: BuildId): Admission {
  const { fleet, request } = question
  const { account, route } = request.view
  const now = fleet.now()
  const routing = question.routing(build)
  const owns = fleet.registry
    .offers(build)
    .some((offer) => outOfReach(offer.provider, routing) === undefined && structurallyRoutable(fleet, offer, true, now))
  if (route === 'self' && !owns)
    return refuse(build, UNAVAILABLE, `${account} has no machine that serves ${build} (A9).`)
  const why =
    route === 'self' ? `Only machines of ${account} may serve it (A9).` : `Machines of ${account} come first (A9).`
  return { kind: 'admit', build, check: NOTHING, poolRejected: -1, event: undefined, why, fallbackFrom: undefined }
}

/** A6 and A7. */
function accountRefusal({ fleet, request }: AdmissionQuestion, build: BuildId): Admission | undefined {
  const { view } = request
  const refusal = fleet.accounts.refusal(view.account, tokensOf(request), fleet.now())
  if (refusal === 'token_limit')
    return refuse(build, TOKEN_LIMIT, `${view.account} is over its tokens per minute (A6).`)
  if (refusal === 'insufficient_quota') return refuse(build, QUOTA, `${view.account} has reached its spend cap (A7).`)
  return refusal === undefined ? undefined : refuse(build, FUNDS, `The balance of ${view.account} is used up (A7).`)
}

/** What a request counts for in its account's limits; a client that names no limit counts as the bare default. */
export const tokensOf = (request: OpenRequest): number =>
  request.view.estimatedPromptTokens + orDefaultMaxTokens(request.view.maxTokens ?? 0)

/** A3 … A8. */
function refusalByRules(question: AdmissionQuestion, build: BuildId): Admission | undefined {
  const { fleet, request } = question
  const { view } = request
  // Neither exclusive nor preferring traffic is asked about (§17, corrections): its own machines answer for it.
  const isProbed = view.route === 'public'
  if (isProbed && view.requiresVision && !hasCapability(fleet, question.routing(build), 'vision')) {
    return refuse(build, UNAVAILABLE, `No provider serves ${build} with vision (A3).`)
  }
  if (isProbed && view.hasTools && !hasCapability(fleet, question.routing(build), 'tools')) {
    return refuse(build, UNAVAILABLE, `No provider serves ${build} with tools (A4).`)
  }
  // Exclusive traffic never falls back to the fleet, so taking a model out of it does not concern that (control §3.1).
  if (view.route !== 'self' && (isShed(fleet, view.model) || isShed(fleet, build))) {
    return refuse(build, SHED, `${build} is listed in REJECT_MODELS (A5).`)
  }
  const limited = accountRefusal(question, build)
  if (limited !== undefined) return limited
  return fleet.registry.inCatalog(build) ? undefined : refuse(build, NOT_FOUND, `${build} is not in the catalog (A8).`)
}

/** A12, A14, A15; the rest of A12–A17 follows from what the scan found. */
function judgeByScan(
  question: AdmissionQuestion,
  build: BuildId,
  alias: AliasView | undefined,
  check: Preflight,
  fallbackFrom: BuildId | undefined,
): Admission {
  const { fleet } = question
  const admitted: Admit = (event, why) => ({
    kind: 'admit',
    build,
    check,
    poolRejected: -1,
    event,
    why,
    fallbackFrom,
  })
  if (fleet.settings.SERVABILITY_GATE) {
    const reason = unservable(fleet, question.routing(build))
    const why = `No machine could ever serve it: ${reason} (A12).`
    if (reason !== undefined) return refuse(build, reason === 'context_exceeded' ? CONTEXT : PROMPT, why, check)
  }
  if (check.candidates > 0) return judgeByDeadline(question, build, alias, check, admitted)
  if (check.capacity > 0) {
    const { QUEUE_BEFORE_SHED, DEDICATED_QUEUE_BEFORE_SHED } = fleet.settings
    const why = `${providers(check.capacity)} of ${build} ${check.capacity === 1 ? 'has' : 'have'} no room now (A15)`
    const mayQueue = DEDICATED_QUEUE_BEFORE_SHED || !isDedicated(build, fleet.settings)
    if (QUEUE_BEFORE_SHED && mayQueue) return admitted('capacity_reject', `${why}; the request may queue.`)
    const whyNot = mayQueue ? 'queueing is off' : 'a dedicated model does not queue'
    return refuse(build, BUSY, `${why}, and ${whyNot}.`, check, 'capacity_reject')
  }
  if (check.tooLarge > 0) {
    return refuse(build, TOO_LARGE, `${build} fits none of ${providers(check.tooLarge)} (A14).`, check)
  }
  return judgeNoCandidates(question, build, check, admitted)
}

const providers = (count: number): string => `${count} provider${count === 1 ? '' : 's'}`

type Admit = (event: PressureEvent | undefined, why: string) => Admission

/** A13 and A16: no candidate, and nobody without room either. */
function judgeNoCandidates(
  { fleet, routing: routed }: AdmissionQuestion,
  build: BuildId,
  check: Preflight,
  admitted: Admit,
): Admission {
  const routing = routed(build)
  const poolRejected = poolRejectedCount(fleet, routing)
  if (poolRejected > 0) {
    const belong = poolRejected === 1 ? 'belongs' : 'belong'
    const why = `${providers(poolRejected)} could serve ${build} but ${belong} to another pool (A13).`
    // The real warm pool never learns of it (X4), unless the policy tells.
    const event = fleet.pool.shedIsDemand ? 'capacity_reject' : undefined
    return { ...refuse(build, POOL_EXHAUSTED, why, check, event), poolRejected }
  }
  if (fleet.settings.COLD_DISPATCH) {
    const spill = coldSpillCount(fleet, routing)
    if (spill > 0) return admitted('capacity_reject', `${providers(spill)} could load ${build} from disk (A16).`)
  }
  if (isDedicated(build, fleet.settings) && isThere(fleet, routing)) {
    const why = `No machine of the dedicated family can take ${build} now (A16).`
    return refuse(build, BUSY, why, check, 'capacity_reject')
  }
  return refuse(build, NO_PROVIDER, `No provider of ${build} is eligible (A16).`, check, 'capacity_reject')
}

/** The fleet has the build, whether or not a machine of the family does: then its absence is for now, and no fault. */
const isThere = (fleet: Fleet, routing: RoutingRequest): boolean =>
  fleet.registry
    .offers(routing.build)
    .some(({ provider }) => outOfReach(provider, routing) === undefined && provider.status !== 'untrusted')

/** A17. */
function judgeByDeadline(
  question: AdmissionQuestion,
  build: BuildId,
  alias: AliasView | undefined,
  check: Preflight,
  admitted: Admit,
): Admission {
  const { fleet, request } = question
  const deadline_ms = millisOf(request.deadline)
  if (check.bestTtft_ms <= deadline_ms) return admitted(undefined, `${providers(check.candidates)} can serve ${build}.`)
  const late = `the best first-token estimate of ${build} is ${Math.round(check.bestTtft_ms)} ms, due in ${deadline_ms} ms (A17)`
  if (!fleet.settings.TTFT_HARD_REJECT) return admitted('ttft_miss', `Late but served: ${late}.`)
  const fallback = previousBuild(question, build, alias)
  if (fallback !== undefined && fallback.check.bestTtft_ms <= deadline_ms) {
    return {
      kind: 'admit',
      build: fallback.build,
      check: fallback.check,
      poolRejected: -1,
      event: undefined,
      why: `The previous build is in time; ${late}.`,
      fallbackFrom: build,
    }
  }
  const refused = refuse(build, TOO_SLOW, `Refused: ${late}.`, check, 'ttft_miss')
  // The client may be given the previous build when it comes back, so that one's estimate counts too.
  return fallback === undefined
    ? refused
    : { ...refused, soonest_ms: Math.min(check.bestTtft_ms, fallback.check.bestTtft_ms) }
}

/** A11, A17: the alias's previous build, if the request got its desired one and the previous has candidates. */
function previousBuild(
  question: AdmissionQuestion,
  build: BuildId,
  alias: AliasView | undefined,
): { readonly build: BuildId; readonly check: Preflight } | undefined {
  const { fleet } = question
  if (alias === undefined || alias.desired !== build || alias.previous === '') return undefined
  const { previous } = alias
  if (!fleet.registry.inCatalog(previous) || isShed(fleet, previous)) return undefined
  const check = preflight(fleet, question.routing(previous), question.verdicts)
  return check.candidates > 0 ? { build: previous, check } : undefined
}

const isShed = (fleet: Fleet, model: string): boolean => fleet.settings.REJECT_MODELS.includes(model)

function injectedMaxTokens(fleet: Fleet, request: OpenRequest, build: BuildId): number {
  const asked = request.view.maxTokens
  if (asked !== undefined && asked > 0) return asked
  const maxOutput = fleet.registry.catalog?.get(build)?.maxOutput ?? 0
  return maxOutput > 0 ? maxOutput : MAX_OUTPUT_DEFAULT
}

function refuse(
  build: BuildId | '',
  refusal: Refusal,
  why: string,
  check: Preflight = NOTHING,
  event?: PressureEvent,
): Rejected {
  return { kind: 'reject', build, check, poolRejected: -1, event, why, ...refusal }
}
