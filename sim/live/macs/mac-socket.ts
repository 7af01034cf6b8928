/**
 * The socket that a Mac holds open: one at a time, and whatever still comes of an earlier one is dropped. As the real
 * program does it pings, and gives a socket up that has been silent for too long.
 */
import { type Micros, MICROS_PER_SECOND } from '../../base/time.ts'
import { type EventId, Priority, type Scheduler } from '../../kernel/scheduler.ts'
import type { Closed, Dial, Socket } from './socket.ts'
import type { Tally } from './tally.ts'
import type { MacFrame } from '../wire/frames.ts'

/** provider-runtime 8: the program pings every 10 s, and gives up a socket that has not answered for 30 s. */
const PING_EVERY = (10 * MICROS_PER_SECOND) as Micros
const UNANSWERED_MAX = 3
/** Macs ping together, ten times a second: a thousand wake the process a hundred times a second otherwise. */
const PING_GRID = 100_000

/** What happens is told of the socket that is open now alone; all but `ponged` comes by `deliver`. */
export interface MacSocketPorts {
  readonly scheduler: Scheduler
  readonly dial: Dial
  readonly tally: Tally
  /** Brings something from outside into the run. */
  deliver(happen: () => void): void
  opened(): void
  heard(text: string): void
  heardBinary(): void
  /** The coordinator has read what was sent before a ping. */
  ponged(): void
  /** By whomever but the Mac. */
  closed(why: Closed): void
  /** It has not answered for so long that the Mac gives it up. */
  silent(): void
}

export class MacSocket {
  #socket: Socket | undefined
  #pingTimer: EventId | undefined
  /** Pings since the last sign of life. */
  #unanswered = 0

  constructor(private readonly ports: MacSocketPorts) {}

  open(): void {
    const { dial, deliver, tally } = this.ports
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
          this.ports.opened()
          this.#unanswered = 0
          this.#nextPing()
        }),
      heard: (text) => whileCurrent(() => this.ports.heard(text)),
      heardBinary: () => whileCurrent(() => this.ports.heardBinary()),
      ponged: () => {
        if (this.#socket !== socket) return
        this.#unanswered = 0
        this.ports.ponged()
      },
      closed: (why) =>
        whileCurrent(() => {
          tally.add(isOpen ? 'lost' : 'unreachable')
          this.ports.closed(why)
        }),
    })
    this.#socket = socket
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
    if (this.#pingTimer !== undefined) this.ports.scheduler.cancel(this.#pingTimer)
    this.#pingTimer = undefined
  }

  /** The JSON of a frame of that type. Without a socket nothing is said. */
  send(type: MacFrame['type'], text: string): void {
    if (this.#socket === undefined) return
    this.ports.tally.sent(type)
    this.#socket.send(text)
  }

  ping(): void {
    this.#socket?.ping()
  }

  /** Bytes that the coordinator has not taken yet. */
  get backlog(): number {
    return this.#socket?.backlog ?? 0
  }

  #nextPing(): void {
    const { scheduler } = this.ports
    const at = Math.ceil((scheduler.now + PING_EVERY) / PING_GRID) * PING_GRID
    this.#pingTimer = scheduler.schedule(at as Micros, Priority.timer, this.#pingOrGiveUp)
  }

  readonly #pingOrGiveUp = (): void => {
    this.#pingTimer = undefined
    if (this.#unanswered === UNANSWERED_MAX) {
      this.ports.tally.add('lost')
      return this.ports.silent()
    }
    this.#unanswered += 1
    this.ping()
    this.#nextPing()
  }
}
