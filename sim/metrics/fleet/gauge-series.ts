/**
 * The coordinator's gauges over time, as means per interval over the part of it that a tick spoke for; null before the
 * first tick. A pool that comes late had nothing before; one that a tick does not mention has nothing from there on.
 */
import type { RowOf } from '../../trace/schema.ts'
import type { Grid } from '../grid.ts'

const SHOWN = [
  ['pool_assigned', 'assignedProviders'],
  ['pool_warm', 'warmProviders'],
  ['pool_serving', 'servingProviders'],
] as const satisfies readonly (readonly [string, keyof RowOf<'pool'>])[]

export interface GaugesOfTick {
  readonly pools: readonly RowOf<'pool'>[]
  readonly audit: RowOf<'audit'> | undefined
}

export class GaugeSeries {
  private readonly covered: number[]
  private readonly residentSlots: number[]
  private readonly activePools: number[]
  private readonly pools = new Map<string, readonly number[][]>()

  constructor(private readonly grid: Grid) {
    this.covered = grid.zeros()
    this.residentSlots = grid.zeros()
    this.activePools = grid.zeros()
  }

  /** What the tick at `from` said held until `to`. */
  held(said: GaugesOfTick, from: number, to: number): void {
    const { grid } = this
    grid.spread(this.covered, from, to, 1)
    grid.spread(this.residentSlots, from, to, said.audit?.multipleResidentSlots ?? 0)
    grid.spread(this.activePools, from, to, said.audit?.multipleActivePools ?? 0)
    for (const row of said.pools) {
      let times = this.pools.get(row.pool)
      if (times === undefined) {
        times = SHOWN.map(() => grid.zeros())
        this.pools.set(row.pool, times)
      }
      for (let i = 0; i < SHOWN.length; i += 1) grid.spread(times[i]!, from, to, row[SHOWN[i]![1]])
    }
  }

  /** Pools by name. */
  result(): { readonly [name: string]: readonly (number | null)[] } {
    const mean = (times: readonly number[]): (number | null)[] =>
      times.map((time, point) => (this.covered[point] === 0 ? null : time / this.covered[point]!))
    const names = [...this.pools.keys()].sort()
    return {
      multiple_resident_slots: mean(this.residentSlots),
      multiple_active_pools: mean(this.activePools),
      ...Object.fromEntries(
        names.flatMap((pool) => SHOWN.map(([name], i) => [`${name}.${pool}`, mean(this.pools.get(pool)![i]!)])),
      ),
    }
  }
}
