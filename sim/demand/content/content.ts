/**
 * What a request of a stream is, but for its time and its lengths: model, limits, traits, who asks. Each attribute has a random
 * stream of its own, so that changing one setting leaves the others' draws alone.
 */
import { must } from '../../base/assert.ts'
import type { ModelName } from '../../base/ids.ts'
import { ln } from '../../base/math.ts'
import { type Sampler, sampler } from '../../kernel/distributions.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import { PLAIN_TERMS, type RequestTerms } from '../../protocol/index.ts'
import {
  isMixOfTrace,
  type MaxTokens,
  type MixOfTrace,
  modelOfLabel,
  type Patience,
  type ProcessStream,
  tenantAccount,
} from '../config.ts'
import { lengthsInTokens, ratios } from './distributions.ts'
import { tokens } from './lengths.ts'
import type { DraftRequest } from '../request-source.ts'
import type { TraceFile } from '../recorded/trace-file.ts'
import { cumulated, placeOf, zipfShares } from './zipf.ts'

export interface ContentOptions {
  readonly stream: ProcessStream
  readonly patience: Patience
  readonly failoverSuccess: number
  /** Of `mix: from trace`. */
  readonly trace: TraceFile | undefined
  /** The random stream of an attribute. */
  random(attribute: string): RandomStream
}

export interface Occasion {
  readonly promptTokens: number
  readonly outputTokens: number
  /** Row of the recording, or tenant. */
  readonly mark: number
  readonly member: number
  /** Of a conversation that goes on; absent: as the stream says. */
  readonly cacheKey?: string
}

export class Content {
  private readonly drawModel: (mark: number) => ModelName
  private readonly traitStream: RandomStream
  private readonly drawKey: () => string
  private readonly drawAccount: (mark: number) => string
  private readonly drawMaxTokens: (outputTokens: number) => number | undefined
  private readonly estimate: (promptTokens: number) => number
  private readonly isServedElsewhere: () => boolean

  constructor(private readonly options: ContentOptions) {
    const { stream, trace, failoverSuccess } = options
    const random = (attribute: string): RandomStream => options.random(attribute)
    const luck = random('failover')
    this.isServedElsewhere = failoverSuccess === 1 ? () => true : () => luck.uniform() < failoverSuccess
    this.drawModel = isMixOfTrace(stream.mix)
      ? modelOfRow(stream.mix, must(trace, 'demand: a mix from no trace'))
      : modelByShare(stream.mix, random('model'))
    this.traitStream = random('traits')
    this.drawKey = keySampler(stream.cache_keys, random('cache_key'))
    this.drawAccount = accountSampler(stream, random)
    this.drawMaxTokens = maxTokensSampler(stream.max_tokens, random)
    this.estimate = estimator(stream, random('estimate'))
  }

  draft({ promptTokens, outputTokens, mark, member, cacheKey }: Occasion): DraftRequest {
    const { traits } = this.options.stream
    return {
      model: this.drawModel(mark),
      promptTokens,
      estimatedPromptTokens: this.estimate(promptTokens),
      outputTokens,
      maxTokens: this.drawMaxTokens(outputTokens),
      tools: this.traitStream.uniform() < traits.tools,
      vision: this.traitStream.uniform() < traits.vision,
      stream: this.traitStream.uniform() < traits.stream,
      terms: this.drawTerms(mark, cacheKey),
      patience: this.options.patience,
      servedElsewhere: this.isServedElsewhere(),
      member,
    }
  }

  private drawTerms(mark: number, cacheKey: string | undefined): RequestTerms {
    const { route, endpoint, traits } = this.options.stream
    const malformed = traits.malformed > 0 && this.traitStream.uniform() < traits.malformed
    const account = this.drawAccount(mark)
    return { ...PLAIN_TERMS, account, route, endpoint, cacheKey: cacheKey ?? this.drawKey(), malformed }
  }
}

/** A name by its part of [0, 1). Shares may sum to a little less than 1; what is left belongs to the last. */
function nameByShare(shares: { readonly [name: string]: number }, stream: RandomStream): () => string {
  const names = Object.keys(shares)
  let end = 0
  const ends = Object.values(shares).map((part) => (end += part))
  const last = names.length - 1
  return () => {
    const u = stream.uniform()
    let i = 0
    while (i < last && u >= ends[i]!) i += 1
    return names[i]!
  }
}

const modelByShare = (shares: { readonly [model: ModelName]: number }, stream: RandomStream) =>
  nameByShare(shares, stream)

function modelOfRow(mix: MixOfTrace, { labels, labelOf }: TraceFile): (row: number) => ModelName {
  const models = must(labels, 'demand: a mix from a trace without models').map((label) => modelOfLabel(mix, label))
  return (row) => models[labelOf[row]!]!
}

function keySampler(keys: ProcessStream['cache_keys'], stream: RandomStream): () => string {
  if (keys === undefined) return () => ''
  if (typeof keys === 'number') return () => `${stream.below(keys)}`
  const { zipf, none } = keys
  const sums = cumulated(zipfShares(keys.keys, zipf))
  return () => {
    const hasNone = stream.uniform() < none
    const key = placeOf(sums, stream.uniform())
    return hasNone ? '' : `${key}`
  }
}

function accountSampler(stream: ProcessStream, random: (attribute: string) => RandomStream): (mark: number) => string {
  const { account, accounts } = stream
  if (accounts === undefined) return () => account
  if (accounts === 'tenant') return (mark) => tenantAccount(mark)
  const named = Object.values(accounts).reduce((sum, share) => sum + share, 0)
  return nameByShare(named < 1 ? { ...accounts, '': 1 - named } : accounts, random('account'))
}

function maxTokensSampler(
  setting: MaxTokens | undefined,
  random: (attribute: string) => RandomStream,
): (outputTokens: number) => number | undefined {
  if (setting === undefined || typeof setting === 'number') return () => setting
  if ('times_output' in setting) return (outputTokens) => Math.ceil(setting.times_output * outputTokens)
  if ('none' in setting) {
    const { none, sent } = setting
    const stream = random('max_tokens/none')
    const draw = maxTokensSampler(sent, random)
    return (outputTokens) => {
      const value = draw(outputTokens)
      return stream.uniform() < none ? undefined : value
    }
  }
  const [draw, stream] = [sampler(lengthsInTokens(setting)), random('max_tokens')]
  return () => tokens(draw(stream))
}

function estimator(stream: ProcessStream, random: RandomStream): (promptTokens: number) => number {
  const factor = estimateFactor(stream)
  return factor === undefined ? (promptTokens) => promptTokens : (promptTokens) => tokens(promptTokens * factor(random))
}

function estimateFactor({ estimate_error, estimate_ratio }: ProcessStream): Sampler | undefined {
  if (estimate_ratio !== undefined) return sampler(ratios(estimate_ratio))
  // Median 1: the estimator is as often too high as too low.
  return estimate_error === 0 ? undefined : sampler({ kind: 'lognormal', mu: ln(1), sigma: estimate_error })
}
