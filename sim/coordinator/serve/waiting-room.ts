/**
 * The queue with its consequences: what a waiter's arrival, assignment, time-out and departure set off (facts:
 * coordinator-routing §7 D4–D5, §8 Q1–Q6). The order of waiters is queue.ts's business.
 *
 * The real coordinator scans the whole fleet for every waiter at every heartbeat and completion. Two shortcuts spare
 * scans whose outcome is known: none when no machine that advertises the build could take one more request, and none
 * for a waiter at least as large as a like one that has just found nobody. In an overloaded hour (60 machines, 20
 * requests per second) the scans would be nine tenths of the run.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import type { RejectReason } from '../../protocol/index.ts'
import type { DequeuedRow } from '../../trace/row.ts'
import type { Answers } from './answers.ts'
import { hasHeadroom } from '../view/capacity.ts'
import type { ExplainSink } from '../decide/explain/explain-sink.ts'
import type { Fleet } from '../decide/fleet.ts'
import type { OpenRequest } from '../view/open-request.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { Offer } from '../view/provider-record.ts'
import { RequestQueue } from './queue.ts'
import { SlowDrains } from './slow-drains.ts'
import type { Reservations } from './reservations.ts'
import { baseRetryAfter } from '../decide/retry-after.ts'
import type { WarmPoolPressure } from '../view/warm-pool-pressure.ts'

export interface WaitingRoomPorts {
  readonly fleet: Fleet
  readonly outside: CoordinatorPorts
  readonly reservations: Reservations
  readonly pressure: WarmPoolPressure
  readonly answers: Answers
  readonly explain: ExplainSink | undefined
  /** A waiter got a machine. */
  assigned(request: OpenRequest, offer: Offer): void
}

export class WaitingRoom {
  private readonly queue: RequestQueue<OpenRequest>
  private readonly slow: SlowDrains
  /** Waiters of this drain that found nobody since the last success. */
  private readonly hopeless: OpenRequest[] = []

  constructor(private readonly ports: WaitingRoomPorts) {
    const { fleet } = ports
    this.queue = new RequestQueue(() => ({
      depthMax: fleet.settings.QUEUE_MAX_DEPTH,
      waitMax: fleet.settings.QUEUE_MAX_WAIT,
    }))
    this.slow = new SlowDrains(this.queue, ports.outside, { assign: this.assignAlone, stale: this.stale })
  }

  get size(): number {
    return this.queue.size + this.slow.size
  }

  depth(build: BuildId): number {
    return this.queue.depth(build)
  }

  /** Those included that a drain has taken out and may put back. */
  private waitingFor(build: BuildId): number {
    return this.queue.depth(build) + this.slow.heldOf(build)
  }

  builds(): readonly BuildId[] {
    return this.queue.builds()
  }

  retryAfter_s(build: BuildId): number {
    return baseRetryAfter(this.queue.depth(build))
  }

  /** Q1, D4: joins, or is answered 429 queue_full. */
  enter(request: OpenRequest): 'queued' | 'full' {
    const { answers, outside, pressure } = this.ports
    const now = outside.now()
    request.enqueuedAt = now
    if (this.queue.enqueue(request, now, this.stale) === 'full') {
      answers.rejected(request, 429, reasonOf(request, 'queue_full'), this.retryAfter_s(request.build))
      return 'full'
    }
    request.queueTimer = outside.after(this.ports.fleet.settings.QUEUE_MAX_WAIT, 'timer', () => this.timeout(request))
    const depth = this.waitingFor(request.build)
    this.ports.fleet.demand?.queued(request.view.model, request.build, 1)
    outside.trace.emit({ kind: 'queued', at: now, request: request.view.id, build: request.build, depth })
    if (this.ports.explain?.wants(request.view.id)) {
      this.ports.explain.note({ kind: 'queued', at: now, request: request.view.id, build: request.build, depth })
    }
    pressure.queueIs(request.build, depth, this.queue.oldestAge(request.build, now), now)
    return 'queued'
  }

  /** Q3. */
  drain(build: BuildId): void {
    if (this.queue.depth(build) === 0) return
    const { outside, pressure, fleet } = this.ports
    if (!fleet.registry.offers(build).some(hasHeadroom)) return
    this.hopeless.length = 0
    const now = outside.now()
    const order = fleet.surfaces?.orders === true ? this.ordered : undefined
    const { QUEUE_DRAIN_STEP: step = 0 } = fleet.settings
    // Where a policy says who is next, nobody else's haste may.
    if (step > 0 && order === undefined) return this.slow.begin(build, step as Micros)
    if (this.queue.drain(build, now, this.assign, this.stale, order) === 0) return
    pressure.queueIs(build, this.queue.depth(build), this.queue.oldestAge(build, now), now)
  }

  /** Q4: what one provider advertises, in that order. */
  drainAll(builds: readonly BuildId[]): void {
    if (this.queue.size === 0) return
    for (const build of builds) this.drain(build)
  }

