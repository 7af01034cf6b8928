/**
 * What the Macs did with their time, from the rows that tell the truth about them (and heat, from heartbeats): shares of the
 * time during which they were connected, inside the window. Loads, evictions and moves are counted from warm-up to the
 * end of the run, the drain included, so that a short scenario still shows what its requests caused.
 */
import type { RowOf } from '../../trace/schema.ts'
import type { RunResult } from '../result.ts'
import { inSeconds, shareOf, type Window } from '../window.ts'

/** A fault is counted once, when it begins. */
export const FAULT_ENDINGS: ReadonlySet<string> = new Set(['wake', 'recovered', 'restarted'])

const THERMAL_STATES = ['nominal', 'fair', 'serious', 'critical'] as const

interface MachineTime {
  since: number
  online: boolean
  idle: boolean
  shared: boolean
  /** Percent; 100 is the cool clock and an unsqueezed memory. */
  speed: number
  squeeze: number
}

interface HeardHeat {
  state: number
  since: number
}

export class FleetTally {
  private readonly machines: (MachineTime | undefined)[] = []
  private readonly heat = new Map<number, HeardHeat>()
  private readonly heatTime: number[] = THERMAL_STATES.map(() => 0)
  private onlineTime = 0
  private idleTime = 0
  private busyTime = 0
  /** Machine-time with two or more builds resident. */
  private sharedTime = 0
  /** Connected machine-time with the clock held down by heat, with memory over-committed, and percent x time lost to heat. */
  private throttledTime = 0
  private squeezedTime = 0
  private speedLost = 0
  private readonly faults = new Map<string, number>()
  private loadCount = 0
  private loadFailures = 0
  private loadTime = 0
  private evictionCount = 0
  private moveCount = 0

  constructor(
    private readonly window: Window,
    private readonly machineCount: number,
  ) {}

  machineState(row: RowOf<'machine_state'>): void {
    const machine = this.machines[row.machine]
    const idle = row.online && row.live === 0 && row.ghosts === 0 && !row.loading
    const shared = row.online && row.residentBuilds >= 2
    if (machine === undefined) {
      const { at, online, speed_pct, squeeze_pct } = row
      this.machines[row.machine] = { since: at, online, idle, shared, speed: speed_pct, squeeze: squeeze_pct }
      return
    }
    // Most rows change only memory or the number of requests.
    const sameUse = machine.online === row.online && machine.idle === idle && machine.shared === shared
    if (sameUse && machine.speed === row.speed_pct && machine.squeeze === row.squeeze_pct) return
    this.closeMachine(machine, row.at)
    machine.online = row.online
    machine.idle = idle
    machine.shared = shared
    machine.speed = row.speed_pct
    machine.squeeze = row.squeeze_pct
  }

  fault(row: RowOf<'fault'>): void {
    if (row.at < this.window.start || FAULT_ENDINGS.has(row.what)) return
    this.faults.set(row.what, (this.faults.get(row.what) ?? 0) + 1)
  }

  gpuBusy(row: RowOf<'gpu_busy'>): void {
    this.busyTime += this.window.overlap(row.since, row.at)
  }

  heartbeat(row: RowOf<'heartbeat'>): void {
    const state = THERMAL_STATES.indexOf(row.thermalState)
    const heard = this.heat.get(row.provider)
    if (heard === undefined) {
      this.heat.set(row.provider, { state, since: row.at })
      return
    }
    if (heard.state === state) return
    this.closeHeat(heard, row.at)
    heard.state = state
  }

  disconnected(row: RowOf<'disconnected'>): void {
    const heard = this.heat.get(row.provider)
    if (heard === undefined) return
    this.closeHeat(heard, row.at)
    this.heat.delete(row.provider)
  }

  loadEnded(row: RowOf<'load_ended'>): void {
    if (row.at < this.window.start) return
    this.loadCount += 1
    this.loadTime += row.took
    if (!row.ok) this.loadFailures += 1
  }

  unloaded(row: RowOf<'unloaded'>): void {
    if (row.at >= this.window.start && row.why === 'evicted') this.evictionCount += 1
  }

  /** The first label of a provider is no move. */
  relabel(row: RowOf<'relabel'>): void {
    if (row.at >= this.window.start && row.from !== '' && row.from !== row.to) this.moveCount += 1
  }

  result(at: number): Pick<RunResult, 'evictions' | 'pool_moves' | 'providers' | 'faults'> & {
    loads: Omit<RunResult['loads'], 'by_cause'>
    shared_s: number
  } {
    for (const machine of this.machines) if (machine !== undefined) this.closeMachine(machine, at)
    for (const heard of this.heat.values()) this.closeHeat(heard, at)
    const heardTime = this.heatTime.reduce((sum, time) => sum + time, 0)
    return {
      loads: { count: this.loadCount, seconds: inSeconds(this.loadTime), failed: this.loadFailures },
      evictions: this.evictionCount,
      pool_moves: this.moveCount,
      faults: Object.fromEntries([...this.faults].sort(([a], [b]) => (a < b ? -1 : 1))),
      providers: {
        count: this.machineCount,
        busy_share: shareOf(this.busyTime, this.onlineTime),
        idle_share: shareOf(this.idleTime, this.onlineTime),
        throttled_share: shareOf(this.throttledTime, this.onlineTime),
        speed: this.onlineTime > 0 ? 1 - this.speedLost / 100 / this.onlineTime : 1,
        squeezed_share: shareOf(this.squeezedTime, this.onlineTime),
        thermal: Object.fromEntries(THERMAL_STATES.map((state, i) => [state, shareOf(this.heatTime[i]!, heardTime)])),
      },
      shared_s: inSeconds(this.sharedTime),
    }
  }

  private closeMachine(machine: MachineTime, at: number): void {
    const time = this.window.overlap(machine.since, at)
    if (machine.online) this.onlineTime += time
    if (machine.online && machine.speed < 100) {
      this.throttledTime += time
      this.speedLost += time * (100 - machine.speed)
    }
    if (machine.online && machine.squeeze > 100) this.squeezedTime += time
    if (machine.idle) this.idleTime += time
    if (machine.shared) this.sharedTime += time
    machine.since = at
  }

  private closeHeat(heard: HeardHeat, at: number): void {
    this.heatTime[heard.state] = this.heatTime[heard.state]! + this.window.overlap(heard.since, at)
    heard.since = at
  }
}
