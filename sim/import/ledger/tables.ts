/** The coordinator's tables (facts: ledger.md), told apart by columns that only one of them has. */
import type { Sample } from '../reading/log-format.ts'

export const LEDGER_TABLES = {
  inference_routes: ['request_id', 'attempt', 'provider_id', 'outcome', 'final_status'],
  request_rejections: ['request_id', 'stage', 'reason_code', 'http_status'],
  provider_capacity_samples: ['provider_id', 'running', 'waiting', 'warm_models'],
  inference_route_candidates: ['request_id', 'rank', 'selected', 'eligible'],
  pool_gauges: ['pool', 'assigned_providers'],
  provider_pools: ['provider_id', 'assigned_pool'],
} as const
export type LedgerTableName = keyof typeof LEDGER_TABLES

export const isLedgerTableName = (name: string): name is LedgerTableName => Object.hasOwn(LEDGER_TABLES, name)

export function ledgerTableOf(sample: Sample): LedgerTableName | undefined {
  return (Object.keys(LEDGER_TABLES) as readonly LedgerTableName[]).find((name) =>
    LEDGER_TABLES[name].every((column) => sample.fields.has(column)),
  )
}
