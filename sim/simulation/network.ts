/**
 * The wires of one run: every message takes a fixed time, arrives in the order it was sent, and is lost when the
 * connection it travelled on is gone. The coordinator learns that a socket closed one delay after it did.
 */
import { must } from '../base/assert.ts'
import type { MachineIndex, ProviderId } from '../base/ids.ts'
import { addMicros, type Micros } from '../base/time.ts'
import type { Link } from '../mac/mac.ts'
import { Priority, type Scheduler } from '../kernel/scheduler.ts'
import type { FromProvider, ToProvider } from '../protocol/index.ts'

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
  #coordinator: CoordinatorEnd | undefined

  constructor(
    private readonly scheduler: Scheduler,
    /** One way, coordinator to provider and back. */
    private readonly providerDelay: Micros,
    /** One way, upstream router to coordinator and back. */
    private readonly clientDelay: Micros,
  ) {}

  attachCoordinator(end: CoordinatorEnd): void {
    this.#coordinator = end
  }

  attachMachine(machine: MachineIndex, end: MachineEnd): void {
    this.#ends.set(machine, end)
  }

  machineOf(provider: ProviderId): MachineIndex {
    return must(this.#machines[provider], 'a provider without a connection')
  }

  /** Runs `deliver` one client delay from now. */
  toOrFromClient(deliver: () => void): void {
    this.#after(this.clientDelay, deliver)
  }

  toProvider(provider: ProviderId, message: ToProvider): void {
    const machine = this.machineOf(provider)
    this.#after(this.providerDelay, () => {
      if (this.#open.get(machine) === provider) this.#ends.get(machine)?.receive(message)
    })
  }

  /** The coordinator gives a connection up; the Mac notices one delay later. */
  closeFromCoordinator(provider: ProviderId): void {
    const machine = this.machineOf(provider)
    this.#after(this.providerDelay, () => {
      if (this.#open.get(machine) === provider) this.#ends.get(machine)?.disconnect()
    })
  }

  linkFor(machine: MachineIndex): Link {
    const coordinator = (): CoordinatorEnd => must(this.#coordinator, 'the network has a coordinator')
    return {
      open: () => {
        const provider = this.#machines.length as ProviderId
        this.#machines.push(machine)
        this.#open.set(machine, provider)
        this.#after(this.providerDelay, () => coordinator().connected(provider))
      },
      send: (message) => {
        const provider = must(this.#open.get(machine), 'a Mac sends on an open connection')
        this.#after(this.providerDelay, () => coordinator().onProvider(provider, message))
      },
      close: () => {
        const provider = must(this.#open.get(machine), 'a Mac closes an open connection')
        this.#open.delete(machine)
        this.#after(this.providerDelay, () => coordinator().disconnected(provider))
      },
    }
  }

  #after(delay: Micros, deliver: () => void): void {
    this.scheduler.schedule(addMicros(this.scheduler.now, delay), Priority.message, deliver)
  }
}
