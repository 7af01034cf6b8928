/**
 * One direction of one connection: every message takes a fixed time plus, where the scenario asks for it, an exponential
 * extra drawn from the wire's own stream. What was sent first arrives first, so a slow message holds up those behind it,
 * as on a TCP connection; and so the messages under way are a queue, and each arrival takes the first of it.
 */
import { must } from '../base/assert.ts'
import { addMicros, type Micros } from '../base/time.ts'
import { type Sampler, sampler } from '../kernel/distributions.ts'
import {
  type EventHandler,
  Priority,
  type RandomSource,
  type RandomStream,
  type Scheduler,
} from '../kernel/scheduler.ts'

export interface WireSettings {
  readonly one_way: Micros
  /** Mean of the extra delay; 0: none is drawn. */
  readonly jitter: Micros
}

export interface WireOptions {
  readonly scheduler: Scheduler
  readonly settings: WireSettings
  readonly random: RandomSource
  /** Of the stream its extra delays are drawn from. */
  readonly name: string
  /** Called with `place` at each arrival: the message is to be taken. One handler serves all wires of a network. */
  readonly onArrival: EventHandler
  readonly place: number
}

const FIRST_ROOM = 4

export class Wire<Message> {
  /** On which the message taken last has travelled. */
  connection = 0
  readonly #scheduler: Scheduler
  readonly #onArrival: EventHandler
  readonly #place: number
  readonly #oneWay: Micros
  readonly #random: RandomStream | undefined
  readonly #extra: Sampler | undefined
  /** When the latest message arrives. */
  #latest = 0 as Micros
  /** How many are under way, and what arrives next: mostly it is alone. */
  #count = 0
  #next: Message | undefined
  #nextConnection = 0
  /** Those behind it, in a ring whose length is a power of two: messages, and the connection each travels on. */
  #messages: (Message | undefined)[] = []
  #connections: number[] = []
  #first = 0

  constructor({ scheduler, settings, random, name, onArrival, place }: WireOptions) {
    this.#scheduler = scheduler
    this.#onArrival = onArrival
    this.#place = place
    this.#oneWay = settings.one_way
    if (settings.jitter === 0) return
    this.#extra = sampler({ kind: 'exponential', mean: settings.jitter })
    this.#random = random.stream(`network/${name}`)
  }

  /** `connection`: what `connection` is when the message has been taken. */
  carry(message: Message, connection = 0): void {
    const scheduler = this.#scheduler
    const soonest = addMicros(scheduler.now, this.#oneWay)
    if (this.#random !== undefined && this.#extra !== undefined) {
      const at = addMicros(soonest, Math.round(this.#extra(this.#random)) as Micros)
      this.#latest = Math.max(this.#latest, at) as Micros
    }
    if (this.#count++ === 0) {
      this.#next = message
      this.#nextConnection = connection
    } else this.#queue(message, connection)
    scheduler.schedule(Math.max(this.#latest, soonest) as Micros, Priority.message, this.#onArrival, this.#place)
  }

  /** The message that arrives. */
  take(): Message {
    const message = must(this.#next, 'what arrives was sent')
    this.connection = this.#nextConnection
    if (--this.#count === 0) this.#next = undefined
    else this.#moveUp()
    return message
  }

  /** Behind `#next`, which `#count` counts as well. */
  #queue(message: Message, connection: number): void {
    const behind = this.#count - 2
    if (behind === this.#messages.length) this.#grow()
    const place = (this.#first + behind) & (this.#messages.length - 1)
    this.#messages[place] = message
    this.#connections[place] = connection
  }

  #moveUp(): void {
    const place = this.#first
    this.#next = this.#messages[place]
    this.#nextConnection = this.#connections[place]!
    this.#messages[place] = undefined
    this.#first = (place + 1) & (this.#messages.length - 1)
  }

  /** The ring is full: what is under way comes first in one twice as long. */
  #grow(): void {
    const first = this.#first
    const room = Array.from({ length: Math.max(FIRST_ROOM, this.#messages.length) })
    this.#messages = [...this.#messages.slice(first), ...this.#messages.slice(0, first), ...(room as undefined[])]
    this.#connections = [...this.#connections.slice(first), ...this.#connections.slice(0, first), ...room.map(() => 0)]
    this.#first = 0
  }
}
