/**
 * Whether there is a coordinator at the other end at all. Until one Mac has heard a message that it understands, whatever
 * goes wrong is taken for a wrong address and ends the run; from then on the coordinator may die and return, and the
 * Macs reconnect as they do.
 */
import { addMicros, type Micros, MICROS_PER_SECOND } from '../../base/time.ts'
import { Priority, type Scheduler } from '../../kernel/scheduler.ts'
import type { Closed } from './socket.ts'

/** The real one greets a registration within milliseconds. */
const GREETING_WITHIN = (20 * MICROS_PER_SECOND) as Micros

export interface GreetingFailure {
  /** `machine`: this machine would not open so many sockets. */
  readonly kind: 'nobody' | 'machine'
  readonly message: string
}

export interface GreetingPorts {
  /** There is a coordinator. Once. */
  greeted(): void
  /** There is none: the run is to end. */
  failed(): void
}

/** The system's names for having no descriptors left. */
const OUT_OF_SOCKETS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS'])

export class Greeting {
  failure: GreetingFailure | undefined
  #greeted = false
  #due = false

  constructor(
    private readonly scheduler: Scheduler,
    private readonly ports: GreetingPorts,
  ) {}

  /** Somebody has connected: a greeting is due. */
  expect(): void {
    if (this.#greeted || this.#due) return
    this.#due = true
    this.scheduler.schedule(addMicros(this.scheduler.now, GREETING_WITHIN), Priority.timer, () =>
      this.overdue(GREETING_WITHIN),
    )
  }

  /** Nobody waits for it any longer; of no account where somebody has spoken, or where nobody has connected. */
  overdue(after: Micros): void {
    if (!this.#due) return
    const waited = Math.round(after / MICROS_PER_SECOND)
    this.#fail(`took the registrations and said nothing for ${waited} s; is it the coordinator?`)
  }

  understood(): void {
    if (this.#greeted) return
    this.#greeted = true
    this.ports.greeted()
  }

  misunderstood(complaint: string): void {
    this.#fail(`speaks another protocol: the first thing it said is ${complaint}`)
  }

  closed(why: Closed): void {
    if (this.#greeted) return
    if (why.kind === 'unreachable' && OUT_OF_SOCKETS.has(why.code)) {
      this.failure ??= {
        kind: 'machine',
        message: `this machine does not open so many sockets (${why.code}); raise the limit of open files, as with ulimit -n 8192, or take fewer Macs`,
      }
      return this.ports.failed()
    }
    this.#fail(said(why))
  }

  #fail(message: string): void {
    if (this.#greeted) return
    this.failure ??= { kind: 'nobody', message }
    this.ports.failed()
  }
}

function said(why: Closed): string {
  switch (why.kind) {
    case 'unreachable':
      return why.code === 'ECONNREFUSED' ? 'nobody listens there' : `cannot be reached (${why.code || 'no answer'})`
    case 'no_upgrade':
      return `answers with HTTP status ${why.status} and opens no WebSocket; the path of a coordinator is /ws/provider`
    case 'garbled':
      return `does not speak WebSocket: ${why.message}`
    case 'closed': {
      const reason = why.reason === '' ? '' : `, "${why.reason}"`
      return `closed the connection before it said anything (code ${why.code}${reason})`
    }
  }
}
