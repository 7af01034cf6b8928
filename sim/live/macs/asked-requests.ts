/**
 * Requests that a coordinator has put to one Mac, and their answers as text in boxes. The Mac's own messages carry neither: what
 * it has generated is looked up where it says that there is something, and sent as one chunk.
 *
 * Requests have names of the coordinator's out there and numbers in here, a new one for each time a Mac is asked: a name
 * that comes twice is two requests, and the later one is meant by a `cancel`.
 */
import { assertNever, must } from '../../base/assert.ts'
import type { BuildId, ProviderId, RequestId } from '../../base/ids.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'
import type { Mac } from '../../mac/mac.ts'
import { type FromProvider, SealedBody, type SlotState } from '../../protocol/index.ts'
import type { AnswerLengths } from './answer-lengths.ts'
import { unixSeconds } from '../time/clock.ts'
import type { Tally } from './tally.ts'
import { CALLED_BACK, LOST, type Witness } from '../witness.ts'
import type { MacKey, SharedSecret } from '../wire/box.ts'
import { DONE_CHUNK, finishChunk, type OpenedChat, openChat, roleChunk, textChunk } from '../wire/chat.ts'
import { fillerToken } from '../wire/filler.ts'
import type { CoordinatorFrame, MacFrame } from '../wire/frames.ts'
import { errorFrame } from '../wire/say.ts'

/** The program's own limit where a client gives none (provider-runtime 4). It reads it from the body, as we do. */
const PROMPT_TOKENS_MAX = 10_000_000
/** While a Mac stands still its answers are looked at this often. */
const LOOK_AGAIN = 50_000 as Micros
const OK = 200
/** A coordinator that takes its frames this slowly gets more text in fewer of them. */
const BACKLOG_MAX = 2 ** 20

type Said<K extends FromProvider['kind']> = Extract<FromProvider, { kind: K }>
/** What a Mac says of a request. */
export type OfRequest =
  | Said<'accepted'>
  | Said<'preamble'>
  | Said<'first_content'>
  | Said<'complete'>
  | Said<'inference_error'>

/** The connection a request comes by, as the coordinator knows it. */
export interface AskedBy {
  readonly provider: ProviderId
  slotState(build: BuildId): SlotState | 'unknown'
}

export interface AskedRequestsPorts {
  readonly scheduler: Scheduler
  readonly key: MacKey
  readonly lengths: AnswerLengths
  readonly tally: Tally
  readonly witness: Witness | undefined
  /** Tokens after which an answer ends that names no limit. */
  readonly tokensMax: number
  mac(): Mac
  nextRequest(): RequestId
  buildOf(model: string): BuildId
  /** Bytes that the coordinator has not taken yet. */
  backlog(): number
  say(frame: MacFrame): void
}

interface Asked {
  readonly name: string
  readonly request: RequestId
  readonly chat: OpenedChat
  readonly model: string
  readonly secret: SharedSecret
  readonly created: number
  /** Tokens whose text has been sent. */
  sent: number
  timer: EventId | undefined
  cancelled: boolean
}

export class AskedRequests {
  /** By the coordinator's name, and by our number. */
  readonly #byName = new Map<string, Asked>()
  readonly #byNumber = new Map<RequestId, Asked>()
  #served = 0
  #generated = 0

  constructor(private readonly ports: AskedRequestsPorts) {}

  /** Answered in full since the Mac was made. */
  get served(): number {
    return this.#served
  }

  /** Tokens of those answers. */
  get generated(): number {
    return this.#generated
  }

  ask(
    { request_id, encrypted_body }: Extract<CoordinatorFrame, { type: 'inference_request' }>,
    by: AskedBy | undefined,
  ): void {
    const { key, lengths, tally, witness } = this.ports
    tally.add('requests')
    const secret = key.shareWith(encrypted_body.ephemeral_public_key)
    const text = secret?.open(encrypted_body.ciphertext)
    if (secret === undefined || text === undefined) return this.#turnAway(request_id, 'decryption failed')
    const chat = openChat(text)
    if (chat === undefined || chat.promptTokens > PROMPT_TOKENS_MAX)
      return this.#turnAway(request_id, 'invalid request body')
    const build = this.ports.buildOf(chat.model)
    const asked: Asked = {
      name: request_id,
      request: this.ports.nextRequest(),
      chat,
      model: chat.model,
      secret,
      created: unixSeconds(),
      sent: 0,
      timer: undefined,
      cancelled: false,
    }
    this.#byName.set(request_id, asked)
    this.#byNumber.set(asked.request, asked)
    if (by !== undefined)
      witness?.dispatched({
        name: request_id,
        from: chat.from,
        number: asked.request,
        provider: by.provider,
        build,
        slotState: by.slotState(build),
      })
    this.ports.mac().receive({
      kind: 'inference',
      request: asked.request,
      attempt: 0,
      build,
      maxTokens: chat.maxTokens,
      body: SealedBody.seal({
        promptTokens: chat.promptTokens,
        outputTokens: chat.outputTokens ?? lengths.draw([chat.model, build]),
        images: chat.images,
      }),
    })
  }

