/**
 * One Mac's socket: the link it is handed in the place of a simulated wire. What the Mac says becomes frames; frames
 * become the messages it knows. Everything is the Mac's own but what a simulated wire need not carry: text, and boxes around it.
 *
 * Requests have names of the coordinator's out there and numbers in here, a new one for each time a Mac is asked: a name
 * that comes twice is two requests, and the later one is meant by a `cancel`.
 */
import { assertNever, must } from '../base/assert.ts'
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../base/ids.ts'
import { addMicros, type Micros, MICROS_PER_SECOND } from '../base/time.ts'
import { type EventId, Priority, type RandomSource, type Scheduler } from '../kernel/scheduler.ts'
import type { Link, Mac } from '../mac/mac.ts'
import {
  type AdvertisedModel,
  type FromProvider,
  type Heartbeat,
  type Registration,
  SealedBody,
  type SlotState,
} from '../protocol/index.ts'
import type { Scenario } from '../scenario/index.ts'
import type { DownloadRow } from '../trace/row.ts'
import type { AnswerLengths } from './answer-lengths.ts'
import { unixSeconds } from './clock.ts'
import type { Closed, Dial, Socket } from './socket.ts'
import type { Tally } from './tally.ts'
import { CALLED_BACK, LOST, type Witness } from './witness.ts'
import { MacKey, type SharedSecret } from './wire/box.ts'
import { DONE_CHUNK, finishChunk, type OpenedChat, openChat, roleChunk, textChunk } from './wire/chat.ts'
import { fillerToken } from './wire/filler.ts'
import type { CoordinatorFrame, MacFrame, OfferedModel } from './wire/frames.ts'
import { hearFrame } from './wire/hear.ts'
import {
  attestationResponse,
  errorFrame,
  heartbeatFrame,
  loadErrorText,
  offeredModel,
  registerFrame,
} from './wire/say.ts'

/** provider-runtime 8: the program pings every 10 s, and gives up a socket that has not answered for 30 s. */
const PING_EVERY = (10 * MICROS_PER_SECOND) as Micros
const UNANSWERED_MAX = 3
/** Macs ping together, ten times a second: a thousand wake the process a hundred times a second otherwise. */
const PING_GRID = 100_000
/** The program's own limit where a client gives none (provider-runtime 4). It reads it from the body, as we do. */
const PROMPT_TOKENS_MAX = 10_000_000
/** While a Mac stands still its answers are looked at this often. */
const LOOK_AGAIN = 50_000 as Micros
const OK = 200
/** A coordinator that takes its frames this slowly gets more text in fewer of them. */
const BACKLOG_MAX = 2 ** 20

export interface MacWireParts {
  readonly machine: Scenario['machines'][number]
  readonly place: MachineIndex
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly random: RandomSource
  readonly dial: Dial
  readonly lengths: AnswerLengths
  readonly tally: Tally
  /** undefined: no clients of ours ask this coordinator. */
  readonly witness: Witness | undefined
  /** A number that no request of this run has had. */
  nextRequest(): RequestId
  /** Brings something from outside into the run. */
  deliver(happen: () => void): void
  /** A socket is open. */
  opened(): void
  /** Something that the coordinator said was understood; or was not. */
  understood(): void
  misunderstood(complaint: string): void
  /** The socket is closed, by whomever but the Mac. */
  closed(why: Closed): void
  /** It has answered its first challenge, and the coordinator has read the answer; or it has lost its socket before. */
  settled(): void
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

export class MacWire implements Link {
  readonly #key: MacKey
  readonly #bytesOf: ReadonlyMap<string, number>
  /** By the coordinator's name, and by our number. */
  readonly #byName = new Map<string, Asked>()
  readonly #byNumber = new Map<RequestId, Asked>()
  readonly #nonces = new Map<number, string>()
  #over = false
  #nonceCount = 0
  #mac: Mac | undefined
  #socket: Socket | undefined
  #pingTimer: EventId | undefined
  /** Pings since the last sign of life. */
  #unanswered = 0
  #desired: Extract<CoordinatorFrame, { type: 'desired_models' }>['models'] = []
  /** Downloads that were asked for by name, beside what is desired. */
  readonly #prefetched = new Set<string>()
  #served = 0
  #generated = 0
  /** The last heartbeat and its text: a Mac at rest says the same again. */
  #said: { readonly heartbeat: Heartbeat; readonly served: number; readonly text: string } | undefined
  #registration: Registration | undefined
  /** Of the open socket. */
  #provider: ProviderId | undefined
  /** The last heartbeat on this socket. */
  #beaten: Heartbeat | undefined
  /** `asked`: a ping is under way that left after the answer to the first challenge. */
  #settling: 'no' | 'asked' | 'yes' = 'no'

