/**
 * The scenario's demand against a coordinator's HTTP interface: the same users with the same arrivals, lengths and patience as in a
 * run of that seed, through the same upstream router with its retries and its clock, each attempt a request of its own. What a
 * client cannot see (decisions, queues, Macs) is not in the trace.
 */
import { Agent } from 'node:http'
import { assert } from '../../base/assert.ts'
import type { RequestId } from '../../base/ids.ts'
import { addMicros, type Micros, MICROS_PER_SECOND } from '../../base/time.ts'
import { DemandDriver } from '../../demand/index.ts'
import { Priority } from '../../kernel/scheduler.ts'
import type { Answer, ClientMessage, FailReason, RejectReason, RequestView } from '../../protocol/index.ts'
import { openBody, type RequestTruth } from '../../protocol/sealed.ts'
import { REJECT_REASONS } from '../../protocol/words.ts'
import type { LoadedScenario } from '../../scenario/index.ts'
import { askChat, type ChatCall, type ChatRefusal } from './chat-client.ts'
import type { LiveRun } from '../live-run.ts'
import { chatMetadata } from '../wire/chat.ts'
import { fillerText } from '../wire/filler.ts'
import type { Witness } from '../witness.ts'

export interface LiveClientsOptions {
  readonly run: LiveRun
  readonly loaded: LoadedScenario
  /** Of the chat completions. */
  readonly url: URL
  readonly key: string
  /** Sees the same requests at Macs of ours. */
  readonly witness?: Witness
}

export interface ClientCounts {
  readonly asked: number
  readonly hungUp: number
  /** Refusals whose reason is none that this lab knows, by status and the coordinator's word: taken for the nearest by status. */
  readonly unknown_reasons: { readonly [word: string]: number }
}

/** How long what is under way may take once arrivals have stopped, as in a run. */
export const DRAIN_MAX = (15 * 60 * MICROS_PER_SECOND) as Micros

/** No real coordinator has policies of its own. */
const KNOWN: ReadonlySet<string> = new Set(REJECT_REASONS.filter((reason) => reason !== 'policy_refused'))
const isKnown = (word: string): word is RejectReason => KNOWN.has(word)

const NEAREST: { readonly [status: number]: RejectReason } = {
  402: 'insufficient_funds',
  404: 'model_not_found',
  413: 'payload_too_large',
  429: 'machine_busy',
  503: 'no_provider',
}
const FAIL_REASONS: { readonly [status: number]: FailReason } = { 504: 'ttft_timeout' }

/** What a proxy says where no status was sent. */
const BAD_GATEWAY = 502
/** From here on it is the server that failed; 503 alone is a refusal. */
const SERVER_ERROR = 500
const UNAVAILABLE = 503

export class LiveClients {
  readonly #options: LiveClientsOptions
  readonly #demand: DemandDriver
  readonly #calls = new Map<RequestId, ChatCall>()
  /** Kept open between requests: a client of a router does not shake hands for each. */
  readonly #agent = new Agent({ keepAlive: true })
  readonly #unknown: Record<string, number> = {}
  readonly #answerNames = new Map<string, RequestId>()
  #asked = 0
  #hungUp = 0
  #finished = false

