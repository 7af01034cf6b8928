/**
 * One direction of one connection: every message takes a fixed time plus, where the scenario asks for it, an exponential
 * extra drawn from the wire's own stream. What was sent first arrives first, so a slow message holds up those behind it,
 * as on a TCP connection.
 */
import { addMicros, type Micros } from '../base/time.ts'
import { type Sampler, sampler } from '../kernel/distributions.ts'
import { Priority, type RandomSource, type RandomStream, type Scheduler } from '../kernel/scheduler.ts'

export interface WireSettings {
  readonly one_way: Micros
  /** Mean of the extra delay; 0: none is drawn. */
  readonly jitter: Micros
}

export class Wire {
  readonly #random: RandomStream | undefined
  readonly #extra: Sampler
  /** When the latest message arrives. */
  #latest = 0 as Micros

  constructor(
    private readonly scheduler: Scheduler,
    private readonly settings: WireSettings,
    random: RandomSource,
    name: string,
  ) {
    this.#extra = sampler({ kind: 'exponential', mean: settings.jitter })
    this.#random = settings.jitter > 0 ? random.stream(`network/${name}`) : undefined
  }

  carry(deliver: () => void): void {
    const { scheduler, settings } = this
    const soonest = addMicros(scheduler.now, settings.one_way)
    if (this.#random !== undefined) {
      const at = addMicros(soonest, Math.round(this.#extra(this.#random)) as Micros)
      this.#latest = Math.max(this.#latest, at) as Micros
    }
    scheduler.schedule(Math.max(this.#latest, soonest) as Micros, Priority.message, deliver)
  }
}