  constructor(private readonly parts: MacWireParts) {
    this.#key = new MacKey(parts.random.stream(`mac/${parts.machine.serial}/key`))
    this.#bytesOf = new Map(parts.scenario.models.map((model) => [model.build, model.diskBytes.value]))
  }

  /** Before the first `open`. */
  attach(mac: Mac): void {
    this.#mac = mac
  }

  open(): void {
    const { dial, deliver, tally } = this.parts
    let socket: Socket | undefined
    let isOpen = false
    const whileCurrent = (happen: () => void): void =>
      deliver(() => {
        if (this.#socket === socket) happen()
        else tally.add('dropped')
      })
    socket = dial({
      opened: () =>
        whileCurrent(() => {
          isOpen = true
          tally.add('connections')
          this.parts.opened()
          this.#connected()
          this.#unanswered = 0
          this.#nextPing()
        }),
      heard: (text) => whileCurrent(() => this.#hear(text)),
      heardBinary: () => whileCurrent(() => this.#misunderstand('a frame that is not text')),
      ponged: () => {
        if (this.#socket !== socket) return
        this.#unanswered = 0
        if (this.#settling === 'asked') this.#settle()
      },
      closed: (why) =>
        whileCurrent(() => {
          tally.add(isOpen ? 'lost' : 'unreachable')
          this.#theMac.disconnect()
          this.parts.closed(why)
          this.#settle()
        }),
    })
    this.#socket = socket
  }

  /** The run is over: nothing of what happens from now on is a row. */
  end(): void {
    this.#over = true
    this.close()
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
    this.#left()
    if (this.#pingTimer !== undefined) this.parts.scheduler.cancel(this.#pingTimer)
    this.#pingTimer = undefined
    for (const asked of this.#byNumber.values()) this.#forget(asked)
    this.#nonces.clear()
  }

  send(message: FromProvider): void {
    switch (message.kind) {
      case 'register':
        this.#registration = message
        return this.#say(
          registerFrame(
            message,
            this.parts.machine,
            this.#key.publicKey,
            message.models.map((model) => this.#offered(model)),
          ),
        )
      case 'heartbeat':
        return this.#beat(message)
      case 'accepted':
        return this.#say({ type: 'inference_accepted', request_id: this.#asked(message.request).name })
      case 'preamble': {
        const asked = this.#asked(message.request)
        return this.#chunk(asked, roleChunk(this.#chunkOf(asked)))
      }
      case 'first_content':
        return this.#stream(this.#asked(message.request))
      case 'complete':
        return this.#complete(message)
      case 'inference_error': {
        const asked = this.#asked(message.request)
        this.#forget(asked)
        this.parts.tally.error(message.code)
        this.parts.witness?.ended(message.request, {
          outcome: 'error',
          code: message.code,
          text: message.text,
          promptTokens: 0,
          completionTokens: 0,
        })
        return this.#say(errorFrame(asked.name, message))
      }
      case 'load_status':
        return this.#say({
          type: 'load_model_status',
          model_id: message.build,
          status: message.status,
          ...(message.status === 'failed' ? { error: loadErrorText(message.text) } : {}),
        })
      case 'models_update':
        return this.#say({ type: 'models_update', models: message.models.map((model) => this.#offered(model)) })
      case 'challenge_answer': {
        const nonce = this.#nonces.get(message.nonce)
        this.#nonces.delete(message.nonce)
        if (nonce !== undefined) this.#say(attestationResponse(nonce, this.#key.publicKey))
        return
      }
      case 'assign_status':
        // An answer to a command that this protocol does not have.
        return
      default:
        return assertNever(message)
    }
  }

  /** A download of this Mac has come so far. */
  downloaded({ build, what }: Pick<DownloadRow, 'build' | 'what'>): void {
    if (what === 'unwanted') return
    this.#say({ type: 'prefetch_model_status', model_id: build, status: what })
  }

  get #theMac(): Mac {
    return must(this.#mac, 'live: the wire has its Mac')
  }

  #asked(request: RequestId): Asked {
    return must(this.#byNumber.get(request), 'live: a Mac answers what it was asked, while its socket is open')
  }

  #offered(model: AdvertisedModel): OfferedModel {
    return offeredModel(model, this.#bytesOf.get(model.build) ?? 0)
  }

  #connected(): void {
    const { witness, place } = this.parts
    const { serial, chip, memory_gb } = must(this.#registration, 'live: a Mac registers as it connects')
    this.#provider = witness?.connected({ machine: place, serial, chip, memory_gb: Math.trunc(memory_gb) })
  }

  #left(): void {
    const { witness } = this.parts
    const provider = this.#provider
    this.#provider = this.#beaten = undefined
    if (provider === undefined || this.#over) return
    for (const { request } of this.#byNumber.values()) witness?.ended(request, LOST)
    witness?.left(provider)
  }

  #settle(): void {
    if (this.#settling === 'yes') return
    this.#settling = 'yes'
    this.parts.settled()
  }

  /** As the coordinator can know it. */
  #slotState(build: BuildId): SlotState | 'unknown' {
    return this.#beaten?.capacity?.slots.find(({ model }) => model === build)?.state ?? 'unknown'
  }

  #say(frame: MacFrame): void {
    this.#sayText(frame.type, JSON.stringify(frame))
  }

  #sayText(type: MacFrame['type'], text: string): void {
    if (this.#socket === undefined) return
    this.parts.tally.sent(type)
    this.#socket.send(text)
  }

  #beat(heartbeat: Heartbeat): void {
    if (this.#said?.heartbeat !== heartbeat || this.#said.served !== this.#served) {
      const stats = { requests_served: this.#served, tokens_generated: this.#generated }
      this.#said = { heartbeat, served: this.#served, text: JSON.stringify(heartbeatFrame(heartbeat, stats)) }
    }
    this.#beaten = heartbeat
    this.#sayText('heartbeat', this.#said.text)
  }

  #nextPing(): void {
    const { scheduler } = this.parts
    const at = Math.ceil((scheduler.now + PING_EVERY) / PING_GRID) * PING_GRID
    this.#pingTimer = scheduler.schedule(at as Micros, Priority.timer, this.#ping)
  }

  readonly #ping = (): void => {
    this.#pingTimer = undefined
    if (this.#unanswered === UNANSWERED_MAX) {
      this.parts.tally.add('lost')
      return this.#theMac.disconnect()
    }
    this.#unanswered += 1
    this.#socket?.ping()
    this.#nextPing()
  }

  #misunderstand(complaint: string): void {
    this.parts.tally.complain(complaint)
    this.parts.misunderstood(complaint)
  }

  #hear(text: string): void {
    const frame = hearFrame(text)
    if (!frame.ok) return this.#misunderstand(frame.error)
    this.parts.tally.heard(frame.value.type)
    this.#obey(frame.value)
    this.parts.understood()
  }

