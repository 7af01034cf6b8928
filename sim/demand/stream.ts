/**
 * One stream of user requests: when the next one comes and what it is. Nothing here ever hears an answer, and each
 * attribute has a random stream of its own, so whatever the policy does, the same users ask the same things at the
 * same time.
 */
import { ln } from '../base/math.ts'
import type { ModelName } from '../base/ids.ts'
import { PLAIN_TERMS, type RequestTerms } from '../protocol/index.ts'
import { type Sampler, sampler } from '../kernel/distributions.ts'
import type { RandomSource, RandomStream } from '../kernel/scheduler.ts'
import type { ArrivalProcess } from './arrival-process.ts'
import { arrivalProcess } from './arrivals.ts'
import type { DemandStream, MaxTokens, Patience, ProcessStream, RequestsStream, Upstream } from './config.ts'
import { type LengthSource, lengthSource, tokens } from './lengths.ts'
import type { TraceFile } from './trace-file.ts'

/** Everything about a user request, drawn before anybody sees it. */
export interface DraftRequest {
  readonly model: ModelName
  readonly promptTokens: number
  readonly estimatedPromptTokens: number
  readonly outputTokens: number
  /** undefined: the client gives none. */
  readonly maxTokens: number | undefined
  readonly stream: boolean
  readonly tools: boolean
  readonly vision: boolean
  readonly terms: RequestTerms
  readonly patience: Patience
  /** Whether another provider would serve it, should we answer 429. */
  readonly servedElsewhere: boolean
}

export interface RequestSource {
  /** When the next request comes; Infinity when none will. */
  readonly nextAt: number
  /** The request of `nextAt`; moves on to the one after it. */
  take(): DraftRequest
}

export interface SourceContext {
  readonly upstream: Upstream
  readonly traces: ReadonlyMap<string, TraceFile>
  readonly random: RandomSource
}

/** `place` in the list names the stream's random streams unless it has a name. */
export function requestSource(stream: DemandStream, place: number, context: SourceContext): RequestSource {
  const name = `demand/${stream.name ?? place}`
  const patience = { ...context.upstream.patience, ...definedOf(stream.patience) }
  const luck = failoverLuck(context.upstream.failover_success, context.random.stream(`${name}/failover`))
  return 'requests' in stream
    ? new SpelledSource(stream, patience, luck)
    : new ProcessSource(stream, name, patience, luck, context)
}

function definedOf(patience: DemandStream['patience']): Partial<Patience> {
  return Object.fromEntries(Object.entries(patience ?? {}).filter(([, value]) => value !== undefined))
}

type Luck = () => boolean
function failoverLuck(success: number, stream: RandomStream): Luck {
  return success === 1 ? () => true : () => stream.uniform() < success
}

class SpelledSource implements RequestSource {
  private readonly requests: RequestsStream['requests']
  private index = 0
  constructor(
    stream: RequestsStream,
    private readonly patience: Patience,
    private readonly luck: Luck,
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
    }
  }
}

class ProcessSource implements RequestSource {
  nextAt: number
  private readonly arrivals: ArrivalProcess
  private readonly lengths: LengthSource
  private readonly models: readonly ModelName[]
  /** Upper end of each model's part of [0, 1). */
  private readonly ends: readonly number[]
  private readonly modelStream: RandomStream
  private readonly traitStream: RandomStream
  private readonly keyStream: RandomStream
  private readonly estimateStream: RandomStream
  private readonly estimateFactor: Sampler | undefined

  constructor(
    private readonly settings: ProcessStream,
    name: string,
    private readonly patience: Patience,
    private readonly luck: Luck,
    context: SourceContext,
  ) {
    const { random, traces } = context
    this.arrivals = arrivalProcess(settings.arrivals, traces, random, `${name}/arrivals`)
    this.lengths = lengthSource(settings.lengths, settings.arrivals, traces, random, `${name}/lengths`)
    this.models = Object.keys(settings.mix)
    let end = 0
    this.ends = Object.values(settings.mix).map((part) => (end += part))
    this.modelStream = random.stream(`${name}/model`)
    this.traitStream = random.stream(`${name}/traits`)
    this.keyStream = random.stream(`${name}/cache_key`)
    this.estimateStream = random.stream(`${name}/estimate`)
    const sigma = settings.estimate_error
    // Median 1: the estimator is as often too high as too low.
    this.estimateFactor = sigma === 0 ? undefined : sampler({ kind: 'lognormal', mu: ln(1), sigma })
    this.nextAt = this.next()
  }

  /** Arrivals outside the stream's hours are drawn and dropped with their lengths, so that its hours change no other one. */
  private next(): number {
    const { from, until = Infinity } = this.settings
    let at = this.arrivals.next()
    while (at < from && at < until) {
      this.lengths.draw()
      at = this.arrivals.next()
    }
    return at < until ? at : Infinity
  }

  take(): DraftRequest {
    this.lengths.draw()
    this.nextAt = this.next()
    const { promptTokens, outputTokens } = this.lengths
    const { traits } = this.settings
    const factor = this.estimateFactor
    return {
      model: this.drawModel(),
      promptTokens,
      estimatedPromptTokens: factor === undefined ? promptTokens : tokens(promptTokens * factor(this.estimateStream)),
      outputTokens,
      maxTokens: maxTokensOf(this.settings.max_tokens, outputTokens),
      tools: this.traitStream.uniform() < traits.tools,
      vision: this.traitStream.uniform() < traits.vision,
      stream: this.traitStream.uniform() < traits.stream,
      terms: this.drawTerms(),
      patience: this.patience,
      servedElsewhere: this.luck(),
    }
  }

  private drawTerms(): RequestTerms {
    const { account, route, endpoint, cache_keys, traits } = this.settings
    const cacheKey = cache_keys === undefined ? '' : `${this.keyStream.below(cache_keys)}`
    const malformed = traits.malformed > 0 && this.traitStream.uniform() < traits.malformed
    return { ...PLAIN_TERMS, account, route, endpoint, cacheKey, malformed }
  }

  private drawModel(): ModelName {
    const u = this.modelStream.uniform()
    const last = this.models.length - 1
    let i = 0
    // Shares may sum to a little less than 1; what is left belongs to the last.
    while (i < last && u >= this.ends[i]!) i += 1
    return this.models[i]!
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

function maxTokensOf(setting: MaxTokens | undefined, outputTokens: number): number | undefined {
  if (setting === undefined || typeof setting === 'number') return setting
  return Math.ceil(setting.times_output * outputTokens)
}
