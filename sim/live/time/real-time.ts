/**
 * Drives a kernel by the clock on the wall: it waits until the next event is due, runs what is due, and takes in what
 * happens outside at the time at which it happens. Rooms notice nothing: they are handed the kernel as in any run, and its
 * clock shows each event's own time, however late it is run. So the physics of a run in real time are exact, and only what
 * leaves for the outside can be late; how late is counted.
 */
import { assert } from '../../base/assert.ts'
import type { Micros } from '../../base/time.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Priority } from '../../kernel/scheduler.ts'
import { type Timer, WAIT_MAX, type WallClock } from './clock.ts'
import type { Lateness } from './lateness.ts'

/** Longer than this at a stretch, and sockets would wait for their turn. */
const SLICE = 5_000

/** Further behind than this, deadlines of the coordinator (5 s to a first answer) pass unseen: it is told untruths. */
export const BEHIND_MAX = 5_000_000 as Micros

export interface RealTimeOptions {
  readonly kernel: Kernel
  readonly clock: WallClock
  readonly lateness: Lateness
  /** It ends then. */
  readonly until: Micros
  readonly behindMax?: Micros
  /** Time has begun to pass. */
  began?(): void
}

/** `behind`: the machine cannot keep up. */
export type RealTimeEnd = 'done' | 'stopped' | 'behind'

export class RealTime {
  readonly #options: RealTimeOptions
  /** On the wall's clock, where the kernel's shows 0. While it is held, nowhere: the kernel's clock stands still. */
  #origin: number | undefined
  #started = false
  #released = false
  #timer: Timer | undefined
  #running = false
  #settle: ((end: RealTimeEnd) => void) | undefined
  #fail: ((error: unknown) => void) | undefined

  constructor(options: RealTimeOptions) {
    this.#options = options
  }

  /**
   * From now on the kernel's clock follows the wall's; `held`: from `release` on, and until then it stands still, while what
   * happens outside comes in and is answered. Rejects with whatever an event throws.
   */
  async run(held?: 'held'): Promise<RealTimeEnd> {
    assert(!this.#started, 'real time: it is started once')
    this.#started = true
    if (held === undefined || this.#released) this.#begin()
    return await new Promise<RealTimeEnd>((resolve, reject) => {
      this.#settle = resolve
      this.#fail = reject
      this.#arm()
    })
  }

  /** Time begins to pass. */
  release(): void {
    this.#released = true
    if (this.#origin !== undefined || this.#settle === undefined) return
    this.#begin()
    // In the midst of events: it is armed when they are over.
    if (!this.#running) this.#arm()
  }

  /** No further event is run. */
  stop(): void {
    this.#end('stopped')
  }

  /**
   * Something happens outside: all that was due before it happens first, then this, as a message that arrives now. Before
   * the start and after the end nothing does.
   */
  deliver(happen: () => void): void {
    if (this.#settle === undefined) return
    const { kernel } = this.#options
    if (this.#running) {
      kernel.schedule(kernel.now, Priority.message, happen)
      return
    }
    this.#advance(() => kernel.schedule(kernel.now, Priority.message, happen))
  }

  get #wall(): number {
    const { clock, kernel } = this.#options
    return this.#origin === undefined ? kernel.now : clock.now() - this.#origin
  }

  #begin(): void {
    const { clock, kernel, began } = this.#options
    this.#origin = clock.now() - kernel.now
    began?.()
  }

  readonly #wake = (): void => {
    this.#timer = undefined
    this.#advance()
  }

  /** Brings the kernel to the time on the wall, or as far as one slice gets. */
  #advance(arrive?: () => void): void {
    const { kernel, lateness, until, behindMax = BEHIND_MAX } = this.#options
    const since = this.#wall
    const target = Math.min(until, Math.floor(since)) as Micros
    this.#running = true
    try {
      for (let due = kernel.peek(); due !== undefined && due <= target; due = kernel.peek()) {
        const wall = this.#wall
        const behind = wall - due
        if (this.#origin !== undefined) lateness.note(behind)
        if (behind > behindMax) return this.#end('behind')
        kernel.runUntil(due)
        if (this.#settle === undefined) return
        // Who brings something from outside waits: what was due before it comes first.
        if (arrive === undefined && wall - since > SLICE) return this.#arm()
      }
      if (target > kernel.now) kernel.runUntil(target)
      if (arrive !== undefined) {
        arrive()
        kernel.runUntil(kernel.now)
      }
    } catch (error) {
      this.#fail?.(error)
      this.#end('stopped')
      return
    } finally {
      this.#running = false
    }
    if (this.#settle === undefined) return
    if (kernel.now >= until) this.#end('done')
    else this.#arm()
  }

  /** Waits for the next event. */
  #arm(): void {
    const { kernel, clock, until } = this.#options
    const next = Math.min(until, kernel.peek() ?? Infinity)
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#origin === undefined && next > kernel.now) return
    this.#timer = clock.after(Math.min(WAIT_MAX, Math.max(0, next - this.#wall)), this.#wake)
  }

  #end(end: RealTimeEnd): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#settle?.(end)
    this.#settle = this.#fail = undefined
  }
}
