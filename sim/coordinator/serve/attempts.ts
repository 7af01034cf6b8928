/**
 * One attempt on one provider: how it begins (message, row), how it ends (row, no longer pending there), how it is
 * taken back. When to do which is dispatch.ts's business.
 */
import { assert } from '../../base/assert.ts'
import type { ExplainNote, ExplainSink } from '../decide/explain/explain-sink.ts'
import type { AttemptEnding, OpenRequest, Racer } from '../view/open-request.ts'
import type { CoordinatorPorts } from '../ports.ts'
import type { Offer } from '../view/provider-record.ts'
import type { Reservations } from './reservations.ts'

/** What happens to one attempt. */
type NoteOfAttempt = ExplainNote extends infer Note
  ? Note extends { attempt: number }
    ? Omit<Note, 'at' | 'request'>
    : never
  : never

/** Bad gateway: what a lost connection looks like to the request on it (H3). */
export const LOST = 502
export const TIMED_OUT = 504
/** A cancelled attempt has no answer; nginx's code for a client that went away. */
export const GONE = 499

/** An ending without usage. */
export const ended = (
  outcome: AttemptEnding['outcome'],
  code: number,
  text: AttemptEnding['text'] = '',
): AttemptEnding => ({
  outcome,
  code,
  text,
  promptTokens: 0,
  completionTokens: 0,
})

export class Attempts {
  constructor(
    private readonly ports: CoordinatorPorts,
    private readonly reservations: Reservations,
    private readonly explain: ExplainSink | undefined,
  ) {}

  /** The offer's provider holds the request already. */
  begin(request: OpenRequest, offer: Offer, backup: boolean): Racer {
    assert(request.racers.length < 2 && request.winner === undefined, 'INV-4 at most one backup')
    const racer: Racer = {
      request,
      attempt: request.dispatches,
      offer,
      backup,
      heard: 'nothing',
      begunAt: this.ports.now(),
      firstTextAt: undefined,
      ending: undefined,
    }
    request.dispatches += 1
    request.racers = request.racers.length === 0 ? [racer] : [...request.racers, racer]
    const { attempt } = racer
    const { build } = offer
    const provider = offer.provider.id
    const id = request.view.id
    this.ports.trace.emit({
      kind: 'dispatched',
      at: this.ports.now(),
      request: id,
      attempt,
      provider,
      build,
      slotState: offer.state,
      backup,
    })
    this.note(racer, { kind: 'dispatched', attempt, provider, build, backup })
    const { maxTokens, body } = request
    this.ports.send(provider, { kind: 'inference', request: id, attempt, build, maxTokens, body })
    return racer
  }

  end(racer: Racer, ending: AttemptEnding): void {
    const { request, attempt, offer } = racer
    assert(request.racers.includes(racer), 'INV-3 an attempt ends once')
    request.racers = request.racers.filter((other) => other !== racer)
    racer.ending = ending
    this.reservations.release(request, offer)
    const provider = offer.provider.id
    const { outcome, code, text, promptTokens, completionTokens } = ending
    this.ports.trace.emit({
      kind: 'attempt_ended',
      at: this.ports.now(),
      request: request.view.id,
      attempt,
      provider,
      outcome,
      code,
      text,
      promptTokens,
      completionTokens,
    })
    this.note(racer, { kind: 'attempt_ended', attempt, provider, outcome, code, text })
    this.reservations.tellEnded(racer, ending)
  }

  /** Its provider has said the last word of it. The real coordinator tells it to cancel all the same, every time; it knows nothing of it any more. */
  closed(racer: Racer, ending: AttemptEnding): void {
    const { request, attempt, offer } = racer
    this.end(racer, ending)
    this.ports.send(offer.provider.id, { kind: 'cancel', request: request.view.id, attempt })
  }

  /** We give it up: the provider is told, and its later messages are ignored. */
  recall(racer: Racer, outcome: 'cancelled' | 'timeout', code: number): void {
    const { request, attempt, offer } = racer
    this.ports.send(offer.provider.id, { kind: 'cancel', request: request.view.id, attempt })
    this.end(racer, ended(outcome, code))
  }

  heard(racer: Racer, kind: 'accepted' | 'preamble' | 'first_content'): void {
    if (kind === 'first_content') racer.firstTextAt = this.ports.now()
    this.note(racer, { kind, attempt: racer.attempt, provider: racer.offer.provider.id })
  }

  private note(racer: Racer, note: NoteOfAttempt): void {
    const request = racer.request.view.id
    if (this.explain?.wants(request)) this.explain.note({ at: this.ports.now(), request, ...note })
  }
}
