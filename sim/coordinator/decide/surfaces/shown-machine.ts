/**
 * What a policy sees of a machine and its copy of one build, with the price of the request at hand. One frozen object per
 * pair serves the whole run: a decision asks about sixty of them, and making them anew would cost more than the decision.
 * The price is worked out term by term only when a policy reads a term.
 */
import type { BuildId } from '../../../base/ids.ts'
import type { Micros } from '../../../base/time.ts'
import type { CostTerms, PolicyCandidate } from '../../../plug/index.ts'
import { modelCap, modelLoad } from '../../view/capacity.ts'
import type { CoordinatorSettings } from '../../config.ts'
import type { Offer } from '../../view/provider-record.ts'
import { RecordView } from '../../view/provider-view.ts'
import { effectiveDecodeTps, staticPrefillTps } from '../../view/rates/rates.ts'
import { emptyBreakdown, type MutableBreakdown, price } from '../cost.ts'

/** The request at hand, for prices. */
export interface PriceBasis {
  promptTokens: number
  maxTokens: number
  settings: CoordinatorSettings
  /** Goes up with every request, so that a price of the one before is not taken for this one's. */
  number: number
}

class ShownCost implements CostTerms {
  readonly #offer: Offer
  readonly #basis: PriceBasis
  readonly #terms: MutableBreakdown = emptyBreakdown()
  #pricedFor = -1
  /** Given by the decision at hand. */
  #givenFor = -1
  #cost_ms = 0
  #affinity_ms = 0

  constructor(offer: Offer, basis: PriceBasis) {
    this.#offer = offer
    this.#basis = basis
    Object.freeze(this)
  }

  static give(cost: ShownCost, cost_ms: number, affinity_ms: number): void {
    cost.#cost_ms = cost_ms
    cost.#affinity_ms = affinity_ms
    cost.#givenFor = cost.#basis.number
  }

  #priced(): MutableBreakdown {
    const { number, promptTokens, maxTokens, settings } = this.#basis
    if (this.#pricedFor !== number) {
      price(this.#offer, promptTokens, maxTokens, settings, this.#terms)
      this.#pricedFor = number
    }
    return this.#terms
  }

  get state_ms(): number {
    return this.#priced().state_ms
  }
  get queue_ms(): number {
    return this.#priced().queue_ms
  }
  get pending_ms(): number {
    return this.#priced().pending_ms
  }
  get backlog_ms(): number {
    return this.#priced().backlog_ms
  }
  get thisRequest_ms(): number {
    return this.#priced().thisRequest_ms
  }
  get health_ms(): number {
    return this.#priced().health_ms
  }
  get affinity_ms(): number {
    return this.#givenFor === this.#basis.number ? this.#affinity_ms : 0
  }
  get cost_ms(): number {
    return this.#givenFor === this.#basis.number ? this.#cost_ms : this.#priced().cost_ms
  }
  get ttft_ms(): number {
    return this.#priced().ttft_ms
  }
}

export class ShownMachine extends RecordView implements PolicyCandidate {
  readonly #offer: Offer
  readonly #basis: PriceBasis
  readonly #time: () => Micros
  readonly #cost: ShownCost
  #score = 0
  #preferred = true
  #choice = false

  constructor(offer: Offer, basis: PriceBasis, now: () => Micros) {
    super(now)
    this.#offer = offer
    this.#basis = basis
    this.#time = now
    this.#cost = new ShownCost(offer, basis)
    RecordView.bind(this, offer.provider)
  }

  static give(machine: ShownMachine, cost_ms: number, affinity_ms: number): void {
    ShownCost.give(machine.#cost, cost_ms, affinity_ms)
  }

  /** What the decision at hand knows of a candidate. */
  static stand(machine: ShownMachine, score: number, preferred: boolean, choice: boolean): void {
    machine.#score = score
    machine.#preferred = preferred
    machine.#choice = choice
  }

  get chip(): string {
    return this.#offer.provider.chip
  }
  get chipFamily(): string {
    return this.#offer.provider.chipFamily
  }
  get gpuCores(): number {
    return this.#offer.provider.gpuCores
  }
  get cpuUsage(): number {
    return this.#offer.provider.cpuUsage
  }
  get age(): Micros | undefined {
    const at = this.#offer.provider.lastHeartbeatAt
    return at === undefined ? undefined : ((this.#time() - at) as Micros)
  }
  get build(): BuildId {
    return this.#offer.build
  }
  get state(): string {
    return this.#offer.state
  }
  get loaded(): boolean {
    return this.#offer.loaded
  }
  get running(): number {
    return this.#offer.running
  }
  get waiting(): number {
    return this.#offer.waiting
  }
  get sent(): number {
    return this.#offer.pendingCount
  }
  get sentTokens(): number {
    return this.#offer.pendingTokens
  }
  get queue(): number {
    const { pendingCount, running, waiting } = this.#offer
    return Math.max(pendingCount, running + waiting)
  }
  get queuedTokens(): number {
    const { report, pendingTokens } = this.#offer
    const { activeTokenBudgetMax, activeTokenBudgetUsed, queuedTokenBudget, maxTokensPotential } = report
    const reported = activeTokenBudgetMax > 0 ? activeTokenBudgetUsed + queuedTokenBudget : maxTokensPotential
    return Math.max(reported, pendingTokens)
  }
  get tokenBudgetUsed(): number {
    return this.#offer.report.activeTokenBudgetUsed
  }
  get tokenBudgetMax(): number {
    return this.#offer.report.activeTokenBudgetMax
  }
  get room(): number {
    const { providerCap, pending } = this.#offer.provider
    return Math.max(0, Math.min(modelCap(this.#offer) - modelLoad(this.#offer), providerCap - pending.size))
  }
  get decodeTps(): number {
    return effectiveDecodeTps(this.#offer, this.#basis.settings)
  }
  get prefillTps(): number {
    return staticPrefillTps(this.#offer.provider, this.#basis.settings)
  }
  get projectedTps(): number {
    return this.#offer.projectedTps
  }
  get cost(): CostTerms {
    return this.#cost
  }
  get score(): number {
    return this.#score
  }
  get preferred(): boolean {
    return this.#preferred
  }
  get choice(): boolean {
    return this.#choice
  }
}
