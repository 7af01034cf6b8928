/**
 * The optional surfaces of a policy, beside `test` and `plan`. Each is asked at one place of a request's way; a policy that
 * does not have one costs nothing there. They narrow what the coordinator would do and never widen it: a machine that a gate
 * refuses (trust, capability, memory, capacity) is not shown, a request that admission refuses stays refused.
 *
 * Views are live and reused: read them while asked, copy what must last. They cannot be changed.
 */
import type { BuildId, ModelName, ProviderId, RequestId } from '../base/ids.ts'
import type { Micros } from '../base/time.ts'
import type { RejectReason } from '../protocol/index.ts'
import type { PolicyContext, ProviderView } from './context.ts'
import type { Parameters, ParameterValues } from './parameters.ts'

/** What the coordinator knows of a request. Its true output length is not here, because nobody knows it yet. */
export interface PolicyRequest {
  readonly id: RequestId
  /** As the client asked: an alias or a build. */
  readonly model: ModelName
  /** What that stands for now; while it is being admitted, the build that is looked at. */
  readonly build: BuildId
  /** The coordinator's estimate. */
  readonly promptTokens: number
  /** The client's limit, or the one that was injected for it. */
  readonly maxTokens: number
  /** false: the client named no limit of its own. */
  readonly namesMaxTokens: boolean
  readonly stream: boolean
  readonly hasTools: boolean
  readonly requiresVision: boolean
  /** `completions` is sent once and never retried. */
  readonly endpoint: 'chat' | 'completions'
  /** '' = one without an account of its own. */
  readonly account: string
  /** `self`: only the account's own machines; `prefer_owner`: those first. */
  readonly route: 'public' | 'prefer_owner' | 'self'
  /** prompt_cache_key, '' = none. */
  readonly cacheKey: string
  /** The machine that holds its conversation's cache, as the coordinator remembers it. */
  readonly affinity: ProviderId | undefined
  /** Dispatches made so far, backups included; 0 for a request that is new. */
  readonly attempt: number
  /** Machines it is not sent to (again). */
  readonly excluded: readonly ProviderId[]
  readonly arrivedAt: Micros
  /** Since it arrived. */
  readonly age: Micros
  /** Its first token is due this long after each dispatch. */
  readonly ttftDeadline: Micros
  /** Since when it waits; undefined: it does not. */
  readonly queuedAt: Micros | undefined
  /**
   * The end user's request this is an attempt of, as the upstream router numbers it. Two requests with the same number are
   * the router's second try of one.
   */
  readonly user: number
}

/** What the coordinator made of a request at the door, before `admit` is asked. */
export interface DoorVerdict {
  /** false: it is about to be refused for want of a machine; `admit` may only word that refusal anew. */
  readonly admits: boolean
  /** The refusal: HTTP status and the ledger's reason; undefined when it admits. */
  readonly status: number | undefined
  readonly reason: RejectReason | undefined
  /** Seconds; undefined: none is sent. */
  readonly retryAfter_s: number | undefined
  /** Machines that could take it now, and machines that could but for want of room. */
  readonly candidates: number
  readonly full: number
  /** The best first-token estimate; undefined: unknown. */
  readonly bestTtft_ms: number | undefined
}

export interface ArrivingRequest extends PolicyRequest {
  readonly verdict: DoorVerdict
}

/** One machine and its copy of one build: what it reported (`age` ago), and what the coordinator did there itself. */
export interface PolicyMachine extends ProviderView {
  readonly chip: string
  readonly chipFamily: string
  readonly gpuCores: number
  readonly cpuUsage: number
  /** Since its last heartbeat; undefined before the first. */
  readonly age: Micros | undefined
  readonly build: BuildId
  /** `running` and `idle` are resident; `unknown`: no slot for the build, or no report. */
  readonly state: string
  readonly loaded: boolean
  /** Of the build, as reported. */
  readonly running: number
  readonly waiting: number
  /** Requests of the build the coordinator has in flight there: exact, now. */
  readonly sent: number
  /** Their prompt and requested output tokens. */
  readonly sentTokens: number
  /** The larger of what was reported (running and waiting) and what was sent. */
  readonly queue: number
  /** Tokens ahead of a new request: of the reported budget where there is one, else what was reported or sent. */
  readonly queuedTokens: number
  /** Reported budget of tokens of the build's batch; 0: none is reported. */
  readonly tokenBudgetUsed: number
  readonly tokenBudgetMax: number
  /** Requests of the build it may still be given before it counts as full. */
  readonly room: number
  /** Tokens/s: observed there, else the fleet's median on this chip, else from its bandwidth. */
  readonly decodeTps: number
  readonly prefillTps: number
  /** Decode rate of each request if one more joined. */
  readonly projectedTps: number
}

