/**
 * The liveness watchdog (provider-runtime 5.7): looks at every model each 2 s, and restarts the engine of one that is
 * pinned, at most once per 120 s. The weights stay, the rows fail, what was observed is forgotten. Here only models with
 * a tiny token budget that somebody wants are looked at at all, at the tick at which the verdict can fall.
 */
import type { Micros } from '../../base/time.ts'
import { type EventId, Priority } from '../../kernel/scheduler.ts'
import type { MacOptions } from '../machine.ts'
import type { Slot } from '../loading/slot.ts'

/** Period of the watchdog: provider-runtime 5.7. */
const TICK = 2_000_000

interface LivenessPorts {
  resident(slot: Slot): boolean
  restart(slot: Slot): void
}

export class Liveness {
  private programStart = 0 as Micros
  private readonly timers = new Map<Slot, EventId>()

  constructor(
    private readonly options: MacOptions,
    private readonly ports: LivenessPorts,
  ) {}

  powerOn(programStart: Micros): void {
    this.programStart = programStart
  }

  powerOff(): void {
    for (const timer of this.timers.values()) this.options.scheduler.cancel(timer)
    this.timers.clear()
  }

  /** The capacity snapshot has been taken. */
  snapshotTaken(slot: Slot): void {
    const { pulse } = slot
    if (!pulse.tiny || this.timers.has(slot)) return
    const { scheduler } = this.options
    if (!pulse.wanted(slot.live.size, scheduler.now)) return
    const from = Math.max(scheduler.now, pulse.restartFrom) - this.programStart
    const at = (this.programStart + Math.ceil(from / TICK) * TICK) as Micros
    this.timers.set(
      slot,
      scheduler.schedule(at, Priority.timer, () => this.check(slot)),
    )
  }

  private check(slot: Slot): void {
    this.timers.delete(slot)
    if (!this.ports.resident(slot)) return
    const { now } = this.options.scheduler
    const { pulse } = slot
    if (pulse.pinned(slot.live.size, now) && now >= pulse.restartFrom) {
      pulse.restarted(now)
      this.ports.restart(slot)
    }
    this.snapshotTaken(slot)
  }
}