  #obey(frame: CoordinatorFrame): void {
    const mac = this.#theMac
    switch (frame.type) {
      case 'inference_request':
        return this.#infer(frame)
      case 'cancel': {
        const asked = this.#byName.get(frame.request_id)
        // The coordinator says so after every finished request: there is nothing to cancel.
        if (asked === undefined) return
        if (!asked.cancelled) this.parts.tally.add('cancelled')
        asked.cancelled = true
        this.parts.witness?.ended(asked.request, CALLED_BACK)
        return mac.receive({ kind: 'cancel', request: asked.request, attempt: 0 })
      }
      case 'load_model':
        return mac.receive({ kind: 'load_model', build: frame.model_id as BuildId })
      case 'attestation_challenge': {
        const nonce = this.#nonceCount++
        this.#nonces.set(nonce, frame.nonce)
        mac.receive({ kind: 'challenge', nonce })
        if (this.#settling === 'no') {
          this.#settling = 'asked'
          this.#socket?.ping()
        }
        return
      }
      case 'desired_models':
        this.#desired = frame.models
        return this.#converge()
      case 'prefetch_model':
        if (!this.#bytesOf.has(frame.model_id)) {
          return this.#say({
            type: 'prefetch_model_status',
            model_id: frame.model_id,
            status: 'failed',
            error: 'the scenario has no such model',
          })
        }
        this.#prefetched.add(frame.model_id)
        return this.#converge()
      case 'trust_status':
      case 'runtime_status':
        // The program writes it into its log.
        return
      default:
        return assertNever(frame)
    }
  }

  /** A model to be fetched is, to the program, one more that is desired, and takes nobody's place. */
  #converge(): void {
    this.#theMac.receive({
      kind: 'desired_models',
      entries: [
        ...this.#desired.map(({ model_name, desired_build, previous_build }) => ({
          alias: model_name,
          desired: desired_build as BuildId,
          previous: previous_build === undefined || previous_build === '' ? undefined : (previous_build as BuildId),
        })),
        ...[...this.#prefetched].map((build) => ({ alias: build, desired: build as BuildId, previous: undefined })),
      ],
    })
  }

  #infer({ request_id, encrypted_body }: Extract<CoordinatorFrame, { type: 'inference_request' }>): void {
    const { tally, lengths } = this.parts
    tally.add('requests')
    const secret = this.#key.shareWith(encrypted_body.ephemeral_public_key)
    const text = secret?.open(encrypted_body.ciphertext)
    if (secret === undefined || text === undefined) return this.#turnAway(request_id, 'decryption failed')
    const chat = openChat(text)
    if (chat === undefined || chat.promptTokens > PROMPT_TOKENS_MAX)
      return this.#turnAway(request_id, 'invalid request body')
    const build = this.#buildOf(chat.model)
    const asked: Asked = {
      name: request_id,
      request: this.parts.nextRequest(),
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
    if (this.#provider !== undefined)
      this.parts.witness?.dispatched({
        name: request_id,
        from: chat.from,
        number: asked.request,
        provider: this.#provider,
        build,
        slotState: this.#slotState(build),
      })
    this.#theMac.receive({
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

  /** Before the Mac itself has seen it: its body cannot be read. */
  #turnAway(id: string, error: string): void {
    this.parts.tally.complain(error)
    this.parts.tally.error(400)
    this.#say({ type: 'inference_error', request_id: id, error, status_code: 400 })
  }

  /** The body may name an alias: then what is desired under it, as the coordinator or the scenario says. */
  #buildOf(name: string): BuildId {
    if (this.#bytesOf.has(name)) return name as BuildId
    const desired = this.#desired.find(({ model_name }) => model_name === name)?.desired_build
    return (desired ?? this.parts.scenario.aliases[name]?.desired ?? name) as BuildId
  }

  #chunkOf({ name, model, created }: Asked): { readonly id: string; readonly model: string; readonly created: number } {
    return { id: name, model, created }
  }

  #chunk(asked: Asked, event: string): void {
    this.#say({ type: 'inference_response_chunk', request_id: asked.name, encrypted_data: asked.secret.seal(event) })
  }

  /** What has been generated and not been sent, as one chunk; then again when there is more. */
  #stream(asked: Asked): void {
    const { scheduler } = this.parts
    const progress = this.#theMac.progressOf(asked.request, 0)
    if (progress === undefined) return
    // A first token that is being delivered is not counted before its step is over.
    if ((this.#socket?.backlog ?? 0) < BACKLOG_MAX) this.#sendText(asked, Math.max(progress.tokens, 1))
    const { nextAt } = progress
    const again = nextAt !== undefined && nextAt > scheduler.now ? nextAt : addMicros(scheduler.now, LOOK_AGAIN)
    asked.timer = scheduler.schedule(again, Priority.observe, () => this.#stream(asked))
  }

  #sendText(asked: Asked, tokens: number): void {
    if (tokens <= asked.sent) return
    let text = ''
    for (let place = asked.sent; place < tokens; place++) text += fillerToken(place)
    asked.sent = tokens
    this.parts.witness?.speaks(asked.request)
    this.#chunk(asked, textChunk(this.#chunkOf(asked), text))
  }

  #complete({ request, promptTokens, completionTokens }: Extract<FromProvider, { kind: 'complete' }>): void {
    const asked = this.#asked(request)
    this.#forget(asked)
    this.#sendText(asked, completionTokens)
    const limit = asked.chat.maxTokens ?? this.parts.scenario.mac.default_max_tokens
    const reason = completionTokens >= limit ? 'length' : 'stop'
    this.#chunk(asked, finishChunk(this.#chunkOf(asked), reason, { promptTokens, completionTokens }))
    this.#chunk(asked, DONE_CHUNK)
    this.#served += 1
    this.#generated += completionTokens
    this.parts.tally.completed(promptTokens, completionTokens)
    this.parts.witness?.ended(request, { outcome: 'success', code: OK, text: '', promptTokens, completionTokens })
    this.#say({
      type: 'inference_complete',
      request_id: asked.name,
      usage: { prompt_tokens: promptTokens, completion_tokens: completionTokens },
    })
  }

  #forget(asked: Asked): void {
    if (asked.timer !== undefined) this.parts.scheduler.cancel(asked.timer)
    asked.timer = undefined
    this.#byNumber.delete(asked.request)
    if (this.#byName.get(asked.name) === asked) this.#byName.delete(asked.name)
  }
}
