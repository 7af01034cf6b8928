/**
 * The answer a public chat request gets at the door: A2–A17 in order (facts: coordinator-routing §6). Looks only;
 * whoever applies the result answers, records and wakes. A 429 tells the upstream router "not now", a 503 "down", so
 * every line of this file is somebody's uptime.
 *
 * Not here because this world has no such requests: malformed bodies (A1), account limits and balances (A6, A7), owner
 * routing (A9), frame size (A18). The servability gate (A12) is off in June.
 *
 * The order is the real one with its known defect: a model that everybody's label excludes is refused (A13) before the
 * alias's previous build is tried, because the fallback (A11) wants a capacity rejection (finding F13).
 */
import type { BuildId } from '../base/ids.ts'
import { millisOf } from '../base/time.ts'
import type { AliasView } from '../plug/index.ts'
import type { RejectReason } from '../protocol/index.ts'
import { resolveModel } from './aliases.ts'
import type { Explanation, Preflight } from './decision.ts'
import type { Fleet } from './fleet.ts'
import type { OpenRequest } from './open-request.ts'
import { coldSpillCount, hasCapability, poolRejectedCount, preflight } from './preflight.ts'
import type { RoutingRequest } from './provider-record.ts'
import type { PressureEvent } from './warm-pool-pressure.ts'

/** Injected when neither client nor catalog names a limit (§1.4). */
const MAX_OUTPUT_DEFAULT = 8_192

const NOTHING: Preflight = { candidates: 0, capacity: 0, tooLarge: 0, bestTtft_ms: -1 }

export type RetryAfter = 'none' | 'base' | 'ttft'

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
    | {
        readonly kind: 'reject'
        readonly status: number
        readonly reason: RejectReason
        readonly retryAfter: RetryAfter
      }
  )

export interface AdmissionQuestion {
  readonly fleet: Fleet
  readonly request: OpenRequest
  /** The request as routing sees it, for the build given. */
  routing(build: BuildId): RoutingRequest
  /** Filled by the quick check of the build decided on. */
  readonly verdicts: Explanation | undefined
}

type Refusal = Pick<Extract<Admission, { kind: 'reject' }>, 'status' | 'reason' | 'retryAfter'>

const UNAVAILABLE: Refusal = { status: 503, reason: 'model_unavailable', retryAfter: 'none' }
const SHED: Refusal = { status: 429, reason: 'model_shed', retryAfter: 'base' }
const NOT_FOUND: Refusal = { status: 404, reason: 'model_not_found', retryAfter: 'none' }
const POOL_EXHAUSTED: Refusal = { status: 429, reason: 'pool_exhausted', retryAfter: 'base' }
const TOO_LARGE: Refusal = { status: 503, reason: 'model_too_large', retryAfter: 'none' }
const BUSY: Refusal = { status: 429, reason: 'machine_busy', retryAfter: 'base' }
const NO_PROVIDER: Refusal = { status: 503, reason: 'no_provider', retryAfter: 'base' }
const TOO_SLOW: Refusal = { status: 429, reason: 'ttft_too_slow', retryAfter: 'ttft' }

export function admit(question: AdmissionQuestion): Admission {
  const { fleet, request } = question
  const { view } = request
  const resolution = resolveModel(fleet, view.model, {
    request: view.id,
    serial: view.serial,
    account: '',
    selfRouteOnly: false,
    preferOwner: false,
  })
  if (resolution.kind === 'unavailable') return refuse('', UNAVAILABLE, `${view.model} resolves to no build (A2).`)
  const { build, alias } = resolution
  const early = beforeTheScan(question, build)
  if (early !== undefined) return early
  request.maxTokens = injectedMaxTokens(fleet, request, build)

  const check = preflight(fleet, question.routing(build), question.verdicts)
  const fallback = check.candidates === 0 && check.capacity > 0 ? previousBuild(question, build, alias) : undefined
  if (fallback === undefined) return afterTheScan(question, build, alias, check, undefined)
  return afterTheScan(question, fallback.build, alias, fallback.check, build)
}

/** A3, A4, A5, A8. */
function beforeTheScan(question: AdmissionQuestion, build: BuildId): Admission | undefined {
  const { fleet, request } = question
  const { view } = request
  const routing = question.routing(build)
  if (view.requiresVision && !hasCapability(fleet, routing, 'vision')) {
    return refuse(build, UNAVAILABLE, `No provider serves ${build} with vision (A3).`)
  }
  if (view.hasTools && !hasCapability(fleet, routing, 'tools')) {
    return refuse(build, UNAVAILABLE, `No provider serves ${build} with tools (A4).`)
  }
  if (isShed(fleet, view.model) || isShed(fleet, build)) {
    return refuse(build, SHED, `${build} is listed in REJECT_MODELS (A5).`)
  }
  return fleet.registry.inCatalog(build) ? undefined : refuse(build, NOT_FOUND, `${build} is not in the catalog (A8).`)
}

/** A13–A17. */
function afterTheScan(
  question: AdmissionQuestion,
  build: BuildId,
  alias: AliasView | undefined,
  check: Preflight,
  fallbackFrom: BuildId | undefined,
): Admission {
  const { fleet, request } = question
  const admitted = (event: PressureEvent | undefined, why: string): Admission => ({
    kind: 'admit',
    build,
    check,
    poolRejected: -1,
    event,
    why,
    fallbackFrom,
  })
  if (check.candidates > 0) return inTime(question, build, alias, check, admitted)
  if (check.capacity > 0) {
    const why = `${providers(check.capacity)} of ${build} ${check.capacity === 1 ? 'has' : 'have'} no room now (A15)`
    if (fleet.settings.QUEUE_BEFORE_SHED) return admitted('capacity_reject', `${why}; the request may queue.`)
    return refuse(build, BUSY, `${why}, and queueing is off.`, check, 'capacity_reject')
  }
  if (check.tooLarge > 0) {
    return refuse(build, TOO_LARGE, `${build} fits none of ${providers(check.tooLarge)} (A14).`, check)
  }
  const routing = question.routing(build)
  const poolRejected = poolRejectedCount(fleet, routing)
  if (poolRejected > 0) {
    const belong = poolRejected === 1 ? 'belongs' : 'belong'
    const why = `${providers(poolRejected)} could serve ${build} but ${belong} to another pool (A13).`
    return { ...refuse(build, POOL_EXHAUSTED, why, check), poolRejected }
  }
  if (fleet.settings.COLD_DISPATCH) {
    const spill = coldSpillCount(fleet, routing)
    if (spill > 0) return admitted('capacity_reject', `${providers(spill)} could load ${build} from disk (A16).`)
  }
  const id = request.view.id
  return refuse(
    build,
    NO_PROVIDER,
    `No provider of ${build} is eligible for request ${id} (A16).`,
    check,
    'capacity_reject',
  )
}

const providers = (count: number): string => `${count} provider${count === 1 ? '' : 's'}`

/** A17. */
function inTime(
  question: AdmissionQuestion,
  build: BuildId,
  alias: AliasView | undefined,
  check: Preflight,
  admitted: (event: PressureEvent | undefined, why: string) => Admission,
): Admission {
  const { fleet, request } = question
  const deadline_ms = millisOf(request.deadline)
  if (check.bestTtft_ms <= deadline_ms) return admitted(undefined, `${check.candidates} candidates for ${build}.`)
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
  return refuse(build, TOO_SLOW, `Refused: ${late}.`, check, 'ttft_miss')
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
  const check = preflight(fleet, question.routing(previous))
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
): Admission {
  return { kind: 'reject', build, check, poolRejected: -1, event, why, ...refusal }
}
