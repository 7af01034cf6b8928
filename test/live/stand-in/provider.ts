/**
 * One Mac as the stand-in coordinator knows it: its end of one socket. It keeps every frame in order, so that a test can ask
 * for what came, and boxes and opens by tweetnacl directly, so that nothing of the code under test checks itself.
 */
import { randomUUID } from 'node:crypto'
import nacl from 'tweetnacl'
import type { WebSocket } from 'ws'
import type { CoordinatorFrame, HeartbeatFrame, MacFrame, RegisterFrame } from '../../../sim/live/wire/frames.ts'

type FrameOf<Type extends MacFrame['type']> = Extract<MacFrame, { type: Type }>

/** What became of one request at one Mac. */
export interface Answered {
  /** The events of the answer, opened, in order. */
  readonly events: readonly string[]
  readonly end: FrameOf<'inference_complete'> | FrameOf<'inference_error'> | { readonly type: 'disconnected' }
}

export interface AskOptions {
  readonly id?: string
  /** Called with each event as it is opened. */
  onEvent?(event: string): void
  onAccepted?(): void
}

interface Asked extends AskOptions {
  /** Of the Mac's key and this request's. */
  readonly shared: Uint8Array
  readonly events: string[]
  readonly resolve: (answered: Answered) => void
}

interface Waiter {
  readonly wants: (frame: MacFrame) => boolean
  readonly resolve: (frame: MacFrame) => void
  readonly reject: (error: Error) => void
}

export class StandInProvider {
  readonly frames: MacFrame[] = []
  /** The latest of each kind; undefined until there is one. */
  registration: RegisterFrame | undefined
  heartbeat: HeartbeatFrame | undefined
  /** It has answered a challenge with its own key. */
  attested = false
  open = true
  /** What could not be read or opened. */
  readonly complaints: string[] = []
  readonly #asked = new Map<string, Asked>()
  readonly #waiters = new Set<Waiter>()
  #taken = 0

  /** `changed`: something came that may make it routable, or less busy. */
  constructor(
    readonly socket: WebSocket,
    private readonly changed: () => void,
  ) {
    socket.on('message', (data: Buffer, isBinary) => this.#heard(data.toString('utf8'), isBinary))
    socket.on('error', () => {})
    socket.on('close', () => this.#closed())
  }

  get inFlight(): number {
    return this.#asked.size
  }

  offers(model: string): boolean {
    return this.open && this.attested && (this.registration?.models.some(({ id }) => id === model) ?? false)
  }

  hasLoaded(model: string): boolean {
    return this.heartbeat?.warm_models.includes(model) ?? false
  }

  send(frame: CoordinatorFrame): void {
    this.sendRaw(JSON.stringify(frame))
  }

  sendRaw(data: string | Uint8Array): void {
    this.socket.send(data)
  }

  /** The line is cut: nobody says goodbye. */
  cut(): void {
    this.socket.terminate()
  }

  /** The next frame of that type that no call has returned before, and that comes after those that have been returned. */
  async next<Type extends MacFrame['type']>(
    type: Type,
    wants: (frame: FrameOf<Type>) => boolean = () => true,
  ): Promise<FrameOf<Type>> {
    const isIt = (frame: MacFrame): boolean => frame.type === type && wants(frame as FrameOf<Type>)
    const place = this.frames.findIndex((frame, at) => at >= this.#taken && isIt(frame))
    if (place >= 0) {
      this.#taken = place + 1
      return this.frames[place] as FrameOf<Type>
    }
    if (!this.open) throw new Error(`the socket is closed, and no ${type} has come`)
    const frame = await new Promise<MacFrame>((resolve, reject) => {
      this.#waiters.add({ wants: isIt, resolve, reject })
    })
    this.#taken = this.frames.indexOf(frame) + 1
    return frame as FrameOf<Type>
  }

  /** Sends a chat body to the Mac, boxed for it. */
  ask(body: unknown, options: AskOptions = {}): { readonly id: string; readonly answered: Promise<Answered> } {
    const id = options.id ?? randomUUID()
    const pair = nacl.box.keyPair()
    const shared = nacl.box.before(Buffer.from(this.registration?.public_key ?? '', 'base64'), pair.secretKey)
    if (!this.open) return { id, answered: Promise.resolve({ events: [], end: { type: 'disconnected' } }) }
    const answered = new Promise<Answered>((resolve) => {
      this.#asked.set(id, { ...options, shared, events: [], resolve })
    })
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const nonce = nacl.randomBytes(nacl.box.nonceLength)
    const box = nacl.box.after(Buffer.from(text), nonce, shared)
    this.send({
      type: 'inference_request',
      request_id: id,
      encrypted_body: {
        ephemeral_public_key: Buffer.from(pair.publicKey).toString('base64'),
        ciphertext: Buffer.concat([nonce, box]).toString('base64'),
      },
    })
    return { id, answered }
  }

  #heard(text: string, isBinary: boolean): void {
    if (isBinary) return void this.complaints.push('a binary frame')
    const frame = JSON.parse(text) as MacFrame
    this.frames.push(frame)
    this.#note(frame)
    for (const waiter of this.#waiters) {
      if (!waiter.wants(frame)) continue
      this.#waiters.delete(waiter)
      waiter.resolve(frame)
    }
    this.changed()
  }

  #note(frame: MacFrame): void {
    switch (frame.type) {
      case 'register':
        this.registration = frame
        return
      case 'heartbeat':
        this.heartbeat = frame
        return
      case 'attestation_response':
        this.attested = frame.sip_enabled && frame.rdma_disabled && frame.public_key === this.registration?.public_key
        return
      case 'inference_accepted':
        this.#asked.get(frame.request_id)?.onAccepted?.()
        return
      case 'inference_response_chunk': {
        const asked = this.#asked.get(frame.request_id)
        if (asked === undefined) return void this.complaints.push(`a chunk of ${frame.request_id}, which nobody asked`)
        const event = opened(frame.encrypted_data.ciphertext, asked.shared)
        if (event === undefined) return void this.complaints.push('a chunk that does not open')
        asked.events.push(event)
        asked.onEvent?.(event)
        return
      }
      case 'inference_complete':
      case 'inference_error':
        return this.#end(frame.request_id, frame)
      default:
    }
  }

  /** As the real one does, it sends `cancel` after every request, however it has ended. */
  #end(id: string, end: Answered['end']): void {
    const asked = this.#asked.get(id)
    if (asked === undefined) return void this.complaints.push(`an end of ${id}, which nobody asked`)
    this.#asked.delete(id)
    if (this.open) this.send({ type: 'cancel', request_id: id })
    asked.resolve({ events: asked.events, end })
  }

  #closed(): void {
    this.open = false
    for (const id of this.#asked.keys()) this.#end(id, { type: 'disconnected' })
    for (const waiter of this.#waiters) waiter.reject(new Error('the socket closed'))
    this.#waiters.clear()
    this.changed()
  }
}

function opened(ciphertext: string, shared: Uint8Array): string | undefined {
  const bytes = Buffer.from(ciphertext, 'base64')
  const { nonceLength } = nacl.box
  const text = nacl.box.open.after(bytes.subarray(nonceLength), bytes.subarray(0, nonceLength), shared)
  return text === null ? undefined : Buffer.from(text).toString()
}
