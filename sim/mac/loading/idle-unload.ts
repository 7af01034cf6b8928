/**
 * Unloads models that nobody has asked for during `idle_timeout` (provider-runtime 3.7). The real program sweeps every
 * 60 s; here each slot has one exact timer on the sweep's grid instead: the first tick at which the timeout has passed.
 */
import type { BuildId } from '../../base/ids.ts'
import type { Micros } from '../../base/time.ts'
import { Priority } from '../../kernel/scheduler.ts'
import type { MacOptions } from '../machine.ts'
import type { Slot } from './slot.ts'

interface IdleUnloadPorts {
  acceptedFor(build: BuildId): number
  unload(slot: Slot): void
}

export class IdleUnload {
  /** Where the grid of the sweep begins. */
  private startedAt = 0 as Micros

  constructor(
    private readonly options: MacOptions,
    private readonly ports: IdleUnloadPorts,
  ) {}

  powerOn(startedAt: Micros): void {
    this.startedAt = startedAt
  }

  /** The slot was last active then, and is watched from now on. */
  arm(slot: Slot, lastActivity: Micros): void {
    const { scheduler, settings } = this.options
    if (settings.idle_timeout === 0) return
    const due = lastActivity + settings.idle_timeout - this.startedAt
    const tick = this.startedAt + Math.ceil(due / settings.idle_sweep) * settings.idle_sweep
    slot.idleTimer = scheduler.schedule(Math.max(tick, scheduler.now) as Micros, Priority.timer, () => {
      // A request in flight will set the activity anew when it ends, so no tick before now + timeout can matter.
      if (this.ports.acceptedFor(slot.build) > 0) this.arm(slot, scheduler.now)
      else if (slot.lastActivity > lastActivity) this.arm(slot, slot.lastActivity)
      else this.ports.unload(slot)
    })
  }

  disarm(slot: Slot): void {
    if (slot.idleTimer !== undefined) this.options.scheduler.cancel(slot.idleTimer)
    slot.idleTimer = undefined
  }
}
