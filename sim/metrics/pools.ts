/**
 * Time-weighted means of the coordinator's gauges. A gauge holds from its metrics tick to the next one, and a pool that
 * a tick does not mention is empty from there on, so that a pool that dissolved does not linger with its last figures.
 */
import type { RowOf } from '../trace/schema.ts'
import type { PoolGauges } from './result.ts'
import { inSeconds, shareOf, type Window } from './window.ts'

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

interface PoolTime {
  readonly now: number[]
  readonly integral: number[]
  /** Tick of `now`; an older one means the pool was not mentioned since. */
  tickAt: number
}

export class Pools {
  private readonly pools = new Map<string, PoolTime>()
  private tickAt = -1
  private covered = 0
  private activePoolsNow = 0
  private multipleActivePools = 0

  constructor(private readonly window: Window) {}

  pool(row: RowOf<'pool'>): void {
    this.tick(row.at)
    let pool = this.pools.get(row.pool)
    if (pool === undefined) {
      pool = { now: GAUGES.map(() => 0), integral: GAUGES.map(() => 0), tickAt: row.at }
      this.pools.set(row.pool, pool)
    }
    for (let i = 0; i < GAUGES.length; i += 1) pool.now[i] = row[GAUGES[i]![1]]
    pool.tickAt = row.at
  }

  audit(row: RowOf<'audit'>): void {
    this.tick(row.at)
    this.activePoolsNow = row.multipleActivePools
  }

  result(at: number): { pools: { [pool: string]: PoolGauges }; multiple_active_s: number } {
    this.tick(at)
    const names = [...this.pools.keys()].sort()
    const gaugesOf = (pool: PoolTime): PoolGauges =>
      Object.fromEntries(GAUGES.map(([name], i) => [name, shareOf(pool.integral[i]!, this.covered)])) as {
        [G in keyof PoolGauges]: number
      }
    return {
      pools: Object.fromEntries(names.map((name) => [name, gaugesOf(this.pools.get(name)!)])),
      multiple_active_s: inSeconds(this.multipleActivePools),
    }
  }

  /** The rows of one tick share their time. */
  private tick(at: number): void {
    if (at === this.tickAt) return
    const time = this.tickAt < 0 ? 0 : this.window.overlap(this.tickAt, at)
    if (time > 0) {
      this.covered += time
      this.multipleActivePools += this.activePoolsNow * time
      for (const pool of this.pools.values()) {
        if (pool.tickAt !== this.tickAt) continue
        for (let i = 0; i < GAUGES.length; i += 1) pool.integral[i] = pool.integral[i]! + pool.now[i]! * time
      }
    }
    this.tickAt = at
    this.activePoolsNow = 0
  }
}
