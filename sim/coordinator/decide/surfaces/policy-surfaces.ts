/**
 * Where the coordinator asks a policy's optional surfaces. Absent when the policy has none. Each answer narrows what the
 * coordinator would do: machines that a gate refuses are never shown, and what is picked was a candidate.
 */
import { assert } from '../../../base/assert.ts'
import { hashDraw } from '../../../base/hash.ts'
import type { BuildId, ProviderId } from '../../../base/ids.ts'
import { millisOf, type Micros } from '../../../base/time.ts'
import {
  type AdmitAnswer,
  type AttemptOutcome,
  type DoorVerdict,
  type PickDraw,
  type Policy,
  type PolicyDraw,
  type PolicyRequest,
  type PolicyView,
  type RetryAnswer,
  type RetryQuestion,
  SURFACES,
} from '../../../plug/index.ts'
import { orDefaultMaxTokens } from '../../view/capacity.ts'
import type { CoordinatorSettings } from '../../config.ts'
import type { AttemptEnding, OpenRequest, Racer } from '../../view/open-request.ts'
import type { Offer, ProviderRecord, RoutingRequest } from '../../view/provider-record.ts'
import type { Candidates } from '../columns/candidates.ts'
import type { PolicyMetrics } from './policy-metrics.ts'
import { type PriceBasis, ShownMachine } from './shown-machine.ts'
import { ShownRequest } from './shown-request.ts'

export interface SurfaceParts {
  readonly policy: Policy
  /** What the pool surfaces see too. */
  readonly view: PolicyView
  readonly metrics: PolicyMetrics
  /** Those of the start, and those of this moment. */
  readonly firstSettings: CoordinatorSettings
  readonly settings: () => CoordinatorSettings
  readonly now: () => Micros
}

/** What a filter made of a machine. */
export interface Filtered {
  readonly as: 'full' | 'unfit'
  readonly why: string
}

const FULL: Filtered = { as: 'full', why: '' }

/** What the coordinator would do, by candidate. */
export interface OwnChoice {
  readonly choice: number
  /** Who got `discount_ms` taken off; -1: nobody. */
  readonly affine: number
  readonly discount_ms: number
  readonly tieBreak: number
  /** 1 for those left by the soft filters. */
  readonly inPlay: Uint8Array
}

export class PolicySurfaces {
  private readonly policy: Policy
  private readonly view: PolicyView
  private readonly basis: PriceBasis
  private readonly candidates: ShownMachine[] = []
  private tieBreak = 0
  private readonly draw: PickDraw
  /** What the filter last said; asking again could change what the policy remembers. */
  lastWhy = ''

  constructor(private readonly parts: SurfaceParts) {
    this.policy = parts.policy
    this.view = parts.view
    this.basis = { promptTokens: 0, maxTokens: 0, settings: parts.firstSettings, number: 0 }
    const tieBreak = (): number => this.tieBreak
    const { view } = this
    // Made when first asked for: a stream that nobody draws from costs nothing.
    const stream = (): PolicyDraw => view.random('pick')
    this.draw = Object.freeze({
      get tieBreak() {
        return tieBreak()
      },
      uniform: () => stream().uniform(),
      below: (n: number) => stream().below(n),
    })
  }

  static has(policy: Policy): boolean {
    return SURFACES.some((surface) => policy[surface] !== undefined)
  }

  get filters(): boolean {
    return this.policy.filter !== undefined
  }
  get scores(): boolean {
    return this.policy.score !== undefined
  }
  get picks(): boolean {
    return this.policy.pick !== undefined
  }
  get admits(): boolean {
    return this.policy.admit !== undefined
  }
  get reserves(): boolean {
    return this.policy.reserve !== undefined || this.policy.unreserve !== undefined
  }
  get learns(): boolean {
    return this.policy.onOutcome !== undefined
  }
  get retries(): boolean {
    return this.policy.retry !== undefined
  }
  get orders(): boolean {
    return this.policy.order !== undefined
  }
  /** undefined: the coordinator's own. */
  get nearTie_ms(): number | undefined {
    return this.policy.nearTie_ms
  }

  /** The request as policies see it, for `RoutingRequest.shown`. */
  shown(open: OpenRequest): PolicyRequest {
    return (open.shown ??= new ShownRequest(this.parts.now, open))
  }

