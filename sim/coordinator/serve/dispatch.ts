/**
 * From the first machine chosen to the last word of a chat request: attempts, the wait for first content, the backup
 * race, failover (facts: coordinator-routing §7 D1–D10). Nothing reaches the client before text does, so every failure
 * until then is retried invisibly.
 *
 * The wait for first content, per attempt, with D = 5 s + 1 ms per prompt token, counted from the dispatch:
 *
 * | heard from the provider            | until when it may go on                                                     |
 * |------------------------------------|-----------------------------------------------------------------------------|
 * | nothing                            | D/2: a backup is sought and races (none found: wait alone); D: time-out     |
 * | role-only preamble, not `accepted` | the same race, but at D one extension of 90 s for both racers               |
 * | `accepted`                         | 600 s from then. Both timers above are off; a rival is cancelled at once    |
 * | text                               | it has won: the rival is cancelled, 600 s remain for the whole answer       |
 *
 * The consequence that surprises: the June provider sends `accepted` as soon as it has looked at a request, before
 * loading, queueing or prefill, so the deadline and the backup only ever act on a machine whose event loop is blocked
 * (by a cold load) or whose wire is slow. A slow prefill is therefore not retried by us: it is the client that goes away.
 *
 * After a racer failed, the other gets half a deadline anew (as the real sub-waits do), and only the last survivor's
 * error is remembered. A time-out of a silent provider is no fault for the breakers; one after `accepted` or a preamble
 * is a 504.
 */
import { assert } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import type { ProviderErrorText } from '../../protocol/index.ts'
import type { Answers } from './answers.ts'
import { type Attempts, ended, GONE, LOST, TIMED_OUT } from './attempts.ts'
import type { Breakers } from '../view/breakers.ts'
import type { DecisionServer } from './decision-server.ts'
import type { Fleet } from '../decide/fleet.ts'
import { excludedBy } from '../decide/surfaces/policy-surfaces.ts'
import { finalAnswer } from './last-error.ts'
import type { OpenRequest, Racer } from '../view/open-request.ts'
import type { CoordinatorPorts } from '../ports.ts'
import { meaningOf } from '../view/provider-error.ts'
import type { Offer } from '../view/provider-record.ts'
import type { Reservations } from './reservations.ts'
import type { WarmPoolPressure } from '../view/warm-pool-pressure.ts'

export interface DispatchPorts {
  readonly fleet: Fleet
  readonly outside: CoordinatorPorts
  readonly server: DecisionServer
  readonly reservations: Reservations
  readonly attempts: Attempts
  readonly breakers: Breakers
  readonly pressure: WarmPoolPressure
  readonly answers: Answers
  /** Capacity came free on this provider: its queues may move (Q4). */
  freed(offer: Offer): void
  retryAfter_s(request: OpenRequest): number
}

export class Dispatcher {
  constructor(private readonly ports: DispatchPorts) {}

  /** A machine has been reserved for this request: send it there. */
  launch(request: OpenRequest, offer: Offer, backup: boolean): void {
    const { outside, pressure, fleet } = this.ports
    const { settings } = fleet
    this.ports.attempts.begin(request, offer, backup)
    if (!offer.loaded) pressure.record(offer.build, 'cold_dispatch', outside.now())
    if (backup) return
    request.tries += 1
    request.extended = false
    const half = Math.round(request.deadline * settings.SPECULATIVE_FRACTION) as Micros
    if (request.view.endpoint === 'chat') {
      request.speculativeTimer = outside.after(half, 'timer', () => this.seekBackup(request))
    }
    this.arm(request, request.deadline)
  }

  accepted(racer: Racer): void {
    const request = racer.request
    if (request.winner !== undefined || racer.heard === 'accepted') return
    racer.heard = 'accepted'
    this.ports.attempts.heard(racer, 'accepted')
    this.stopRace(request)
    this.dropRival(racer)
    this.arm(request, this.ports.fleet.settings.INFERENCE_TIMEOUT)
  }

  preamble(racer: Racer): void {
    if (racer.heard !== 'nothing') return
    racer.heard = 'preamble'
    this.ports.attempts.heard(racer, 'preamble')
  }

  firstContent(racer: Racer): void {
    if (racer.request.winner !== undefined) return
    this.ports.attempts.heard(racer, 'first_content')
    this.commit(racer)
    if (racer.request.view.stream) this.ports.answers.firstToken(racer)
  }

