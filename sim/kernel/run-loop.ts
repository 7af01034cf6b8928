/**
 * Runs a kernel in slices, so that a browser tab stays alive, a progress bar moves and Ctrl-C is heard, and watches
 * that the simulated world does not stand still. Slices never change what happens: handlers cannot see them, and no
 * clock of the real world is read here (how to yield is a port).
 */
import { assert, InvariantError } from '../base/assert.ts'
import type { Micros } from '../base/time.ts'
import type { Kernel } from './kernel.ts'

export interface Watchdog {
  /** Simulated time that may pass with open work and nothing finishing. */
  readonly idleFor: Micros
  /** Counts finished things; only ever grows. */
  readonly progress: () => number
  /** Open work: what has started and not finished. */
  readonly pending: () => number
}

export interface RunOptions {
  /** Runs events due at this time or before; Infinity runs until nothing is pending. */
  readonly until: Micros
  /** Events between two yields. */
  readonly yieldEvery?: number
  readonly onYield?: (kernel: Kernel) => void
  readonly watchdog?: Watchdog
  readonly signal?: AbortSignal
  /** Lets the host run its other tasks once. A microtask will not do: it would starve timers and rendering. */
  readonly macrotask?: () => Promise<void>
}

/** `stopped`: a handler called `kernel.stop()`. After `stopped` and `aborted` the kernel can be run on. */
export type RunEnd = 'done' | 'stopped' | 'aborted'

/** About 10 ms of work for the full simulator, below what a user feels as a stutter. */
const YIELD_EVERY = 20_000
/** The watchdog looks this often per `idleFor`; it can be late by one look, never early. */
const LOOKS_PER_IDLE_TIME = 8
/** No real instant comes near; a handler that reschedules itself at `now` passes it within seconds. */
const EVENTS_PER_INSTANT_MAX = 10_000_000

export async function run(kernel: Kernel, options: RunOptions): Promise<RunEnd> {
  const { until, yieldEvery = YIELD_EVERY, onYield, signal, macrotask = hostMacrotask } = options
  assert(yieldEvery >= 1, 'run loop: yieldEvery is at least one event')
  const idle = options.watchdog && new IdleGuard(kernel, options.watchdog)
  const instant = new InstantGuard(kernel)
  let nextYield = kernel.executed + yieldEvery
  for (;;) {
    if (signal?.aborted) return 'aborted'
    const sliceEnd = idle === undefined ? until : idle.sliceEnd(until)
    const pause = kernel.runUntil(sliceEnd, nextYield - kernel.executed)
    idle?.checkProgress(pause === 'reached' && sliceEnd === Infinity)
    instant.checkClock()
    if (pause === 'stopped') return 'stopped'
    if (pause === 'reached' && sliceEnd >= until) return 'done'
    if (pause === 'limit') {
      nextYield = kernel.executed + yieldEvery
      onYield?.(kernel)
      await macrotask()
    }
  }
}

/** Simulated time passes, work is open, nothing finishes: somebody forgot to wake somebody. */
class IdleGuard {
  private finished: number
  private open: number
  private aliveAt: number

  constructor(
    private readonly kernel: Kernel,
    private readonly watchdog: Watchdog,
  ) {
    assert(watchdog.idleFor > 0, 'run loop: watchdog.idleFor is more than 0')
    this.finished = watchdog.progress()
    this.open = watchdog.pending()
    this.aliveAt = kernel.now
  }

  /** Short enough to look several times per idle time, long enough to contain the next event. */
  sliceEnd(until: Micros): Micros {
    const look = this.kernel.now + Math.ceil(this.watchdog.idleFor / LOOKS_PER_IDLE_TIME)
    return Math.min(until, Math.max(look, this.kernel.peek() ?? Infinity)) as Micros
  }

  /** `drained`: a run without an end has come to its end. */
  checkProgress(drained: boolean): void {
    const { kernel, watchdog } = this
    const finished = watchdog.progress()
    const open = watchdog.pending()
    // Work that appeared since the last look may be new: it is given its full time from now on.
    if (finished !== this.finished || this.open === 0) this.aliveAt = kernel.now
    this.finished = finished
    this.open = open
    if (open === 0) return
    const idleFor = kernel.now - this.aliveAt
    if (idleFor <= watchdog.idleFor && !drained) return
    throw new InvariantError(
      `watchdog: nothing finished between ${this.aliveAt} us and ${kernel.now} us of simulated time; ` +
        `open: ${open}, finished: ${finished}, events run: ${kernel.executed}, events pending: ${kernel.pending}`,
    )
  }
}

/** Events run without end at one instant: somebody reschedules himself without delay. */
class InstantGuard {
  private time = -1
  private executedBefore = 0

  constructor(private readonly kernel: Kernel) {}

  checkClock(): void {
    const { now, executed } = this.kernel
    if (now !== this.time) {
      this.time = now
      this.executedBefore = executed
    } else if (executed - this.executedBefore > EVENTS_PER_INSTANT_MAX) {
      throw new InvariantError(`watchdog: ${executed - this.executedBefore} events at ${now} us and the clock stands`)
    }
  }
}

/** setImmediate where there is one (Node): browsers and Node alike delay nested time-outs by 1 to 4 ms. */
function hostMacrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve)
    else setTimeout(resolve, 0)
  })
}
