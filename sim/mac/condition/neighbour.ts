/**
 * Another process of the same Mac on its GPU, busy and quiet in turn. What it costs follows mac-provider section 8: Metal
 * takes command buffers of different processes in turn, so long kernels share time, and decoding, hundreds of short
 * dependent kernels, waits behind a neighbour's long one at nearly every boundary.
 */
import { ln } from '../../base/math.ts'
import { addMicros, type Micros } from '../../base/time.ts'
import { Priority, type RandomStream, type Scheduler } from '../../kernel/scheduler.ts'
import type { NeighbourKind } from '../config.ts'

/** First macOS whose sharing starves short kernels beside a server. */
const STARVING_MACOS = 27

/** Step time beside it, percent of that alone. */
interface Cost {
  readonly decode_pct: number
  readonly prefill_pct: number
}

const ALONE: Cost = { decode_pct: 100, prefill_pct: 100 }

/** Measured on an M3 Ultra unless said otherwise; shares of the rate alone are turned into percent of time. */
export function neighbourCost(kind: NeighbourKind, macos: number): Cost {
  // A matmul loop: a decode-shaped chain falls to 0.11, work of long kernels is halved.
  if (kind === 'compute') return { decode_pct: 909, prefill_pct: 200 }
  // The same server twice: 0.76 each.
  if (kind === 'twin') return { decode_pct: 132, prefill_pct: 132 }
  // A large model's server: decode 0.73; on macOS 27 0.38 to 0.05, of which this is the geometric middle. Prefill 0.85.
  return { decode_pct: macos >= STARVING_MACOS ? 714 : 137, prefill_pct: 118 }
}

export interface NeighbourOptions {
  readonly kind: NeighbourKind
  readonly macos: number
  /** Exponential means. */
  readonly busy: Micros
  readonly quiet: Micros
  readonly scheduler: Scheduler
  readonly random: RandomStream
  onProcess(decode_pct: number, prefill_pct: number): void
}

export class Neighbour {
  #busy = false
  readonly #onTurn = () => this.#turn()

  constructor(private readonly options: NeighbourOptions) {}

  /** The run begins in the middle of things: busy with the probability that the means imply. */
  begin(): void {
    const { busy, quiet, random } = this.options
    this.#set(random.uniform() * (busy + quiet) < busy)
  }

  #turn(): void {
    this.#set(!this.#busy)
  }

  #set(busy: boolean): void {
    const { options } = this
    const { kind, macos, scheduler, random } = options
    this.#busy = busy
    const mean = busy ? options.busy : options.quiet
    const spell = Math.max(1, Math.round(-1 * mean * ln(1 - random.uniform()))) as Micros
    scheduler.schedule(addMicros(scheduler.now, spell), Priority.timer, this.#onTurn)
    const { decode_pct, prefill_pct } = busy ? neighbourCost(kind, macos) : ALONE
    options.onProcess(decode_pct, prefill_pct)
  }
}
