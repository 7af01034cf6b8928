/**
 * One Mac's wire: the link it is handed in the place of a simulated one. What the Mac says becomes frames; frames
 * become the messages it knows. Everything is the Mac's own but what a simulated wire need not carry: text, and boxes
 * around it (asked-requests.ts), and a socket (mac-socket.ts).
 */
import { assertNever, must } from '../../base/assert.ts'
import type { BuildId, MachineIndex, ProviderId, RequestId } from '../../base/ids.ts'
import type { RandomSource, Scheduler } from '../../kernel/scheduler.ts'
import type { Link, Mac } from '../../mac/mac.ts'
import type { AdvertisedModel, FromProvider, Heartbeat, Registration, SlotState } from '../../protocol/index.ts'
import type { Scenario } from '../../scenario/index.ts'
import type { DownloadRow } from '../../trace/row.ts'
import type { AnswerLengths } from './answer-lengths.ts'
import { AskedRequests } from './asked-requests.ts'
import { MacSocket } from './mac-socket.ts'
import type { Closed, Dial } from './socket.ts'
import type { Tally } from './tally.ts'
import { WantedModels } from './wanted-models.ts'
import { MacKey } from '../wire/box.ts'
import type { CoordinatorFrame, MacFrame, OfferedModel } from '../wire/frames.ts'
import { hearFrame } from '../wire/hear.ts'
import { attestationResponse, heartbeatFrame, loadErrorText, offeredModel, registerFrame } from '../wire/say.ts'
import type { Witness } from '../witness.ts'

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

export class MacWire implements Link {
  readonly #key: MacKey
  readonly #bytesOf: ReadonlyMap<string, number>
  readonly #socket: MacSocket
  readonly #requests: AskedRequests
  readonly #wanted: WantedModels
  readonly #nonces = new Map<number, string>()
  #over = false
  #nonceCount = 0
  #mac: Mac | undefined
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
    const { scenario, scheduler, tally } = parts
    this.#key = new MacKey(parts.random.stream(`mac/${parts.machine.serial}/key`))
    this.#bytesOf = new Map(scenario.models.map((model) => [model.build, model.diskBytes.value]))
    this.#wanted = new WantedModels(scenario)
    this.#socket = new MacSocket({
      scheduler,
      dial: parts.dial,
      tally,
      deliver: (happen) => parts.deliver(happen),
      opened: () => {
        parts.opened()
        this.#connected()
      },
      heard: (text) => this.#hear(text),
      heardBinary: () => this.#misunderstand('a frame that is not text'),
      ponged: () => {
        if (this.#settling === 'asked') this.#settle()
      },
      closed: (why) => {
        this.#theMac.disconnect()
        parts.closed(why)
        this.#settle()
      },
      silent: () => this.#theMac.disconnect(),
    })
    this.#requests = new AskedRequests({
      scheduler,
      key: this.#key,
      lengths: parts.lengths,
      tally,
      witness: parts.witness,
      tokensMax: scenario.mac.default_max_tokens,
      mac: () => this.#theMac,
      nextRequest: () => parts.nextRequest(),
      buildOf: (model) => this.#wanted.buildOf(model),
      backlog: () => this.#socket.backlog,
      say: (frame) => this.#say(frame),
    })
  }

  /** Before the first `open`. */
  attach(mac: Mac): void {
    this.#mac = mac
  }

  open(): void {
    this.#socket.open()
  }

  /** The run is over: nothing of what happens from now on is a row. */
  end(): void {
    this.#over = true
    this.close()
  }

  close(): void {
    this.#socket.close()
    this.#left()
    this.#requests.forget()
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
      case 'preamble':
      case 'first_content':
      case 'complete':
      case 'inference_error':
        return this.#requests.answer(message)
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

  #offered(model: AdvertisedModel): OfferedModel {
    return offeredModel(model, this.#bytesOf.get(model.build) ?? 0)
  }

  #connected(): void {
    const { witness, place } = this.parts
    const { serial, chip, memory_gb } = must(this.#registration, 'live: a Mac registers as it connects')
    this.#provider = witness?.connected({ machine: place, serial, chip, memory_gb: Math.trunc(memory_gb) })
  }

  #left(): void {
    const provider = this.#provider
    this.#provider = this.#beaten = undefined
    if (provider === undefined || this.#over) return
    this.#requests.lose()
    this.parts.witness?.left(provider)
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
    this.#socket.send(frame.type, JSON.stringify(frame))
  }

  #beat(heartbeat: Heartbeat): void {
    const { served, generated } = this.#requests
    if (this.#said?.heartbeat !== heartbeat || this.#said.served !== served) {
      const stats = { requests_served: served, tokens_generated: generated }
      this.#said = { heartbeat, served, text: JSON.stringify(heartbeatFrame(heartbeat, stats)) }
    }
    this.#beaten = heartbeat
    this.#socket.send('heartbeat', this.#said.text)
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
      case 'inference_request': {
        const provider = this.#provider
        if (provider === undefined) return this.#requests.ask(frame, undefined)
        return this.#requests.ask(frame, { provider, slotState: (build) => this.#slotState(build) })
      }
      case 'cancel':
        return this.#requests.cancel(frame.request_id)
      case 'load_model':
        return mac.receive({ kind: 'load_model', build: frame.model_id as BuildId })
      case 'attestation_challenge': {
        const nonce = this.#nonceCount++
        this.#nonces.set(nonce, frame.nonce)
        mac.receive({ kind: 'challenge', nonce })
        if (this.#settling === 'no') {
          this.#settling = 'asked'
          this.#socket.ping()
        }
        return
      }
      case 'desired_models':
        this.#wanted.desire(frame.models)
        return mac.receive(this.#wanted.message)
      case 'prefetch_model':
        if (this.#wanted.fetch(frame.model_id)) return mac.receive(this.#wanted.message)
        return this.#say({
          type: 'prefetch_model_status',
          model_id: frame.model_id,
          status: 'failed',
          error: 'the scenario has no such model',
        })
      case 'trust_status':
      case 'runtime_status':
        // The program writes it into its log.
        return
      default:
        return assertNever(frame)
    }
  }
}
