/**
 * The wires of one run: messages arrive in the order in which they were sent, some time later (wire.ts), and are lost
 * when the connection they travelled on is gone. The coordinator learns that a socket closed one delay after it did.
 */
import { must } from '../base/assert.ts'
import type { MachineIndex, ProviderId } from '../base/ids.ts'
import type { RandomSource, Scheduler } from '../kernel/scheduler.ts'
import type { Link } from '../mac/mac.ts'
import type { FromProvider, ToProvider } from '../protocol/index.ts'
import { Wire, type WireSettings } from './wire.ts'

/** Who listens at the coordinator's end. */
export interface CoordinatorEnd {
  connected(provider: ProviderId): void
  onProvider(provider: ProviderId, message: FromProvider): void
  disconnected(provider: ProviderId): void
}

/** Who listens at a Mac's end. */
export interface MachineEnd {
  receive(message: ToProvider): void
  /** The socket is gone; the program reconnects by itself. */
  disconnect(): void
}

export class Network {
  /** Machine of each connection ever opened, by ProviderId. */
  readonly #machines: MachineIndex[] = []
  /** The open connection of each machine. */
  readonly #open = new Map<MachineIndex, ProviderId>()
  readonly #ends = new Map<MachineIndex, MachineEnd>()
  /** To each machine. */
  readonly #down = new Map<MachineIndex, Wire>()
  readonly #fromClient: Wire
  readonly #toClient: Wire
  #coordinator: CoordinatorEnd | undefined

  constructor(
    private readonly scheduler: Scheduler,
    private readonly settings: WireSettings,
    private readonly random: RandomSource,
  ) {
    this.#fromClient = this.#wire('router/up')
    this.#toClient = this.#wire('router/down')
  }

  attachCoordinator(end: CoordinatorEnd): void {
    this.#coordinator = end
  }

  attachMachine(machine: MachineIndex, serial: string, end: MachineEnd): void {
    this.#ends.set(machine, end)
    this.#down.set(machine, this.#wire(`mac/${serial}/down`))
  }

  machineOf(provider: ProviderId): MachineIndex {
    return must(this.#machines[provider], 'a provider without a connection')
  }

  /** Runs `deliver` when what the upstream router says now has arrived. */
  fromClient(deliver: () => void): void {
    this.#fromClient.carry(deliver)
  }

  /** Runs `deliver` when what the coordinator answers now has arrived at the upstream router. */
  toClient(deliver: () => void): void {
    this.#toClient.carry(deliver)
  }

  toProvider(provider: ProviderId, message: ToProvider): void {
    const machine = this.machineOf(provider)
    this.#downTo(machine).carry(() => {
      if (this.#open.get(machine) === provider) this.#ends.get(machine)?.receive(message)
    })
  }

  /** The coordinator gives a connection up; the Mac notices when that arrives. */
  closeFromCoordinator(provider: ProviderId): void {
    const machine = this.machineOf(provider)
    this.#downTo(machine).carry(() => {
      if (this.#open.get(machine) === provider) this.#ends.get(machine)?.disconnect()
    })
  }

  linkFor(machine: MachineIndex, serial: string): Link {
    const coordinator = (): CoordinatorEnd => must(this.#coordinator, 'the network has a coordinator')
    const up = this.#wire(`mac/${serial}/up`)
    return {
      open: () => {
        const provider = this.#machines.length as ProviderId
        this.#machines.push(machine)
        this.#open.set(machine, provider)
        up.carry(() => coordinator().connected(provider))
      },
      send: (message) => {
        const provider = must(this.#open.get(machine), 'a Mac sends on an open connection')
        up.carry(() => coordinator().onProvider(provider, message))
      },
      close: () => {
        const provider = must(this.#open.get(machine), 'a Mac closes an open connection')
        this.#open.delete(machine)
        up.carry(() => coordinator().disconnected(provider))
      },
    }
  }

  #downTo(machine: MachineIndex): Wire {
    return must(this.#down.get(machine), 'the network knows every machine')
  }

  #wire(name: string): Wire {
    return new Wire(this.scheduler, this.settings, this.random, name)
  }
}