  admit(routing: RoutingRequest, verdict: DoorVerdict): AdmitAnswer {
    const { policy, view } = this
    if (policy.admit === undefined) return 'admit'
    const shown = this.look(routing)
    ShownRequest.judge(shown, verdict)
    const answer = policy.admit(shown, view)
    this.parts.metrics.flush()
    return answer
  }

  /** Of one machine that passed everything else; undefined: it may take the request. */
  refuses(offer: Offer, routing: RoutingRequest): Filtered | undefined {
    // Not on behalf of a request: whether anybody could ever serve is not the policy's question.
    if (this.policy.filter === undefined || routing.id === -1) return undefined
    const filtered = this.filter(this.look(routing), offer)
    this.parts.metrics.flush()
    return filtered
  }

  /** Takes out of the candidates whom the filter refuses; `refused` is told of each. */
  narrow(among: Candidates, routing: RoutingRequest, refused: ((offer: Offer) => void) | undefined): void {
    if (this.policy.filter === undefined || routing.id === -1) return
    const shown = this.look(routing)
    const { places, cost, offers, count } = among
    let kept = 0
    for (let index = 0; index < count; index++) {
      const offer = offers[places[index]!]!
      ShownMachine.give(this.machine(offer), cost[index]!, 0)
      const filtered = this.filter(shown, offer)
      if (filtered === undefined) {
        places[kept] = places[index]!
        cost[kept] = cost[index]!
        kept += 1
        continue
      }
      if (filtered.as === 'full') among.capacity += 1
      refused?.(offer)
    }
    among.count = kept
    this.parts.metrics.flush()
  }

  /** Replaces the candidates' costs by the policy's. `affine`: who got `discount_ms` taken off already, -1: nobody. */
  score(among: Candidates, routing: RoutingRequest, affine: number, discount_ms: number): void {
    const { policy, view } = this
    if (policy.score === undefined) return
    const shown = this.look(routing)
    const { places, cost, offers, count } = among
    for (let index = 0; index < count; index++) {
      const machine = this.machine(offers[places[index]!]!)
      ShownMachine.give(machine, cost[index]!, index === affine ? -discount_ms : 0)
      cost[index] = policy.score(shown, machine, view)
    }
    this.parts.metrics.flush()
  }

  /** The index of the candidate picked. */
  pick(
    among: Candidates,
    routing: RoutingRequest,
    { choice, affine, discount_ms, tieBreak, inPlay }: OwnChoice,
  ): number {
    const { policy, view, candidates } = this
    if (policy.pick === undefined) return choice
    // Scored machines have been given their prices.
    const isPriced = policy.score !== undefined
    const shown = isPriced ? this.request(routing) : this.look(routing)
    const { places, cost, offers, count } = among
    candidates.length = count
    for (let index = 0; index < count; index++) {
      const machine = this.machine(offers[places[index]!]!)
      if (!isPriced) ShownMachine.give(machine, cost[index]!, index === affine ? -discount_ms : 0)
      ShownMachine.stand(machine, cost[index]!, inPlay[index] === 1, index === choice)
      candidates[index] = machine
    }
    this.tieBreak = tieBreak
    // A copy: what a policy does to its list is its own affair.
    const picked = policy.pick(shown, candidates.slice(), this.draw, view)
    this.parts.metrics.flush()
    if (picked === undefined) return choice
    const index = candidates.indexOf(picked as ShownMachine)
    assert(index >= 0, 'a policy picks one of the candidates')
    return index
  }

  reserved(routing: RoutingRequest, offer: Offer): void {
    const { policy, view } = this
    if (policy.reserve === undefined) return
    policy.reserve(this.look(routing), this.machine(offer), view)
    this.parts.metrics.flush()
  }

  unreserved(routing: RoutingRequest, offer: Offer): void {
    const { policy, view } = this
    if (policy.unreserve === undefined) return
    policy.unreserve(this.look(routing), this.machine(offer), view)
    this.parts.metrics.flush()
  }

  ended(racer: Racer, routing: RoutingRequest, ending: AttemptEnding): void {
    const { policy, view } = this
    if (policy.onOutcome === undefined) return
    policy.onOutcome(this.look(routing), this.machine(racer.offer), this.outcome(racer, ending), view)
    this.parts.metrics.flush()
  }

