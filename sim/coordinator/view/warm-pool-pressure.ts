/**
 * What the warm-pool controller has been told about each build: counters of signals from the request path, the rate at
 * which requests spill over, and the last news of its queue (facts: coordinator-control §2.2, coordinator-routing §10
 * W3–W4).
 *
 * Three quirks are kept because they shape the real controller. Counters only decay when an event comes 60 s or more
 * after the previous one of ANY build, so steady traffic keeps them tripped. They are wiped when a build was quiet for
 * longer than the window. And the end of a load is news of its build too: one shed request followed by silence warms
 * machine after machine, as long as each load ends within the window of the one before (facts: coordinator-control §2.2).
 */
import type { BuildId } from '../../base/ids.ts'
import { MICROS_PER_SECOND, type Micros } from '../../base/time.ts'

export type PressureEvent =
  | 'capacity_reject'
  | 'ttft_miss'
  | 'cold_dispatch'
  | 'speculative_started'
  | 'speculative_won'

/** These also mean a request that wanted a machine and found none: they feed the spill rate. */
const SPILLS: readonly PressureEvent[] = ['capacity_reject', 'ttft_miss', 'cold_dispatch']
const KINDS: readonly PressureEvent[] = [...SPILLS, 'speculative_started', 'speculative_won']

/** Source: coordinator-control §2.2. */
const HALVING_GAP = 60 * MICROS_PER_SECOND
const WINDOW_MIN = 60 * MICROS_PER_SECOND
const WINDOW_INTERVALS = 4
const RATE_SMOOTHING = 0.3

export type PressureCounters = { readonly [kind in PressureEvent]: number }

export interface PressureSnapshot {
  readonly counters: PressureCounters
  /** Requests per second. */
  readonly spillRate: number
  readonly queueDepth: number
  readonly queueAge: Micros
}

/** A counter trips at its threshold; 0 switches the signal off. */
export interface PressureThresholds {
  readonly counters: PressureCounters
  readonly queueAge: Micros
  /** Share of warm machines that are saturated. */
  readonly saturation: number
}

interface BuildPressure {
  readonly counters: { [kind in PressureEvent]: number }
  /** -Infinity: no event yet. */
  lastEventAt: number
  spilled: number
  spillRate: number
  /** -1: never folded; the first fold only starts the clock. */
  foldedAt: number
}

interface QueueNews {
  readonly depth: number
  readonly age: Micros
  readonly at: Micros
}

export interface PressureMemory {
  /** Of any build; -Infinity: none yet. */
  readonly lastEventAt: number
  readonly builds: readonly {
    readonly build: BuildId
    /** undefined: nothing but its queue is known. */
    readonly heard: Readonly<BuildPressure> | undefined
    readonly queue: QueueNews | undefined
  }[]
}

const freshCounters = (): { [kind in PressureEvent]: number } => ({
  capacity_reject: 0,
  ttft_miss: 0,
  cold_dispatch: 0,
  speculative_started: 0,
  speculative_won: 0,
})

export class WarmPoolPressure {
  private readonly builds = new Map<BuildId, BuildPressure>()
  private readonly queues = new Map<BuildId, QueueNews>()
  private lastEventAt = -Infinity
  private window = 0

  constructor(private interval: Micros) {
    this.setInterval(interval)
  }

  /** Of the controller's ticks. */
  setInterval(interval: Micros): void {
    this.interval = interval
    this.window = Math.max(WINDOW_INTERVALS * interval, WINDOW_MIN)
  }

  record(build: BuildId, kind: PressureEvent, now: Micros): void {
    if (now - this.lastEventAt >= HALVING_GAP) this.halve()
    this.lastEventAt = now
    const pressure = this.of(build)
    pressure.counters[kind] += 1
    pressure.lastEventAt = now
    if (SPILLS.includes(kind)) pressure.spilled += 1
  }

  /** A load_model command has ended, well or not: the window of its build starts anew, the counters stay. */
  loadEnded(build: BuildId, now: Micros): void {
    this.of(build).lastEventAt = now
  }

