/**
 * macs.parquet: one row for each Mac of the fleet, over the same time as the JSON's `providers`: shares of time from warm-up
 * to the end of arrivals, counts from warm-up to the end of the run.
 */
import { Window } from '../../metrics/window.ts'
import { FAULT_ENDINGS } from '../../metrics/fleet/fleet.ts'
import type { RowOf } from '../../trace/schema.ts'
import type { MachineStateRow, TraceRow } from '../../trace/row.ts'
import type { ParquetColumn } from '../files/parquet.ts'
import { secondsOf } from './run-columns.ts'

/** As the scenario has it. */
export interface MacOfFleet {
  readonly serial: string
  readonly chip: string
  readonly memoryBytes: number
  readonly chassis: string
}

interface MacRecord extends MacOfFleet {
  readonly machine: number
  state: MachineStateRow | undefined
  since: number
  online: number
  idle: number
  busy: number
  throttled: number
  squeezed: number
  attempts: number
  finished: number
  prefilledTokens: number
  decodedTokens: number
  loads: number
  loadsFailed: number
  loadTime: number
  evictions: number
  faults: number
}

export const MAC_COLUMNS: readonly ParquetColumn<MacRecord>[] = [
  { name: 'mac', type: 'text', about: 'serial', value: ({ serial }) => serial },
  {
    name: 'machine',
    type: 'whole',
    about: 'its place in the fleet, as rows of the trace have it',
    value: ({ machine }) => machine,
  },
  { name: 'chip', type: 'text', about: '', value: ({ chip }) => chip },
  { name: 'chassis', type: 'text', about: '', value: ({ chassis }) => chassis },
  { name: 'memory_bytes', type: 'whole', about: '', value: ({ memoryBytes }) => memoryBytes },
  {
    name: 'online_s',
    type: 'real',
    about: 'connected and awake, between warm-up and the end of arrivals, as the next four',
    value: ({ online }) => secondsOf(online),
  },
  { name: 'idle_s', type: 'real', about: 'of these, with nothing to do', value: ({ idle }) => secondsOf(idle) },
  {
    name: 'gpu_busy_s',
    type: 'real',
    about: 'over the fleet and `online_s`: `providers.busy_share`',
    value: ({ busy }) => secondsOf(busy),
  },
  {
    name: 'throttled_s',
    type: 'real',
    about: 'heat held the clock down',
    value: ({ throttled }) => secondsOf(throttled),
  },
  {
    name: 'squeezed_s',
    type: 'real',
    about: 'with more in memory than fits',
    value: ({ squeezed }) => secondsOf(squeezed),
  },
  {
    name: 'attempts',
    type: 'whole',
    about: 'stays of requests that ended there after warm-up',
    value: ({ attempts }) => attempts,
  },
  { name: 'finished', type: 'whole', about: 'of these', value: ({ finished }) => finished },
  { name: 'prefilled_tokens', type: 'whole', about: '', value: ({ prefilledTokens }) => prefilledTokens },
  { name: 'decoded_tokens', type: 'whole', about: '', value: ({ decodedTokens }) => decodedTokens },
  {
    name: 'loads',
    type: 'whole',
    about: 'ended after warm-up, the failed ones included; over the fleet `loads.count`',
    value: ({ loads }) => loads,
  },
  { name: 'loads_failed', type: 'whole', about: '', value: ({ loadsFailed }) => loadsFailed },
  { name: 'load_s', type: 'real', about: '', value: ({ loadTime }) => secondsOf(loadTime) },
  { name: 'evictions', type: 'whole', about: '', value: ({ evictions }) => evictions },
  { name: 'faults', type: 'whole', about: 'that began after warm-up', value: ({ faults }) => faults },
]

/** Takes the trace and holds a record for each Mac. */
export class MacRows {
  readonly macs: readonly MacRecord[]
  private readonly window: Window
  private at = 0

  constructor(fleet: readonly MacOfFleet[], warmup: number, duration: number) {
    this.window = new Window(warmup, duration)
    this.macs = fleet.map((mac, machine) => ({
      ...mac,
      machine,
      state: undefined,
      since: 0,
      online: 0,
      idle: 0,
      busy: 0,
      throttled: 0,
      squeezed: 0,
      attempts: 0,
      finished: 0,
      prefilledTokens: 0,
      decodedTokens: 0,
      loads: 0,
      loadsFailed: 0,
      loadTime: 0,
      evictions: 0,
      faults: 0,
    }))
  }

  /** A subscriber of the trace. */
  readonly row = (row: TraceRow): void => {
    this.at = row.at
    switch (row.kind) {
      case 'machine_state': {
        const mac = this.macs[row.machine]!
        this.close(mac, row.at)
        mac.state = row
        break
      }
      case 'gpu_busy':
        this.macs[row.machine]!.busy += this.window.overlap(row.since, row.at)
        break
      case 'work':
      case 'load_ended':
      case 'unloaded':
      case 'fault':
        if (row.at >= this.window.start) this.count(row)
        break
      default:
      // Of no Mac.
    }
  }

  /** After the last row. */
  end(): void {
    for (const mac of this.macs) this.close(mac, this.at)
  }

  private count(row: RowOf<'work' | 'load_ended' | 'unloaded' | 'fault'>): void {
    const mac = this.macs[row.machine]!
    switch (row.kind) {
      case 'work':
        mac.attempts += 1
        if (row.outcome === 'finished') mac.finished += 1
        mac.prefilledTokens += row.prefilledTokens
        mac.decodedTokens += row.decodedTokens
        break
      case 'load_ended':
        mac.loads += 1
        mac.loadTime += row.took
        if (!row.ok) mac.loadsFailed += 1
        break
      case 'unloaded':
        if (row.why === 'evicted') mac.evictions += 1
        break
      case 'fault':
        if (!FAULT_ENDINGS.has(row.what)) mac.faults += 1
        break
    }
  }

  private close(mac: MacRecord, at: number): void {
    const { state } = mac
    const time = this.window.overlap(mac.since, at)
    mac.since = at
    if (state?.online !== true) return
    mac.online += time
    if (state.live === 0 && state.ghosts === 0 && !state.loading) mac.idle += time
    if (state.speed_pct < 100) mac.throttled += time
    if (state.squeeze_pct > 100) mac.squeezed += time
  }
}
