/**
 * The coordinator's gauges of every pool over time, from rows as they stream by. Unlike the result's own it can be read
 * in the middle of a run: what the latest tick said holds until then.
 */
import type { RowOf } from '../../../sim/trace/schema.ts'
import { GaugeSeries } from '../../../sim/metrics/fleet/gauge-series.ts'
import { Grid } from '../../../sim/metrics/grid.ts'

/** Providers of one pool as the coordinator's gauges tell, means per interval; null before the first tick. */
export interface PoolSeries {
  readonly assigned: readonly (number | null)[]
  readonly warm: readonly (number | null)[]
}

export class PoolSeriesCollector {
  private readonly gauges: GaugeSeries
  private tickAt = -1
  private since = 0
  private pools: RowOf<'pool'>[] = []
  private audit: RowOf<'audit'> | undefined

  constructor(interval: number, duration: number) {
    this.gauges = new GaugeSeries(new Grid(interval, duration))
  }

  row(row: RowOf<'pool'> | RowOf<'audit'>): void {
    if (row.at !== this.tickAt) {
      this.hold(row.at)
      this.tickAt = row.at
      this.pools = []
      this.audit = undefined
    }
    if (row.kind === 'pool') this.pools.push(row)
    else this.audit = row
  }

  /** So far. */
  result(at: number, rounded: (value: number | null) => number | null): { readonly [pool: string]: PoolSeries } {
    this.hold(at)
    const all = this.gauges.result()
    const values = (name: string): (number | null)[] => (all[name] ?? []).map(rounded)
    const names = Object.keys(all).filter((name) => name.startsWith(ASSIGNED))
    return Object.fromEntries(
      names.map((name) => {
        const pool = name.slice(ASSIGNED.length)
        return [pool, { assigned: values(name), warm: values(`pool_warm.${pool}`) }]
      }),
    )
  }

  private hold(to: number): void {
    if (this.tickAt >= 0) this.gauges.held({ pools: this.pools, audit: this.audit }, this.since, to)
    this.since = to
  }
}

const ASSIGNED = 'pool_assigned.'