  /** Q6: nobody will be able to serve this build. Those stay who wait for a machine of their own that has it (§17). */
  failAll(build: BuildId): void {
    const waiters = this.queue.waiters(build).filter((waiter) => !this.keepsWaiting(waiter))
    for (const waiter of waiters) this.refuse(waiter, 'unservable')
  }

  private keepsWaiting({ view, build }: OpenRequest): boolean {
    if (view.route !== 'prefer_owner') return view.route === 'self'
    return this.ports.fleet.registry.offers(build).some(({ provider }) => provider.account === view.account)
  }

  /** The client went away. False when it was not waiting. */
  leave(request: OpenRequest): boolean {
    if (!this.remove(request)) return false
    const { outside, pressure } = this.ports
    const now = outside.now()
    this.dequeued(request, 'cancelled', this.waitingFor(request.build))
    pressure.queueIs(request.build, this.queue.depth(request.build), this.queue.oldestAge(request.build, now), now)
    return true
  }

  private readonly ordered = (waiters: readonly OpenRequest[]): readonly OpenRequest[] => {
    const { fleet, reservations } = this.ports
    return fleet.surfaces!.order(waiters, (request) => reservations.routing(request, request.excluded))
  }

  private readonly assign = (request: OpenRequest): boolean => {
    const { reservations } = this.ports
    if (this.isHopeless(request)) return false
    const offer = reservations.take(request, reservations.select(request, request.excluded), 'queue_drain')
    if (offer === undefined) {
      if (isPublic(request) && request.view.serials === undefined) this.hopeless.push(request)
      return false
    }
    this.hopeless.length = 0
    this.dequeued(request, 'assigned', this.waitingFor(request.build) - 1)
    this.ports.assigned(request, offer)
    return true
  }

  /** By a drain that takes its time: what it found out about the waiter before is no longer so. */
  private readonly assignAlone = (request: OpenRequest): boolean => {
    this.hopeless.length = 0
    const { outside, pressure } = this.ports
    const { build } = request
    if (!this.assign(request)) return false
    const now = outside.now()
    pressure.queueIs(build, this.queue.depth(build), this.queue.oldestAge(build, now), now)
    return true
  }

  /** Wherever it is. */
  private remove(request: OpenRequest): boolean {
    return this.queue.remove(request) || this.slow.remove(request)
  }

  /** What refuses a request refuses a larger one of its kind, unless the hard gate gives longer prompts more time. */
  private isHopeless(request: OpenRequest): boolean {
    const { settings, surfaces } = this.ports.fleet
    // A filter may refuse the smaller one and take the larger.
    if (settings.TTFT_HARD_REJECT || surfaces?.filters === true || !isPublic(request)) return false
    const { view } = request
    return this.hopeless.some(
      (other) =>
        other.view.hasTools === view.hasTools &&
        other.view.requiresVision === view.requiresVision &&
        other.view.estimatedPromptTokens + other.maxTokens <= view.estimatedPromptTokens + request.maxTokens,
    )
  }

  /** Found over age by somebody else before its own timer ran. */
  private readonly stale = (request: OpenRequest): void => this.end(request, 'timeout')

  private timeout(request: OpenRequest): void {
    request.queueTimer = undefined
    this.refuse(request, 'timeout')
  }

  private refuse(request: OpenRequest, why: 'timeout' | 'unservable'): void {
    if (this.remove(request)) this.end(request, why)
  }

  /** Q2: out of the list, answered 429. The warm pool hears of one waiter as old as this one. */
  private end(request: OpenRequest, why: 'timeout' | 'unservable'): void {
    const { answers, outside, pressure } = this.ports
    const now = outside.now()
    const depth = this.waitingFor(request.build)
    this.dequeued(request, why, depth)
    pressure.queueIs(request.build, 1, (now - request.enqueuedAt) as Micros, now)
    answers.rejected(request, 429, reasonOf(request, 'queue_timeout'), baseRetryAfter(depth))
  }

  private dequeued(request: OpenRequest, why: DequeuedRow['why'], depth: number): void {
    const { explain, outside } = this.ports
    if (request.queueTimer !== undefined) outside.cancelTimer(request.queueTimer)
    request.queueTimer = undefined
    const at = outside.now()
    const id = request.view.id
    this.ports.fleet.demand?.queued(request.view.model, request.build, -1)
    outside.trace.emit({ kind: 'dequeued', at, request: id, build: request.build, why, depth })
    if (explain?.wants(id)) {
      const waited = (at - request.enqueuedAt) as Micros
      explain.note({ kind: 'dequeued', at, request: id, build: request.build, why, waited })
    }
  }
}

const isPublic = ({ view }: OpenRequest): boolean => view.route === 'public'

/** D4: a queue for one's own machine is that machine being busy. */
const reasonOf = ({ view }: OpenRequest, reason: 'queue_full' | 'queue_timeout'): RejectReason =>
  view.route === 'self' ? 'machine_busy' : reason
