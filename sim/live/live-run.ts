/**
 * What every run in real time stands on: a kernel that follows the clock on the wall, random streams, and one trace. Macs
 * before a coordinator and clients behind it may share one.
 */
import type { Micros } from '../base/time.ts'
import { Kernel } from '../kernel/kernel.ts'
import { RandomStreams } from '../kernel/random.ts'
import type { TraceRowKind } from '../trace/row.ts'
import { Trace, type TraceSubscriber } from '../trace/writer.ts'
import type { Timer, WallClock } from './time/clock.ts'
import { Lateness } from './time/lateness.ts'
import { RealTime, type RealTimeEnd } from './time/real-time.ts'

export interface LiveRunOptions {
  readonly seed: number
  /** It ends then, unless it is stopped before. */
  readonly until: Micros
  readonly clock: WallClock
  readonly subscribers: readonly TraceSubscriber[]
  /** Kinds of rows that nobody wants. */
  readonly without?: ReadonlySet<TraceRowKind>
  /** How far behind it may fall. */
  readonly behindMax?: Micros
}

export class LiveRun {
  readonly kernel = new Kernel()
  readonly random: RandomStreams
  readonly trace: Trace
  readonly lateness = new Lateness()
  readonly #clock: WallClock
  readonly #driver: RealTime
  #began_us = 0
  /** Of the time for which it may be held. */
  #limit: Timer | undefined

  constructor({ seed, until, clock, subscribers, without, behindMax }: LiveRunOptions) {
    const { kernel, lateness } = this
    this.#clock = clock
    const began = (): void => {
      this.#began_us = clock.unix()
    }
    this.random = new RandomStreams(seed)
    this.trace = new Trace(subscribers, without)
    this.#driver = new RealTime({
      kernel,
      clock,
      lateness,
      until,
      began,
      ...(behindMax === undefined ? {} : { behindMax }),
    })
  }

  /** From now on time passes. */
  run(): Promise<RealTimeEnd> {
    return this.#driver.run()
  }

  /** Time stands still until `release`, or for so long on the wall; what comes from outside is answered all the while. */
  async runHeld(atMost: Micros, tooLong: () => void): Promise<RealTimeEnd> {
    this.#limit = this.#clock.after(atMost, () => {
      tooLong()
      this.release()
    })
    return await this.#driver.run('held').finally(() => this.#limit?.cancel())
  }

  /** The held run begins, if it has not. */
  release(): void {
    this.#limit?.cancel()
    this.#driver.release()
  }

  /** When the run's clock showed 0, in microseconds since 1970. */
  get began_us(): number {
    return this.#began_us
  }

  stop(): void {
    this.#driver.stop()
  }

  /** Brings something from outside into the run, now. */
  readonly deliver = (happen: () => void): void => this.#driver.deliver(happen)
}