  /** On enqueue, assignment and cancellation; a time-out is told as depth 1 with its own age. */
  queueIs(build: BuildId, depth: number, oldestAge: Micros, now: Micros): void {
    if (depth > 0) this.queues.set(build, { depth, age: oldestAge, at: now })
    else this.queues.delete(build)
  }

  /**
   * Folds the spill rate and forgets what is too old: a tick calls it once per build, heard of or not. A build that was not
   * heard of yet is known from here on, so that its clock starts at the next tick and its first spill after that counts
   * at once. The queue's age is the one that was told; nobody ages it in between.
   */
  snapshot(build: BuildId, now: Micros): PressureSnapshot {
    const isKnown = this.builds.has(build)
    const pressure = this.of(build)
    if (now - pressure.lastEventAt > this.window) {
      for (const kind of KINDS) pressure.counters[kind] = 0
      pressure.spilled = 0
      pressure.spillRate = 0
    }
    if (isKnown) this.fold(pressure, now)
    const queue = this.queueOf(build, now)
    return {
      counters: pressure.counters,
      spillRate: pressure.spillRate,
      queueDepth: queue?.depth ?? 0,
      queueAge: queue?.age ?? (0 as Micros),
    }
  }

  /** News older than the window is forgotten. */
  private queueOf(build: BuildId, now: Micros): QueueNews | undefined {
    const queue = this.queues.get(build)
    if (queue === undefined || now - queue.at <= this.window) return queue
    this.queues.delete(build)
    return undefined
  }

  /** Everything it was told and has not forgotten. */
  memory(): PressureMemory {
    const builds = new Set([...this.builds.keys(), ...this.queues.keys()])
    return {
      lastEventAt: this.lastEventAt,
      builds: [...builds].map((build) => {
        const pressure = this.builds.get(build)
        const heard = pressure === undefined ? undefined : { ...pressure, counters: { ...pressure.counters } }
        return { build, heard, queue: this.queues.get(build) }
      }),
    }
  }

  /** As if it had been told this and nothing else. */
  recall({ lastEventAt, builds }: PressureMemory): void {
    this.lastEventAt = lastEventAt
    this.builds.clear()
    this.queues.clear()
    for (const { build, heard, queue } of builds) {
      if (heard !== undefined) this.builds.set(build, { ...heard, counters: { ...heard.counters } })
      if (queue !== undefined) this.queues.set(build, queue)
    }
  }

  /** W4: events per second, smoothed; at most one fold per half interval. */
  private fold(pressure: BuildPressure, now: number): void {
    if (pressure.foldedAt < 0) {
      pressure.foldedAt = now
      return
    }
    const elapsed = now - pressure.foldedAt
    if (elapsed < this.interval / 2) return
    const instant = (pressure.spilled * MICROS_PER_SECOND) / elapsed
    pressure.spillRate =
      pressure.spillRate <= 0 ? instant : RATE_SMOOTHING * instant + (1 - RATE_SMOOTHING) * pressure.spillRate
    pressure.spilled = 0
    pressure.foldedAt = now
  }

  private halve(): void {
    for (const pressure of this.builds.values()) {
      for (const kind of KINDS) pressure.counters[kind] = pressure.counters[kind] >> 1
    }
  }

  private of(build: BuildId): BuildPressure {
    let pressure = this.builds.get(build)
    if (pressure === undefined) {
      pressure = {
        counters: freshCounters(),
        lastEventAt: -Infinity,
        spilled: 0,
        spillRate: 0,
        foldedAt: -1,
      }
      this.builds.set(build, pressure)
    }
    return pressure
  }
}

/** W3. */
export function underPressure(
  snapshot: PressureSnapshot,
  thresholds: PressureThresholds,
  warm: number,
  saturated: number,
): boolean {
  let signal = snapshot.queueDepth > 0
  for (const kind of KINDS) {
    const count = snapshot.counters[kind]
    const threshold = thresholds.counters[kind]
    if (threshold > 0 && count >= threshold) return true
    if (count > 0) signal = true
  }
  if (snapshot.queueDepth > 0 && snapshot.queueAge >= thresholds.queueAge) return true
  return signal && warm > 0 && saturated / warm >= thresholds.saturation
}