  completed(racer: Racer, promptTokens: number, completionTokens: number): void {
    const { outside, breakers, answers, fleet } = this.ports
    const request = racer.request
    // A preamble and then the end: an empty answer, but an answer.
    const spoke = request.winner !== undefined
    if (!spoke) this.commit(racer)
    this.disarm(request)
    breakers.served(racer.offer, request.shape, outside.now())
    fleet.affinity.remember(request.view, request.build, racer.offer.provider.id, outside.now())
    fleet.accounts.spent(request.view.account, promptTokens + completionTokens)
    this.ports.attempts.closed(racer, { outcome: 'success', code: 200, text: '', promptTokens, completionTokens })
    if (spoke && !request.view.stream) answers.firstToken(racer)
    answers.completed(racer, completionTokens)
    this.ports.freed(racer.offer)
  }

  errored(racer: Racer, code: number, text: ProviderErrorText): void {
    const { breakers, outside } = this.ports
    const { capacityClass, overflow, loadCooldown } = meaningOf(text)
    if (capacityClass) racer.request.roomFailures += 1
    if (overflow) racer.request.overflows = true
    breakers.failed(racer.offer, racer.request.shape, { code, capacityClass, loadCooldown }, outside.now())
    this.ports.attempts.closed(racer, ended('error', code, text))
    this.lost(racer, { kind: 'provider', code, capacityClass })
  }

  /** The connection has closed; the provider is out of the registry already. */
  disconnected(racer: Racer): void {
    this.ports.attempts.end(racer, ended('disconnected', LOST))
    this.lost(racer, { kind: 'disconnected' })
  }

  /** The client has gone. */
  cancel(request: OpenRequest): void {
    this.stopRace(request)
    this.disarm(request)
    const { racers } = request
    for (const racer of racers) this.ports.attempts.recall(racer, 'cancelled', GONE)
    this.ports.answers.cancelled(request)
    for (const racer of racers) this.ports.freed(racer.offer)
  }

  /** Nobody is left to try. */
  exhausted(request: OpenRequest): void {
    const { answers, reservations } = this.ports
    const answer = finalAnswer(request, {
      hasCapacityRejections: () => reservations.hasCapacityRejections(request),
      isOversized: this.isOversized(request),
    })
    if (answer.kind === 'failed') answers.failed(request, answer.status, answer.reason, false)
    else answers.rejected(request, answer.status, answer.reason, this.ports.retryAfter_s(request))
  }

  private commit(racer: Racer): void {
    const { outside, pressure, fleet } = this.ports
    const request = racer.request
    this.stopRace(request)
    if (racer.backup && request.racers.length > 1) pressure.record(racer.offer.build, 'speculative_won', outside.now())
    this.dropRival(racer)
    request.winner = racer
    this.arm(request, fleet.settings.INFERENCE_TIMEOUT)
  }

  /** Half the deadline has passed in silence. */
  private seekBackup(request: OpenRequest): void {
    const { outside, pressure, reservations, server } = this.ports
    request.speculativeTimer = undefined
    pressure.record(request.build, 'speculative_started', outside.now())
    const primary = request.racers[0]!.offer.provider.id
    const excluded = () => [...request.excluded, primary]
    const job = reservations.job(request, excluded, (selection) => {
      request.backupJob = undefined
      const offer = reservations.take(request, selection, 'backup')
      if (offer !== undefined) this.launch(request, offer, true)
    })
    request.backupJob = job
    server.submit(job)
  }

  /** The first-content deadline, or after content the end of the inference, has come. */
  private due(request: OpenRequest): void {
    const { outside, pressure, fleet, breakers } = this.ports
    request.deadlineTimer = undefined
    if (request.winner !== undefined) {
      this.overrun(request.winner)
      return
    }
    const accepted = request.racers.some((racer) => racer.heard === 'accepted')
    const preamble = request.racers.some((racer) => racer.heard === 'preamble')
    if (!request.extended && preamble) {
      request.extended = true
      this.arm(request, fleet.settings.PREAMBLE_BUDGET)
      return
    }
    this.stopRace(request)
    pressure.record(request.build, 'ttft_miss', outside.now())
    const { racers } = request
    for (const racer of racers) {
      const failure = { code: TIMED_OUT, capacityClass: false, loadCooldown: false }
      if (racer.heard !== 'nothing') breakers.failed(racer.offer, request.shape, failure, outside.now())
      this.ports.attempts.recall(racer, 'timeout', TIMED_OUT)
      request.excluded.push(racer.offer.provider.id)
    }
    request.lastError = { kind: accepted ? 'accepted_timeout' : 'ttft_timeout' }
    for (const racer of racers) this.ports.freed(racer.offer)
    this.retry(request, racers.at(-1))
  }