  /** Asked when the coordinator would try again. */
  retry(racer: Racer, routing: RoutingRequest, tries: number): RetryAnswer {
    const { policy, view } = this
    if (policy.retry === undefined || racer.ending === undefined) return 'again'
    const shown = this.look(routing)
    const machine = this.machine(racer.offer)
    const question: RetryQuestion = Object.freeze({ ...this.outcome(racer, racer.ending), machine, tries })
    const answer = policy.retry(shown, question, view)
    this.parts.metrics.flush()
    return answer
  }

  /** Who is tried, in which order. */
  order(waiters: readonly OpenRequest[], routingOf: (request: OpenRequest) => RoutingRequest): readonly OpenRequest[] {
    const { policy, view } = this
    if (policy.order === undefined) return waiters
    const shown = Object.freeze(waiters.map((waiter) => this.look(routingOf(waiter))))
    const ordered = policy.order(shown, view)
    this.parts.metrics.flush()
    const places = ordered.map((request) => shown.indexOf(request as ShownRequest))
    assert(
      new Set(places).size === places.length && !places.includes(-1),
      'a policy orders those that wait, each at most once',
    )
    return places.map((place) => waiters[place]!)
  }

  /** Resident, idle builds of a machine that the policy wants given up. */
  evictions(provider: ProviderRecord): readonly BuildId[] {
    const { policy, view } = this
    if (policy.evict === undefined || provider.capacity === undefined) return []
    this.basis.number += 1
    this.basis.settings = this.parts.settings()
    const given: BuildId[] = []
    for (const { model, state, running, waiting } of provider.capacity.slots) {
      const offer = provider.offers.get(model)
      if (offer === undefined || state !== 'idle' || running > 0 || waiting > 0 || offer.pendingCount > 0) continue
      if (provider.pendingLoad === model) continue
      if (policy.evict(this.machine(offer), model, view)) given.push(model)
    }
    this.parts.metrics.flush()
    return given
  }

  private filter(shown: ShownRequest, offer: Offer): Filtered | undefined {
    const answer = this.policy.filter!(shown, this.machine(offer), this.view)
    offer.policyRefused = !(typeof answer === 'boolean' ? answer : answer.allowed)
    if (!offer.policyRefused) return undefined
    const filtered = typeof answer === 'boolean' ? FULL : { as: answer.as ?? 'full', why: answer.why ?? '' }
    this.lastWhy = filtered.why
    return filtered
  }

  /** A question about this request begins. */
  private look(routing: RoutingRequest): ShownRequest {
    const { basis, parts } = this
    basis.promptTokens = Math.max(0, routing.promptTokens)
    basis.maxTokens = orDefaultMaxTokens(routing.maxTokens)
    basis.settings = parts.settings()
    basis.number += 1
    return this.request(routing)
  }

  private request(routing: RoutingRequest): ShownRequest {
    const { parts } = this
    if (!(routing.shown instanceof ShownRequest)) {
      const shown = new ShownRequest(parts.now, undefined)
      ShownRequest.route(shown, routing)
      return shown
    }
    ShownRequest.route(routing.shown, routing)
    return routing.shown
  }

  private machine(offer: Offer): ShownMachine {
    return (offer.shown ??= new ShownMachine(offer, this.basis, this.parts.now)) as ShownMachine
  }

  private outcome(racer: Racer, ending: AttemptEnding): AttemptOutcome {
    const now = this.parts.now()
    const { outcome, code, text, promptTokens, completionTokens } = ending
    return Object.freeze({
      outcome,
      code,
      text,
      promptTokens,
      completionTokens,
      ttft_ms: racer.firstTextAt === undefined ? undefined : millisOf((racer.firstTextAt - racer.begunAt) as Micros),
      duration_ms: millisOf((now - racer.begunAt) as Micros),
    })
  }
}

/** Chance for whoever has no kernel: the n-th draw of a name is a hash of both. */
export function hashedDraws(seed: number): (name: string) => PolicyDraw {
  const streams = new Map<string, PolicyDraw>()
  return (name) => {
    let stream = streams.get(name)
    if (stream === undefined) {
      let drawn = 0
      const letters = Array.from(name, (letter) => letter.codePointAt(0)!)
      const uniform = (): number => hashDraw(seed, drawn++, ...letters)
      stream = Object.freeze({ uniform, below: (n: number) => Math.floor(uniform() * n) })
      streams.set(name, stream)
    }
    return stream
  }
}

export const excludedBy = (answer: RetryAnswer): readonly ProviderId[] =>
  typeof answer === 'object' ? answer.notOn : []
