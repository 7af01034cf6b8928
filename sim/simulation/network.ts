/**
 * The wires of one run: messages arrive in the order in which they were sent, some time later (wire.ts), and are lost
 * when the connection they travelled on is gone. The coordinator learns that a socket closed one delay after it did.
 */
import { must } from '../base/assert.ts'
import type { MachineIndex, ProviderId } from '../base/ids.ts'
import type { RandomSource, Scheduler } from '../kernel/scheduler.ts'
import type { Link } from '../mac/mac.ts'
import type { Answer, ClientMessage, FromProvider, ToProvider } from '../protocol/index.ts'
import { Wire, type WireSettings } from './wire.ts'

/** Who listens at the coordinator's end. */
export interface CoordinatorEnd {
  onClient(message: ClientMessage): void
  connected(provider: ProviderId): void
  onProvider(provider: ProviderId, message: FromProvider): void
  disconnected(provider: ProviderId): void
}

/** Who listens at the upstream router's end. */
export interface ClientEnd {
  receive(answer: Answer): void
}

/** Who listens at a Mac's end. */
export interface MachineEnd {
  receive(message: ToProvider): void
  /** The socket is gone; the program reconnects by itself. */
  disconnect(): void
}

type Up = FromProvider | 'opened' | 'closed'
type Down = ToProvider | 'closed'

/** Places of wires: the router's two, then two for each machine. */
const FROM_CLIENT = 0
const TO_CLIENT = 1
const TO_MACHINES = 2
const FROM_MACHINES = 3

export class Network {
  /** Machine of each connection ever opened, by ProviderId. */
  readonly #machines: MachineIndex[] = []
  /** By machine: its open connection; undefined: none. */
  readonly #open: (ProviderId | undefined)[] = []
  /** By machine: to it and from it, and who listens there. */
  readonly #down: Wire<Down>[] = []
  readonly #up: Wire<Up>[] = []
  readonly #ends: MachineEnd[] = []
  readonly #fromClient: Wire<ClientMessage>
  readonly #toClient: Wire<Answer>
  #coordinator: CoordinatorEnd | undefined
  #client: ClientEnd | undefined
  readonly #onArrival = (place: number): void => this.#arrived(place)

  constructor(
    private readonly scheduler: Scheduler,
    private readonly settings: WireSettings,
    private readonly random: RandomSource,
  ) {
    this.#fromClient = this.#wire('router/up', FROM_CLIENT)
    this.#toClient = this.#wire('router/down', TO_CLIENT)
  }

  attachClient(end: ClientEnd): void {
    this.#client = end
  }

  attachCoordinator(end: CoordinatorEnd): void {
    this.#coordinator = end
  }

  attachMachine(machine: MachineIndex, serial: string, end: MachineEnd): void {
    this.#ends[machine] = end
    this.#down[machine] = this.#wire(`mac/${serial}/down`, TO_MACHINES + 2 * machine)
  }

  machineOf(provider: ProviderId): MachineIndex {
    return must(this.#machines[provider], 'a provider without a connection')
  }

  /** What the upstream router says now. */
  fromClient(message: ClientMessage): void {
    this.#fromClient.carry(message)
  }

  /** What the coordinator answers the upstream router now. */
  toClient(answer: Answer): void {
    this.#toClient.carry(answer)
  }

  toProvider(provider: ProviderId, message: ToProvider): void {
    this.#downTo(provider).carry(message, provider)
  }

  /** The coordinator gives a connection up; the Mac notices when that arrives. */
  closeFromCoordinator(provider: ProviderId): void {
    this.#downTo(provider).carry('closed', provider)
  }

  linkFor(machine: MachineIndex, serial: string): Link {
    const up = this.#wire<Up>(`mac/${serial}/up`, FROM_MACHINES + 2 * machine)
    this.#up[machine] = up
    return new MacLink(up, () => this.#connect(machine), this.#open, machine)
  }

  /** The machine opens a connection. */
  #connect(machine: MachineIndex): ProviderId {
    const provider = this.#machines.length as ProviderId
    this.#machines.push(machine)
    this.#open[machine] = provider
    return provider
  }

  get #coordinatorEnd(): CoordinatorEnd {
    return must(this.#coordinator, 'the network has a coordinator')
  }

  #downTo(provider: ProviderId): Wire<Down> {
    return must(this.#down[this.machineOf(provider)], 'the network knows every machine')
  }

  #wire<Message>(name: string, place: number): Wire<Message> {
    const { scheduler, settings, random } = this
    return new Wire({ scheduler, settings, random, name, place, onArrival: this.#onArrival })
  }

  #arrived(place: number): void {
    if (place === FROM_CLIENT) this.#coordinatorEnd.onClient(this.#fromClient.take())
    else if (place === TO_CLIENT) must(this.#client, 'the network has a client').receive(this.#toClient.take())
    else if (place % 2 === TO_MACHINES % 2) this.#arrivedAt(((place - TO_MACHINES) / 2) as MachineIndex)
    else this.#arrivedFrom(((place - FROM_MACHINES) / 2) as MachineIndex)
  }

  #arrivedAt(machine: MachineIndex): void {
    const wire = this.#down[machine]!
    const message = wire.take()
    if (this.#open[machine] !== wire.connection) return
    if (message === 'closed') this.#ends[machine]!.disconnect()
    else this.#ends[machine]!.receive(message)
  }

  #arrivedFrom(machine: MachineIndex): void {
    const wire = this.#up[machine]!
    const message = wire.take()
    const provider = wire.connection as ProviderId
    if (message === 'opened') this.#coordinatorEnd.connected(provider)
    else if (message === 'closed') this.#coordinatorEnd.disconnected(provider)
    else this.#coordinatorEnd.onProvider(provider, message)
  }
}

/** A Mac's end of its socket. */
class MacLink implements Link {
  constructor(
    private readonly up: Wire<Up>,
    private readonly connect: () => ProviderId,
    /** By machine: its open connection. */
    private readonly connections: (ProviderId | undefined)[],
    private readonly machine: MachineIndex,
  ) {}

  open(): void {
    this.up.carry('opened', this.connect())
  }

  send(message: FromProvider): void {
    this.up.carry(message, must(this.connections[this.machine], 'a Mac sends on an open connection'))
  }

  close(): void {
    const provider = must(this.connections[this.machine], 'a Mac closes an open connection')
    this.connections[this.machine] = undefined
    this.up.carry('closed', provider)
  }
}
