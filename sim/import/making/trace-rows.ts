/**
 * Requests as rows of our own trace. What the log does not hold is drawn from those of its requests that do, and counted:
 * the answer of a request that was refused, failed or gave up, a prompt that only the coordinator's estimate is known of.
 */
import { MICROS_PER_SECOND } from '../../base/time.ts'
import type { RandomStream } from '../../kernel/scheduler.ts'
import type { LengthPool } from './length-pool.ts'
import { ENDINGS } from '../reading/request.ts'
import type { StoredRequest } from '../reading/request-store.ts'

export interface DrawnCounts {
  prompts: number
  outputs: number
  /** Of outputs: at least as long as what was recorded before it broke off. */
  longer: number
  /** Answers of 0 tokens that are replayed with 1. */
  zeros: number
  streams: number
}

export interface TraceColumns {
  readonly model: boolean
  readonly estimated: boolean
  readonly maxTokens: boolean
  readonly traits: boolean
  readonly session: boolean
}

const TOKENS_MAX = 10_000_000

export class TraceRows {
  readonly drawn: DrawnCounts = { prompts: 0, outputs: 0, longer: 0, zeros: 0, streams: 0 }
  private readonly names: readonly string[]

  constructor(
    private readonly columns: TraceColumns,
    private readonly pool: LengthPool,
    /** Share of requests that stream, of those of which it is known. */
    private readonly streaming: number,
    private readonly stream: RandomStream,
    /** By place in the store. */
    private readonly models: readonly string[],
  ) {
    this.names = models.map(cellOf)
  }

  get header(): string {
    const { model, estimated, maxTokens, traits, session } = this.columns
    return `${[
      'arrival_s',
      'prompt_tokens',
      'output_tokens',
      ...(model ? ['model'] : []),
      ...(estimated ? ['estimated_prompt_tokens'] : []),
      ...(maxTokens ? ['max_tokens'] : []),
      ...(traits ? ['tools', 'vision', 'stream'] : []),
      ...(session ? ['cache_key'] : []),
      'recorded',
    ].join(',')}\n`
  }

  /** `zero`: of the clock, to which the row's time is written. */
  line(request: StoredRequest, zero: number): string {
    const { model, estimated, maxTokens, traits, session } = this.columns
    const name = this.models[request.model]!
    const prompt = this.promptOf(request, name)
    const output = this.outputOf(request, name)
    let line = `${secondsOf(request.at - zero)},${prompt},${output}`
    if (model) line += `,${this.names[request.model]!}`
    if (estimated) line += `,${numberOf(request.estimatedPromptTokens)}`
    if (maxTokens) line += `,${numberOf(request.maxTokens)}`
    if (traits) line += `,${request.tools === 1 ? 1 : 0},${request.vision === 1 ? 1 : 0},${this.streamOf(request)}`
    if (session) line += `,${numberOf(request.session)}`
    return `${line},${ENDINGS[request.ending]!}\n`
  }

  private promptOf(request: StoredRequest, model: string): number {
    if (request.promptTokens > 0) return request.promptTokens
    this.drawn.prompts += 1
    const like = this.pool.draw(model)
    // What the coordinator took it for, times how far off it was with another.
    if (request.estimatedPromptTokens > 0 && like.estimatedPromptTokens > 0) {
      const ratio = like.promptTokens / like.estimatedPromptTokens
      return Math.min(TOKENS_MAX, Math.max(1, Math.round(request.estimatedPromptTokens * ratio)))
    }
    return request.estimatedPromptTokens > 0 ? request.estimatedPromptTokens : like.promptTokens
  }

  private outputOf({ outputTokens, ending }: StoredRequest, model: string): number {
    const whole = ending === SERVED || ending === UNKNOWN
    if (whole && outputTokens === 0) this.drawn.zeros += 1
    if (whole && outputTokens >= 0) return Math.max(1, outputTokens)
    this.drawn.outputs += 1
    if (outputTokens <= 0) return this.pool.draw(model).outputTokens
    this.drawn.longer += 1
    return this.pool.drawLonger(model, outputTokens) ?? outputTokens
  }

  private streamOf({ stream }: StoredRequest): number {
    if (stream >= 0) return stream
    if (this.streaming === 1) return 1
    this.drawn.streams += 1
    return this.stream.uniform() < this.streaming ? 1 : 0
  }
}

const SERVED = ENDINGS.indexOf('served')
const UNKNOWN = ENDINGS.indexOf('unknown')

const numberOf = (value: number): string => (value < 0 ? '' : String(value))

/** Exact: whole microseconds in, six decimals out. */
function secondsOf(at: number): string {
  const seconds = Math.floor(at / MICROS_PER_SECOND)
  return `${seconds}.${String(at - seconds * MICROS_PER_SECOND).padStart(6, '0')}`
}

const cellOf = (text: string): string => (/[",;\t|\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