/** The coordinator's cost of sending a request to a machine, term by term, ms; lower is better. */
export interface CostTerms {
  readonly state_ms: number
  readonly queue_ms: number
  readonly pending_ms: number
  readonly backlog_ms: number
  readonly thisRequest_ms: number
  readonly health_ms: number
  /** Taken off because it holds the conversation's cache; 0 or less. */
  readonly affinity_ms: number
  /** The sum, as the coordinator compares it. */
  readonly cost_ms: number
  /** Expected first token. */
  readonly ttft_ms: number
}

/** A machine that passed every gate for the request at hand. */
export interface PricedMachine extends PolicyMachine {
  readonly cost: CostTerms
}

/** A machine among those that may be picked. */
export interface PolicyCandidate extends PricedMachine {
  /** What `score` answered, else the coordinator's cost. */
  readonly score: number
  /** It survived the coordinator's own preferences: the owner's machines, another version than the one that failed, the decode floor. */
  readonly preferred: boolean
  /** The coordinator's own choice, its draw included. */
  readonly choice: boolean
}

/** Chance with a name: the same seed gives the same draws, and draws here shift nothing elsewhere. */
export interface PolicyDraw {
  /** In [0, 1). */
  uniform(): number
  /** Whole, from 0 to n − 1. */
  below(n: number): number
}

export interface PickDraw extends PolicyDraw {
  /** In [0, 1): what the coordinator would break its own tie with in this decision. */
  readonly tieBreak: number
}

/** Demand for a model as asked for, or for a build, over the last minute and now. */
export interface ModelDemand {
  readonly arrivalsPerSecond: number
  readonly servedPerSecond: number
  /** Answered 429 or 503. */
  readonly refusalsPerSecond: number
  /** Since the start. */
  readonly arrived: number
  readonly served: number
  readonly refused: number
  /** Under way: arrived and not ended. */
  readonly open: number
  /** Of those, waiting for a machine. */
  readonly queued: number
}

/** What every surface is handed: the fleet, its own parameters, memory, chance and metrics. One object serves a whole run. */
export interface PolicyView<
  P = ParameterValues,
  State = unknown,
  Counter extends string = string,
  Gauge extends string = string,
> extends PolicyContext {
  /** As set, else the defaults. */
  readonly parameters: P
  /** What `state()` made at the start of this run. */
  readonly state: State
  /** Of a model's name or a build's; of a name nobody asked for yet, zeros. */
  demand(model: string): ModelDemand
  /** A stream of chance of this name; the same name continues where it was. */
  random(name: string): PolicyDraw
  /** Adds to a declared counter. */
  count(counter: Counter, by?: number): void
  /** Sets a declared gauge, which holds until it is set again. */
  gauge(gauge: Gauge, value: number): void
}

/** Refused by the policy. */
export interface PolicyRefusal {
  readonly status: 429 | 503
  /** As the ledger counts it. Default: `policy_refused`. */
  readonly reason?: RejectReason
  /** Seconds, 0 … 3,600; absent: none is sent. */
  readonly retryAfter_s?: number
  /** For explanations. */
  readonly why?: string
}

/**
 * `admit`: as the coordinator says. `queue`: it joins the queue instead of looking for a machine first; who waits is tried
 * whenever room comes free.
 */
export type AdmitAnswer = 'admit' | 'queue' | PolicyRefusal

export interface FilterVerdict {
  readonly allowed: boolean
  /**
   * What a refusal counts as: `full` (default): not now, so the request may wait or hears 429; `unfit`: never, so that when
   * nobody is left it hears 503 no_provider.
   */
  readonly as?: 'full' | 'unfit'
  /** For explanations. */
  readonly why?: string
}

