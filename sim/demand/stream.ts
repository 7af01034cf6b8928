/**
 * One stream of user requests: when the next one comes and what it is. Open streams never hear an answer, and each
 * attribute has a random stream of its own, so whatever the policy does, the same users ask the same things at the
 * same time. Closed ones (users, sessions) do hear, and what they draw belongs to the user and to how often he asked.
 */
import type { RequestTerms } from '../protocol/index.ts'
import type { RandomSource } from '../kernel/scheduler.ts'
import type { ArrivalProcess } from './arrivals/arrival-process.ts'
import { arrivalProcess } from './arrivals/arrivals.ts'
import type { OpenArrivals } from './arrivals/config.ts'
import type { DemandStream, MixOfTrace, Patience, ProcessStream, RequestsStream, Upstream } from './config.ts'
import { isMixOfTrace } from './config.ts'
import { Content } from './content/content.ts'
import { type LengthSource, lengthSource } from './content/lengths.ts'
import type { Recordings } from './recorded/recordings.ts'
import type { DraftRequest, RequestSource } from './request-source.ts'
import { SessionsSource } from './users/sessions.ts'
import { UsersSource } from './users/users.ts'

export interface SourceContext {
  readonly upstream: Upstream
  readonly recordings: Recordings
  readonly random: RandomSource
  /** Requests arrive before this. */
  readonly duration: number
}

/** `place` in the list names the stream's random streams unless it has a name. */
export function requestSource(stream: DemandStream, place: number, context: SourceContext): RequestSource {
  const name = `demand/${stream.name ?? place}`
  const patience = { ...context.upstream.patience, ...definedOf(stream.patience) }
  if ('requests' in stream) {
    const success = context.upstream.failover_success
    const luck = context.random.stream(`${name}/failover`)
    return new SpelledSource(stream, patience, success === 1 ? () => true : () => luck.uniform() < success)
  }
  const { arrivals } = stream
  const closed = { stream, name, patience, ...context }
  if ('users' in arrivals) return new UsersSource(arrivals, closed)
  if ('sessions' in arrivals) return new SessionsSource(arrivals, closed)
  return new ProcessSource(stream, arrivals, name, patience, context)
}

function definedOf(patience: DemandStream['patience']): Partial<Patience> {
  return Object.fromEntries(Object.entries(patience ?? {}).filter(([, value]) => value !== undefined))
}

class SpelledSource implements RequestSource {
  private readonly requests: RequestsStream['requests']
  private index = 0
  constructor(
    stream: RequestsStream,
    private readonly patience: Patience,
    private readonly luck: () => boolean,
  ) {
    this.requests = stream.requests.toSorted((a, b) => a.at - b.at)
  }

  get nextAt(): number {
    return this.requests[this.index]?.at ?? Infinity
  }

  take(): DraftRequest {
    const request = this.requests[this.index]!
    this.index += 1
    return {
      model: request.model,
      promptTokens: request.prompt,
      estimatedPromptTokens: request.estimated_prompt ?? request.prompt,
      outputTokens: request.output,
      maxTokens: request.max_tokens,
      stream: request.stream,
      tools: request.tools,
      vision: request.vision,
      terms: spelledTerms(request),
      patience: this.patience,
      servedElsewhere: this.luck(),
      member: 0,
    }
  }
}

class ProcessSource implements RequestSource {
  nextAt: number
  /** Of the arrival at `nextAt`. */
  private mark = 0
  private readonly arrivals: ArrivalProcess
  private readonly lengths: LengthSource
  private readonly content: Content
  private readonly replays: (row: number) => boolean

  constructor(
    private readonly settings: ProcessStream,
    arrivals: OpenArrivals,
    name: string,
    patience: Patience,
    { random, recordings, upstream, duration }: SourceContext,
  ) {
    const { mix, lengths } = settings
    const trace = 'trace' in arrivals ? recordings.trace(arrivals.trace) : undefined
    this.arrivals = arrivalProcess(arrivals, {
      recordings,
      random,
      name: `${name}/arrivals`,
      horizon: Math.min(duration, settings.until ?? duration),
    })
    this.lengths = lengthSource(
      { lengths, arrivals, keepsRows: isMixOfTrace(mix) },
      recordings,
      random,
      `${name}/lengths`,
    )
    this.content = new Content({
      stream: settings,
      patience,
      failoverSuccess: upstream.failover_success,
      trace,
      random: (attribute) => random.stream(`${name}/${attribute}`),
    })
    const only = isMixOfTrace(mix) ? rowsOf(mix, trace?.labels ?? []) : undefined
    const labelOf = trace?.labelOf
    this.replays = only === undefined || labelOf === undefined ? () => true : (row) => only.has(labelOf[row]!)
    this.nextAt = this.next()
  }

  /** Arrivals outside the stream's hours are drawn and dropped with their lengths, so that its hours change no other one. */
  private next(): number {
    const { from, until = Infinity } = this.settings
    let at = this.arrival()
    while (at < from && at < until) {
      this.lengths.draw(this.mark)
      at = this.arrival()
    }
    return at < until ? at : Infinity
  }

  /** The next one that is for this stream. */
  private arrival(): number {
    let at = this.arrivals.next()
    while (at < Infinity && !this.replays(this.arrivals.mark)) at = this.arrivals.next()
    this.mark = this.arrivals.mark
    return at
  }

  take(): DraftRequest {
    const { mark } = this
    this.lengths.draw(mark)
    this.nextAt = this.next()
    const { promptTokens, outputTokens } = this.lengths
    return this.content.draft({ promptTokens, outputTokens, mark, member: 0 })
  }
}

function spelledTerms(request: RequestsStream['requests'][number]): RequestTerms {
  const { serial } = request
  return {
    serials: typeof serial === 'string' ? [serial] : serial,
    account: request.account,
    route: request.route,
    cacheKey: request.cache_key,
    endpoint: request.endpoint,
    bodyBytes: request.body,
    malformed: request.malformed,
  }
}

/** Places of the labels whose rows the stream replays; undefined: of all. */
function rowsOf({ only }: MixOfTrace, labels: readonly string[]): ReadonlySet<number> | undefined {
  return only === undefined ? undefined : new Set(only.map((label) => labels.indexOf(label)))
}
