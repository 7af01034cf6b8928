/**
 * One WebSocket to the coordinator, as a Mac holds it. Handshakes take turns: a thousand at once would hold up everything
 * else for a second. The provider program pings every 10 s and gives a socket up that has been silent for 30 s.
 */
import type { IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { FRAME_BYTES_MAX } from '../wire/frames.ts'

export interface Socket {
  /** What is sent before the socket is open leaves when it is. */
  send(text: string): void
  /** The socket is given up; nothing is heard of it any more. */
  close(): void
  ping(): void
  /** Bytes that the coordinator has not taken yet. */
  readonly backlog: number
}

/** Why a socket is closed, as far as anybody can tell. */
export type Closed =
  /** Nobody listens, or the machine refused. */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** Whoever listens speaks HTTP and would not change to WebSocket. */
  | { readonly kind: 'no_upgrade'; readonly status: number }
  /** What came was no WebSocket. */
  | { readonly kind: 'garbled'; readonly message: string }
  /** It was open. */
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }

/** Each is called from outside any event of the run. */
export interface SocketEvents {
  opened(): void
  heard(text: string): void
  /** A frame that is not text. */
  heardBinary(bytes: number): void
  ponged(): void
  closed(why: Closed): void
}

export type Dial = (events: SocketEvents) => Socket

const HANDSHAKES_MAX = 32
const HANDSHAKE_TIMEOUT_MS = 10_000

/** Errors of the system by which connecting fails, and others that mean the same. */
const isSystemError = (error: Error): error is NodeJS.ErrnoException => 'code' in error && 'syscall' in error

export class Dialler {
  /** Who waits for a turn. */
  readonly #waiting: LiveSocket[] = []
  #under_way = 0

  constructor(private readonly url: URL) {}

  readonly dial: Dial = (events) => {
    const socket = new LiveSocket(events, () => this.#next())
    this.#waiting.push(socket)
    this.#begin()
    return socket
  }

  #begin(): void {
    while (this.#under_way < HANDSHAKES_MAX) {
      const socket = this.#waiting.shift()
      if (socket === undefined) return
      if (socket.given) continue
      this.#under_way += 1
      socket.connect(this.url)
    }
  }

  #next(): void {
    this.#under_way -= 1
    this.#begin()
  }
}

class LiveSocket implements Socket {
  /** Nobody wants to hear of it any more. */
  given = false
  #socket: WebSocket | undefined
  #early: string[] = []
  #why: Closed | undefined
  #shaking = false

  constructor(
    private readonly events: SocketEvents,
    private readonly handshakeOver: () => void,
  ) {}

  get backlog(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  connect(url: URL): void {
    const socket = new WebSocket(url, {
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
    })
    this.#socket = socket
    this.#shaking = true
    socket.on('open', () => {
      this.#shaken()
      if (this.given) return socket.terminate()
      for (const text of this.#early) socket.send(text)
      this.#early = []
      this.events.opened()
    })
    socket.on('message', (data: Buffer, isBinary) => {
      if (this.given) return
      if (isBinary) this.events.heardBinary(data.length)
      else this.events.heard(data.toString('utf8'))
    })
    socket.on('pong', () => {
      if (!this.given) this.events.ponged()
    })
    socket.on('unexpected-response', (_, response: IncomingMessage) => {
      this.#why = { kind: 'no_upgrade', status: response.statusCode ?? 0 }
      socket.terminate()
    })
    socket.on('error', (error: Error) => {
      this.#why ??= isSystemError(error)
        ? { kind: 'unreachable', code: error.code ?? '' }
        : { kind: 'garbled', message: error.message }
    })
    socket.on('close', (code, reason: Buffer) => {
      this.#shaken()
      if (this.given) return
      this.given = true
      this.events.closed(this.#why ?? { kind: 'closed', code, reason: reason.toString('utf8') })
    })
  }

  send(text: string): void {
    const socket = this.#socket
    if (socket === undefined || socket.readyState === WebSocket.CONNECTING) this.#early.push(text)
    else if (socket.readyState === WebSocket.OPEN) socket.send(text)
  }

  /** Without waiting for the other side to agree: the program is gone, or the line is. */
  close(): void {
    this.given = true
    if (this.#socket?.readyState === WebSocket.OPEN) {
      // What was sent before goes out first.
      this.#socket.close(1000)
      const socket = this.#socket
      setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS).unref()
    } else this.#socket?.terminate()
  }

  ping(): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.ping()
  }

  #shaken(): void {
    if (!this.#shaking) return
    this.#shaking = false
    this.handshakeOver()
  }
}

/** Then the line is cut, whatever the other side says. */
const CLOSE_WITHIN_MS = 1_000