/** How an attempt on a machine ended. Whatever the coordinator knows of it. */
export interface AttemptOutcome {
  readonly outcome: 'success' | 'error' | 'timeout' | 'cancelled' | 'disconnected'
  /** The provider's own code; 200 when it went well. */
  readonly code: number
  /** The provider's error text, '' when none. */
  readonly text: string
  readonly promptTokens: number
  readonly completionTokens: number
  /** From the dispatch to the first text, as the coordinator saw it; undefined: none came. */
  readonly ttft_ms: number | undefined
  /** From the dispatch to the end. */
  readonly duration_ms: number
}

/** Why a request is looked at again. */
export interface RetryQuestion extends AttemptOutcome {
  /** Where it failed. */
  readonly machine: PolicyMachine
  /** Attempts begun, without backups. */
  readonly tries: number
}

/** Try again (what the coordinator does), try again but not on these, or give up and answer now. */
export type RetryAnswer = 'again' | 'give_up' | { readonly notOn: readonly ProviderId[] }

export interface Surfaces<
  P = ParameterValues,
  State = unknown,
  Counter extends string = string,
  Gauge extends string = string,
> {
  /** Asked once per request, at the door, after the coordinator's own admission. */
  admit?(request: ArrivingRequest, view: PolicyView<P, State, Counter, Gauge>): AdmitAnswer
  /** May this machine take the request? Asked about machines that passed every gate, at the door, in selection and at the second look. */
  filter?(
    request: PolicyRequest,
    machine: PricedMachine,
    view: PolicyView<P, State, Counter, Gauge>,
  ): boolean | FilterVerdict
  /**
   * The machine's price for the request in ms, lower is better, in place of `machine.cost.cost_ms`; to add to the coordinator's,
   * return `machine.cost.cost_ms + …`. Differences below `nearTie_ms` count as none.
   */
  score?(request: PolicyRequest, machine: PricedMachine, view: PolicyView<P, State, Counter, Gauge>): number
  /** Which of the candidates; undefined leaves it to the coordinator. In order of registration, never empty. */
  pick?(
    request: PolicyRequest,
    candidates: readonly PolicyCandidate[],
    draw: PickDraw,
    view: PolicyView<P, State, Counter, Gauge>,
  ): PolicyCandidate | undefined
  /** The request counts as in flight there from now on. */
  reserve?(request: PolicyRequest, machine: PolicyMachine, view: PolicyView<P, State, Counter, Gauge>): void
  /** It does not any more, whatever became of it. Exactly once per `reserve`. */
  unreserve?(request: PolicyRequest, machine: PolicyMachine, view: PolicyView<P, State, Counter, Gauge>): void
  /** The last attempt failed without a word to the client, and the coordinator would try again. */
  retry?(request: PolicyRequest, failed: RetryQuestion, view: PolicyView<P, State, Counter, Gauge>): RetryAnswer
  /**
   * In which order waiters of one build are tried when room comes free; those left out keep waiting. Given oldest first.
   */
  order?(queue: readonly PolicyRequest[], view: PolicyView<P, State, Counter, Gauge>): readonly PolicyRequest[]
  /** An attempt has ended. */
  onOutcome?(
    request: PolicyRequest,
    machine: PolicyMachine,
    outcome: AttemptOutcome,
    view: PolicyView<P, State, Counter, Gauge>,
  ): void
  /**
   * Should the machine give this resident, idle build up? Asked after each of its heartbeats. A what-if: the program of June 2026
   * has no command for it, so every report of a run that used it says so.
   */
  evict?(machine: PolicyMachine, build: BuildId, view: PolicyView<P, State, Counter, Gauge>): boolean
}

/** What a policy may have besides the pool surfaces, as the coordinator finds it. */
export interface Extras extends Surfaces {
  /** Scores closer than this count as equal, ms. Default: the coordinator's 3,000. */
  readonly nearTie_ms?: number
  readonly parameters?: Parameters
  /** Memory of a run: called at its start. */
  state?(parameters: ParameterValues): unknown
  /** Names `view.count` takes. Their sums stand in the result and in the series. */
  readonly counters?: readonly string[]
  /** Names `view.gauge` takes. Their means over time stand in the result and in the series. */
  readonly gauges?: readonly string[]
}

export const SURFACES = [
  'admit',
  'filter',
  'score',
  'pick',
  'reserve',
  'unreserve',
  'retry',
  'order',
  'onOutcome',
  'evict',
] as const satisfies readonly (keyof Surfaces)[]

export type SurfaceName = (typeof SURFACES)[number]