  constructor(options: LiveClientsOptions) {
    this.#options = options
    const { run, loaded } = options
    const { scenario, traces } = loaded
    this.#demand = new DemandDriver({
      streams: scenario.demand,
      duration: scenario.duration,
      traces,
      upstream: scenario.upstream,
      scheduler: run.kernel,
      random: run.random,
      trace: run.trace,
      send: (message) => this.#send(message),
    })
  }

  /** Every user has been served, or has given up. */
  get finished(): boolean {
    return this.#finished
  }

  get openAttempts(): number {
    return this.#demand.openAttempts
  }

  get counts(): ClientCounts {
    return { asked: this.#asked, hungUp: this.#hungUp, unknown_reasons: this.#unknown }
  }

  /** Requests by the name that their answers bear. */
  get answerNames(): ReadonlyMap<string, RequestId> {
    return this.#answerNames
  }

  /** Users begin to ask; the run is stopped when the last has ended. */
  start(): void {
    const { kernel } = this.#options.run
    const { duration } = this.#options.loaded.scenario
    this.#demand.start()
    const look = (): void => {
      if (this.#demand.openUsers === 0) {
        this.#finished = true
        this.#options.run.stop()
      } else kernel.schedule(addMicros(kernel.now, MICROS_PER_SECOND as Micros), Priority.observe, look)
    }
    kernel.schedule(duration, Priority.observe, look)
  }

  /** Nobody is asked any more. */
  end(): void {
    for (const call of this.#calls.values()) call.hangUp()
    this.#calls.clear()
    this.#demand.closeBooks()
    this.#agent.destroy()
  }

  #send(message: ClientMessage): void {
    if (message.kind === 'request') this.#ask(message.request, openBody(message.body))
    else this.#hangUp(message.request)
  }

  #hangUp(request: RequestId): void {
    const call = this.#calls.get(request)
    assert(call !== undefined, 'live: a request is given up once')
    this.#calls.delete(request)
    this.#hungUp += 1
    call.hangUp()
  }

  #ask(view: RequestView, truth: RequestTruth): void {
    const { run, url, key, witness } = this.#options
    const { id: request } = view
    this.#asked += 1
    let isBegun = false
    const attempt = (): number => witness?.attemptOf(request) ?? 0
    /** Comes from the outside, at the time at which it comes. */
    const tell = (answer: () => Answer, isLast: boolean): void =>
      run.deliver(() => {
        // It was given up while the answer was on its way into the run.
        if (!this.#calls.has(request)) return
        if (isLast) {
          this.#calls.delete(request)
        }
        this.#demand.receive(answer())
      })
    const first = (): void => {
      if (isBegun) return
      isBegun = true
      tell(() => ({ kind: 'first_token', request, attempt: attempt() }), false)
    }
    const call = askChat({ url, key, agent: this.#agent }, chatBody(view, truth, witness?.from(request)), {
      named: (name) => this.#answerNames.set(name, request),
      began: first,
      completed: (completionTokens) => {
        // An answer without any text has begun by ending.
        first()
        tell(() => ({ kind: 'completed', request, attempt: attempt(), completionTokens }), true)
      },
      refused: (refusal) => tell(() => this.#refusal(request, refusal), true),
      broke: () =>
        tell(
          () => ({ kind: 'failed', request, status: BAD_GATEWAY, reason: 'provider_disconnected', midStream: isBegun }),
          true,
        ),
    })
    this.#calls.set(request, call)
  }

  #refusal(request: RequestId, { status, reason, retryAfter_s }: ChatRefusal): Answer {
    const waits = retryAfter_s < 0 ? undefined : retryAfter_s
    if (isKnown(reason)) return { kind: 'rejected', request, status, reason, retryAfter_s: waits }
    if (status >= SERVER_ERROR && status !== UNAVAILABLE)
      return { kind: 'failed', request, status, reason: FAIL_REASONS[status] ?? 'provider_error', midStream: false }
    const word = `${status} ${reason}`
    this.#unknown[word] = (this.#unknown[word] ?? 0) + 1
    return { kind: 'rejected', request, status, reason: NEAREST[status] ?? 'bad_param', retryAfter_s: waits }
  }
}

const IMAGE =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const TOOL = { type: 'function', function: { name: 'look_up', parameters: { type: 'object', properties: {} } } }

/** Filler as long as the coordinator's estimate is to come out; the true lengths are told to Macs of ours, which no real client can. */
function chatBody(view: RequestView, truth: RequestTruth, from: string | undefined): string {
  const text = fillerText(view.estimatedPromptTokens)
  const images = Array.from({ length: truth.images }, () => ({ type: 'image_url', image_url: { url: IMAGE } }))
  return JSON.stringify({
    model: view.model,
    // Always: the moment of the first text is what is measured.
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: images.length === 0 ? text : [{ type: 'text', text }, ...images] }],
    ...(view.maxTokens === undefined ? {} : { max_tokens: view.maxTokens }),
    ...(view.hasTools ? { tools: [TOOL] } : {}),
    ...(view.cacheKey === '' ? {} : { prompt_cache_key: view.cacheKey }),
    metadata: chatMetadata(truth, from),
  })
}