  /** The whole answer took longer than the inference may. */
  private overrun(racer: Racer): void {
    this.ports.attempts.recall(racer, 'timeout', TIMED_OUT)
    this.ports.answers.failed(racer.request, TIMED_OUT, 'inference_timeout', racer.request.view.stream)
    this.ports.freed(racer.offer)
  }

  /** An attempt has ended without an answer. */
  private lost(racer: Racer, error: NonNullable<OpenRequest['lastError']>): void {
    const request = racer.request
    if (request.winner === racer) {
      this.disarm(request)
      const status = error.kind === 'provider' ? error.code : LOST
      const reason = error.kind === 'provider' ? 'provider_error' : 'provider_disconnected'
      this.ports.answers.failed(request, status, reason, request.view.stream)
      this.ports.freed(racer.offer)
      return
    }
    request.excluded.push(racer.offer.provider.id)
    request.avoidVersion = racer.offer.provider.version
    if (request.racers.length > 0) {
      this.arm(request, (request.deadline * (1 - this.ports.fleet.settings.SPECULATIVE_FRACTION)) as Micros)
      this.ports.freed(racer.offer)
      return
    }
    this.stopRace(request)
    this.disarm(request)
    request.lastError = error
    this.ports.freed(racer.offer)
    this.retry(request, racer)
  }

  /** D1, D3: the next machine, or the end. */
  private retry(request: OpenRequest, failed: Racer | undefined): void {
    const { reservations, server } = this.ports
    assert(request.racers.length === 0 && request.job === undefined, 'INV-4 one attempt at a time')
    if (!this.mayRetry(request) || (failed !== undefined && !this.policyRetries(request, failed))) {
      this.exhausted(request)
      return
    }
    const excluded = () => request.excluded
    const job = reservations.job(request, excluded, (selection) => {
      request.job = undefined
      const offer = reservations.take(request, selection, 'retry')
      if (offer === undefined) this.exhausted(request)
      else this.launch(request, offer, false)
    })
    request.job = job
    server.submit(job)
  }

  /** Whether the policy wants another attempt; where not is added to the machines it does not go to. */
  private policyRetries(request: OpenRequest, failed: Racer): boolean {
    const { fleet, reservations } = this.ports
    if (fleet.surfaces?.retries !== true) return true
    const answer = fleet.surfaces.retry(failed, reservations.routing(request, request.excluded), request.tries)
    for (const id of excludedBy(answer)) if (!request.excluded.includes(id)) request.excluded.push(id)
    return answer !== 'give_up'
  }

  /** D1, D11, and the cap on attempts that found no room. */
  private mayRetry(request: OpenRequest): boolean {
    const { view, tries } = request
    if (view.endpoint === 'completions' || tries >= this.ports.fleet.settings.MAX_DISPATCH_ATTEMPTS) return false
    return !this.isOversized(request)
  }

  /** It has found no room so often, or in such a way, that it is taken for too large (§17; PR 447). */
  private isOversized({ roomFailures, overflows }: OpenRequest): boolean {
    const { MAX_CAPACITY_ATTEMPTS } = this.ports.fleet.settings
    return MAX_CAPACITY_ATTEMPTS > 0 && (overflows || roomFailures >= MAX_CAPACITY_ATTEMPTS)
  }

  private dropRival(racer: Racer): void {
    const rival = racer.request.racers.find((other) => other !== racer)
    if (rival === undefined) return
    this.ports.attempts.recall(rival, 'cancelled', GONE)
    this.ports.freed(rival.offer)
  }

  private arm(request: OpenRequest, delay: Micros): void {
    this.disarm(request)
    request.deadlineTimer = this.ports.outside.after(Math.round(delay) as Micros, 'timer', () => this.due(request))
  }

  private disarm(request: OpenRequest): void {
    if (request.deadlineTimer === undefined) return
    this.ports.outside.cancelTimer(request.deadlineTimer)
    request.deadlineTimer = undefined
  }

  /** No backup will be started any more. */
  private stopRace(request: OpenRequest): void {
    if (request.speculativeTimer !== undefined) {
      this.ports.outside.cancelTimer(request.speculativeTimer)
      request.speculativeTimer = undefined
    }
    if (request.backupJob !== undefined) {
      request.backupJob.cancelled = true
      request.backupJob = undefined
    }
  }
}
