/**
 * What every decision reads: who is connected, the pool gate, the aliases, the settings of this moment, the time.
 * Decisions change none of it, except the labels that the pool gate owns.
 */
import type { Micros } from '../base/time.ts'
import type { Accounts } from './accounts.ts'
import type { CacheAffinity } from './affinity.ts'
import type { AliasTable } from './alias-table.ts'
import type { CoordinatorSettings } from './config.ts'
import type { PoolGate } from './pool-gate.ts'
import type { Registry } from './registry.ts'

export interface Fleet {
  readonly registry: Registry
  readonly pool: PoolGate
  readonly aliases: AliasTable
  readonly accounts: Accounts
  readonly affinity: CacheAffinity
  /** The operator may replace it during a run. */
  settings: CoordinatorSettings
  readonly now: () => Micros
}
