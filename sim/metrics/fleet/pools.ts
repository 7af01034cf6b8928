/**
 * Time-weighted means of the coordinator's gauges, and the gauges over time. A gauge holds from its metrics tick to the next one, and a pool that
 * a tick does not mention is empty from there on, so that a pool that dissolved does not linger with its last figures.
 */
import type { RowOf } from '../../trace/schema.ts'
import { GaugeSeries } from './gauge-series.ts'
import type { Grid } from '../grid.ts'
import type { PoolGauges } from '../result.ts'
import { inSeconds, shareOf, type Window } from '../window.ts'

const GAUGES = [
  ['assigned_providers', 'assignedProviders'],
  ['warm_providers', 'warmProviders'],
  ['serving_providers', 'servingProviders'],
  ['active_requests', 'activeRequests'],
  ['token_budget_used', 'tokenBudgetUsed'],
  ['token_budget_total', 'tokenBudgetTotal'],
  ['observed_decode_tps', 'observedDecodeTps'],
  ['resident_slot_providers', 'residentSlotProviders'],
] as const satisfies readonly (readonly [keyof PoolGauges, keyof RowOf<'pool'>])[]

/** What one tick said. */
interface Tick {
  readonly at: number
  readonly pools: RowOf<'pool'>[]
  audit: RowOf<'audit'> | undefined
}

export class Pools {
  /** Per pool and gauge, over time. */
  private readonly integrals = new Map<string, number[]>()
  private readonly gauges: GaugeSeries
  private now: Tick | undefined
  private covered = 0
  private multipleActivePools = 0

  constructor(
    private readonly window: Window,
    grid: Grid,
  ) {
    this.gauges = new GaugeSeries(grid)
  }

  pool(row: RowOf<'pool'>): void {
    this.tick(row.at).pools.push(row)
  }

  audit(row: RowOf<'audit'>): void {
    this.tick(row.at).audit = row
  }

  result(at: number): { pools: { [pool: string]: PoolGauges }; multiple_active_s: number } {
    this.tick(at)
    const names = [...this.integrals.keys()].sort()
    const gaugesOf = (integral: readonly number[]): PoolGauges =>
      Object.fromEntries(GAUGES.map(([name], i) => [name, shareOf(integral[i]!, this.covered)])) as {
        [G in keyof PoolGauges]: number
      }
    return {
      pools: Object.fromEntries(names.map((name) => [name, gaugesOf(this.integrals.get(name)!)])),
      multiple_active_s: inSeconds(this.multipleActivePools),
    }
  }

  series(at: number): ReturnType<GaugeSeries['result']> {
    this.tick(at)
    return this.gauges.result()
  }

  /** The rows of one tick share their time. The first row of the next one ends it. */
  private tick(at: number): Tick {
    if (this.now?.at === at) return this.now
    if (this.now !== undefined) this.held(this.now, at)
    this.now = { at, pools: [], audit: undefined }
    return this.now
  }

  private held({ at: from, pools, audit }: Tick, to: number): void {
    this.gauges.held({ pools, audit }, from, to)
    const time = this.window.overlap(from, to)
    this.covered += time
    this.multipleActivePools += (audit?.multipleActivePools ?? 0) * time
    for (const row of pools) {
      const integral = this.integrals.get(row.pool) ?? GAUGES.map(() => 0)
      this.integrals.set(row.pool, integral)
      for (let i = 0; i < GAUGES.length; i += 1) integral[i] = integral[i]! + row[GAUGES[i]![1]] * time
    }
  }
}
