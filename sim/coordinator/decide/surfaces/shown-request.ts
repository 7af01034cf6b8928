/**
 * What a policy sees of a request: getters over what the coordinator carries and what routing looks at just now. One frozen
 * object per request. Nothing of the sealed body is reachable from it.
 */
import type { BuildId, ModelName, ProviderId, RequestId } from '../../../base/ids.ts'
import type { Micros } from '../../../base/time.ts'
import type { ArrivingRequest, DoorVerdict } from '../../../plug/index.ts'
import type { OpenRequest } from '../../view/open-request.ts'
import type { RoutingRequest } from '../../view/provider-record.ts'

const NO_VERDICT: DoorVerdict = Object.freeze({
  admits: true,
  status: undefined,
  reason: undefined,
  retryAfter_s: undefined,
  candidates: 0,
  full: 0,
  bestTtft_ms: undefined,
})

export class ShownRequest implements ArrivingRequest {
  /** undefined: of a written state, which holds what routing knows and no more. */
  readonly #open: OpenRequest | undefined
  readonly #now: () => Micros
  #routing!: RoutingRequest
  #verdict = NO_VERDICT

  /** Whoever asks about it says first how routing sees it. */
  constructor(now: () => Micros, open: OpenRequest | undefined) {
    this.#open = open
    this.#now = now
    Object.freeze(this)
  }

  /** As routing sees it from now on. */
  static route(shown: ShownRequest, routing: RoutingRequest): void {
    shown.#routing = routing
  }

  static judge(shown: ShownRequest, verdict: DoorVerdict): void {
    shown.#verdict = Object.freeze(verdict)
  }

  get id(): RequestId {
    return this.#routing.id as RequestId
  }
  get model(): ModelName {
    return this.#open === undefined ? this.#routing.build : this.#open.view.model
  }
  get build(): BuildId {
    return this.#routing.build
  }
  get promptTokens(): number {
    return this.#routing.promptTokens
  }
  get maxTokens(): number {
    return this.#routing.maxTokens
  }
  get namesMaxTokens(): boolean {
    return this.#open === undefined ? this.#routing.maxTokens > 0 : (this.#open.view.maxTokens ?? 0) > 0
  }
  get stream(): boolean {
    return this.#open?.view.stream ?? true
  }
  get hasTools(): boolean {
    return this.#routing.hasTools
  }
  get requiresVision(): boolean {
    return this.#routing.requiresVision
  }
  get endpoint(): 'chat' | 'completions' {
    return this.#open?.view.endpoint ?? 'chat'
  }
  get account(): string {
    return this.#routing.account
  }
  get route(): 'public' | 'prefer_owner' | 'self' {
    if (this.#open !== undefined) return this.#open.view.route
    const { selfRouteOnly, preferOwner } = this.#routing
    if (selfRouteOnly) return 'self'
    return preferOwner ? 'prefer_owner' : 'public'
  }
  get cacheKey(): string {
    return this.#open?.view.cacheKey ?? ''
  }
  get affinity(): ProviderId | undefined {
    const { affinity } = this.#routing
    return affinity === -1 ? undefined : affinity
  }
  get attempt(): number {
    return this.#open?.dispatches ?? 0
  }
  get excluded(): readonly ProviderId[] {
    return Object.freeze([...this.#routing.excluded])
  }
  get arrivedAt(): Micros {
    return this.#open?.arrivedAt ?? this.#now()
  }
  get age(): Micros {
    return (this.#now() - this.arrivedAt) as Micros
  }
  get ttftDeadline(): Micros {
    return this.#open?.deadline ?? (0 as Micros)
  }
  get queuedAt(): Micros | undefined {
    return this.#open?.queueTimer === undefined ? undefined : this.#open.enqueuedAt
  }
  get user(): number {
    return this.#open?.view.user ?? -1
  }
  get verdict(): DoorVerdict {
    return this.#verdict
  }
}
