/**
 * Agents at work. A session is a conversation of turns; a turn is a word of the user and a burst of requests: while the model
 * asks for tools, their results make the next request, with everything before it as its prompt. Between turns somebody thinks,
 * mostly for a minute, sometimes for hours (facts workload §6).
 *
 * Requests wait for answers, so their times depend on the policy; what a session asks the i-th time does not: each session draws
 * everything from one random stream of its own, and always the same number of values from request to request.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import { meanOf, type Sampler, sampler } from '../../kernel/distributions.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import type { SessionsArrivals } from '../arrivals/config.ts'
import { Content } from '../content/content.ts'
import { lengthsInTokens, timesInMicros } from '../content/distributions.ts'
import { type LengthSource, lengthSource, tokens } from '../content/lengths.ts'
import type { DraftRequest, RequestSource } from '../request-source.ts'
import { Turns } from './turns.ts'
import { type ClosedOptions, loaded, restOf } from './users.ts'

interface Session {
  readonly name: string
  readonly stream: RandomStream
  readonly lengths: LengthSource
  readonly content: Content
  /** Tokens of the next prompt; 0: it is drawn anew. */
  prompt: number
  /** The request under way or to come ends a turn; it ends the session. */
  endsTurn: boolean
  endsSession: boolean
  /** Conversations of an agent one after the other. */
  conversation: number
}

export class SessionsSource implements RequestSource {
  private readonly sessions = new Map<number, Session>()
  private readonly turns = new Turns()
  private readonly toolTime: Sampler
  private readonly think: Sampler
  private readonly appended: Sampler
  /** When the next session begins of those that come by themselves. */
  private nextSession = Infinity
  private begun = 0
  private readonly gap: Sampler | undefined
  private readonly gaps: RandomStream

  constructor(
    private readonly arrivals: SessionsArrivals,
    private readonly options: ClosedOptions,
  ) {
    const { sessions, load } = arrivals
    const { stream, name, random } = options
    this.toolTime = sampler(timesInMicros(sessions.tool_time))
    this.think = sampler(timesInMicros(sessions.think))
    this.appended = sampler(lengthsInTokens(sessions.appended))
    this.gaps = random.stream(`${name}/arrivals`)
    if (sessions.rate !== undefined) {
      const mean = MICROS_PER_SECOND / (sessions.rate * (load ?? 1))
      this.gap = sampler({ kind: 'exponential', mean })
      this.nextSession = stream.from + Math.round(this.gap(this.gaps))
    }
    for (let k = 0; k < (sessions.agents === undefined ? 0 : loaded(sessions.agents, load)); k++) {
      this.add(stream.from + restOf(this.think, meanOf(timesInMicros(sessions.think)), this.begin().stream), k)
    }
  }

  get nextAt(): number {
    const at = Math.min(this.nextSession, this.turns.nextAt)
    return at < (this.options.stream.until ?? Infinity) ? at : Infinity
  }

  take(): DraftRequest {
    return this.draft(this.nextSession < this.turns.nextAt ? this.newcomer() : this.turns.remove())
  }

  ended(member: number, at: number): void {
    const session = this.sessions.get(member)!
    const { agents } = this.arrivals.sessions
    if (session.endsSession) {
      if (agents === undefined) {
        this.sessions.delete(member)
        return
      }
      session.prompt = 0
      session.conversation += 1
    }
    // Both are drawn, so that the next request finds the stream where it would find it otherwise.
    const [tools, thinks] = [this.toolTime(session.stream), this.think(session.stream)]
    this.add(at + Math.round(session.endsTurn ? thinks : tools), member)
  }

  private draft(member: number): DraftRequest {
    const session = this.sessions.get(member)!
    const { turns, steps, context } = this.arrivals.sessions
    session.lengths.draw(0)
    const { outputTokens } = session.lengths
    const first = Math.min(context, session.lengths.promptTokens)
    const promptTokens = session.prompt === 0 || session.prompt > context ? first : session.prompt
    session.prompt = tokens(promptTokens + outputTokens + tokens(this.appended(session.stream)))
    session.endsTurn = session.stream.uniform() * steps < 1
    session.endsSession = session.stream.uniform() * turns < 1 && session.endsTurn
    return session.content.draft({
      promptTokens,
      outputTokens,
      mark: 0,
      member,
      cacheKey: `${session.name}/${session.conversation}`,
    })
  }

  private newcomer(): number {
    this.nextSession += Math.round(this.gap!(this.gaps))
    const member = this.begun
    this.begin()
    return member
  }

  private begin(): Session {
    const { stream, name, patience, upstream, recordings, random } = this.options
    const key = `${name}/session/${this.begun}`
    const own = random.stream(key)
    const content = new Content({
      stream,
      patience,
      failoverSuccess: upstream.failover_success,
      trace: undefined,
      random: () => own,
    })
    const lengths = lengthSource(
      { lengths: stream.lengths, arrivals: this.arrivals, keepsRows: false },
      recordings,
      { seed: random.seed, stream: () => own },
      key,
    )
    const session = {
      name: key,
      stream: own,
      lengths,
      content,
      prompt: 0,
      endsTurn: false,
      endsSession: false,
      conversation: 0,
    }
    this.sessions.set(this.begun, session)
    this.begun += 1
    return session
  }

  private add(at: number, member: number): void {
    this.turns.add(at, member)
  }
}
