/** The coordinator's pool records (facts: coordinator-routing §12.6) as tables, under its own names in snake case. */
import type { PoolRow, ProviderPoolsRow } from '../../trace/row.ts'
import type { HeardProvider } from './ledger-entry.ts'
import type { LedgerColumn } from './ledger-columns.ts'
import { timestamp } from '../form/timestamp.ts'

/** One line per pool and tick; a pool that a tick leaves out is empty. */
export const POOL_COLUMNS: readonly LedgerColumn<PoolRow>[] = [
  ['pool', (row) => row.pool],
  ['assigned_providers', (row) => row.assignedProviders],
  ['warm_providers', (row) => row.warmProviders],
  ['serving_providers', (row) => row.servingProviders],
  ['active_requests', (row) => row.activeRequests],
  ['token_budget_used', (row) => row.tokenBudgetUsed],
  ['token_budget_total', (row) => row.tokenBudgetTotal],
  ['observed_decode_tps', (row) => row.observedDecodeTps],
  ['resident_slot_providers', (row) => row.residentSlotProviders],
  ['created_at', (row) => timestamp(row.at)],
]

export interface PoolsOfProvider {
  readonly provider: HeardProvider | undefined
  readonly row: ProviderPoolsRow
}

/** One line per provider and change. */
export const PROVIDER_POOL_COLUMNS: readonly LedgerColumn<PoolsOfProvider>[] = [
  ['provider_id', ({ provider }) => provider?.registered.serial],
  ['assigned_pool', ({ row }) => row.assigned],
  ['active_pools', ({ row }) => row.active],
  ['resident_slot_count', ({ row }) => row.residentSlots],
  ['created_at', ({ row }) => timestamp(row.at)],
]
