/**
 * Who made Macs load: the row of a load says `demand`, `command` or `assign`, and what the coordinator did just before
 * says the rest. A load is filed when it ends, as `loads.count` is, so that the causes add up to it.
 */
import type { RowOf } from '../../trace/schema.ts'
import type { LoadCause, LoadsByCause } from '../result.ts'
import { inSeconds } from '../window.ts'

export const LOAD_CAUSES = [
  'request',
  'cold_spill',
  'swap',
  'warm_pool',
  'plan',
] as const satisfies readonly LoadCause[]

const BY_COMMAND: { readonly [by in RowOf<'load_command'>['by']]: LoadCause } = {
  swap_planner: 'swap',
  warm_pool: 'warm_pool',
  policy: 'plan',
}

/** Slots in which the coordinator took the build for gone: it sent the request to a cold Mac, and knew it. */
const COLD: ReadonlySet<string> = new Set(['unknown', 'idle_shutdown'])

/** By machine and build. */
class CauseOf {
  private readonly causes = new Map<number, Map<string, LoadCause>>()

  get(machine: number, build: string): LoadCause | undefined {
    return this.causes.get(machine)?.get(build)
  }

  delete(machine: number, build: string): void {
    this.causes.get(machine)?.delete(build)
  }

  set(machine: number, build: string, cause: LoadCause): void {
    const known = this.causes.get(machine)
    if (known === undefined) this.causes.set(machine, new Map([[build, cause]]))
    else known.set(build, cause)
  }
}

export class LoadCauses {
  private readonly machines = new Map<number, number>()
  private readonly commands = new CauseOf()
  private readonly sent = new CauseOf()
  private readonly underWay = new CauseOf()
  private readonly count = new Map<LoadCause, number>()
  private readonly time = new Map<LoadCause, number>()

  /** Loads that end before `start` are not summed up. */
  constructor(private readonly start: number) {}

  registered(row: RowOf<'registered'>): void {
    this.machines.set(row.provider, row.machine)
  }

  command(row: RowOf<'load_command'>): void {
    this.commands.set(this.machineOf(row.provider), row.build, BY_COMMAND[row.by])
  }

  dispatched(row: RowOf<'dispatched'>): void {
    this.sent.set(this.machineOf(row.provider), row.build, COLD.has(row.slotState) ? 'cold_spill' : 'request')
  }

  /** The cause of the load that begins. */
  started(row: RowOf<'load_started'>): LoadCause {
    const cause = this.causeOf(row)
    this.underWay.set(row.machine, row.build, cause)
    return cause
  }

  /** The cause of the load that ends. */
  ended(row: RowOf<'load_ended'>): LoadCause {
    const cause = this.underWay.get(row.machine, row.build) ?? 'request'
    this.underWay.delete(row.machine, row.build)
    if (row.at >= this.start) {
      this.count.set(cause, (this.count.get(cause) ?? 0) + 1)
      this.time.set(cause, (this.time.get(cause) ?? 0) + row.took)
    }
    return cause
  }

  result(): LoadsByCause {
    const of = (cause: LoadCause) => ({
      count: this.count.get(cause) ?? 0,
      seconds: inSeconds(this.time.get(cause) ?? 0),
    })
    return {
      request: of('request'),
      cold_spill: of('cold_spill'),
      swap: of('swap'),
      warm_pool: of('warm_pool'),
      plan: of('plan'),
    }
  }

  private causeOf({ machine, build, cause }: RowOf<'load_started'>): LoadCause {
    switch (cause) {
      case 'command':
        return this.commands.get(machine, build) ?? 'plan'
      case 'demand':
        return this.sent.get(machine, build) ?? 'request'
      case 'assign':
        return 'plan'
    }
  }

  private machineOf(provider: number): number {
    return this.machines.get(provider) ?? -1
  }
}