  cancel(name: string): void {
    const asked = this.#byName.get(name)
    // The coordinator says so after every finished request: there is nothing to cancel.
    if (asked === undefined) return
    if (!asked.cancelled) this.ports.tally.add('cancelled')
    asked.cancelled = true
    this.ports.witness?.ended(asked.request, CALLED_BACK)
    this.ports.mac().receive({ kind: 'cancel', request: asked.request, attempt: 0 })
  }

  answer(message: OfRequest): void {
    const asked = must(
      this.#byNumber.get(message.request),
      'live: a Mac answers what it was asked, while its socket is open',
    )
    switch (message.kind) {
      case 'accepted':
        return this.ports.say({ type: 'inference_accepted', request_id: asked.name })
      case 'preamble':
        return this.#chunk(asked, roleChunk(chunkOf(asked)))
      case 'first_content':
        return this.#stream(asked)
      case 'complete':
        return this.#complete(asked, message)
      case 'inference_error':
        return this.#fail(asked, message)
      default:
        return assertNever(message)
    }
  }

  /** Their connection is lost, as whoever watches it sees. */
  lose(): void {
    for (const { request } of this.#byNumber.values()) this.ports.witness?.ended(request, LOST)
  }

  forget(): void {
    for (const asked of this.#byNumber.values()) this.#forget(asked)
  }

  /** Before the Mac itself has seen it: its body cannot be read. */
  #turnAway(id: string, error: string): void {
    this.ports.tally.complain(error)
    this.ports.tally.error(400)
    this.ports.say({ type: 'inference_error', request_id: id, error, status_code: 400 })
  }

  #chunk(asked: Asked, event: string): void {
    const encrypted_data = asked.secret.seal(event)
    this.ports.say({ type: 'inference_response_chunk', request_id: asked.name, encrypted_data })
  }

  /** What has been generated and not been sent, as one chunk; then again when there is more. */
  #stream(asked: Asked): void {
    const { scheduler } = this.ports
    const progress = this.ports.mac().progressOf(asked.request, 0)
    if (progress === undefined) return
    // A first token that is being delivered is not counted before its step is over.
    if (this.ports.backlog() < BACKLOG_MAX) this.#sendText(asked, Math.max(progress.tokens, 1))
    const { nextAt } = progress
    const again = nextAt !== undefined && nextAt > scheduler.now ? nextAt : addMicros(scheduler.now, LOOK_AGAIN)
    asked.timer = scheduler.schedule(again, Priority.observe, () => this.#stream(asked))
  }

  #sendText(asked: Asked, tokens: number): void {
    if (tokens <= asked.sent) return
    let text = ''
    for (let place = asked.sent; place < tokens; place++) text += fillerToken(place)
    asked.sent = tokens
    this.ports.witness?.speaks(asked.request)
    this.#chunk(asked, textChunk(chunkOf(asked), text))
  }

  #complete(asked: Asked, { request, promptTokens, completionTokens }: Said<'complete'>): void {
    this.#forget(asked)
    this.#sendText(asked, completionTokens)
    const limit = asked.chat.maxTokens ?? this.ports.tokensMax
    const reason = completionTokens >= limit ? 'length' : 'stop'
    this.#chunk(asked, finishChunk(chunkOf(asked), reason, { promptTokens, completionTokens }))
    this.#chunk(asked, DONE_CHUNK)
    this.#served += 1
    this.#generated += completionTokens
    this.ports.tally.completed(promptTokens, completionTokens)
    this.ports.witness?.ended(request, { outcome: 'success', code: OK, text: '', promptTokens, completionTokens })
    this.ports.say({
      type: 'inference_complete',
      request_id: asked.name,
      usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens },
    })
  }

  #fail(asked: Asked, message: Said<'inference_error'>): void {
    this.#forget(asked)
    this.ports.tally.error(message.code)
    this.ports.witness?.ended(message.request, {
      outcome: 'error',
      code: message.code,
      text: message.text,
      promptTokens: 0,
      completionTokens: 0,
    })
    this.ports.say(errorFrame(asked.name, message))
  }

  #forget(asked: Asked): void {
    if (asked.timer !== undefined) this.ports.scheduler.cancel(asked.timer)
    asked.timer = undefined
    this.#byNumber.delete(asked.request)
    if (this.#byName.get(asked.name) === asked) this.#byName.delete(asked.name)
  }
}

function chunkOf({ name, model, created }: Asked): {
  readonly id: string
  readonly model: string
  readonly created: number
} {
  return { id: name, model, created }
}
