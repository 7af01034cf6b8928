/**
 * What GPUs drew: per Mac its power while it works, its power at rest while it is connected and does not. GPU power only:
 * no display, no charger, no fans (facts: mac-provider §1.2 and §6). From warm-up to the end of arrivals.
 */
import type { RowOf } from '../../trace/schema.ts'
import type { Window } from '../window.ts'

export interface MachinePower {
  readonly busy_w: number
  readonly idle_w: number
}

const MICROS_PER_HOUR = 3_600_000_000

export class Energy {
  private readonly onlineSince: (number | undefined)[] = []
  private readonly online: number[] = []
  private readonly busy: number[] = []

  constructor(
    /** By machine; empty: unknown. */
    private readonly power: readonly MachinePower[],
    private readonly window: Window,
  ) {}

  machineState({ machine, at, online }: RowOf<'machine_state'>): void {
    const since = this.onlineSince[machine]
    if (online === (since !== undefined)) return
    if (since !== undefined) this.online[machine] = (this.online[machine] ?? 0) + this.window.overlap(since, at)
    this.onlineSince[machine] = online ? at : undefined
  }

  gpuBusy({ machine, since, at }: RowOf<'gpu_busy'>): void {
    this.busy[machine] = (this.busy[machine] ?? 0) + this.window.overlap(since, at)
  }

  /** kWh; null when nothing is known of the Macs' power. */
  result(at: number): number | null {
    if (this.power.length === 0) return null
    let wattMicros = 0
    for (const [machine, { busy_w, idle_w }] of this.power.entries()) {
      const since = this.onlineSince[machine]
      const open = since === undefined ? 0 : this.window.overlap(since, at)
      const online = (this.online[machine] ?? 0) + open
      const busy = this.busy[machine] ?? 0
      // A GPU may finish its step after its Mac has gone.
      wattMicros += busy * busy_w + Math.max(0, online - busy) * idle_w
    }
    return wattMicros / MICROS_PER_HOUR / 1_000
  }
}
